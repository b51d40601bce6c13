"""A small decoder-only transformer.

Blocks of grouped-query attention and a gated feed-forward, both behind an RMS norm: rotary
positions (Su et al. 2021), RMSNorm (Zhang and Sennrich 2019), normalized queries and keys (Dehghani
et al. 2023), SwiGLU (Shazeer 2020), grouped queries (Ainslie et al. 2023), one matrix for embedding
and output (Press and Wolf 2017), no biases.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from training.config import TrainConfig

ROTARY_BASE = 10_000.0


class Decoder(nn.Module):
    """The language model: token ids in, logits of the next token out."""

    def __init__(self, vocab_size: int, config: TrainConfig) -> None:
        """Makes a model with random weights, drawn from torch's global generator.

        The last matrix of each branch starts at zero, so that every block starts as the identity.
        The rows of the embedding start with norm `width ** -0.5`: a token's own logit is then about
        1 and the first loss about ln(vocab_size) for any width.
        """
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.RMSNorm(config.width)
        angles = rotary_angles(config.context, config.width // config.heads)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        nn.init.normal_(self.embedding.weight, std=1 / config.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Predicts each next token.

        Args:
            tokens: Token ids, shape `(batch, length)`, length at most the context.

        Returns:
            Logits, shape `(batch, length, vocab_size)`.
        """
        length = tokens.shape[1]
        cos, sin = self.get_buffer("cos")[:length], self.get_buffer("sin")[:length]
        stream: Tensor = F.rms_norm(self.embedding(tokens), (self.embedding.embedding_dim,))
        for block in self.blocks:
            stream = block(stream, cos, sin)
        logits: Tensor = F.linear(self.norm(stream), self.embedding.weight)
        return logits


class Block(nn.Module):
    """Attention, then feed-forward, each added to the stream."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.RMSNorm(config.width)
        self.feed_forward = FeedForward(config.width)

    def forward(self, stream: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        stream = stream + self.attention(self.attention_norm(stream), cos, sin)
        result: Tensor = stream + self.feed_forward(self.feed_forward_norm(stream))
        return result


class Attention(nn.Module):
    """Causal attention; a key and value head serves several query heads."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads = config.heads, config.kv_heads
        self.head_width = config.width // config.heads
        kv_width = self.kv_heads * self.head_width
        self.query = linear(config.width, config.width)
        self.key = linear(config.width, kv_width)
        self.value = linear(config.width, kv_width)
        self.query_norm = nn.RMSNorm(self.head_width)
        self.key_norm = nn.RMSNorm(self.head_width)
        self.output = linear(config.width, config.width, zero=True)

    def forward(self, stream: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        batch, length, width = stream.shape

        def split(projected: Tensor, heads: int) -> Tensor:
            return projected.view(batch, length, heads, self.head_width).transpose(1, 2)

        # Norm and rotation in full precision, where autocast would leave them in bfloat16.
        query = self.query_norm(split(self.query(stream), self.heads).float())
        key = self.key_norm(split(self.key(stream), self.kv_heads).float())
        value = split(self.value(stream), self.kv_heads)
        mixed = F.scaled_dot_product_attention(
            rotate(query, cos, sin), rotate(key, cos, sin), value, is_causal=True, enable_gqa=True
        )
        result: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return result


class FeedForward(nn.Module):
    """SwiGLU; its hidden size is 8/3 of the width, rounded up to a multiple of 32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = 32 * -(-8 * width // (3 * 32))
        self.gate = linear(width, hidden)
        self.up = linear(width, hidden)
        self.down = linear(hidden, width, zero=True)

    def forward(self, stream: Tensor) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        result: Tensor = self.down(F.silu(self.gate(stream)) * self.up(stream))
        return result


def linear(inputs: int, outputs: int, *, zero: bool = False) -> nn.Linear:
    """A matrix that keeps the variance of its input at the start, or one of zeros."""
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, std=0.0 if zero else inputs**-0.5)
    return layer


def rotary_angles(context: int, head_width: int) -> Tensor:
    """The angle of each position and pair of dimensions, shape `(context, head_width / 2)`."""
    exponents = torch.arange(0, head_width, 2, dtype=torch.float64) / head_width
    positions = torch.arange(context, dtype=torch.float64)
    return torch.outer(positions, ROTARY_BASE**-exponents).float()


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns the pair (i, i + half) of each head by its position's angle.

    Args:
        heads: Shape `(batch, heads, length, head_width)`.
        cos: Shape `(length, head_width / 2)`.
        sin: The same.
    """
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


def n_parameters(model: Decoder) -> int:
    """Weights of the model; the shared embedding counts once."""
    return sum(weight.numel() for weight in model.parameters())


def flops_per_token(model: Decoder, config: TrainConfig) -> int:
    """Operations of forward and backward pass a token.

    Six for each weight of a matrix (the embedding counts as the output matrix), and
    `12 * depth * width * context` for attention, without a discount for the causal mask (Chowdhery
    et al. 2022, "PaLM", appendix B).
    """
    matrices = sum(weight.numel() for weight in model.parameters() if weight.ndim == 2)
    return 6 * matrices + 12 * config.depth * config.width * config.context
