export {
  type Checkpoint,
  checkpointFolder,
  checkpointStep,
  hostSchema,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  type SaveOptions,
  saveCheckpoint,
  writeCheckpoint,
} from "./checkpoint";
export { readTree, storeTree } from "./tree";
