export {
  type Checkpoint,
  checkpointFolder,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  type SaveOptions,
  saveCheckpoint,
} from "./checkpoint";
export { readTree, storeTree } from "./tree";
