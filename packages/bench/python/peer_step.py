"""The training step and the evaluation step of the peer, each compiled by `torch.compile`. No step waits for the host."""

import ctypes
import sys
from dataclasses import dataclass

import torch

import peer_model
from peer_model import Config

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Settings:
    """What the optimizers and the moving average are told, constant over a run."""

    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 1
    embedding_decay: float = 1
    ema: float = 0.999


def rates_at(step: int, learning_rate: float, embedding_rate: float, settings: Settings, device: str) -> torch.Tensor:
    """What changes with the step, as one tensor, so that nothing is compiled anew: both rates, both bias corrections."""
    correction1, correction2 = 1 - settings.beta1**step, (1 - settings.beta2**step) ** 0.5
    return torch.tensor([learning_rate, embedding_rate, correction1, correction2], device=device)


def prepare_process(device: str, threads: int | None) -> None:
    """Settings of the process that make PyTorch fast."""
    if threads:
        torch.set_num_threads(threads)
    if device == "cpu":
        torch.set_flush_denormal(True)
        keep_freed_memory()


def keep_freed_memory() -> None:
    """Without it glibc gives every large tensor back to the system and gets it again page by page."""
    if not sys.platform.startswith("linux"):
        return
    mmap_threshold, trim_threshold, top_pad = -3, -1, -2
    libc = ctypes.CDLL(None)
    for parameter, size in ((mmap_threshold, 2**30), (trim_threshold, 2**31 - 1), (top_pad, 2**28)):
        libc.mallopt(parameter, size)


class TrainState:
    """Weights, optimizer, moving average and carry; the carry begins with every puzzle halted."""

    def __init__(self, config: Config, weights: Tensors, latents: Tensors, table: torch.Tensor | None, device: str):
        latent_shape = (config.batch_size, config.length, config.hidden_size)
        cells = (config.batch_size, config.seq_len)
        self.weights = {name: weight.to(device).requires_grad_() for name, weight in weights.items()}
        self.mean = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.square = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.ema = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.initial = {name: latent.to(device, config.dtype) for name, latent in latents.items()}
        self.table = None if table is None else table.to(device)
        self.carry = {
            "y": torch.zeros(latent_shape, dtype=config.dtype, device=device),
            "z": torch.zeros(latent_shape, dtype=config.dtype, device=device),
            "steps": torch.zeros(config.batch_size, dtype=torch.int32, device=device),
            "halted": torch.ones(config.batch_size, dtype=torch.bool, device=device),
            "inputs": torch.zeros(cells, dtype=torch.int32, device=device),
            "labels": torch.zeros(cells, dtype=torch.int32, device=device),
        }


def refill(carry: Tensors, initial: Tensors, inputs: torch.Tensor, labels: torch.Tensor) -> Tensors:
    """Gives every halted row a new puzzle and the initial latents."""
    halted, cells, latents = carry["halted"], carry["halted"][:, None], carry["halted"][:, None, None]
    return {
        "y": torch.where(latents, initial["y"], carry["y"]),
        "z": torch.where(latents, initial["z"], carry["z"]),
        "steps": torch.where(halted, 0, carry["steps"]),
        "inputs": torch.where(cells, inputs, carry["inputs"]),
        "labels": torch.where(cells, labels, carry["labels"]),
    }


