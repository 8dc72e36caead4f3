// Preloaded into a kernel: all sockets but the shell are bound late, and are in the middle of it for a while.
const { pbkdf2 } = require("node:crypto");
const zmq = require("zeromq");

const { bind } = zmq.Socket.prototype;
let isFirstRouter = true;
zmq.Socket.prototype.bind = async function (address) {
  const isShell = this instanceof zmq.Router && isFirstRouter;
  if (isShell) {
    isFirstRouter = false;
    return bind.call(this, address);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  // ZeroMQ binds on Node's threads, which have other work first.
  for (let i = 0; i < 4; i++) pbkdf2("a", "b", 200_000, 64, "sha512", () => {});
  return bind.call(this, address);
};
