"""Measures training or evaluation steps of the model in compiled PyTorch: the peer of `npm run bench`.

    python peer.py --json --mode train --mixer mlp --hidden-size 512 --seq-len 81 --embedding-tokens 16 --layers 2 \
        --n 6 --T 3 --batch-size 768 --precision bfloat16 --device cuda --steps 20

With --serve it compiles and warms up, prints one line of JSON, and then answers each line {"steps": 3} on stdin by another.
"""

import argparse
import dataclasses
import json
import sys
import time

import torch

import peer_model
from peer_model import Config
from peer_step import EvaluationStep, Settings, TrainState, TrainStep, prepare_process, rates_at

WARM_UP = 2


def main() -> None:
    args = parse_arguments()
    prepare_process(args.device, args.threads)
    torch.manual_seed(0)
    config = Config(**{field.name: getattr(args, field.name) for field in dataclasses.fields(Config)})
    step = training(config, args.device) if args.mode == "train" else evaluation(config, args.device)

    compile_seconds = timed(step, args.device)
    for _ in range(WARM_UP):
        timed(step, args.device)
    facts = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "compileSeconds": compile_seconds,
    }
    if args.serve:
        tell(facts)
        for line in sys.stdin:
            tell(measure(step, args.device, **json.loads(line)))
    else:
        report({**facts, **measure(step, args.device, args.steps, args.seconds)}, args.json)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=["train", "eval"], default="train")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, help="processor cores to use; all when left out")
    parser.add_argument("--steps", type=int, default=20, help="steps to measure")
    parser.add_argument("--seconds", type=float, help="measure no more steps after so many seconds")
    parser.add_argument("--serve", action="store_true", help="answer requests on stdin")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    choices = {"mixer": ["mlp", "attention"], "precision": ["float32", "bfloat16"]}
    for field in dataclasses.fields(Config):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            dest=field.name,
            type=field.type,
            choices=choices.get(field.name),
            default=field.default,
        )
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("this PyTorch sees no CUDA device; use --device cpu or install a CUDA build")
    if args.steps < 1:
        parser.error("--steps must be at least 1")
    return args


def random_tokens(config: Config, device: str) -> torch.Tensor:
    return torch.randint(1, config.vocab_size, (config.batch_size, config.seq_len), dtype=torch.int32, device=device)


def random_state(config: Config, device: str) -> TrainState:
    latents = {name: torch.randn(config.hidden_size) for name in ("y", "z")}
    table = torch.zeros(1, config.hidden_size) if config.embedding_tokens else None
    return TrainState(config, peer_model.random_weights(config), latents, table, device)


def training(config: Config, device: str):
    """A function that trains one step on random puzzles."""
    settings = Settings()
    step = TrainStep(config, settings, random_state(config, device), device)
    inputs, labels = random_tokens(config, device), random_tokens(config, device)
    min_steps = torch.zeros(config.batch_size, dtype=torch.int32, device=device)
    rates = rates_at(1, 1e-4, 1e-4, settings, device)
    return lambda: step(inputs, labels, min_steps, rates)


def evaluation(config: Config, device: str):
    """A function that thinks one supervision step about random puzzles."""
    state, step = random_state(config, device), EvaluationStep(config, device)
    weights = {name: weight.detach() for name, weight in state.weights.items()}
    inputs, labels = random_tokens(config, device), random_tokens(config, device)
    return lambda: step(weights, state.table, state.carry["y"], state.carry["z"], inputs, labels)


def timed(step, device: str) -> float:
    """Seconds of one step, until its results are there."""
    start = time.perf_counter()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure(step, device: str, steps: int, seconds: float | None = None) -> dict:
    milliseconds, start = [], time.perf_counter()
    while len(milliseconds) < steps and (seconds is None or time.perf_counter() - start < seconds):
        milliseconds.append(1000 * timed(step, device))
    return {
        "stepsPerSecond": len(milliseconds) / (time.perf_counter() - start),
        "millisecondsPerStep": milliseconds,
        "peakMemoryBytes": peak_memory(device),
    }


def peak_memory(device: str) -> int:
    """Of the device, or the most that the process had resident."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def tell(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


def report(result: dict, as_json: bool) -> None:
    if as_json:
        return tell(result)
    print(f"{result['device']}, PyTorch {result['torch']}: {result['stepsPerSecond']:.3g} steps/s")
    print(f"compiled in {result['compileSeconds']:.1f} s, {result['peakMemoryBytes'] / 1e9:.2f} GB at most")


if __name__ == "__main__":
    main()
