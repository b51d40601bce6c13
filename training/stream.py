"""The tokens of a domain as one sequence, whatever shards they lie in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from tokenizer.pages import TokenArray
from tokenizer.shards import Shard

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Source:
    """Where some tokens of a batch come from: a run of tokens in one row group.

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
        begins = list(accumulate((shard.n_tokens for shard in shards), initial=0))
        self.n_tokens = begins[-1]
        self.starts: Integers = np.concatenate(
            [shard.starts[:-1] + at for shard, at in zip(shards, begins, strict=False)]
        )
        # Of each row group: its shard, its number there, and the shard's first token.
        self._groups = [
            (shard, number, at)
            for shard, at in zip(shards, begins, strict=False)
            for number in range(len(shard.pages))
        ]
        sizes = [page.n_tokens for shard in shards for page in shard.pages]
        self._bounds = np.cumsum([0, *sizes])

    def cut(self, pieces: Integers) -> Integers:
        """Cuts pieces of the stream where row groups end, so that each lies in one.

        Args:
            pieces: As `packing.Layout` has them, shape (4, pieces): sequence, place in it, first
                token, tokens.

        Returns:
            Shape (5, at least as many): sequence, place in it, row group, first token in the row
            group, tokens.
        """
        starts, stops = pieces[2], pieces[2] + pieces[3]
        first = self._bounds.searchsorted(starts, "right") - 1
        of, group = ranges(first, self._bounds.searchsorted(stops, "left"))
        begin = np.maximum(starts[of], self._bounds[group])
        end = np.minimum(stops[of], self._bounds[group + 1])
        places = pieces[1][of] + begin - starts[of]
        table = np.stack([pieces[0][of], places, group, begin - self._bounds[group], end - begin])
        return table[:, end > begin]

    def tokens(self, group: int) -> TokenArray:
        """All tokens of a row group."""
        shard, number, _ = self._groups[group]
        return shard.row_group(number)

    def source(self, group: int, start: int, stop: int) -> Source:
        """Where the tokens `start` to `stop` of a row group come from."""
        shard, first, last = self._within(group, start, stop - 1)
        rows = shard.starts.searchsorted((first, last), "right") - 1
        return Source(self.domain, shard.path, int(rows[0]), int(rows[1]), first, last)

    def n_bytes(self, group: int, start: int, stop: int) -> float:
        """Bytes of text that the tokens `start` to `stop` of a row group stand for."""
        shard, first, end = self._within(group, start, stop)
        return shard.bytes_before(end) - shard.bytes_before(first)

    def row_group_lengths(self) -> Iterator[Integers]:
        """The documents' lengths, a row group at a time."""
        for shard in self.shards:
            rows = np.cumsum([page.n_rows for page in shard.pages])[:-1]
            yield from np.split(np.diff(shard.starts), rows) if shard.pages else []

    def _within(self, group: int, start: int, stop: int) -> tuple[Shard, int, int]:
        """The shard of a row group, and tokens of the row group as the shard counts them."""
        shard, _, begin = self._groups[group]
        first = int(self._bounds[group]) - begin
        return shard, first + start, first + stop


def ranges(first: Integers, stop: Integers) -> tuple[Integers, Integers]:
    """The numbers of several ranges one after the other: of which range each is, and it itself."""
    counts = stop - first
    of = np.repeat(np.arange(len(counts)), counts)
    return of, first[of] + np.arange(len(of)) - (np.cumsum(counts) - counts)[of]
