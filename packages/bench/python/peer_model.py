"""The model of `lib/src/model` in PyTorch, written for speed: the peer that `npm run bench` measures against.

Plain functions over a dictionary of weights, whose names are those of the official code. With bfloat16 all activations are
bfloat16, as in the official code; norms and the loss compute in float32.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

NORM_EPSILON = 1e-5
ROPE_THETA = 10_000
IGNORED_LABEL = -100


@dataclass(frozen=True)
class Config:
    """What determines the model and its batch; the command line of peer.py has an option for each field."""

    mixer: str = "mlp"
    hidden_size: int = 512
    seq_len: int = 81
    embedding_tokens: int = 16
    layers: int = 2
    n: int = 6
    T: int = 3
    batch_size: int = 768
    precision: str = "bfloat16"
    vocab_size: int = 11
    heads: int = 8
    expansion: float = 4
    width_multiple: int = 256
    supervision_steps: int = 16

    @property
    def length(self) -> int:
        return self.embedding_tokens + self.seq_len

    @property
    def dtype(self) -> torch.dtype:
        return getattr(torch, self.precision)

    def width(self, size: int) -> int:
        """Inner width of a SwiGLU over vectors of this size."""
        return math.ceil(round(self.expansion * size * 2 / 3) / self.width_multiple) * self.width_multiple


def weight_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every trained weight by its official name."""
    hidden = config.hidden_size
    shapes = {
        "embed_tokens.embedding_weight": (config.vocab_size, hidden),
        "lm_head.weight": (config.vocab_size, hidden),
        "q_head.weight": (2, hidden),
        "q_head.bias": (2,),
    }

    def swiglu_shapes(name: str, size: int) -> None:
        shapes[f"{name}.gate_up_proj.weight"] = (2 * config.width(size), size)
        shapes[f"{name}.down_proj.weight"] = (size, config.width(size))

    for layer in range(config.layers):
        block = f"L_level.layers.{layer}"
        if config.mixer == "mlp":
            swiglu_shapes(f"{block}.mlp_t", config.length)
        else:
            shapes[f"{block}.self_attn.qkv_proj.weight"] = (3 * hidden, hidden)
            shapes[f"{block}.self_attn.o_proj.weight"] = (hidden, hidden)
        swiglu_shapes(f"{block}.mlp", hidden)
    return shapes


def random_weights(config: Config) -> dict[str, torch.Tensor]:
    """Weights to measure with: every linear map keeps the size of its input."""
    weights = {
        name: torch.randn(shape) / math.sqrt(shape[-1]) for name, shape in weight_shapes(config).items()
    }
    # As training begins: no puzzle halts before the head has learnt anything.
    weights["q_head.weight"] = torch.zeros(2, config.hidden_size)
    weights["q_head.bias"] = torch.full((2,), -5.0)
    return weights


def rms_norm(h: torch.Tensor) -> torch.Tensor:
    exact = h.float()
    return (exact * torch.rsqrt(exact.square().mean(-1, keepdim=True) + NORM_EPSILON)).to(h.dtype)


def swiglu(weights: dict, name: str, h: torch.Tensor) -> torch.Tensor:
    gate, up = F.linear(h, weights[f"{name}.gate_up_proj.weight"]).chunk(2, -1)
    return F.linear(F.silu(gate) * up, weights[f"{name}.down_proj.weight"])


def rotary_table(config: Config, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    size = config.hidden_size // config.heads
    rates = ROPE_THETA ** (-torch.arange(0, size, 2, device=device) / size)
    angles = torch.outer(torch.arange(config.length, device=device), rates).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(h: torch.Tensor, rotary: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    first, second = h.chunk(2, -1)
    return (h * rotary[0] + torch.cat((-second, first), -1) * rotary[1]).to(h.dtype)


def attention(config: Config, weights: dict, name: str, h: torch.Tensor, rotary) -> torch.Tensor:
    batch, length, hidden = h.shape
    heads = F.linear(h, weights[f"{name}.qkv_proj.weight"])
    heads = heads.view(batch, length, 3, config.heads, hidden // config.heads)
    q, k, v = heads.permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(rotate(q, rotary), rotate(k, rotary), v)
    return F.linear(mixed.transpose(1, 2).reshape(batch, length, hidden), weights[f"{name}.o_proj.weight"])


def network(config: Config, weights: dict, h: torch.Tensor, rotary) -> torch.Tensor:
    for layer in range(config.layers):
        block = f"L_level.layers.{layer}"
        if config.mixer == "mlp":
            columns = h.transpose(1, 2)
            h = rms_norm(columns + swiglu(weights, f"{block}.mlp_t", columns)).transpose(1, 2)
        else:
            h = rms_norm(h + attention(config, weights, f"{block}.self_attn", h, rotary))
        h = rms_norm(h + swiglu(weights, f"{block}.mlp", h))
    return h


def embed(config: Config, weights: dict, inputs: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
    """x: the puzzle's tokens after those of its puzzle embedding, of which `rows` [B, hidden] fill the first."""
    x = F.embedding(inputs, weights["embed_tokens.embedding_weight"])
    if rows is not None:
        padded = F.pad(rows.to(x.dtype), (0, (config.embedding_tokens - 1) * config.hidden_size))
        x = torch.cat((padded.view(-1, config.embedding_tokens, config.hidden_size), x), 1)
    return x * math.sqrt(config.hidden_size)


def forward(config: Config, weights: dict, rows, y, z, inputs, rotary):
    """One supervision step: T latent recursions of which the last one learns, then the heads."""
    weights = {name: weight.to(config.dtype) for name, weight in weights.items()}
    x = embed(config, weights, inputs, rows)

    def recursion(y, z):
        for _ in range(config.n):
            z = network(config, weights, x + y + z, rotary)
        return network(config, weights, y + z, rotary), z

    with torch.no_grad():
        for _ in range(config.T - 1):
            y, z = recursion(y, z)
    y, z = recursion(y, z)
    logits = F.linear(y[:, config.embedding_tokens :], weights["lm_head.weight"]).float()
    q_halt = F.linear(y[:, 0], weights["q_head.weight"], weights["q_head.bias"]).float()[:, 0]
    return y.detach(), z.detach(), logits, q_halt


def log_stablemax(logits: torch.Tensor) -> torch.Tensor:
    s = (1 + logits.clamp(min=0)) / (1 + F.relu(-logits))
    return torch.log(s) - torch.log(s.sum(-1, keepdim=True))


def solved(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Whether all labelled cells of a puzzle are right, bool [B]."""
    return ((logits.argmax(-1) == labels) | (labels == IGNORED_LABEL)).all(-1)


def answer_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Stablemax cross-entropy, the mean over each puzzle's labelled cells, summed over the batch; float32 as ours."""
    mask = labels != IGNORED_LABEL
    picked = log_stablemax(logits).gather(-1, labels.clamp(min=0).long().unsqueeze(-1)).squeeze(-1)
    return (-(picked * mask).sum(-1) / mask.sum(-1).clamp(min=1)).sum()


def halting_loss(q_halt: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    return (F.softplus(q_halt) - q_halt * whole).sum()
