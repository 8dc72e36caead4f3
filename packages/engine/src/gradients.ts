import * as tf from "@tensorflow/tfjs";

/**
 * Replaces tfjs's gradients of sum and mean, which multiply by a tensor of ones as large as the input. Made in JavaScript and
 * recorded as constants, those of a large training step take many megabytes; repeating the gradient needs none.
 */
export function registerGradients(): void {
  for (const kernelName of ["Sum", "Mean"]) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ["x"],
      gradFunc: (dy, [x], attrs) => {
        const { shape } = x!;
        const axes = tf.util.parseAxisParam((attrs as { axis?: number | number[] }).axis!, shape);
        const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
        return {
          x: () => {
            const each = kernelName === "Mean" ? tf.div(dy as tf.Tensor, count) : (dy as tf.Tensor);
            return tf.broadcastTo(tf.reshape(each, kept), shape as [number]);
          },
        };
      },
    });
  }
}
