import { lstatSync } from "node:fs";

/** Sentences by the system's code; `path` is the file or folder that the system names. */
const sentences: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `${path} does not exist`,
  EISDIR: (path) => `${path} is a folder, not a file`,
  ENOTDIR: (path) => `${path} cannot be opened: a part of this path is a file, not a folder`,
  EEXIST: (path) => `${path} exists already`,
  EACCES: (path) => `${path} cannot be read or written: permission denied`,
  EPERM: (path) => `${path} cannot be read or written: permission denied`,
  EROFS: (path) => `${path} cannot be written: its file system is read-only`,
  ENOSPC: (path) =>
    `${path} cannot be written: no space left on the disk; free some and run the command again`,
  EDQUOT: (path) =>
    `${path} cannot be written: the disk quota is used up; free some space and run the command again`,
  ELOOP: (path) => `${path} cannot be opened: its symbolic links form a loop`,
  ENAMETOOLONG: (path) => `${path} cannot be opened: the name is too long`,
  EMFILE: (path) => `${path} cannot be opened: this process has too many open files`,
};

/** What V8 says of arrays, maps and texts that it cannot make. */
const TOO_LARGE =
  /^(Invalid (typed )?array length|Invalid string length|Array buffer allocation failed|(Map|Set) maximum size)/;

/**
 * One sentence for an error of the system, with the path that it is about; other errors keep their message.
 * @example
 * import { readFileSync } from "node:fs";
 *
 * try {
 *   readFileSync("nowhere.csv");
 * } catch (error) {
 *   console.error(sentenceOf(error)); // nowhere.csv does not exist
 * }
 */
export function sentenceOf(error: unknown): string {
  const { code, path, dest, message, syscall } = error as NodeJS.ErrnoException & { dest?: string };
  if (code === "ENOENT" && syscall === "mkdir") {
    // Node says so of a folder on a read-only file system, too, where it makes all folders above.
    return `${finalName(path ?? "a folder")} cannot be made: the folder above it is missing or read-only`;
  }
  if (error instanceof RangeError && TOO_LARGE.test(message)) {
    return `out of memory (${message}): something that was asked for is too large; ask for a smaller model, batch or puzzle`;
  }
  const sentence = code === undefined ? undefined : sentences[code];
  if (sentence === undefined) return message ?? String(error);
  // A rename is about its target: the source is a temporary name of ours.
  const about = dest ?? path;
  return sentence(about === undefined ? "a file" : finalName(about));
}

/** Temporary files are called `folder/.name.123-4.tmp`, temporary folders too: what a reader knows is `folder/name`. */
const finalName = (path: string): string =>
  path.replace(/(^|[\\/])\.([^\\/]+)\.\d+-\d+\.tmp(?=$|[\\/])/g, "$1$2");

/**
 * Refuses to overwrite files, before anything is written.
 * @param advice what to do instead, such as `choose another name, or add --force`
 * @throws Error naming the first that exists
 */
export function refuseExisting(paths: readonly string[], advice: string): void {
  const taken = paths.find((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  if (taken !== undefined) throw new Error(`${taken} exists already: ${advice}`);
}
