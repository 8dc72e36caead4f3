export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
