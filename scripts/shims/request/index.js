const refuse = () => {
  throw new Error(
    'danfo.js cannot read from a URL here: "request" is left out because of its known vulnerabilities; fetch() the text first',
  );
};
module.exports = Object.assign(refuse, { get: refuse });
