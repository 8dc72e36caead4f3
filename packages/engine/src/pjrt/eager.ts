/** The binding that runs every op at once on a PJRT device. */
import type { OpAttribute, TensorMetadata } from "../binding";
import { dataTypeOf, graphAttributes } from "../graph/attributes";
import { graphBuilder } from "../graph/builder";
import type { Graph, HostData } from "../graph/graph";
import { constantInputs } from "../stablehlo/constant-inputs";
import { ruleOf } from "../stablehlo/lower";
import { runNow } from "../steps";
import type { Owner } from "../tensor-owners";
import { compileForDevice, type DeviceExecutable } from "./executable";
import type { DeviceTensors } from "./tensors";

/** Programs to keep; the oldest is dropped first. Axes and shapes are part of programs, so a loop may need many. */
const mostPrograms = 1000;

function remember(programs: Map<string, DeviceExecutable>, key: string, program: DeviceExecutable): void {
  programs.set(key, program);
  if (programs.size <= mostPrograms) return;
  const [oldestKey, oldest] = programs.entries().next().value!;
  programs.delete(oldestKey);
  oldest.dispose();
}

/**
 * PJRT runs programs, not ops. So each op becomes a program of one line, compiled when first met and kept for the next time.
 * Single ops are therefore slow at first: initialization and experiments are fine, training needs `compile()`.
 */
export function pjrtEagerBinding(tensors: DeviceTensors): Owner {
  const programs = new Map<string, DeviceExecutable>();

  /** The op as a graph, constant inputs included. */
  function graphOf(op: string, attributes: OpAttribute[], inputs: number[], numOutputs: number): Graph {
    const builder = graphBuilder(op);
    const constants = new Set(constantInputs(op, inputs.length));
    const values = inputs.map((id, i) => {
      const { shape, dtype } = tensors.type(id);
      return constants.has(i)
        ? builder.constant(shape, dtype, tensors.read(id) as HostData)
        : builder.parameter(shape, dtype);
    });
    const call = { op, attributes: graphAttributes(op, attributes), inputs: values, numOutputs };
    ruleOf(call);
    return builder.build(builder.node(op, call.attributes, values, numOutputs));
  }

  function keyOf(op: string, attributes: OpAttribute[], inputs: number[]): string {
    const constants = new Set(constantInputs(op, inputs.length));
    const types = inputs.map((id, i) => {
      const { shape, dtype } = tensors.type(id);
      return `${dtype}[${shape}]${constants.has(i) ? `=${tensors.read(id)}` : ""}`;
    });
    return `${op}(${types.join("; ")}) ${JSON.stringify(attributes)}`;
  }

  function metadata(id: number): TensorMetadata {
    const { shape, dtype } = tensors.type(id);
    return { id, shape: [...shape], dtype: dataTypeOf(dtype) };
  }

  return {
    owns: tensors.has,
    typeOf: metadata,
    createTensor: (shape, dataType, values) => tensors.create(shape, dataType, values),
    deleteTensor: (id) => tensors.delete(id),
    tensorDataSync: (id) => tensors.read(id),
    tensorData: (id) => tensors.readAsync(id),
    executeOp(op, attributes, inputs, numOutputs): TensorMetadata[] {
      if (op === "Identity") return [metadata(tensors.share(inputs[0]!))];
      const key = keyOf(op, attributes, inputs);
      let executable = programs.get(key);
      if (executable === undefined) {
        executable = runNow(
          compileForDevice(tensors.device, graphOf(op, attributes, inputs, numOutputs), {}, {}),
        );
        remember(programs, key, executable);
      }
      const constants = new Set(constantInputs(op, inputs.length));
      const operands = inputs.filter((_, i) => !constants.has(i)).map((id) => tensors.buffer(id));
      return executable.run(operands, new Set()).map((buffer) => tensors.adopt(buffer));
    },
  };
}