class TrainStep:
    """One step of deep supervision: the loss with its backward as one compiled program, the update as another."""

    def __init__(self, config: Config, settings: Settings, state: TrainState, device: str, compiled: bool = True):
        self.config, self.settings, self.state = config, settings, state
        self.rotary = peer_model.rotary_table(config, device)
        self.loss, self.update = self._loss, self._update
        if compiled:
            self.loss = torch.compile(self._loss, fullgraph=True, dynamic=False)
            self.update = torch.compile(self._update, fullgraph=True, dynamic=False)

    def gradients(self, inputs: torch.Tensor, labels: torch.Tensor, min_steps: torch.Tensor):
        """The loss, the weights' gradients (in their `.grad`), those of the embedding rows, the next carry, the metrics."""
        state = self.state
        rows = None
        if state.table is not None:
            rows = state.table.expand(self.config.batch_size, -1).clone().requires_grad_()
        loss, carry, metrics = self.loss(state.weights, rows, state.carry, state.initial, inputs, labels, min_steps)
        loss.backward()
        return loss.detach(), None if rows is None else rows.grad, carry, metrics

    def __call__(self, inputs, labels, min_steps, rates: torch.Tensor) -> torch.Tensor:
        """Trains on one batch. Returns [puzzles halted, of them solved, answer loss, halting loss], each a sum."""
        state = self.state
        _, row_grads, state.carry, metrics = self.gradients(inputs, labels, min_steps)
        grads = {name: weight.grad for name, weight in state.weights.items()}
        with torch.no_grad():
            self.update(state.weights, grads, state.mean, state.square, state.ema, state.table, row_grads, rates)
        for weight in state.weights.values():
            weight.grad = None
        return metrics

    def _loss(self, weights, rows, carry, initial, inputs, labels, min_steps):
        config = self.config
        with torch.no_grad():
            carry = refill(carry, initial, inputs, labels)
        y, z, logits, q_halt = peer_model.forward(
            config, weights, rows, carry["y"], carry["z"], carry["inputs"], self.rotary
        )
        with torch.no_grad():
            whole = peer_model.solved(logits, carry["labels"]).float()
        answer = peer_model.answer_loss(logits, carry["labels"])
        halting = peer_model.halting_loss(q_halt, whole)
        with torch.no_grad():
            steps = carry["steps"] + 1
            halted = ((steps >= config.supervision_steps) | (q_halt > 0)) & (steps >= min_steps)
            metrics = torch.stack([halted.sum().float(), (halted * whole).sum(), answer, halting])
        next_carry = {**carry, "y": y, "z": z, "steps": steps, "halted": halted}
        return (answer + 0.5 * halting) / config.batch_size, next_carry, metrics

    def _update(self, weights, grads, mean, square, ema, table, row_grads, rates: torch.Tensor) -> None:
        """AdamATan2, the moving average, and sign-SGD for the one row of the puzzle embedding."""
        s = self.settings
        learning_rate, embedding_rate, correction1, correction2 = rates.unbind()
        for name, weight in weights.items():
            m, v, g = mean[name], square[name], grads[name]
            m.mul_(s.beta1).add_(g, alpha=1 - s.beta1)
            v.mul_(s.beta2).addcmul_(g, g, value=1 - s.beta2)
            direction = torch.atan2(m, v.sqrt() / correction2)
            weight.mul_(1 - learning_rate * s.weight_decay)
            weight.sub_(learning_rate / correction1 * direction)
            ema[name].mul_(s.ema).add_(weight, alpha=1 - s.ema)
        if table is not None:
            table.mul_(1 - embedding_rate * s.embedding_decay)
            table.sub_(embedding_rate * row_grads.sum(0, keepdim=True).sign())


class EvaluationStep:
    """One supervision step without learning."""

    def __init__(self, config: Config, device: str):
        self.config = config
        self.rotary = peer_model.rotary_table(config, device)
        self.step = torch.compile(self._step, fullgraph=True, dynamic=False)

    def __call__(self, weights: Tensors, table, y, z, inputs, labels):
        """The next latents, and the number of puzzles solved; rows without labels do not count."""
        with torch.inference_mode():
            return self.step(weights, table, y, z, inputs, labels)

    def _step(self, weights, table, y, z, inputs, labels):
        rows = None if table is None else table.expand(self.config.batch_size, -1)
        y, z, logits, _ = peer_model.forward(self.config, weights, rows, y, z, inputs, self.rotary)
        counts = (labels != peer_model.IGNORED_LABEL).any(-1)
        return y, z, (peer_model.solved(logits, labels) & counts).sum()
