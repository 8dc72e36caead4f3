/** Everything that a notebook uses: `import * as trm from "trm-workbench"`. */
import "./engine-variables";

export * from "trm";
export * from "./analysis";
export * from "./checkpoints";
export * from "./config";
export * from "./data";
export * from "./experiments";
export * from "./figures";
export * from "./files";
export * from "./notebook";
export * from "./official";
export * from "./runs";
export * from "./terminal";
