"""How often each pre-token occurs: all that training needs to know of a corpus."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import normalizers
from typing_extensions import Buffer

from tokenizer import _native
from tokenizer.pretokenize import Normalization, Pretokenizer

SCHEMA = pa.schema([("pretoken", pa.large_binary()), ("count", pa.int64())])
"""A row a pre-token, in the order of its bytes."""

_NFC = normalizers.NFC()


def normalize(text: str, normalization: Normalization) -> str:
    """A text as its tokens spell it.

    By the normalizer of `tokenizers` itself: it has its own version of Unicode.
    """
    return text if normalization == "none" or text.isascii() else str(_NFC.normalize_str(text))


class Counts:
    """Counts of pre-tokens in bounded memory.

    A table that outgrows its limit drops its rarest entries, up to a floor that halves it. A
    pre-token may come again and be dropped again, so its count is at most the sum of the floors too
    low; nothing else is wrong (lossy counting, Manku and Motwani 2002). The same texts in the same
    order give the same counts.

    Args:
        limit: Bytes the table may have.
    """

    def __init__(self, limit: int) -> None:
        self._counts = _native.Counts(limit)

    def add_text(self, text: str, repeats: int, how: Pretokenizer) -> None:
        """Count a text's pre-tokens, each so many times."""
        self._counts.add_text(how.splitter, text, repeats)

    def add_table(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Add counts that another table holds."""
        self._counts.add_columns(*columns(rows))

    def shrink(self, limit: int) -> None:
        """Drop the rarest until the table has so many bytes at most."""
        self._counts.shrink(limit)

    @property
    def error(self) -> int:
        """The most by which a count is too low."""
        return self._counts.error

    @property
    def dropped(self) -> int:
        """How many occurrences were dropped, of all pre-tokens together."""
        return self._counts.dropped

    def table(self) -> pa.Table:
        """The counts, with `SCHEMA`."""
        data, offsets, counts = self._counts.columns()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        pretokens = pa.Array.from_buffers(pa.large_binary(), len(counts), buffers)
        return pa.Table.from_arrays([pretokens, pa.array(counts)], schema=SCHEMA)


def columns(
    rows: pa.Table | pa.RecordBatch,
) -> tuple[Buffer, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Counts as the native part takes them, without a copy where rows are in one piece."""
    pretokens, counts = rows["pretoken"], rows["count"]
    if isinstance(pretokens, pa.ChunkedArray):
        pretokens, counts = pretokens.combine_chunks(), counts.combine_chunks()
    _, offsets, data = pretokens.buffers()
    first = pretokens.offset
    at = np.frombuffer(offsets, np.int64)[first : first + len(pretokens) + 1]
    return data or b"", at, counts.to_numpy()
