"""Attention within documents: what tokens may see, and the kernel that keeps to it."""

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

Mask = Tensor | BlockMask | None


def document_mask(documents: Tensor) -> Tensor | BlockMask:
    """Lets a token see those before it in its own document, and itself.

    Args:
        documents: The number of each token's document, shape `(batch, length)`.

    Returns:
        On a GPU a mask by blocks for Flex attention (Dong et al. 2024), which leaves out blocks
        that nobody sees; elsewhere a boolean, shape `(batch, 1, length, length)`.
    """
    if documents.is_cuda:
        return block_mask(documents)
    seen = documents[:, None, :, None] == documents[:, None, None, :]
    return seen.tril()


def block_mask(documents: Tensor) -> BlockMask:
    """The same for Flex attention, on any device."""

    def seen(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (query >= key) & (documents[batch, query] == documents[batch, key])

    batch, length = documents.shape
    return create_block_mask(seen, batch, None, length, length, device=str(documents.device))


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Mask) -> Tensor:
    """Softmax attention; a key and value head serves several query heads.

    Args:
        query: Shape `(batch, heads, length, head_width)`, or of the last token alone.
        key: Shape `(batch, kv_heads, length, head_width)`.
        value: The same.
        mask: What may be seen; None means all that comes before.

    Returns:
        The shape of `query`.
    """
    # Flex attention takes one type only, and is left alone by autocast.
    query, key = query.to(value.dtype), key.to(value.dtype)
    if isinstance(mask, BlockMask):
        mixed: Tensor = _fused()(query, key, value, block_mask=mask, enable_gqa=True)
        return mixed
    # torch counts both from the first: a single query would see the first key alone.
    causal = mask is None and query.shape[2] > 1
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=causal, enable_gqa=True
    )


@cache
def _fused() -> Any:
    """Flex attention as a kernel: uncompiled it would hold all scores in memory."""
    return torch.compile(flex_attention)
