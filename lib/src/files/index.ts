export { removeFolderAtomic, removeLeftovers, writeFileAtomic, writeFolderAtomic } from "./atomic";
export { decodeBfloat16, decodeFloat16, encodeBfloat16, toFloat32, toInt32 } from "./convert";
export { type DownloadOptions, download, sha256Of } from "./download";
export { parseJsonAs, pythonJson, readJsonFile } from "./json";
export { type NpyRows, openNpy, readNpy, writeNpy, writeNpyRows } from "./npy";
export { encodeSafetensors, readSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors";
export { type ElementType, elementTypes, type StoredTensor, type TypedArray } from "./tensor";
export { type EventFile, openEventFile } from "./tensorboard";
export { readTorch, withoutPrefixes, withPrefix, writeTorch } from "./torch";
