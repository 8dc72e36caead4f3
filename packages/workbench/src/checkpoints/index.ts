export {
  type Checkpoint,
  checkpointFolder,
  checkpointStep,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  type SaveOptions,
  saveCheckpoint,
} from "./checkpoint";
export { readTree, storeTree } from "./tree";
