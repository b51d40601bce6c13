"""All sequences of a kind of shards, read by domain and number."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tokenizer.pages import PageCache
from training.opening import fingerprint, open_streams
from training.packing import PackingName, packed
from training.stream import Integers, Source

IGNORED = -100
"""The target where nothing is to be predicted: what torch's cross entropy leaves out."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences to learn from.

    Inputs and targets may be two views of the same tokens: neither is to be written to.

    Attributes:
        inputs: Token ids, int64, shape `(sequences, context)`; 0 where a sequence is over.
        targets: The token that follows each, int64, likewise; -100 where nothing is to be
            predicted.
        begins: Where documents begin that are not the first of their sequence, and where what
            follows the last begins: rows and columns, int64, shape `(2, places)`.
    """

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    begins: Integers

    @property
    def documents(self) -> npt.NDArray[np.int32]:
        """The number of each token's document within its sequence, from 0; shaped as the inputs.

        What follows the last has a number of its own. Tokens may attend to those of equal number.
        Made anew each time: it takes longer than to read the tokens.
        """
        begins = np.zeros(self.inputs.shape, np.int32)
        begins[*self.begins] = 1
        return np.cumsum(begins, axis=1, out=begins)

    def part(self, first: int, stop: int) -> "Batch":
        """The sequences `first` to `stop`, or to the end where there are fewer."""
        inside = (self.begins[0] >= first) & (self.begins[0] < stop)
        begins = self.begins[:, inside] - np.array([[first], [0]])
        return Batch(self.inputs[first:stop], self.targets[first:stop], begins)

    def replaced(self, rows: Sequence[int], others: "Batch") -> "Batch":
        """A batch with other sequences in some rows, in their order."""
        inputs, targets = self.inputs.copy(), self.targets.copy()
        inputs[rows], targets[rows] = others.inputs, others.targets
        kept = self.begins[:, ~np.isin(self.begins[0], rows)]
        added = np.array(rows)[others.begins[0]], others.begins[1]
        return Batch(inputs, targets, np.concatenate([kept, added], axis=1))

    def cumulative_lengths(self) -> npt.NDArray[np.int32]:
        """Where documents begin among all tokens of the batch, row after row, and where they end.

        As attention with variable lengths asks for (`cu_seqlens` of FlashAttention).
        """
        count, context = self.inputs.shape
        firsts = np.arange(count + 1) * context
        rows, columns = self.begins
        return np.union1d(firsts, rows * context + columns).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Plan:
    """What some sequences of all domains hold, in the order of the sequences.

    Attributes:
        n_sequences: How many there are.
        pieces: As `Stream.cut` gives them, and as a sixth row the domain of each.
        documents: As in `packing.Layout`.
        unpredicted: As there.
    """

    n_sequences: int
    pieces: Integers
    documents: Integers
    unpredicted: Integers

    def split(self, size: int) -> list["Plan"]:
        """The plans of so many sequences each, in order; the last may have fewer."""
        firsts = range(0, self.n_sequences, size)
        counts = [min(size, self.n_sequences - first) for first in firsts]
        tables = (self.pieces, self.documents, self.unpredicted)
        parts = zip(counts, *(_split(table, firsts) for table in tables), strict=True)
        return [Plan(*part) for part in parts]


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
                'nothing to predict; set packing = "concat", or give the corpus more'
            )
        self.context = context
        self.fingerprint = fingerprint(shards.of_kind(kind))
        self.vocab_size = shards.vocab_size
        self.domains = [stream.domain for stream in self._streams]
        self.predicted = [packing.n_predicted for packing in self._packings]

    def plan(self, domains: Integers, numbers: Integers) -> Plan:
        """What sequences hold, by their domains' places in `domains` and their numbers there."""
        pieces: list[Integers] = []
        documents: list[Integers] = []
        unpredicted: list[Integers] = []
        for domain in np.unique(domains).tolist():
            rows = np.flatnonzero(domains == domain)
            layout = self._packings[domain].layout(numbers[rows])
            cut = self._streams[domain].cut(layout.pieces)
            for tables, table in (
                (pieces, np.concatenate([cut, np.full((1, cut.shape[1]), domain)])),
                (documents, layout.documents),
                (unpredicted, layout.unpredicted),
            ):
                table[0] = rows[table[0]]
                tables.append(table)
        return Plan(len(domains), *map(_sorted, (pieces, documents, unpredicted)))

    def read(self, plan: Plan) -> Batch:
        """The tokens of some sequences.

        Raises:
            UserError: A token is outside the vocabulary, or cannot be read.
        """
        # Cast as they are copied, and looked at twice: to copy once more takes as long as to read.
        tokens = np.zeros((plan.n_sequences, self.context + 1), np.int64)
        for row, column, group, start, length, domain in plan.pieces.T.tolist():
            read = self._streams[domain].tokens(group)[start : start + length]
            tokens[row, column : column + length] = read
        if tokens.max(initial=0) >= self.vocab_size:
            raise self._outside(plan, tokens)
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        ends = np.bincount(plan.pieces[0], plan.pieces[4]).astype(np.int64)
        short = np.flatnonzero(ends <= self.context)
        rows, columns = plan.unpredicted
        if len(short) or len(rows):
            targets = targets.copy()
            targets[rows, columns - 1] = IGNORED
        for row in short.tolist():
            targets[row, ends[row] - 1 :] = IGNORED
        begins = np.concatenate([plan.documents, [short, ends[short]]], axis=1)
        return Batch(inputs, targets, begins[:, begins[1] < self.context])

    def sources(self, plan: Plan) -> list[list[Source]]:
        """Where the tokens of each of some sequences come from, in their order."""
        found: list[list[Source]] = [[] for _ in range(plan.n_sequences)]
        for row, _, group, start, length, domain in plan.pieces.T.tolist():
            found[row].append(self._streams[domain].source(group, start, start + length))
        return found

    def n_bytes(self, plan: Plan) -> float:
        """Bytes of text that the predicted tokens of some sequences stand for."""
        unpredicted = set(map(tuple, plan.unpredicted.T.tolist()))
        total = 0.0
        for row, column, group, start, length, domain in plan.pieces.T.tolist():
            given = column == 0 or (row, column) in unpredicted
            total += self._streams[domain].n_bytes(group, start + given, start + length)
        return total

    def release(self) -> None:
        """Let go of the memory that tokens read so far take."""
        for stream in self._streams:
            for shard in stream.shards:
                shard.release()

    def _outside(self, plan: Plan, tokens: Integers) -> UserError:
        row = int(np.flatnonzero(tokens.max(axis=1) >= self.vocab_size)[0])
        path = self.sources(plan)[row][0].path
        return UserError(
            f"{path}: token {tokens[row].max()} is outside the vocabulary of {self.vocab_size}; "
            "make the shards again with this tokenizer"
        )


def _split(table: Integers, firsts: range) -> list[Integers]:
    """A table cut where its first row reaches each of some numbers, and counted from there."""
    bounds = table[0].searchsorted([*firsts, firsts.stop]).tolist()
    table = table.copy()
    table[0] %= firsts.step
    return [table[:, begin:end] for begin, end in pairwise(bounds)]


def _sorted(tables: list[Integers]) -> Integers:
    """Tables as one, its columns by their first row, and of one row in their order."""
    table = np.concatenate(tables, axis=1)
    return table[:, np.argsort(table[0], kind="stable")]
