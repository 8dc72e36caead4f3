/** Lets several bindings own tensors: each op runs in the active one, to which tensors of the others are copied. */
import type { Binding, TensorMetadata } from "./binding";

/** A binding that knows which tensors are its own. */
export interface Owner extends Binding {
  owns(id: number): boolean;
  /** Shape and TensorFlow data type of a tensor of its own. */
  typeOf(id: number): { readonly shape: readonly number[]; readonly dtype: number };
}

/** The owners together, as one binding. */
export interface TensorOwners extends Binding {
  /** This owner makes new tensors from now on, and runs ops. */
  activate(owner: Owner): void;
  /** The id under which `owner` has a tensor, which is copied to it at its first use. */
  idFor(owner: Owner, id: number): number;
}

/** The binding that ops go to while nothing is recorded. */
export const tensorOwners: TensorOwners = createTensorOwners();

function createTensorOwners(): TensorOwners {
  const owners = new Set<Owner>();
  /** Copies with other owners, by the id of the original; they go when it goes. */
  const copies = new Map<number, Map<Owner, number>>();
  let active: Owner | undefined;

  function ownerOf(id: number): Owner {
    for (const owner of owners) if (owner.owns(id)) return owner;
    throw new Error(`Tensor ${id} has been disposed, or does not exist.`);
  }

  function activeOwner(): Owner {
    if (active === undefined)
      throw new Error('The engine has not been started: call "await startEngine()" first.');
    return active;
  }

  function idFor(owner: Owner, id: number): number {
    if (owner.owns(id)) return id;
    const moved = copies.get(id)?.get(owner);
    if (moved !== undefined) return moved;
    const original = ownerOf(id);
    const { shape, dtype } = original.typeOf(id);
    const copy = owner.createTensor([...shape], dtype, original.tensorDataSync(id));
    copies.set(id, new Map(copies.get(id)).set(owner, copy));
    return copy;
  }

  return {
    activate(owner) {
      owners.add(owner);
      active = owner;
    },
    idFor(owner, id) {
      owners.add(owner);
      return idFor(owner, id);
    },
    createTensor: (shape, dataType, values) => activeOwner().createTensor(shape, dataType, values),
    deleteTensor(id) {
      for (const [owner, copy] of copies.get(id) ?? []) owner.deleteTensor(copy);
      copies.delete(id);
      ownerOf(id).deleteTensor(id);
    },
    tensorDataSync: (id) => ownerOf(id).tensorDataSync(id),
    tensorData: async (id) => {
      const owner = ownerOf(id);
      return owner.tensorData === undefined ? owner.tensorDataSync(id) : await owner.tensorData(id);
    },
    executeOp(op, attributes, inputs, outputs): TensorMetadata[] {
      const owner = activeOwner();
      return owner.executeOp(
        op,
        attributes,
        inputs.map((id) => idFor(owner, id)),
        outputs,
      );
    },
  };
}
