/** A graph cannot be made a native program; TensorFlow has to run it. */
export class NotNative extends Error {
  /** @param because what the graph does, or what the machine lacks */
  constructor(because: string) {
    super(`The function cannot be compiled natively: ${because}.`);
  }
}
