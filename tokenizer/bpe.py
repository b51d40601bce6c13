"""Byte-pair encoding learned from counts of pre-tokens.

Sennrich et al. 2016 on the bytes of pre-tokens (Radford et al. 2019). The merges are those of
Hugging Face's trainer on the same pre-tokens: of pairs that occur equally often, that with the
smaller ids comes first. Its counts are 32-bit and wrap at two thousand million; ours are 64-bit.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokenizer import _native
from tokenizer.counts import columns
from tokenizer.model import Model
from tokenizer.pretokenize import Normalization, Pretokenizer
from tokenizer.spelling import ALPHABET


def learn(
    counts: pa.Table, vocab_size: int, min_frequency: int, first_id: int
) -> npt.NDArray[np.uint32]:
    """The merges of a corpus.

    Args:
        counts: Its pre-tokens, as in `tokenizer.counts.SCHEMA`, in whatever order.
        vocab_size: Tokens at most: special tokens, 256 bytes, then merges.
        min_frequency: A pair of tokens rarer than this is not merged.
        first_id: Id of the first byte, which is the number of special tokens.

    Returns:
        A row a merge: the ids of the left and the right token; shape (merges, 2). Each makes the
        token of the next id after the bytes.
    """
    return _native.learn(*columns(counts), ALPHABET, first_id, vocab_size, min_frequency)


def train(
    counts: pa.Table,
    vocab_size: int,
    min_frequency: int,
    special_tokens: Sequence[str],
    pretokenizer: Pretokenizer,
    normalization: Normalization,
) -> Model:
    """A tokenizer trained on the counts of a corpus; see `learn`."""
    first = len(special_tokens)
    tokens = [bytes([byte]) for byte in ALPHABET]
    merges = []
    for left, right in (learn(counts, vocab_size, min_frequency, first) - first).tolist():
        merges.append((tokens[left], tokens[right]))
        tokens.append(tokens[left] + tokens[right])
    return Model(tuple(special_tokens), tuple(merges), pretokenizer, normalization)
