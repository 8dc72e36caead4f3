/** Solutions of the exercises of notebook 10. */
import * as trm from "trm-workbench";

const settings = () => trm.runExperiment(trm.experiments.halting, { variants: ["halt"] });

type Tensor3D = trm.tf.Tensor3D;
type Block = { mix: trm.tf.Tensor2D; up: trm.tf.Tensor2D; down: trm.tf.Tensor2D };

const swap = (h: Tensor3D) => trm.tf.transpose(h, [0, 2, 1]);

/** The network of the notebook, with a mask on `mix` and a norm that may be left out. */
function noGates(
  mask?: trm.tf.Tensor2D,
  norm = (h: Tensor3D, epsilon: number) => trm.rmsNorm(h, epsilon),
): trm.Network<Block[]> {
  return {
    init: (config, random) =>
      Array.from({ length: config.layers }, () => ({
        mix: trm.linearWeight(trm.contextLength(config), trm.contextLength(config), random),
        up: trm.linearWeight(4 * config.hiddenSize, config.hiddenSize, random),
        down: trm.linearWeight(config.hiddenSize, 4 * config.hiddenSize, random),
      })),
    apply: (config, blocks) => (h) => {
      for (const { mix, up, down } of blocks) {
        const seen = mask ? (trm.tf.mul(mix, mask) as trm.tf.Tensor2D) : mix;
        h = norm(trm.tf.add(h, swap(trm.linear(swap(h), seen))), config.normEpsilon);
        h = norm(trm.tf.add(h, trm.linear(trm.tf.relu(trm.linear(h, up)), down)), config.normEpsilon);
      }
      return h;
    },
  };
}

/** The gate within the cells, or the one between them. */
export async function exercise1() {
  type Gated = { mix: trm.tf.Tensor2D; mlp: { gateUp: trm.tf.Tensor2D; down: trm.tf.Tensor2D } };
  const gateWithin: trm.Network<Gated[]> = {
    init: (config, random) =>
      Array.from({ length: config.layers }, () => ({
        mix: trm.linearWeight(trm.contextLength(config), trm.contextLength(config), random),
        mlp: {
          gateUp: trm.linearWeight(6 * config.hiddenSize, config.hiddenSize, random),
          down: trm.linearWeight(config.hiddenSize, 3 * config.hiddenSize, random),
        },
      })),
    apply: (config, blocks) => (h) => {
      for (const { mix, mlp } of blocks) {
        h = trm.rmsNorm(trm.tf.add(h, swap(trm.linear(swap(h), mix))), config.normEpsilon);
        h = trm.rmsNorm(trm.tf.add(h, trm.swiGlu(mlp, h)), config.normEpsilon);
      }
      return h;
    },
  };
  const plain = await settings();
  // Between the cells stays what the configuration names; within them two matrices and a relu.
  type Feed = { up: trm.tf.Tensor2D; down: trm.tf.Tensor2D };
  const gateBetween = trm.networkOf<Feed>(trm.modelConfigFor(plain.variants[0].config, await sizes(plain)), {
    init: ({ hiddenSize }, random) => ({
      up: trm.linearWeight(4 * hiddenSize, hiddenSize, random),
      down: trm.linearWeight(hiddenSize, 4 * hiddenSize, random),
    }),
    apply:
      (config) =>
      ({ up, down }, h) =>
        trm.rmsNorm(trm.tf.add(h, trm.linear(trm.tf.relu(trm.linear(h, up)), down)), config.normEpsilon),
  });
  const one = await trm.trainVariant(plain, "gate within the cells", { network: gateWithin });
  const two = await trm.trainVariant(plain, "gate between the cells", { network: gateBetween });
  trm.showTable([...trm.resultsFrame(one), ...trm.resultsFrame(two).slice(-1)], { digits: 1 });
}

/** Sizes of the puzzles of a result. */
async function sizes({ variants: [{ config }] }: trm.ExperimentResult) {
  const data = await trm.openRunData(config.data);
  data.close();
  return data;
}

/** Each cell sees the cells of its row, column and box. */
export async function exercise2() {
  const plain = await settings();
  const { seqLen } = (await sizes(plain)).test[0];
  const [[rows, columns]] = trm.sudokuBoxes(seqLen);
  const side = rows * columns;
  const place = (cell: number) => [Math.floor(cell / side), cell % side];
  const box = (cell: number) => {
    const [row, column] = place(cell);
    return `${Math.floor(row / rows)}, ${Math.floor(column / columns)}`;
  };
  const seen = (a: number, b: number) => place(a).some((at, i) => at === place(b)[i]) || box(a) === box(b);
  const cells = Array.from({ length: seqLen }, (_, cell) => cell);
  const mask = trm.tf.tensor2d(cells.map((a) => cells.map((b) => Number(seen(a, b)))));
  const free = await trm.trainVariant(plain, "no gates", { network: noGates() });
  const masked = await trm.trainVariant(plain, "no gates, sees its row, column and box", {
    network: noGates(mask),
  });
  trm.showTable([...trm.resultsFrame(free), ...trm.resultsFrame(masked).slice(-1)], { digits: 1 });
}

/** Without the norm. Where the loss becomes NaN, the error names the training step. */
export async function exercise3() {
  try {
    const both = await trm.trainVariant(await settings(), "no norm", {
      network: noGates(undefined, (h) => h),
    });
    trm.showTable(trm.resultsFrame(both), { digits: 1 });
  } catch (error) {
    console.log((error as Error).message);
  }
}

/**
 * A recursion that answers first and reasons then. Only the last latent recursion has a gradient, and its y does not see x: the embedding
 * would not learn, and the error says so. With a gradient through two of them it does. The other one gives the last pass x as well.
 */
export async function exercise4() {
  const two = trm.variants(trm.experiments.halting, {
    keep: ["halt"],
    all: { model: { gradientRecursions: 2 } },
  });
  const plain = await trm.runExperiment(two);
  const answerFirst: trm.Recursion<"y" | "z"> = {
    latents: () => ["y", "z"],
    answer: "y",
    recurse(net, x, latents, n) {
      const y = net.y(latents.y, latents.z);
      let { z } = latents;
      for (let i = 0; i < n; i++) z = net.z(x, y, z);
      return { y, z };
    },
  };
  const first = await trm.trainVariant(plain, "y before z", { recursion: answerFirst });
  const seesX: trm.Recursion<"y" | "z"> = {
    ...answerFirst,
    recurse(net, x, { y, z }, n) {
      for (let i = 0; i < n; i++) z = net.z(x, y, z);
      return { y: net.y(x, y, z), z };
    },
  };
  const second = await trm.trainVariant(plain, "x in the last pass", { recursion: seesX });
  trm.showTable([...trm.resultsFrame(first), ...trm.resultsFrame(second).slice(-1)], { digits: 1 });
}

/** What a file of `catalogue/` exports; a plan shows that it can be trained. */
export async function exercise5() {
  const softmaxLoss: trm.Experiment = {
    name: "softmax-loss",
    title: "Softmax instead of stablemax",
    claim: "The loss is not what makes a TRM work.",
    source: "my own question",
    tasks: trm.experiments.halting.tasks,
    variants: [
      { name: "TRM", changes: {} },
      { name: "softmax loss", changes: { training: { loss: "softmax" } } },
    ],
  };
  trm.showChanges(softmaxLoss);
}
