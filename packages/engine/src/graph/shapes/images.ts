/** Convolutions, pooling and image operations. */
import type { Shape } from "../graph";
import {
  type Call,
  constantInts,
  forAll,
  input,
  intsAttribute,
  like,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  stringAttribute,
} from "./rule";

/** True if the channels are last (NHWC, NDHWC), false if they follow the batch. */
const channelsLast = (call: Call) => stringAttribute(call, "data_format", "NHWC").endsWith("C");

/** The spatial axes of an image. */
const spatialAxes = (call: Call, rank: number) =>
  Array.from({ length: rank - 2 }, (_, i) => i + (channelsLast(call) ? 1 : 2));

/** Number of positions of a window along each spatial axis. */
function windowed(call: Call, shape: Shape, window: Shape, dilationName: string): number[] {
  const axes = spatialAxes(call, shape.length);
  const strides = intsAttribute(call, "strides");
  const dilations = intsAttribute(call, dilationName);
  const explicit = intsAttribute(call, "explicit_paddings");
  const padding = stringAttribute(call, "padding", "VALID");
  return axes.map((axis, i) => {
    const size = shape[axis]!;
    // tfjs-node writes strides in the order of NHWC whatever the layout is; TensorFlow reads them by the layout.
    const stride = strides?.[axis] ?? 1;
    const reach = (window[i]! - 1) * (dilations?.[axis] ?? 1) + 1;
    if (padding === "SAME") return Math.ceil(size / stride);
    const extra = padding === "EXPLICIT" ? explicit![2 * axis]! + explicit![2 * axis + 1]! : 0;
    if (size + extra < reach) throw shapeError(call, `a window of ${reach} does not fit into ${size}`);
    return Math.floor((size + extra - reach) / stride) + 1;
  });
}

const image = (call: Call, batch: number, spatial: Shape, channels: number): Shape =>
  channelsLast(call) ? [batch, ...spatial, channels] : [batch, channels, ...spatial];

const channelsOf = (call: Call, shape: Shape) => (channelsLast(call) ? shape.at(-1)! : shape[1]!);

const convolution =
  (channels: (call: Call, filter: Shape) => number): ShapeRule =>
  (call) => {
    const { shape, dtype } = input(call, 0);
    const filter = input(call, 1).shape;
    const spatial = windowed(call, shape, filter.slice(0, shape.length - 2), "dilations");
    return [{ shape: image(call, shape[0]!, spatial, channels(call, filter)), dtype }];
  };

const pool: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const ksize = intsAttribute(call, "ksize")!;
  const window = spatialAxes(call, shape.length).map((axis) => ksize[axis]!);
  return [
    {
      shape: image(call, shape[0]!, windowed(call, shape, window, "dilations"), channelsOf(call, shape)),
      dtype,
    },
  ];
};

/** The result has the shape that a constant input holds. */
const shapeFrom =
  (shapeInput: number, dtypeInput: number): ShapeRule =>
  (call) => [{ shape: constantInts(call, shapeInput), dtype: input(call, dtypeInput).dtype }];

const resize: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  // Bilinear interpolation gives floats, whatever the image is made of.
  const result = call.op === "ResizeBilinear" ? "float32" : dtype;
  return [{ shape: [shape[0]!, ...constantInts(call, 1), shape[3]!], dtype: result }];
};

export const images: ShapeRules = {
  ...forAll(
    "Conv2D Conv3D",
    convolution((_, filter) => filter.at(-1)!),
  ),
  DepthwiseConv2dNative: convolution((_, filter) => filter[2]! * filter[3]!),
  ...forAll("Conv2DBackpropInput Conv3DBackpropInputV2 DepthwiseConv2dNativeBackpropInput", shapeFrom(0, 2)),
  ...forAll(
    "Conv2DBackpropFilter Conv3DBackpropFilterV2 DepthwiseConv2dNativeBackpropFilter",
    shapeFrom(1, 0),
  ),
  Dilation2D: (call) => {
    const { shape, dtype } = input(call, 0);
    const spatial = windowed(call, shape, input(call, 1).shape.slice(0, 2), "rates");
    return [{ shape: [shape[0]!, ...spatial, shape[3]!], dtype }];
  },
  Dilation2DBackpropInput: like(0),
  Dilation2DBackpropFilter: like(1),
  ...forAll("AvgPool AvgPool3D MaxPool MaxPool3D", pool),
  ...forAll("AvgPoolGrad AvgPool3DGrad", shapeFrom(0, 1)),
  ...forAll("MaxPoolGrad MaxPool3DGrad", like(0)),
  ...forAll("ResizeBilinear ResizeNearestNeighbor", resize),
  ResizeBilinearGrad: like(1),
  ResizeNearestNeighborGrad: resize,
  CropAndResize: (call) => [
    {
      shape: [input(call, 1).shape[0]!, ...constantInts(call, 3), input(call, 0).shape[3]!],
      dtype: "float32",
    },
  ],
  // Output, batch mean, batch variance and two reserved tensors for the gradient.
  FusedBatchNorm: (call) => [input(call, 0), ...[1, 1, 1, 1].map(() => input(call, 1))],
};
