/** Lowers our graph to a TensorFlow function: the whole of it then runs as one op. */

import { DataType } from "../datatypes";
import { dataTypeOf } from "../graph/attributes";
import {
  type Attribute,
  type Constant,
  type Graph,
  type GraphNode,
  type HostData,
  printValue,
  type Value,
} from "../graph/graph";
import type { Executable } from "../lowering";
import type { TensorFlow } from "./context";
import type { EagerBinding } from "./eager";
import { check, notNull } from "./errors";
import type { Pointer, TfOutput } from "./ffi";
import { canRunSwish, fuseSwish } from "./fuse-swish";
import { execute, executeAsync, newOperation } from "./operation";
import { dims, toTensorFlow } from "./tensors";

type TfGraph = Pointer<"TF_Graph">;
type Description = Pointer<"TF_OperationDescription">;

let functionsMade = 0;

/**
 * Makes graphs TensorFlow functions.
 *
 * @param tensors the binding whose ids the executables take and give
 */
export function tensorflowLowering(
  tensorflow: TensorFlow,
  tensors: EagerBinding,
): (graph: Graph) => Executable {
  const lower = (graph: Graph): Executable => {
    // Functions are global to TensorFlow's context, so the name must be new.
    const name = `${graph.name.replaceAll(/[^A-Za-z0-9_]/g, "_")}_${functionsMade++}`;
    addFunction(tensorflow, name, graph);
    return executable(tensorflow, tensors, name, graph);
  };
  return (graph) => lower(fuseSwish(graph, (dtype) => canRunSwish(tensorflow, tensors, dtype, lower)));
}

function executable(tensorflow: TensorFlow, tensors: EagerBinding, name: string, graph: Graph): Executable {
  const { c, context, status } = tensorflow;
  const what = () => `The compiled function "${graph.name}"`;
  const operation = (inputs: readonly number[]) =>
    newOperation(
      tensorflow,
      name,
      [],
      inputs.map((id) => tensors.get(id).handle),
      what,
    );
  return {
    runsOn: "tensorflow",
    because: "TensorFlow was asked for",
    run(inputs) {
      const op = operation(inputs);
      try {
        return execute(tensorflow, op, graph.results.length, what).map(tensors.adopt);
      } finally {
        c.TFE_DeleteOp(op);
      }
    },
    async runAsync(inputs) {
      const op = operation(inputs);
      try {
        return (await executeAsync(tensorflow, op, graph.results.length, what)).map(tensors.adopt);
      } finally {
        c.TFE_DeleteOp(op);
      }
    },
    dispose() {
      c.TFE_ContextRemoveFunction(context, name, status);
      check(c, status, what);
    },
  };
}

/** Builds the TensorFlow graph, makes it a function and adds that to the context, which keeps a copy. */
function addFunction(tensorflow: TensorFlow, name: string, graph: Graph): void {
  const { c, context, status } = tensorflow;
  const tfGraph = notNull(c.TF_NewGraph(), "a graph");
  try {
    const { inputs, outputs } = addNodes(tensorflow, tfGraph, graph);
    const made = c.TF_GraphToFunction(
      tfGraph,
      name,
      0,
      -1, // all operations of the graph
      null,
      inputs.length,
      inputs,
      outputs.length,
      outputs,
      null,
      null,
      `compile() of ${graph.name}`,
      status,
    );
    const what = () => `Compiling "${graph.name}"`;
    check(c, status, what);
    const fn = notNull(made, what());
    c.TFE_ContextAddFunction(context, fn, status);
    c.TF_DeleteFunction(fn);
    check(c, status, what);
  } finally {
    c.TF_DeleteGraph(tfGraph);
  }
}

