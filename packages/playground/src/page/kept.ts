import type { SavedTraining, TrainableModel } from "../protocol";

/** What one evaluation saw: shares of held-out puzzles that are solved. */
export interface Evaluated {
  readonly step: number;
  readonly live: number;
  readonly averaged: number;
}

/** A training and the curves that led to it. */
export interface KeptTraining {
  readonly training: SavedTraining;
  readonly step: number;
  readonly evaluations: readonly Evaluated[];
  readonly losses: readonly (readonly [step: number, loss: number])[];
}

const STORE = "trainings";

const open = (): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("trm-playground", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  } finally {
    database.close();
  }
}

/** Keeps a training in the browser, in the place of the last one of its model. @returns false where nothing can be kept */
export async function keepTraining(kept: KeptTraining): Promise<boolean> {
  try {
    await within("readwrite", (store) => store.put(kept, kept.training.model));
    return true;
  } catch {
    return false; // a private window, or no space
  }
}

/** The kept training of a model; undefined if there is none that can be read. */
export async function keptTraining(model: TrainableModel): Promise<KeptTraining | undefined> {
  try {
    const found = await within<KeptTraining | undefined>("readonly", (store) => store.get(model));
    return found?.training.version === 1 ? found : undefined;
  } catch {
    return undefined;
  }
}
