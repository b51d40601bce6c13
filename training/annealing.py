"""The end of training: sequences of the anneal shards among those of the train shards."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pipeline.errors import UserError
from pipeline.shardset import ANNEAL, ShardSet
from training.config import TrainConfig
from training.order import Order
from training.schedule import decay_steps
from training.sequences import Batch, Plan, Sequences
from training.stream import Source


class Annealing:
    """Puts a sequence of the anneal shards in the place of some of the train shards.

    Sequence n of those read while the rate falls is replaced where `n * share` reaches a next whole
    number. So what is read depends on n alone, whatever the ranks, and where training stands is
    still the one number of the loader.

    Attributes:
        sequences: What there is to read.
    """

    def __init__(self, shards: ShardSet, config: TrainConfig, *, verify: bool = True) -> None:
        """Opens the anneal shards.

        Args:
            shards: Those of the run.
            config: The settings.
            verify: As of the loader.

        Raises:
            UserError: There are none, or they are unusable (see `Sequences`).
        """
        if not shards.of_kind(ANNEAL):
            raise UserError(
                f"{shards.folder}: no anneal shards for train.anneal_share = "
                f"{config.anneal_share}; set documents aside (weight.anneal.share) and make the "
                "shards anew, or set it to 0"
            )
        self.sequences = Sequences(shards, ANNEAL, config.context, config.packing, verify=verify)
        counts = self.sequences.counts
        self._order = Order(self.sequences.fingerprint, config.seed, counts, counts)
        self._share = Fraction(repr(config.anneal_share))
        self._first = (config.steps - decay_steps(config)) * config.batch_sequences

    def mix(self, batch: Batch, at: int) -> Batch:
        """A batch with its sequences replaced.

        Args:
            batch: Sequences of the train shards, one after the other in the order of training.
            at: How many all ranks together read before its first.
        """
        rows = self._replaced(at, len(batch.inputs))
        return batch.replaced(rows, self.sequences.read(self._plan(rows, at))) if rows else batch

    def sources(self, found: Sequence[list[Source]], at: int) -> list[list[Source]]:
        """Where the tokens of a batch come from, given where they would without annealing.

        Args:
            found: What `Loader.sources` says of it.
            at: How many sequences all ranks together read before its first.
        """
        mixed = list(found)
        if rows := self._replaced(at, len(found)):
            others = self.sequences.sources(self._plan(rows, at))
            for row, sources in zip(rows, others, strict=True):
                mixed[row] = sources
        return mixed

    def _replaced(self, at: int, count: int) -> list[int]:
        """Which of some sequences are replaced."""
        places = enumerate(range(at - self._first, at - self._first + count))
        return [row for row, n in places if n >= 0 and self.before(n + 1) > self.before(n)]

    def _plan(self, rows: Sequence[int], at: int) -> Plan:
        """What replaces them."""
        first = self.before(at + rows[0] - self._first)
        return self.sequences.plan(*self._order.at(first + np.arange(len(rows))))

    def before(self, n: int) -> int:
        """Anneal sequences among the first `n` of the phase."""
        return int(n * self._share)

    def epochs(self, at: int) -> float:
        """How often the anneal shards were read when all ranks have read `at` sequences."""
        return self.read(at) / int(np.sum(self.sequences.counts))

    def read(self, at: int) -> int:
        """Anneal sequences among the first `at` of all."""
        return self.before(max(0, at - self._first))
