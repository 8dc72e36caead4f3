// `npm run bench -- …`: our steps against PyTorch's; with `--install-peer` it installs PyTorch and does nothing else.
import { orOneSentence } from "./setup/main.mjs";
import { installPeer } from "./setup/peer.mjs";
import { speakTo } from "./setup/say.mjs";

if (process.argv.includes("--install-peer")) {
  await orOneSentence(() => installPeer(speakTo(process.stdout)));
} else {
  process.argv.splice(2, 0, "bench");
  await import("./trm.mjs");
}
