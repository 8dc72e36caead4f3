// `npm run build`: builds all packages as set-up does.
import { buildPackages } from "./setup/build.mjs";
import { orOneSentence } from "./setup/main.mjs";
import { speakTo } from "./setup/say.mjs";

await orOneSentence(() => buildPackages(speakTo(process.stdout)));
