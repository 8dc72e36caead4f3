// `node build.mjs [FOLDER]`: puts tfjs-node's kernels into the built package (`dist`), after the compiler has filled it.
//
// The engine needs the JavaScript half of @tensorflow/tfjs-node-gpu: the kernels, which turn tfjs's calls into TensorFlow's
// operations. The package itself cannot be a dependency, as its install script downloads TensorFlow from outside of npm.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
const { version } = require("@tensorflow/tfjs-node-gpu/package.json");
const out = join(process.argv[2] ?? join(import.meta.dirname, "dist"), "tfjs-node");

/** @type {Set<string>} */
const copied = new Set();

/** Copies a file and what it loads from its own package. @param {string} path */
function copy(path) {
  if (copied.has(path)) return;
  copied.add(path);
  const text = readFileSync(path, "utf8");
  const to = join(out, relative(join(folder, "dist"), path));
  mkdirSync(dirname(to), { recursive: true });
  // The one package that every user has: a second copy of tfjs-core would not know the first one's tensors.
  writeFileSync(to, text.replaceAll('require("@tensorflow/tfjs-core")', 'require("@tensorflow/tfjs")'));
  for (const [, name] of text.matchAll(/require\(["'](\.[^"']+)["']\)/g))
    copy(createRequire(path).resolve(/** @type {string} */ (name)));
}

for (const name of ["nodejs_kernel_backend", "register_all_kernels"])
  copy(join(folder, "dist", `${name}.js`));
copyFileSync(join(import.meta.dirname, "LICENSE-APACHE"), join(out, "LICENSE"));
writeFileSync(
  join(out, "NOTICE"),
  `These files are the kernels of @tensorflow/tfjs-node-gpu ${version}, Copyright Google LLC, under the Apache License 2.0 (LICENSE).
They come from https://github.com/tensorflow/tfjs/tree/master/tfjs-node. One is changed: kernels/FlipLeftRight.js loads
@tensorflow/tfjs instead of @tensorflow/tfjs-core.
`,
);
