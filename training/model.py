"""A small decoder-only transformer.

Blocks of grouped-query attention and a gated feed-forward, both behind an RMS norm: rotary
positions (Su et al. 2021), RMSNorm (Zhang and Sennrich 2019), normalized queries and keys (Dehghani
et al. 2023), SwiGLU (Shazeer 2020) or squared ReLU (So et al. 2021, "Primer"), grouped queries
(Ainslie et al. 2023), one matrix for embedding and output (Press and Wolf 2017) or two, no biases.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from training.cache import Cache
from training.config import TrainConfig
from training.masks import Mask, attend, document_mask
from training.modelconfig import ModelConfig

ROTARY_BASE = 10_000.0


class Decoder(nn.Module):
    """The language model: token ids in, logits of the next token out."""

    def __init__(self, vocab_size: int, config: ModelConfig) -> None:
        """Makes a model with random weights, drawn from torch's global generator.

        The last matrix of each branch starts at zero, so that every block starts as the identity.
        The rows of the embedding start with norm `width ** -0.5`: a token's own logit is then about
        1 and the first loss about ln(vocab_size) for any width. An output matrix of its own starts
        at zero, and that loss is ln(vocab_size).
        """
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = Norm(config.width)
        self.head = None if config.tied else linear(config.width, vocab_size, zero=True)
        self.document_mask = config.document_mask
        angles = rotary_angles(config.context, config.width // config.heads)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        nn.init.normal_(self.embedding.weight, std=1 / config.width)

    def forward(
        self,
        inputs: Tensor,
        documents: Tensor | None = None,
        caches: Sequence[Cache] | None = None,
    ) -> Tensor:
        """Predicts each next token.

        Args:
            inputs: Token ids, shape `(batch, length)`, length at most the context.
            documents: The number of each token's document, the same shape; without them, or where
                `document_mask` is off, tokens see all that come before.
            caches: Of each block, what it has read; the inputs follow that, and are added to it.

        Returns:
            Logits, shape `(batch, length, vocab_size)`.
        """
        first = caches[0].length if caches else 0
        stop = first + inputs.shape[1]
        cos, sin = self.get_buffer("cos")[first:stop], self.get_buffer("sin")[first:stop]
        masked = documents is not None and self.document_mask
        mask = document_mask(documents) if masked else None  # type: ignore[arg-type]
        stream: Tensor = F.rms_norm(self.embedding(inputs), (self.embedding.embedding_dim,))
        read: Sequence[Cache | None] = caches or [None] * len(self.blocks)
        for block, cache in zip(self.blocks, read, strict=True):
            stream = block(stream, cos, sin, mask, cache)
        output = self.embedding if self.head is None else self.head
        return F.linear(self.norm(stream), output.weight)


class Block(nn.Module):
    """Attention, then feed-forward, each added to the stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = Norm(config.width)
        self.attention = Attention(config)
        self.feed_forward_norm = Norm(config.width)
        gated = config.activation == "swiglu"
        self.feed_forward = (SwiGLU if gated else SquaredReLU)(config.width)

    def forward(
        self,
        stream: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Mask = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        stream = stream + self.attention(self.attention_norm(stream), cos, sin, mask, cache)
        result: Tensor = stream + self.feed_forward(self.feed_forward_norm(stream))
        return result


class Norm(nn.RMSNorm):
    """RMSNorm in the type of its input, which has one kernel for both."""

    def forward(self, stream: Tensor) -> Tensor:
        """Any shape whose last dimension is the norm's, in and out."""
        weight = self.weight.to(stream.dtype)
        return F.rms_norm(stream, self.normalized_shape, weight, self.eps)


class Attention(nn.Module):
    """Causal attention; a key and value head serves several query heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads = config.heads, config.kv_heads
        self.head_width = config.width // config.heads
        kv_width = self.kv_heads * self.head_width
        self.query = linear(config.width, config.width)
        self.key = linear(config.width, kv_width)
        self.value = linear(config.width, kv_width)
        self.query_norm = Norm(self.head_width)
        self.key_norm = Norm(self.head_width)
        self.output = linear(config.width, config.width, zero=True)

    def forward(
        self,
        stream: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Mask = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        batch, length, width = stream.shape

        def split(projected: Tensor, heads: int) -> Tensor:
            return projected.view(batch, length, heads, self.head_width).transpose(1, 2)

        # Norm and rotation in full precision, where autocast would leave them in bfloat16.
        query = rotate(self.query_norm(split(self.query(stream), self.heads).float()), cos, sin)
        key = rotate(self.key_norm(split(self.key(stream), self.kv_heads).float()), cos, sin)
        value = split(self.value(stream), self.kv_heads)
        if cache is not None:
            key, value = cache.extended(key, value)
        mixed = attend(query, key, value, mask)
        result: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return result


class SwiGLU(nn.Module):
    """A gated feed-forward; its hidden size is 8/3 of the width, rounded up to a multiple of 32."""

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


class SquaredReLU(nn.Module):
    """A feed-forward without a gate; its hidden size is 4 times the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = linear(width, 4 * width)
        self.down = linear(4 * width, width, zero=True)

    def forward(self, stream: Tensor) -> Tensor:
        """Shape `(batch, length, width)` in and out."""
        result: Tensor = self.down(F.relu(self.up(stream)).square())
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


def make_model(vocab_size: int, config: TrainConfig) -> Decoder:
    """A model whose weights depend on the seed alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return Decoder(vocab_size, config)


def n_parameters(model: Decoder) -> int:
    """Weights of the model; the shared embedding counts once."""
    return sum(weight.numel() for weight in model.parameters())
