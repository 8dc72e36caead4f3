import { mapTree, type TensorTree, tf } from "tfjs-compile";
import type { StoredTensor } from "../files";

/**
 * The tensors of a tree by their paths, such as `params.weights.networks.z.0.mixer.qkv`, read from the device.
 * float32, int32 and bool keep their bits.
 */
export async function storeTree(tree: TensorTree): Promise<Record<string, StoredTensor>> {
  const tensors: [string, tf.Tensor][] = [];
  mapTree(tree, (tensor, path) => {
    tensors.push([path, tensor]);
    return tensor;
  });
  const stored: Record<string, StoredTensor> = {};
  for (const [path, tensor] of tensors) {
    const dtype = tensor.dtype as "float32" | "int32" | "bool";
    stored[path] = { dtype, shape: tensor.shape, data: await tensor.data() };
  }
  return stored;
}

/**
 * A tree like `template` with the stored values; the caller owns its tensors. The template is left as it is.
 * @throws Error naming the tensor that is missing, superfluous, or of another shape or type
 */
export function readTree<T extends TensorTree>(
  template: T,
  stored: Readonly<Record<string, StoredTensor>>,
  name: string,
): T {
  const wanted = new Set<string>();
  mapTree(template, (tensor, path) => {
    wanted.add(path);
    const found = stored[path];
    if (!found) throw new Error(`${name}: the tensor "${path}" is missing`);
    const [is, needed] = [describe(found.dtype, found.shape), describe(tensor.dtype, tensor.shape)];
    if (is !== needed) throw new Error(`${name}: the tensor "${path}" is ${is}, but ${needed} is needed`);
    return tensor;
  });
  const unknown = Object.keys(stored).find((path) => !wanted.has(path));
  if (unknown) throw new Error(`${name}: nothing needs the tensor "${unknown}"`);
  return mapTree(template, ({ shape, dtype }, path) =>
    tf.tensor(stored[path].data as Float32Array, shape, dtype),
  );
}

const describe = (dtype: string, shape: readonly number[]): string => `${dtype} [${shape}]`;
