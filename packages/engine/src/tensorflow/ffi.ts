/**
 * TensorFlow's C API as TypeScript functions.
 *
 * Every entry of {@link signatures} is one line of TensorFlow's own headers (`tensorflow/c/c_api.h`,
 * `tensorflow/c/eager/c_api.h`): the result type first, then the argument types in C's order. The TypeScript types of
 * the functions are derived from this table, so a `TF_Status` passed where a `TFE_Op` belongs does not compile.
 */
import koffi from "koffi";
import { keepLoaded } from "../keep-loaded";

/** The address of a C object. The name exists only for the type checker; at run time this is a plain `bigint`. */
export type Pointer<Name extends string> = bigint & { readonly cType: Name };

/** Output number `index` of the graph operation `oper`. */
export interface TfOutput {
  oper: Pointer<"TF_Operation">;
  index: number;
}

/** Memory that C reads or writes during the call; it is passed without a copy. */
export type Bytes = NodeJS.ArrayBufferView | ArrayBuffer;

/** `typedef struct TF_Output { TF_Operation* oper; int index; } TF_Output;` */
const outputStruct = koffi.struct({ oper: "void *", index: "int" });

/** C names (for koffi) of the words of the table below. All other words are pointers to opaque objects. */
const cTypes = {
  void: "void",
  int: "int",
  uint8: "unsigned char",
  int64: "int64_t",
  size: "size_t",
  float: "float",
  string: "str",
  "string[]": koffi.pointer("str"),
  bytes: "void *",
  address: "void *",
  TF_Output: outputStruct,
  "TF_Output[]": koffi.pointer(outputStruct),
} as const;

/** TypeScript types of the words of the table below. */
interface JsTypes {
  void: undefined;
  int: number;
  uint8: number;
  /** Values beyond 2^53 would come as bigint; no shape or size of ours gets there. */
  int64: number;
  size: number;
  float: number;
  string: string;
  "string[]": readonly string[] | null;
  bytes: Bytes | null;
  address: bigint;
  TF_Output: TfOutput;
  "TF_Output[]": readonly TfOutput[];
}

type Argument<Word extends string> = Word extends keyof JsTypes ? JsTypes[Word] : Pointer<Word>;
/** C may return a null pointer; koffi gives `null` for it. */
type Result<Word extends string> = Word extends "string"
  ? string
  : Word extends "address"
    ? bigint | null
    : Word extends keyof JsTypes
      ? JsTypes[Word]
      : Pointer<Word> | null;
type Arguments<Words extends readonly string[]> = { -readonly [I in keyof Words]: Argument<Words[I]> };

/** A C function: call it, or call `.async(...args, callback)` to run it on another thread. */
export type CFunction<R, A extends unknown[]> = ((...args: A) => R) & {
  async(...args: [...A, (error: Error | null, result: R) => void]): void;
};

