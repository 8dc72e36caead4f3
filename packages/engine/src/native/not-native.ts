/** Thrown if a graph cannot become a native program, so that TensorFlow has to run it. */
export class NotNative extends Error {
  /** @param because the unsupported operation of the graph, or the missing feature of the machine */
  constructor(because: string) {
    super(`The function cannot be compiled natively: ${because}.`);
  }
}
