"""All sequences of a kind of shards, read by domain and number."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tokenizer.pages import PageCache
from training.opening import fingerprint, open_streams
from training.packing import Layout, PackingName, packed
from training.stream import Source, Stream

Integers = npt.NDArray[np.int64]

IGNORED = -100
"""The target where nothing is to be predicted: what torch's cross entropy leaves out."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences to learn from; all arrays have the shape `(sequences, context)`.

    Attributes:
        inputs: Token ids, int64; 0 where a sequence is over.
        targets: The token that follows each, int64; -100 where nothing is to be predicted.
        documents: The number of the token's document within its sequence, from 0, int32; what
            follows the last has a number of its own. Tokens may attend to those of equal number.
    """

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    documents: npt.NDArray[np.int32]

    def cumulative_lengths(self) -> npt.NDArray[np.int32]:
        """Where documents begin among all tokens of the batch, row after row, and where they end.

        As attention with variable lengths asks for (`cu_seqlens` of FlashAttention).
        """
        begins = np.ones(self.documents.shape, np.bool_)
        begins[:, 1:] = self.documents[:, 1:] != self.documents[:, :-1]
        return np.append(np.flatnonzero(begins), begins.size).astype(np.int32)


class Sequences:
    """The sequences of all domains.

    Attributes:
        context: Tokens to predict in a sequence, at most.
        fingerprint: See `opening.fingerprint`.
        vocab_size: Token ids are below it.
        domains: Their names, in order; what follows has this order.
        counts: Sequences of each domain.
        predicted: Tokens that are predicted in them.
    """

    def __init__(
        self,
        shards: ShardSet,
        kind: str,
        context: int,
        packing: PackingName,
        *,
        verify: bool = True,
        cache: PageCache | None = None,
        threads: int = 1,
    ) -> None:
        """Opens and packs the shards of a kind; see `opening.open_streams`.

        Raises:
            UserError: As there, or all together are too short for a sequence.
        """
        self._streams = open_streams(shards, kind, verify=verify, cache=cache, threads=threads)
        n_tokens = sum(stream.n_tokens for stream in self._streams)
        if n_tokens <= context:
            raise UserError(
                f"{shards.folder}: the {kind} shards have {n_tokens} tokens, context = {context} "
                f"needs {context + 1}; lower context or give the corpus more"
            )
        self._packings = [packed(packing, stream, context) for stream in self._streams]
        self.counts = [packing.n_sequences for packing in self._packings]
        if not any(self.counts):
            raise UserError(
                f"{shards.folder}: no document of the {kind} shards has two tokens, so there is "
                'nothing to predict; set packing = "concat"'
            )
        self.context = context
        self.fingerprint = fingerprint(shards.of_kind(kind))
        self.vocab_size = shards.vocab_size
        self.domains = [stream.domain for stream in self._streams]
        self.predicted = [packing.n_predicted for packing in self._packings]

    def read(self, domains: Integers, numbers: Integers) -> Batch:
        """Sequences by their domains' places in `domains` and their numbers there.

        Raises:
            UserError: A token is outside the vocabulary, or cannot be read.
        """
        shape = len(domains), self.context + 1
        tokens = np.zeros(shape, np.int64)
        targets = np.full(shape, IGNORED, np.int64)
        begins = np.zeros(shape, np.int32)
        for stream, rows, layout in self._layouts(domains, numbers):
            at = zip(rows[layout.rows].tolist(), layout.columns.tolist(), strict=True)
            pieces = zip(layout.starts.tolist(), layout.lengths.tolist(), strict=True)
            for (row, column), (start, length) in zip(at, pieces, strict=True):
                begin = column
                for piece in stream.read(start, start + length):
                    tokens[row, begin : begin + len(piece)] = piece
                    begin += len(piece)
                targets[row, column:begin] = tokens[row, column:begin]
                if begin < shape[1]:
                    begins[row, begin] = 1
            targets[rows[layout.unpredicted[0]], layout.unpredicted[1]] = IGNORED
            begins[rows[layout.documents[0]], layout.documents[1]] = 1
        if tokens.max(initial=0) >= self.vocab_size:
            raise self._outside(domains, numbers, tokens)
        documents = np.cumsum(begins[:, :-1], axis=1, dtype=np.int32)
        return Batch(tokens[:, :-1], targets[:, 1:], documents)

    def sources(self, domains: Integers, numbers: Integers) -> list[Source]:
        """Where the tokens of some sequences come from, sequence after sequence."""
        found: list[list[Source]] = [[] for _ in domains]
        for stream, rows, layout in self._layouts(domains, numbers):
            starts, stops = layout.starts, layout.starts + layout.lengths
            pieces = zip(rows[layout.rows].tolist(), starts.tolist(), stops.tolist(), strict=True)
            for row, start, stop in pieces:
                found[row] += stream.sources(start, stop)
        return [source for sources in found for source in sources]

    def n_bytes(self, domains: Integers, numbers: Integers) -> float:
        """Bytes of text that the predicted tokens of some sequences stand for."""
        total = 0.0
        for stream, rows, layout in self._layouts(domains, numbers):
            unpredicted = np.zeros((len(rows), self.context + 1), np.bool_)
            unpredicted[:, 0] = True
            unpredicted[layout.unpredicted] = True
            starts = layout.starts + unpredicted[layout.rows, layout.columns]
            stops = layout.starts + layout.lengths
            for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
                total += stream.bytes_before(stop) - stream.bytes_before(start)
        return total

    def release(self) -> None:
        """Let go of the memory that tokens read so far take."""
        for stream in self._streams:
            for shard in stream.shards:
                shard.release()

    def _layouts(
        self, domains: Integers, numbers: Integers
    ) -> Iterator[tuple[Stream, Integers, Layout]]:
        """Of each domain asked for: its tokens, the rows of its sequences, and their layout."""
        for domain in np.unique(domains).tolist():
            rows = np.flatnonzero(domains == domain)
            yield self._streams[domain], rows, self._packings[domain].layout(numbers[rows])

    def _outside(
        self, domains: Integers, numbers: Integers, tokens: npt.NDArray[np.int64]
    ) -> UserError:
        row = int(np.flatnonzero(tokens.max(axis=1) >= self.vocab_size)[0])
        source = self.sources(domains[row : row + 1], numbers[row : row + 1])[0]
        return UserError(
            f"{source.path}: token {tokens[row].max()} is outside the vocabulary of "
            f"{self.vocab_size}; make the shards again with this tokenizer"
        )
