"""All sequences of a kind of shards, read by domain and number."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tokenizer.pages import PageCache, TokenArray
from tokenizer.shardwriter import token_dtype
from training.opening import fingerprint, open_streams
from training.packing import PackingName, packed
from training.stream import Integers, Source

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

    def part(self, first: int, stop: int) -> "Plan":
        """The plan of the sequences `first` to `stop`."""
        return Plan(
            stop - first,
            *(
                _rows(table, first, stop)
                for table in (self.pieces, self.documents, self.unpredicted)
            ),
        )


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
        self._dtype = token_dtype(shards.vocab_size)
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
        tokens = np.zeros((plan.n_sequences, self.context + 1), self._dtype)
        for row, column, group, start, length, domain in plan.pieces.T.tolist():
            read = self._streams[domain].tokens(group)[start : start + length]
            tokens[row, column : column + length] = read
        if tokens.max(initial=0) >= self.vocab_size:
            raise self._outside(plan, tokens)
        targets = tokens[:, 1:].astype(np.int64)
        begins = np.zeros(targets.shape, np.int32)
        rows, columns = plan.documents[:, plan.documents[1] < self.context]
        begins[rows, columns] = 1
        rows, columns = plan.unpredicted
        targets[rows, columns - 1] = IGNORED
        ends = np.bincount(plan.pieces[0], plan.pieces[4]).astype(np.int64)
        for row in np.flatnonzero(ends <= self.context).tolist():
            targets[row, ends[row] - 1 :] = IGNORED
            begins[row, ends[row] : ends[row] + 1] = 1
        documents = np.cumsum(begins, axis=1, out=begins)
        return Batch(tokens[:, :-1].astype(np.int64), targets, documents)

    def sources(self, plan: Plan) -> list[Source]:
        """Where the tokens of some sequences come from, sequence after sequence."""
        return [
            self._streams[domain].source(group, start, start + length)
            for _, _, group, start, length, domain in plan.pieces.T.tolist()
        ]

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

    def _outside(self, plan: Plan, tokens: TokenArray) -> UserError:
        row = int(np.flatnonzero(tokens.max(axis=1) >= self.vocab_size)[0])
        path = self.sources(plan.part(row, row + 1))[0].path
        return UserError(
            f"{path}: token {tokens[row].max()} is outside the vocabulary of {self.vocab_size}; "
            "make the shards again with this tokenizer"
        )


def _rows(table: Integers, first: int, stop: int) -> Integers:
    """The columns of a table whose first row says `first` to `stop`, counted from there."""
    begin, end = table[0].searchsorted((first, stop))
    part = table[:, begin:end].copy()
    part[0] -= first
    return part


def _sorted(tables: list[Integers]) -> Integers:
    """Tables as one, its columns by their first row, and of one row in their order."""
    table = np.concatenate(tables, axis=1)
    return table[:, np.argsort(table[0], kind="stable")]