function addNodes(tensorflow: TensorFlow, tfGraph: TfGraph, graph: Graph) {
  const { c } = tensorflow;
  const outputsOf = new Map<Value, TfOutput>();
  const finish = (description: Description, what: () => string) => {
    const oper = c.TF_FinishOperation(description, tensorflow.status);
    check(c, tensorflow.status, what);
    return notNull(oper, what());
  };
  const newNode = (op: string, name: string) => notNull(c.TF_NewOperation(tfGraph, op, name), op);

  const inputs = [...graph.parameters, ...graph.captured].map((value, i) => {
    const description = newNode("Placeholder", `input_${i}`);
    c.TF_SetAttrType(description, "dtype", dataTypeOf(value.dtype));
    c.TF_SetAttrShape(description, "shape", dims(value.shape), value.shape.length);
    const output = { oper: finish(description, () => `Input ${i} of "${graph.name}"`), index: 0 };
    outputsOf.set(value, output);
    return output;
  });

  for (const constant of graph.constants) {
    outputsOf.set(constant, addConstant(tensorflow, constant, newNode, finish));
  }

  for (const node of graph.nodes) {
    const description = newNode(node.op, node.name);
    addInputs(
      tensorflow,
      description,
      node,
      node.inputs.map((value) => outputOf(outputsOf, value, node)),
    );
    for (const [name, attribute] of Object.entries(node.attributes)) {
      setAttribute(tensorflow, description, name, attribute);
    }
    const oper = finish(description, () => `${node.op}(${node.inputs.map(printValue).join(", ")})`);
    node.outputs.forEach((value, index) => {
      outputsOf.set(value, { oper, index });
    });
  }

  // A function's outputs must differ from each other and from its inputs, so each gets a node of its own.
  const outputs = graph.results.map((value, i) => {
    const description = newNode("Identity", `output_${i}`);
    c.TF_AddInput(description, outputOf(outputsOf, value, `output ${i}`));
    return { oper: finish(description, () => `Output ${i} of "${graph.name}"`), index: 0 };
  });
  return { inputs, outputs };
}

/** A null address that reached C would end the process. */
function outputOf(
  outputsOf: ReadonlyMap<Value, TfOutput>,
  value: Value,
  reader: GraphNode | string,
): TfOutput {
  const output = outputsOf.get(value);
  if (output === undefined) {
    const name = typeof reader === "string" ? reader : reader.name;
    throw new Error(
      `The graph is broken: ${name} reads ${printValue(value)}, which nothing before it makes.`,
    );
  }
  return output;
}

/** Number of inputs, counted from the first, that are one list to TensorFlow. */
const listLength: Readonly<Record<string, (inputs: number) => number>> = {
  AddN: (inputs) => inputs,
  Pack: (inputs) => inputs,
  Einsum: (inputs) => inputs,
  ConcatV2: (inputs) => inputs - 1,
};

function addInputs({ c }: TensorFlow, description: Description, node: GraphNode, inputs: TfOutput[]): void {
  const inList = listLength[node.op]?.(inputs.length) ?? 0;
  if (inList > 0) c.TF_AddInputList(description, inputs.slice(0, inList), inList);
  for (const output of inputs.slice(inList)) c.TF_AddInput(description, output);
}

function addConstant(
  tensorflow: TensorFlow,
  constant: Constant,
  newNode: (op: string, name: string) => Description,
  finish: (description: Description, what: () => string) => Pointer<"TF_Operation">,
): TfOutput {
  const { c, status } = tensorflow;
  const what = () => `Constant ${printValue(constant)}`;
  // The host has no bfloat16 array: such a constant is written as float32 and cast, which TensorFlow does once, ahead.
  const narrow = constant.dtype === "bfloat16";
  const dataType = narrow ? DataType.float32 : dataTypeOf(constant.dtype);
  const handle = toTensorFlow(tensorflow, constant.shape, dataType, hostValues(constant.data));
  const tensor = c.TFE_TensorHandleResolve(handle, status);
  c.TFE_DeleteTensorHandle(handle);
  check(c, status, what);

  const description = newNode("Const", `const_${constant.id}`);
  c.TF_SetAttrType(description, "dtype", dataType);
  c.TF_SetAttrTensor(description, "value", notNull(tensor, what()), status);
  c.TF_DeleteTensor(tensor!);
  const output = { oper: finish(description, what), index: 0 };
  if (!narrow) return output;
  const cast = newNode("Cast", `const_${constant.id}_bfloat16`);
  c.TF_AddInput(cast, output);
  c.TF_SetAttrType(cast, "DstT", DataType.bfloat16);
  return { oper: finish(cast, what), index: 0 };
}

const hostValues = (data: HostData) => data as Parameters<typeof toTensorFlow>[3];

function setAttribute({ c }: TensorFlow, description: Description, name: string, attribute: Attribute): void {
  switch (attribute.type) {
    case "bool":
      return void c.TF_SetAttrBool(description, name, attribute.value ? 1 : 0);
    case "int":
      return void c.TF_SetAttrInt(description, name, attribute.value);
    case "ints":
      return void c.TF_SetAttrIntList(description, name, dims(attribute.value), attribute.value.length);
    case "float":
      return void c.TF_SetAttrFloat(description, name, attribute.value);
    case "dtype":
      return void c.TF_SetAttrType(description, name, dataTypeOf(attribute.value));
    case "string": {
      const text = Buffer.from(attribute.value);
      return void c.TF_SetAttrString(description, name, text, text.length);
    }
  }
}
