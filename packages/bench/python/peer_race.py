"""Trains the peer until it solves a given share of held-out puzzles, on the batches and from the weights that we train with.

    python peer_race.py RACE.json DATA.safetensors

`lib/src/bench/race.ts` writes both files. Prints one JSON object.
"""

import json
import sys
import time

import torch
from safetensors.torch import load_file

from peer_model import Config, weight_shapes
from peer_step import EvaluationStep, Settings, TrainState, TrainStep, prepare_process, rates_at


def main(race_file: str, data_file: str) -> None:
    with open(race_file, encoding="utf8") as file:
        race = json.load(file)
    prepare_process("cpu", race["threads"])
    config, settings = Config(**race["config"]), Settings(**race["settings"])
    data = load_file(data_file)
    weights = {name: data[f"inner.{name}"] for name in weight_shapes(config)}
    latents = {"y": data["inner.H_init"], "z": data["inner.L_init"]}
    state = TrainState(config, weights, latents, data.get("inner.puzzle_emb.weights"), "cpu")
    train, evaluate = TrainStep(config, settings, state, "cpu"), EvaluationStep(config, "cpu")

    training_seconds, evaluations, start = 0.0, [], time.perf_counter()
    compile_seconds = None
    for step, learning_rate in enumerate(race["learningRates"], start=1):
        step_start = time.perf_counter()
        rates = rates_at(step, learning_rate, learning_rate, settings, "cpu")
        train(data["inputs"][step - 1], data["labels"][step - 1], data["min_steps"][step - 1], rates)
        seconds = time.perf_counter() - step_start
        if compile_seconds is None:
            compile_seconds = seconds
        else:
            training_seconds += seconds
        if step % race["evaluateEvery"] == 0:
            share = solved_share(evaluate, config, state, data["test_inputs"], data["test_labels"])
            evaluations.append({"step": step, "solved": share, "seconds": time.perf_counter() - start})
            if share >= race["target"]:
                break
    outcome = {
        "reached": evaluations[-1]["solved"] >= race["target"],
        "steps": step,
        "firstStepSeconds": compile_seconds,
        "trainingSeconds": training_seconds,
        "seconds": time.perf_counter() - start,
        "evaluations": evaluations,
    }
    print(json.dumps(outcome))


def solved_share(evaluate: EvaluationStep, config: Config, state: TrainState, inputs, labels) -> float:
    """Of the held-out puzzles, after all supervision steps, with the averaged weights. inputs: [batches, B, cells]."""
    shape = (config.batch_size, config.length, config.hidden_size)
    solved = 0
    for batch_inputs, batch_labels in zip(inputs, labels):
        y, z = (state.initial[name].expand(shape).contiguous() for name in ("y", "z"))
        for _ in range(config.supervision_steps):
            y, z, count = evaluate(state.ema, state.table, y, z, batch_inputs, batch_labels)
        solved += int(count)
    return solved / int((labels != -100).any(-1).sum())


if __name__ == "__main__":
    torch.manual_seed(0)
    main(*sys.argv[1:])
