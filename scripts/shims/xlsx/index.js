const refuse = () => {
  throw new Error(
    'danfo.js cannot read or write Excel files here: "xlsx" is left out because of its known vulnerabilities; save the table as CSV',
  );
};

// readExcel() calls this package in a callback, where an error would end the process: it is replaced by one that rejects.
const { exports: danfo } = module.parent ?? {};
if (danfo && "$readExcel" in danfo) {
  Object.defineProperty(danfo, "$readExcel", { enumerable: true, get: () => async () => refuse(), set() {} });
}

const utils = new Proxy({}, { get: () => refuse });
module.exports = { read: refuse, readFile: refuse, write: refuse, writeFile: refuse, utils };
