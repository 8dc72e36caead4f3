/** What the tests of PJRT share. They are an optional part: they need a plugin. */
import { findPlugin } from "../src/pjrt/plugins";

/** The options of a test that needs a plugin: it is skipped, with the reason, where there is none. */
export const needsPlugin: { skip: string | false } = { skip: reasonToSkip() };

function reasonToSkip(): string | false {
  try {
    findPlugin();
    return false;
  } catch {
    return "no PJRT plugin is installed: npm test installs one on Linux x86-64";
  }
}
