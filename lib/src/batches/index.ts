export * from "./arc";
export {
  type Batch,
  checkDataset,
  type Dataset,
  type DatasetBuilder,
  type DatasetMetadata,
  datasetBuilder,
  exampleAt,
  exampleCount,
  groupCount,
  hasAnswers,
  IGNORED_LABEL,
  type MemoryDataset,
  puzzleCount,
  type Rules,
  type Tokens,
  vocabSizeOf,
} from "./dataset";
export * from "./kind";
export * from "./maze";
export {
  type Augment,
  type SamplerState,
  type TrainSampler,
  type TrainSamplerOptions,
  testBatches,
  trainSampler,
} from "./sample";
export * from "./sudoku";
