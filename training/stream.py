"""The tokens of a domain as one sequence, whatever shards they lie in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokenizer.pages import TokenArray
from tokenizer.shards import Shard


@dataclass(frozen=True, slots=True)
class Source:
    """Where some tokens of a batch come from.

    Attributes:
        domain: Their domain.
        path: The shard.
        first_row: The document of the first of them.
        last_row: The document of the last of them.
        first_token: The first of them, counted in the shard.
        last_token: The last of them.
    """

    domain: str
    path: str
    first_row: int
    last_row: int
    first_token: int
    last_token: int


class Stream:
    """The shards of a domain in their order.

    Attributes:
        domain: Their domain.
        n_tokens: Tokens in all of them.
        starts: The first token of each document, int64, shape `(documents,)`; equal where one has
            no tokens.
    """

    def __init__(self, domain: str, shards: Sequence[Shard]) -> None:
        self.domain = domain
        self.shards = shards
        self._bounds = np.cumsum([0, *(shard.n_tokens for shard in shards)])
        self.n_tokens = int(self._bounds[-1])
        begins = zip(shards, self._bounds, strict=False)
        self.starts: npt.NDArray[np.int64] = np.concatenate(
            [shard.starts[:-1] + at for shard, at in begins]
        )
        self._bytes = np.cumsum([0, *(shard.n_bytes for shard in shards)])
        # Python's integers are quicker than NumPy's where they come one at a time.
        self._begins = self._bounds.tolist()

    def read(self, start: int, stop: int) -> list[TokenArray]:
        """The tokens `start` to `stop`, in one piece from each shard that they lie in."""
        return [shard.tokens(*window) for shard, *window in self._within(start, stop)]

    def bytes_before(self, token: int) -> float:
        """Bytes of text that the tokens before `token` stand for; see `Shard.bytes_before`."""
        index = min(int(self._bounds.searchsorted(token, "right")), len(self.shards)) - 1
        before = self.shards[index].bytes_before(token - self._begins[index])
        return float(self._bytes[index]) + before

    def row_group_lengths(self) -> Iterator[npt.NDArray[np.int64]]:
        """The documents' lengths, a row group at a time."""
        for shard in self.shards:
            rows = np.cumsum([page.n_rows for page in shard.pages])[:-1]
            yield from np.split(np.diff(shard.starts), rows) if shard.pages else []

    def sources(self, start: int, stop: int) -> Iterator[Source]:
        """Where the tokens `start` to `stop` come from."""
        for shard, first, end in self._within(start, stop):
            row, last_row = (shard.starts.searchsorted((first, end - 1), "right") - 1).tolist()
            yield Source(self.domain, shard.path, row, last_row, first, end - 1)

    def _within(self, start: int, stop: int) -> Iterator[tuple[Shard, int, int]]:
        """The parts of a window in each shard: the shard, and the tokens counted in it."""
        index = int(self._bounds.searchsorted(start, "right")) - 1
        while start < stop:
            begin, end = self._begins[index], min(stop, self._begins[index + 1])
            if start < end:
                yield self.shards[index], start - begin, end - begin
            start, index = end, index + 1
