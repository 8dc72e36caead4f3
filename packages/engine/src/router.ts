/** Lets tensors live in more than one place: each op runs in the active place, and tensors from elsewhere are moved there. */
import type { Binding, TensorMetadata } from "./binding";

/** A binding that knows which tensors are its own. */
export interface Place extends Binding {
  owns(id: number): boolean;
  /** Shape and TensorFlow data type of a tensor of its own. */
  typeOf(id: number): { readonly shape: readonly number[]; readonly dtype: number };
}

export interface Router extends Binding {
  /** New tensors are made in this place from now on, and ops run there. */
  activate(place: Place): void;
  /** The id under which `place` has a tensor, which is copied there at its first use. */
  at(place: Place, id: number): number;
}

/** The engine's router: the binding that ops go to while nothing is recorded. */
export const router: Router = createRouter();

/** A router without places; {@link Router.activate} gives it its first. */
export function createRouter(): Router {
  const places = new Set<Place>();
  /** Copies in other places, by the id of the original; they go when it goes. */
  const copies = new Map<number, Map<Place, number>>();
  let active: Place | undefined;

  function ownerOf(id: number): Place {
    for (const place of places) if (place.owns(id)) return place;
    throw new Error(`Tensor ${id} has been disposed, or does not exist.`);
  }

  function activePlace(): Place {
    if (active === undefined)
      throw new Error('The engine has not been started: call "await startEngine()" first.');
    return active;
  }

  function at(place: Place, id: number): number {
    if (place.owns(id)) return id;
    const moved = copies.get(id)?.get(place);
    if (moved !== undefined) return moved;
    const owner = ownerOf(id);
    const { shape, dtype } = owner.typeOf(id);
    const copy = place.createTensor([...shape], dtype, owner.tensorDataSync(id));
    copies.set(id, new Map(copies.get(id)).set(place, copy));
    return copy;
  }

  return {
    activate(place) {
      places.add(place);
      active = place;
    },
    at(place, id) {
      places.add(place);
      return at(place, id);
    },
    createTensor: (shape, dataType, values) => activePlace().createTensor(shape, dataType, values),
    deleteTensor(id) {
      for (const [place, copy] of copies.get(id) ?? []) place.deleteTensor(copy);
      copies.delete(id);
      ownerOf(id).deleteTensor(id);
    },
    tensorDataSync: (id) => ownerOf(id).tensorDataSync(id),
    tensorData: async (id) => {
      const owner = ownerOf(id);
      return owner.tensorData === undefined ? owner.tensorDataSync(id) : await owner.tensorData(id);
    },
    executeOp(op, attributes, inputs, outputs): TensorMetadata[] {
      const place = activePlace();
      return place.executeOp(
        op,
        attributes,
        inputs.map((id) => at(place, id)),
        outputs,
      );
    },
  };
}
