/** Tests of tfjs-core that we leave out besides those that tfjs-node leaves out itself, each with its reason. */
export const skipped: readonly string[] = [];
