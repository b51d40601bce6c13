"""The loader: batches of token sequences in one global order, for any number of ranks.

The order is a pure function of the shards' fingerprint and the settings (see `order`, `packing`,
`mixing`). Where a run stands is one integer, the number of sequences that all ranks have read, so a
run goes on exactly, with another number of workers or ranks too. A rank reads its part of each
batch: with R ranks, rank r has the r-th of R equal runs of sequences.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, get_args

import numpy as np

from pipeline.errors import UserError
from pipeline.shardset import KINDS, TRAIN, ShardSet
from tokenizer.pages import PageCache
from training.config import TrainConfig
from training.mixing import quotas, target_shares
from training.order import Order
from training.packing import PackingName
from training.sequences import Batch, Plan, Sequences
from training.stream import Source

__all__ = ["Batch", "Loader", "Source"]

# Batches read ahead by each worker.
_AHEAD = 2
# Sequences planned at once: a call of NumPy costs as much as hundreds of them.
_BLOCK = 8192


class Loader:
    """Endless batches; see the module.

    Attributes:
        sequences: What there is to read.
        batch: Sequences of a batch of all ranks together.
        round: Sequences after which each domain has had its share. Without weights that is one
            epoch of everything.
    """

    def __init__(
        self,
        shards: ShardSet,
        kind: str = TRAIN,
        *,
        context: int,
        batch: int,
        seed: int = 0,
        packing: PackingName = "concat",
        weights: Mapping[str, float] | None = None,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
        verify: bool = True,
        cache: PageCache | None = None,
    ) -> None:
        """Opens the shards, and stands at the beginning.

        Args:
            shards: What `ShardSet.read` found in a folder.
            kind: Which of them to read.
            context: Tokens of a sequence.
            batch: Sequences of a batch of all ranks together.
            seed: Another seed gives another order.
            packing: `concat` or `best_fit`; see `packing`.
            weights: Shares of the tokens by domain; see `mixing.target_shares`. Without them an
                epoch reads everything once.
            rank: Which of the ranks this is, from 0.
            world: Ranks.
            workers: Threads that read ahead; with 0 a batch is read when it is asked for.
            verify: Whether the shards' SHA-256 are compared; see `opening.open_streams`.
            cache: Where shards elsewhere are kept; by default `PageCache()`.

        Raises:
            UserError: The shards are unusable (see `Sequences`), weights do not fit them, or the
                batch cannot be divided among the ranks.
        """
        counts = (("context", context, 1), ("world", world, 1), ("workers", workers, 0))
        for name, value, least in counts:
            if value < least:
                raise UserError(f"{name} = {value}: must be {least} or more")
        if packing not in get_args(PackingName):
            raise UserError(f"packing = {packing}: is {' or '.join(get_args(PackingName))}")
        if kind not in KINDS:
            raise UserError(f"{kind}: no kind of shards; they are {', '.join(KINDS)}")
        if not 0 <= rank < world:
            raise UserError(f"rank = {rank}: with world = {world} it is 0 to {world - 1}")
        if batch < 1 or batch % world:
            raise UserError(
                f"batch = {batch} cannot be divided among {world} ranks; make it a multiple"
            )
        self.sequences = Sequences(
            shards, kind, context, packing, verify=verify, cache=cache, threads=max(1, workers)
        )
        self.batch = batch
        self._share = batch // world
        self._batches = max(1, _BLOCK // self._share)
        self._rank = rank
        self._workers = workers
        self._at = 0
        self._block = lru_cache(maxsize=2)(self._planned)
        self._fixed = {
            "shards": self.sequences.fingerprint,
            "seed": seed,
            "context": context,
            "packing": packing,
            "weights": dict(sorted((weights or {}).items())),
        }
        quota = _quotas(self.sequences, weights or {})
        self._order = Order(self.sequences.fingerprint, seed, quota, self.sequences.counts)
        self.round = self._order.size

    @classmethod
    def configured(cls, shards: ShardSet, config: TrainConfig, **others: Any) -> "Loader":
        """What a training with these settings reads.

        Args:
            shards: Its shards.
            config: The settings.
            others: What decides no order: rank, world, workers, verify, cache.

        Raises:
            UserError: As for the loader itself.
        """
        return cls(
            shards,
            context=config.context,
            batch=config.batch_sequences,
            seed=config.seed,
            packing=config.packing,
            weights=config.weights,
            **others,
        )

    def __iter__(self) -> Iterator[Batch]:
        """This rank's part of each batch from where the loader stands.

        The state moves on with each batch that is taken, not with what is read ahead.
        """
        if not self._workers:
            while True:
                batch = self._read(self._at)
                self._at += self.batch
                yield batch
        ahead: deque[Future[Batch]] = deque()
        pool = ThreadPoolExecutor(self._workers)
        try:
            while True:
                while len(ahead) < _AHEAD * self._workers:
                    ahead.append(pool.submit(self._read, self._at + len(ahead) * self.batch))
                batch = ahead.popleft().result()
                self._at += self.batch
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)

    def state(self) -> dict[str, Any]:
        """Where the loader stands, and in which order; plain values, for a checkpoint."""
        return {"sequence": self._at, **self._fixed}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, whatever the workers, ranks or batch were. Iterate anew afterwards.

        Raises:
            UserError: The state belongs to another order.
        """
        for key, now in self._fixed.items():
            if state.get(key) != now:
                raise UserError(
                    f"the data were read with {key} = {state.get(key)}, now {key} = {now}; set it "
                    "back or begin anew"
                )
        at = state.get("sequence")
        if not isinstance(at, int) or at < 0:
            raise UserError(f"the loader's state has sequence = {at}; it must be 0 or more")
        self._at = at

    def sources(self, number: int) -> list[list[Source]]:
        """Where the tokens of a batch, from 0, of all ranks come from, sequence after sequence."""
        places = number * self.batch + np.arange(self.batch)
        return self.sequences.sources(self.sequences.plan(*self._order.at(places)))

    def epochs(self, replaced: int = 0) -> dict[str, float]:
        """How often each domain has been read where the loader stands, on average over a round.

        Args:
            replaced: Sequences so far in whose place others were read; see `annealing`.
        """
        sequences = self.sequences
        rows = zip(sequences.domains, self._order.quotas, sequences.counts, strict=True)
        return {
            name: (self._at - replaced) / self.round * quota / n for name, quota, n in rows if n
        }

    def _read(self, at: int) -> Batch:
        """This rank's part of the batch that begins at a place of the order."""
        within = at // self.batch % self._batches
        return self.sequences.read(self._block(at - within * self.batch)[within])

    def _planned(self, first: int) -> list[Plan]:
        """This rank's sequences of as many batches as are planned at once."""
        # Mapped files count as memory, so what was read is given back from time to time.
        self.sequences.release()
        batches = first + np.arange(self._batches) * self.batch
        places = batches[:, None] + self._rank * self._share + np.arange(self._share)
        return self.sequences.plan(*self._order.at(places.ravel())).split(self._share)


def _quotas(sequences: Sequences, weights: Mapping[str, float]) -> list[int]:
    """Sequences of each domain in a round."""
    if not weights:
        return sequences.counts
    predicted = dict(zip(sequences.domains, sequences.predicted, strict=True))
    counts = dict(zip(sequences.domains, sequences.counts, strict=True))
    return list(quotas(target_shares(weights, predicted), predicted, counts).values())
