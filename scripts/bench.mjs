// `npm run bench -- …`: our steps against PyTorch's; with `--install-peer` it installs PyTorch and does nothing else.
import { join } from "node:path";
import { orOneSentence } from "./setup/main.mjs";
import { ROOT } from "./setup/paths.mjs";
import { installPeer } from "./setup/peer.mjs";
import { speakTo } from "./setup/say.mjs";

if (process.argv.includes("--install-peer")) {
  await orOneSentence(() => installPeer(speakTo(process.stdout)));
} else {
  // A later --save wins.
  process.argv.splice(2, 0, "bench", "--save", join(ROOT, "docs", "bench"));
  await import("./trm.mjs");
}
