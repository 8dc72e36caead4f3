/** Shapes and dtypes of every operation that tfjs-node's kernels emit, so that recording needs no TensorFlow. */
import { assemble } from "./assemble";
import { elementwise } from "./elementwise";
import { images } from "./images";
import { linear } from "./linear";
import { reduction } from "./reduction";
import { type Call, forAll, type ShapeRule, type ShapeRules, shapeError, type TensorType } from "./rule";
import { views } from "./views";

/** Refuses operations whose result has a size that depends on the data: a compiled function has fixed shapes. */
const dependsOnData = (instead: string): ShapeRule => {
  return (call) => {
    throw shapeError(
      call,
      `the size of its result depends on the data, so it cannot be compiled. ${instead}`,
    );
  };
};

const outsideWorld: ShapeRule = (call) => {
  throw shapeError(call, "it works outside of the tensors (files, images), so call it outside of compile().");
};

const rules = new Map<string, ShapeRule>(
  Object.entries({
    ...elementwise,
    ...reduction,
    ...linear,
    ...views,
    ...assemble,
    ...images,
    Where: dependsOnData("Use tf.where(mask, a, b) or multiply by a mask, or call it outside of compile()."),
    UniqueV2: dependsOnData("Call tf.unique outside of compile()."),
    ...forAll(
      "NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5",
      dependsOnData("Call non-max suppression outside of compile()."),
    ),
    ...forAll(
      "DecodeJpeg DecodePng DecodeBmp DecodeGif EncodeJpeg EncodePng SummaryWriter CreateSummaryFileWriter " +
        "FlushSummaryWriter WriteScalarSummary WriteSummary",
      outsideWorld,
    ),
  } satisfies ShapeRules),
);

/**
 * Shapes and dtypes of what an operation will give.
 *
 * @throws Error that names the operation when its inputs do not fit, when its result's size depends on data, or when
 *   no rule knows it
 */
export function inferTypes(call: Call): readonly TensorType[] {
  const rule = rules.get(call.op);
  if (rule === undefined) {
    throw shapeError(
      call,
      "compile() knows no shape rule for this operation. Call it outside of the compiled function, or add " +
        "a rule in engine/graph/shapes.",
    );
  }
  const types = rule(call);
  if (types.length !== call.numOutputs) {
    throw shapeError(call, `${call.numOutputs} outputs were asked for, but it has ${types.length}`);
  }
  return types;
}

/** Operations that a rule covers, for tests and documentation. */
export function operationsWithRules(): string[] {
  return [...rules.keys()];
}