const signatures = {
  TF_Version: ["string"],

  // Status: every call that can fail writes into one.
  TF_NewStatus: ["TF_Status"],
  TF_DeleteStatus: ["void", "TF_Status"],
  TF_GetCode: ["int", "TF_Status"],
  TF_Message: ["string", "TF_Status"],

  // Tensors in host memory. (dtype, dims, rank, byteLength). A string is read at its address in the tensor's data.
  TF_AllocateTensor: ["TF_Tensor", "int", "bytes", "int", "size"],
  TF_DeleteTensor: ["void", "TF_Tensor"],
  TF_TensorType: ["int", "TF_Tensor"],
  TF_TensorData: ["address", "TF_Tensor"],
  TF_TensorByteSize: ["size", "TF_Tensor"],
  TF_TensorElementCount: ["int64", "TF_Tensor"],
  TF_TensorFromProto: ["void", "TF_Buffer", "TF_Tensor", "TF_Status"],
  TF_NewBufferFromString: ["TF_Buffer", "bytes", "size"],
  TF_DeleteBuffer: ["void", "TF_Buffer"],
  TF_StringGetDataPointer: ["address", "address"],
  TF_StringGetSize: ["size", "address"],

  // The eager context and its options.
  TFE_NewContextOptions: ["TFE_ContextOptions"],
  TFE_DeleteContextOptions: ["void", "TFE_ContextOptions"],
  TFE_ContextOptionsSetConfig: ["void", "TFE_ContextOptions", "bytes", "size", "TF_Status"],
  TFE_NewContext: ["TFE_Context", "TFE_ContextOptions", "TF_Status"],
  TFE_ContextListDevices: ["TF_DeviceList", "TFE_Context", "TF_Status"],
  TF_DeviceListCount: ["int", "TF_DeviceList"],
  TF_DeviceListName: ["string", "TF_DeviceList", "int", "TF_Status"],
  TF_DeviceListType: ["string", "TF_DeviceList", "int", "TF_Status"],
  TF_DeleteDeviceList: ["void", "TF_DeviceList"],

  // Tensors that ops take and give (they may live on a GPU).
  TFE_NewTensorHandle: ["TFE_TensorHandle", "TF_Tensor", "TF_Status"],
  TFE_DeleteTensorHandle: ["void", "TFE_TensorHandle"],
  TFE_TensorHandleDataType: ["int", "TFE_TensorHandle"],
  TFE_TensorHandleNumDims: ["int", "TFE_TensorHandle", "TF_Status"],
  TFE_TensorHandleDim: ["int64", "TFE_TensorHandle", "int", "TF_Status"],
  TFE_TensorHandleNumElements: ["int64", "TFE_TensorHandle", "TF_Status"],
  TFE_TensorHandleResolve: ["TF_Tensor", "TFE_TensorHandle", "TF_Status"],
  TFE_TensorHandleCopyToDevice: [
    "TFE_TensorHandle",
    "TFE_TensorHandle",
    "TFE_Context",
    "string",
    "TF_Status",
  ],

  // Eager ops: describe one, then execute it. `retvals` of TFE_Execute is a BigInt64Array that receives the handles,
  // `num_retvals` an Int32Array of one element.
  TFE_NewOp: ["TFE_Op", "TFE_Context", "string", "TF_Status"],
  TFE_DeleteOp: ["void", "TFE_Op"],
  TFE_OpSetDevice: ["void", "TFE_Op", "string", "TF_Status"],
  TFE_OpAddInput: ["void", "TFE_Op", "TFE_TensorHandle", "TF_Status"],
  TFE_OpAddInputList: ["void", "TFE_Op", "bytes", "int", "TF_Status"],
  TFE_OpSetAttrString: ["void", "TFE_Op", "string", "bytes", "size"],
  TFE_OpSetAttrInt: ["void", "TFE_Op", "string", "int64"],
  TFE_OpSetAttrIntList: ["void", "TFE_Op", "string", "bytes", "int"],
  TFE_OpSetAttrFloat: ["void", "TFE_Op", "string", "float"],
  TFE_OpSetAttrFloatList: ["void", "TFE_Op", "string", "bytes", "int"],
  TFE_OpSetAttrBool: ["void", "TFE_Op", "string", "uint8"],
  TFE_OpSetAttrBoolList: ["void", "TFE_Op", "string", "bytes", "int"],
  TFE_OpSetAttrType: ["void", "TFE_Op", "string", "int"],
  TFE_OpSetAttrTypeList: ["void", "TFE_Op", "string", "bytes", "int"],
  TFE_OpSetAttrShape: ["void", "TFE_Op", "string", "bytes", "int", "TF_Status"],
  TFE_OpSetAttrTensor: ["void", "TFE_Op", "string", "TF_Tensor", "TF_Status"],
  TFE_OpGetAttrType: ["int", "TFE_Op", "string", "bytes", "TF_Status"],
  TFE_Execute: ["void", "TFE_Op", "bytes", "bytes", "TF_Status"],
  TFE_ContextAddFunction: ["void", "TFE_Context", "TF_Function", "TF_Status"],
  TFE_ContextRemoveFunction: ["void", "TFE_Context", "string", "TF_Status"],

  // Graphs. TF_NewOperation gives a description that TF_FinishOperation turns into an operation (and always frees).
  TF_NewGraph: ["TF_Graph"],
  TF_DeleteGraph: ["void", "TF_Graph"],
  TF_NewOperation: ["TF_OperationDescription", "TF_Graph", "string", "string"],
  TF_SetDevice: ["void", "TF_OperationDescription", "string"],
  TF_AddInput: ["void", "TF_OperationDescription", "TF_Output"],
  TF_AddInputList: ["void", "TF_OperationDescription", "TF_Output[]", "int"],
  TF_AddControlInput: ["void", "TF_OperationDescription", "TF_Operation"],
  TF_SetAttrString: ["void", "TF_OperationDescription", "string", "bytes", "size"],
  TF_SetAttrInt: ["void", "TF_OperationDescription", "string", "int64"],
  TF_SetAttrIntList: ["void", "TF_OperationDescription", "string", "bytes", "int"],
  TF_SetAttrFloat: ["void", "TF_OperationDescription", "string", "float"],
  TF_SetAttrFloatList: ["void", "TF_OperationDescription", "string", "bytes", "int"],
  TF_SetAttrBool: ["void", "TF_OperationDescription", "string", "uint8"],
  TF_SetAttrBoolList: ["void", "TF_OperationDescription", "string", "bytes", "int"],
  TF_SetAttrType: ["void", "TF_OperationDescription", "string", "int"],
  TF_SetAttrTypeList: ["void", "TF_OperationDescription", "string", "bytes", "int"],
  TF_SetAttrShape: ["void", "TF_OperationDescription", "string", "bytes", "int"],
  TF_SetAttrTensor: ["void", "TF_OperationDescription", "string", "TF_Tensor", "TF_Status"],
  TF_SetAttrFuncName: ["void", "TF_OperationDescription", "string", "bytes", "size"],
  TF_FinishOperation: ["TF_Operation", "TF_OperationDescription", "TF_Status"],
  TF_OperationNumOutputs: ["int", "TF_Operation"],
  TF_OperationOutputType: ["int", "TF_Output"],
  TF_GraphGetTensorNumDims: ["int", "TF_Graph", "TF_Output", "TF_Status"],
  TF_GraphGetTensorShape: ["void", "TF_Graph", "TF_Output", "bytes", "int", "TF_Status"],

  // Functions. (graph, name, appendHash, -1 = all operations, null, n, inputs, n, outputs, names, null, text, status)
  TF_GraphToFunction: [
    "TF_Function",
    "TF_Graph",
    "string",
    "uint8",
    "int",
    "bytes",
    "int",
    "TF_Output[]",
    "int",
    "TF_Output[]",
    "string[]",
    "bytes",
    "string",
    "TF_Status",
  ],
  TF_DeleteFunction: ["void", "TF_Function"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

type Signatures = typeof signatures;
type FunctionOf<S extends readonly string[]> = S extends readonly [
  infer R extends string,
  ...infer A extends readonly string[],
]
  ? CFunction<Result<R>, Arguments<A>>
  : never;

/** TensorFlow's C functions by name. */
export type TensorFlowC = { readonly [Name in keyof Signatures]: FunctionOf<Signatures[Name]> };

/**
 * Loads TensorFlow's two shared libraries into the process and declares the functions of the table above.
 *
 * @param framework path of `libtensorflow_framework` (null where one file holds everything)
 * @param main path of `libtensorflow_cc`
 * @throws Error when a file is no shared library for this machine, or lacks a function
 */
export function loadTensorFlowC(framework: string | null, main: string): TensorFlowC {
  // Global: the main library resolves its symbols against the framework library.
  if (framework !== null) koffi.load(framework, { global: true });
  const library = koffi.load(main, { global: true });
  for (const path of [framework, main]) {
    const problem = path === null ? undefined : keepLoaded(path);
    if (problem !== undefined) throw new Error(`${path} could not be kept in the process: ${problem}`);
  }
  const functions: Record<string, unknown> = {};
  for (const [name, [result, ...args]] of Object.entries<readonly [string, ...string[]]>(signatures)) {
    functions[name] = library.func(name, cType(result), args.map(cType));
  }
  return functions as TensorFlowC;
}

function cType(word: string) {
  return word in cTypes ? cTypes[word as keyof typeof cTypes] : "void *";
}
