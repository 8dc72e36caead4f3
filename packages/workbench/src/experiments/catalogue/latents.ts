import type { Experiment } from "../experiment";
import { recursionTasks } from "./tasks";

export const latents: Experiment = {
  name: "latents",
  title: "One latent, two or many",
  claim:
    "Two latents, an answer y and a reasoning z, are what the task asks for: splitting z into several hurts, and a single latent must hold the answer in mind while it reasons.",
  source: "section 4.2, Table 2",
  tasks: recursionTasks,
  variants: [
    { name: "y and z", changes: {}, paper: 0.874 },
    { name: "one latent", changes: { model: { recursion: "single-latent" } }, paper: 0.719 },
    {
      name: "y and six z",
      changes: { model: { recursion: "many-latents", n: 6 } },
      at: { laptop: { model: { T: 1 } }, desktop: { model: { T: 1 } } }, // as many passes through the network as the others, nearly
      paper: 0.776,
    },
  ],
};
