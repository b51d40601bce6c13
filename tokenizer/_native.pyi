"""The compiled part of the tokenizer; its source is in tokenizer/native."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

Columns = tuple[bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Pre-tokens as a column of bytes: all bytes, where each begins and the last ends; the counts."""

class Splitter:
    """Cuts texts into pre-tokens."""

    def __init__(
        self,
        style: Literal["gpt2", "cl100k", "o200k"],
        digits: Literal["pattern", "single", "threes"],
        whitespace_runs: bool,
    ) -> None: ...
    def split(self, text: str) -> list[str]:
        """The pre-tokens of a text, which together are the text."""

class Counts:
    """How often each pre-token occurs; see tokenizer/counts.py."""

    def __init__(self, limit: int) -> None: ...
    def add_text(self, splitter: Splitter, text: str, repeats: int) -> None:
        """Count the pre-tokens of a text so many times."""

    def add_columns(
        self, data: Buffer, offsets: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
    ) -> None:
        """Add counts."""

    def shrink(self, limit: int) -> None:
        """Drop the rarest until the table has so many bytes at most."""

    def columns(self) -> Columns:
        """All counts, in the order of the pre-tokens' bytes."""

    @property
    def error(self) -> int:
        """No count is too low by more."""

    @property
    def dropped(self) -> int:
        """The sum of the counts dropped."""

def learn(
    data: Buffer,
    offsets: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    alphabet: bytes,
    first_id: int,
    vocab_size: int,
    min_frequency: int,
) -> npt.NDArray[np.uint32]:
    """Merges in the order they are learned: left, right and resulting id; shape (merges, 3)."""
