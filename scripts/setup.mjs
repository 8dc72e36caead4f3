// `npm run setup`: everything the project needs, inside the project's folder.
import { setUpCommand } from "./setup/main.mjs";

await setUpCommand(process.argv.slice(2));
