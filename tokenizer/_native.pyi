"""The compiled part of the tokenizer; its source is in tokenizer/native."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

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

    def columns(self) -> tuple[bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The pre-tokens' bytes in their order, where each begins and the last ends, the counts."""

    @property
    def error(self) -> int:
        """No count is too low by more."""

    @property
    def dropped(self) -> int:
        """The sum of the counts dropped."""

class Encoder:
    """Encodes texts; see tokenizer/encode.py."""

    def __init__(
        self, splitter: Splitter, alphabet: bytes, first_id: int, merges: npt.NDArray[np.uint32]
    ) -> None: ...
    def encode(self, text: str) -> npt.NDArray[np.uint32]:
        """The ids of a text; shape (n,)."""

def learn(
    data: Buffer,
    offsets: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    alphabet: bytes,
    first_id: int,
    vocab_size: int,
    min_frequency: int,
) -> npt.NDArray[np.uint32]:
    """Merges in the order they are learned: left and right id; shape (merges, 2)."""
