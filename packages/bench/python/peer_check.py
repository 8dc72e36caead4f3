"""One training step of the peer from given weights on a given batch, so that a test can compare it with ours.

    python peer_check.py '{"mixer": "mlp", "hidden_size": 32, …}' INPUT.safetensors OUTPUT.safetensors
"""

import json
import sys

from safetensors.torch import load_file, save_file

from peer_model import Config, weight_shapes
from peer_step import Settings, TrainState, TrainStep, rates_at


def main(config_json: str, input_file: str, output_file: str) -> None:
    config, settings, given = Config(**json.loads(config_json)), Settings(), load_file(input_file)
    weights = {name: given[f"inner.{name}"] for name in weight_shapes(config)}
    latents = {"y": given["inner.H_init"], "z": given["inner.L_init"]}
    state = TrainState(config, weights, latents, given.get("inner.puzzle_emb.weights"), "cpu")
    # Compiling takes a minute; that compiled code computes the same is PyTorch's promise.
    step = TrainStep(config, settings, state, "cpu", compiled=False)
    batch = given["inputs"], given["labels"], given["min_steps"]

    loss, row_grads, carry, _ = step.gradients(*batch)
    outcome = {f"grad.inner.{name}": weight.grad.clone() for name, weight in state.weights.items()}
    outcome |= {"loss": loss, "carry.y": carry["y"], "carry.z": carry["z"]}
    if row_grads is not None:
        outcome["grad.rows"] = row_grads

    for weight in state.weights.values():
        weight.grad = None
    step(*batch, rates_at(1, 1e-2, 1e-2, settings, "cpu"))
    outcome |= {f"param.inner.{name}": weight.detach() for name, weight in state.weights.items()}
    outcome |= {f"ema.inner.{name}": average for name, average in state.ema.items()}
    if state.table is not None:
        outcome["param.inner.puzzle_emb.weights"] = state.table
    save_file({name: tensor.contiguous() for name, tensor in outcome.items()}, output_file)


if __name__ == "__main__":
    main(*sys.argv[1:])
