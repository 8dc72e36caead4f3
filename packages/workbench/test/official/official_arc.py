"""Scores answers with the official ARC evaluator: CODE FOLDER ANSWERS.json OUT -> pass@k as JSON."""

import json
import sys
import types

import numpy as np
import torch
import torch.distributed

code, folder, answers, out = sys.argv[1:]
sys.path.insert(0, code)
# Neither changes what the evaluator computes: a compiler, and the command line of the dataset builder.
sys.modules["numba"] = types.SimpleNamespace(njit=lambda function: function)
parser = types.SimpleNamespace(command=lambda *args, **kwargs: lambda function: function)
sys.modules["argdantic"] = types.SimpleNamespace(ArgParser=lambda *args, **kwargs: parser)
from evaluators.arc import ARC  # noqa: E402


def gather(value, gathered, dst=0, group=None):
    gathered[0] = value


torch.distributed.gather_object = gather  # one process has nobody to gather from

evaluator = ARC(folder, types.SimpleNamespace(blank_identifier_id=0))
for batch in json.load(open(answers)):
    tensor = lambda field, dtype: torch.tensor(np.array(batch[field]), dtype=dtype)  # noqa: E731
    evaluator.update_batch(
        {"inputs": tensor("inputs", torch.int32), "puzzle_identifiers": tensor("identifiers", torch.int32)},
        {"preds": tensor("tokens", torch.int32), "q_halt_logits": tensor("qHalt", torch.float32)},
    )
print(json.dumps(evaluator.result(out, 0, 1, None)))
