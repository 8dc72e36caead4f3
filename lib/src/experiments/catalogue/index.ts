import { suggestion } from "../../runs/nearest";
import type { Experiment } from "../experiment";
import { fewerLayers } from "./fewer-layers";

/** The comparisons of the paper. */
export const catalogue: readonly Experiment[] = [fewerLayers];

/** @throws RangeError naming the nearest experiment */
export function experimentNamed(name: string): Experiment {
  const found = catalogue.find((experiment) => experiment.name === name);
  if (found) return found;
  const names = catalogue.map((experiment) => experiment.name);
  throw new RangeError(`there is no experiment "${name}"${suggestion(name, names)}`);
}
