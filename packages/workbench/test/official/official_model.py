"""Lets the official model answer: CODE WEIGHTS.pt REQUEST.json -> logits' best tokens and halting logits, step by step."""

import json
import sys

import torch

code, weights, request = sys.argv[1:]
sys.path.insert(0, code)
from models.recursive_reasoning.trm import TinyRecursiveReasoningModel_ACTV1  # noqa: E402

asked = json.load(open(request))
model = TinyRecursiveReasoningModel_ACTV1({**asked["arch"], "batch_size": len(asked["inputs"]), "causal": False})
state = torch.load(weights, weights_only=True)
model.load_state_dict({name.removeprefix("_orig_mod.model."): value for name, value in state.items()}, assign=True)
model.eval()
inputs = torch.tensor(asked["inputs"], dtype=torch.int32)
batch = {
    "inputs": inputs,
    "labels": torch.zeros_like(inputs),
    "puzzle_identifiers": torch.zeros(len(inputs), dtype=torch.int32),
}
carry, steps = model.initial_carry(batch), []
with torch.no_grad():
    for _ in range(asked["arch"]["halt_max_steps"]):
        carry, output = model(carry, batch)
        steps.append({"tokens": output["logits"].argmax(-1).tolist(), "qHalt": output["q_halt_logits"].tolist()})
print(json.dumps(steps))
