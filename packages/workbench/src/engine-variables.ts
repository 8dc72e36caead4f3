/**
 * The names that environment.md gives to the engine's environment variables. Importing this file copies them to the engine's own
 * names. Child processes inherit those, so only the first process of a family has to import it.
 */
const names = {
  TRM_DEVICE: "TFJS_COMPILE_BACKEND",
  TRM_COMPILE: "TFJS_COMPILE_TO",
  TRM_TENSORFLOW: "TFJS_COMPILE_TENSORFLOW",
  TRM_PYTHON: "TFJS_COMPILE_PYTHON",
  TRM_PJRT_PLUGIN: "TFJS_COMPILE_PJRT_PLUGIN",
  TRM_CACHE: "TFJS_COMPILE_PJRT_CACHE",
  TRM_NATIVE_CACHE: "TFJS_COMPILE_NATIVE_CACHE",
  TRM_KEEP_C: "TFJS_COMPILE_KEEP_C",
  TRM_AMX: "TFJS_COMPILE_AMX",
} as const;

for (const [ours, engines] of Object.entries(names)) {
  const value = process.env[ours];
  if (value) process.env[engines] = value;
}

process.env.TFJS_COMPILE_INSTALL_HINT ??=
  'run "npm run setup" in the project, or set the environment variable TRM_PYTHON to the path of a Python that has the ' +
  "package tensorflow or tensorflow-cpu.";
