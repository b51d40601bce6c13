"""Which sequences the end of training reads from the anneal shards."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.shardset import ShardSet
from tests.training.shard_files import describe, write_shard
from training.annealing import Annealing
from training.config import TrainConfig
from training.data import Batch, Loader

# 10 steps of 4 sequences, the last 5 of which decay.
CONFIG = TrainConfig(
    context=4, batch_sequences=4, steps=10, decay_share=0.5, anneal_share=0.3, width=64
)
ANNEAL_TOKENS = 40


@pytest.fixture
def shards(tmp_path: Path) -> ShardSet:
    """Train shards of tokens below 40, and anneal shards of others."""
    write_shard(tmp_path / "train-web-0.parquet", [list(range(40))] * 9)
    write_shard(tmp_path / "anneal-web-0.parquet", [list(range(ANNEAL_TOKENS, 61))])
    return describe(tmp_path)


def batches(shards: ShardSet, rank: int = 0, world: int = 1) -> list[Batch]:
    """What a rank reads in the whole run."""
    loader = Loader(shards, context=4, batch=4, rank=rank, world=world)
    annealing = Annealing(shards, CONFIG)
    share = 4 // world
    return [
        annealing.mix(batch, 4 * step + rank * share)
        for step, batch in zip(range(10), loader, strict=False)
    ]


def annealed(found: list[Batch]) -> list[bool]:
    return [bool(row.max() >= ANNEAL_TOKENS) for batch in found for row in batch.inputs]


def test_the_share_is_kept_from_the_first_to_the_last_sequence(shards: ShardSet) -> None:
    found = annealed(batches(shards))
    assert not any(found[:20])
    counts = np.cumsum(found[20:])
    assert counts.tolist() == [int(n * 0.3 + 1e-9) for n in range(1, 21)]


def test_sequences_come_whole_and_each_once_an_epoch(shards: ShardSet) -> None:
    """Six are read of the five that there are."""
    rows = [
        (tuple(row), tuple(targets))
        for batch in batches(shards)
        for row, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True)
        if max(row) >= ANNEAL_TOKENS
    ]
    assert all(row[1:] == targets[:-1] for row, targets in rows)
    assert len(set(rows[:5])) == 5
    assert len(rows) == 6
    assert Annealing(shards, CONFIG).epochs(40) == 6 / 5


def test_the_rest_is_what_the_loader_gives(shards: ShardSet) -> None:
    plain = Loader(shards, context=4, batch=4)
    for found, batch in zip(batches(shards), plain, strict=False):
        for row, other in zip(found.inputs, batch.inputs, strict=True):
            assert row.max() >= ANNEAL_TOKENS or row.tolist() == other.tolist()


def test_ranks_read_together_what_one_reads(shards: ShardSet) -> None:
    alone = batches(shards)
    parts = [batches(shards, rank, 2) for rank in range(2)]
    for step, whole in enumerate(alone):
        for name in ("inputs", "targets", "documents"):
            joined = np.concatenate([getattr(part[step], name) for part in parts])
            assert np.array_equal(joined, getattr(whole, name))
