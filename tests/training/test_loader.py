"""One global order, whoever reads it and from wherever."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tests.training.shard_files import describe, random_documents, write_folder, write_shard
from tokenizer.shards import Shard
from training import data
from training.data import Batch, Loader
from training.sequences import IGNORED

CONTEXT = 8
BATCH = 24
PACKINGS = ["concat", "best_fit"]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    domains = {
        "books": [random_documents(12, seed=1)],
        "news": [random_documents(3, seed=2), random_documents(5, seed=3)],
        "web": [random_documents(20, seed=seed) for seed in (4, 5)],
    }
    return write_folder(tmp_path_factory.mktemp("shards"), domains)


@pytest.fixture(scope="module", autouse=True)
def _small_blocks() -> Iterator[None]:
    """Few sequences are planned at once, so that every test reads from several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "_BLOCK", 50)
        yield


def loader(shards: ShardSet, **changes: Any) -> Loader:
    return Loader(shards, **({"context": CONTEXT, "batch": BATCH, "seed": 3} | changes))


def rows(batches: Iterator[Batch], count: int) -> list[tuple[int, ...]]:
    """What some batches hold, a row a sequence."""
    return [
        tuple(row)
        for batch in islice(batches, count)
        for row in np.concatenate([batch.inputs, batch.targets, batch.documents], axis=1).tolist()
    ]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("world", [1, 2, 3, 4, 8])
def test_the_ranks_together_read_the_order_of_one(
    shards: ShardSet, packing: str, world: int
) -> None:
    setting = {"packing": packing, "weights": {"news": 0.5}}
    one = rows(iter(loader(shards, **setting)), 6)
    ranks = [iter(loader(shards, rank=r, world=world, **setting)) for r in range(world)]
    together = [row for _ in range(6) for rank in ranks for row in rows(rank, 1)]
    assert together == one


@settings(max_examples=15, deadline=None)
@given(
    done=st.integers(0, 12),
    world=st.sampled_from([1, 2, 3, 4, 8]),
    workers=st.integers(0, 3),
    packing=st.sampled_from(PACKINGS),
)
def test_a_run_goes_on_exactly_with_other_workers_and_ranks(
    shards: ShardSet, done: int, world: int, workers: int, packing: str
) -> None:
    first = loader(shards, packing=packing, workers=workers)
    batches = iter(first)
    rows(batches, done)
    state = json.loads(json.dumps(first.state()))
    rest = rows(batches, 3)
    resumed = []
    for rank in range(world):
        other = loader(shards, packing=packing, rank=rank, world=world, workers=3 - workers)
        other.restore(state)
        resumed.append(iter(other))
    assert [row for _ in range(3) for rank in resumed for row in rows(rank, 1)] == rest


def test_the_order_does_not_depend_on_the_batch(shards: ShardSet) -> None:
    assert rows(iter(loader(shards, batch=5)), 24) == rows(iter(loader(shards, batch=24)), 5)
    first = loader(shards, batch=24)
    rows(iter(first), 2)
    other = loader(shards, batch=6)
    other.restore(first.state())
    assert rows(iter(other), 4) == rows(iter(first), 1)


@pytest.mark.parametrize("packing", PACKINGS)
def test_without_weights_a_round_is_an_epoch(shards: ShardSet, packing: str) -> None:
    one = loader(shards, packing=packing, batch=1)
    batches = iter(one)
    epochs = [rows(batches, one.round) for _ in range(3)]
    assert Counter(epochs[0]) == Counter(epochs[1]) == Counter(epochs[2])
    assert epochs[0] != epochs[1] != epochs[2]
    assert one.epochs() == pytest.approx({"books": 3, "news": 3, "web": 3})
    assert one.round == sum(one.sequences.counts)


def test_seed_and_fingerprint_change_the_order(tmp_path: Path, shards: ShardSet) -> None:
    documents = {"a": [random_documents(40)]}
    orders = [
        rows(iter(loader(shards, seed=0)), 4),
        rows(iter(loader(shards, seed=1)), 4),
        rows(iter(loader(write_folder(tmp_path / "a", documents))), 4),
        rows(iter(loader(write_folder(tmp_path / "b", documents, bytes_per_token=1))), 4),
    ]
    assert len(set(map(tuple, orders))) == 4
    moved = write_folder(tmp_path / "c", documents)
    assert rows(iter(loader(moved)), 4) == orders[2]


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_round_has_each_domains_share_of_tokens(tmp_path: Path, packing: str) -> None:
    """Tokens tell their domain: books are below 20, news below 40."""
    corpus = {
        name: [[[at + token % 20 for token in row] for row in random_documents(count, seed=at)]]
        for name, at, count in [("books", 0, 12), ("news", 20, 8), ("web", 40, 40)]
    }
    shards = write_folder(tmp_path, corpus)
    weights = {"books": 0.1, "news": 0.6}
    one = loader(shards, packing=packing, weights=weights)
    one = loader(shards, packing=packing, weights=weights, batch=one.round)
    n_rounds = 40
    found = np.zeros(3, np.int64)
    for batch in islice(one, n_rounds):
        counts = np.bincount(batch.targets[batch.targets != IGNORED] // 20, minlength=4)[:3]
        found += counts
        # A sequence, and what those of a round differ from the domain's mean.
        slack = CONTEXT * (1 if packing == "concat" else 0.1 * one.round)
        assert np.abs(counts - counts.sum() * np.array([0.1, 0.6, 0.3])).max() <= slack
    assert found / found.sum() == pytest.approx([0.1, 0.6, 0.3], abs=0.01)
    epochs = found / one.sequences.predicted
    assert list(one.epochs().values()) == pytest.approx(epochs, rel=0.02)


def test_a_domain_of_weight_0_is_not_read(shards: ShardSet) -> None:
    one = loader(shards, weights={"web": 0, "news": 0.5})
    batches = (one.sources(number) for number in range(one.round // 24))
    seen = {source.domain for batch in batches for sources in batch for source in sources}
    assert seen == {"books", "news"}


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_sources_of_a_batch_hold_its_tokens(shards: ShardSet, packing: str) -> None:
    one = loader(shards, packing=packing)
    for number, batch in enumerate(islice(one, 5)):
        parts: list[list[int]] = []
        for source in chain.from_iterable(one.sources(number)):
            shard = Shard(source.path)
            assert f"train-{source.domain}-" in source.path
            bounds = shard.starts[[source.first_row, source.first_row + 1]]
            assert bounds[0] <= source.first_token < bounds[1]
            bounds = shard.starts[[source.last_row, source.last_row + 1]]
            assert bounds[0] <= source.last_token < bounds[1]
            parts.append(shard.tokens(source.first_token, source.last_token + 1).tolist())
        tokens = [token for part in parts for token in part]
        assert len(parts) >= BATCH
        at = 0
        for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
            n_tokens = 1 + max(place + 1 for place, one in enumerate(targets) if one != IGNORED)
            row = tokens[at : at + n_tokens]
            assert inputs[: n_tokens - 1] == row[:-1]
            assert all(a == b for a, b in zip(targets, row[1:], strict=False) if a != IGNORED)
            at += n_tokens
        assert at == len(tokens)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, "seed = 3, now seed = 4; set it back"),
        ({"context": 9}, "context = 8, now context = 9"),
        ({"packing": "best_fit"}, "packing = concat, now packing = best_fit"),
        ({"weights": {"web": 0.9}}, r"weights = {}, now weights = {'web': 0.9}"),
    ],
)
def test_a_state_of_another_order_is_refused(
    shards: ShardSet, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        loader(shards, **changes).restore(loader(shards).state())


def test_a_state_of_other_shards_is_refused(tmp_path: Path, shards: ShardSet) -> None:
    other = loader(write_folder(tmp_path, {"web": [random_documents(30)]}))
    with pytest.raises(UserError, match="the data were read with shards = "):
        other.restore(loader(shards).state())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"world": 5}, "batch = 24 cannot be divided among 5 ranks"),
        ({"world": 2, "rank": 2}, "rank = 2: with world = 2 it is 0 to 1"),
        ({"weights": {"wbe": 0.2}}, "train.weights.wbe: no shards of this domain"),
        ({"context": 5000}, r"have \d+ tokens, context = 5000 needs 5001; lower context"),
        ({"kind": "anneal"}, "no anneal shards"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    shards: ShardSet, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        loader(shards, **changes)


@pytest.mark.parametrize("packing", PACKINGS)
def test_an_empty_domain_is_left_out_and_refuses_a_weight(tmp_path: Path, packing: str) -> None:
    shards = write_folder(tmp_path, {"none": [[], [[]]], "web": [random_documents(30)]})
    one = loader(shards, packing=packing)
    assert one.sequences.counts[0] == 0
    rows(iter(one), 4)
    with pytest.raises(UserError, match=r"train\.weights\.none: the domain has no tokens"):
        loader(shards, packing=packing, weights={"none": 0.1})


def test_shards_that_are_not_as_the_manifest_says_are_refused(tmp_path: Path) -> None:
    shards = write_folder(tmp_path, {"web": [random_documents(30)]})
    path = tmp_path / "train-web-00000.parquet"
    whole = path.read_bytes()
    page = Shard(path).pages[0]
    damaged = bytearray(whole)
    damaged[page.offset] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"train-web-00000\.parquet: its SHA-256 is .*; restore it"):
        loader(shards)
    rows(iter(loader(shards, verify=False)), 2)
    path.write_bytes(whole[:-1])
    with pytest.raises(UserError, match=r"has \d+ bytes, the manifest says \d+"):
        loader(shards, verify=False)
    path.unlink()
    with pytest.raises(UserError, match=r"train-web-00000\.parquet: missing; restore it"):
        loader(shards)


def test_shards_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "train-web-0.parquet", random_documents(30), tokenizer="cd34")
    with pytest.raises(UserError, match="made with the tokenizer cd34, the manifest says ab12"):
        loader(describe(tmp_path))
    write_shard(tmp_path / "train-web-0.parquet", random_documents(30))
    with pytest.raises(UserError, match="tokens are uint16, a vocabulary of 100000 takes uint32"):
        loader(describe(tmp_path, vocab_size=100_000))
    write_shard(tmp_path / "train-web-0.parquet", [[1, 2, 63] * 5])
    one = loader(describe(tmp_path, vocab_size=63))
    with pytest.raises(UserError, match=r"train-web-0\.parquet: token 63 is outside the vocab"):
        next(iter(one))


def test_workers_end_with_the_iteration(shards: ShardSet) -> None:
    """An error in a worker arrives at its place, and leaving early waits for nobody."""
    one = loader(shards, workers=2)
    batches = iter(one)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert one.state()["sequence"] == BATCH
    assert rows(iter(one), 1) == rows(iter(loader(shards)), 2)[BATCH:]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"context": 0}, "context = 0: must be 1 or more"),
        ({"world": 0}, "world = 0: must be 1 or more"),
        ({"workers": -1}, "workers = -1: must be 0 or more"),
        ({"packing": "bestfit"}, "packing = bestfit: is concat or best_fit"),
        ({"kind": "test"}, "no kind of shards; they are train, valid, anneal"),
        ({"weights": {"web": float("nan")}}, "train.weights.web = nan: must be a number from 0"),
        ({"weights": {"web": -0.5}}, "train.weights.web = -0.5: must be a number from 0"),
    ],
)
def test_what_makes_no_order_is_refused(
    shards: ShardSet, wrong: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        Loader(shards, **({"context": 16, "batch": 8} | wrong))


@pytest.mark.parametrize(
    "change", [{"sequence": -5}, {"sequence": 2.5}, {"seed": 9}, {"shards": ""}]
)
def test_a_state_of_something_else_is_refused(shards: ShardSet, change: dict[str, Any]) -> None:
    one = Loader(shards, context=16, batch=8)
    with pytest.raises(UserError, match=next(iter(change))):
        one.restore(one.state() | change)
    with pytest.raises(UserError):
        one.restore({})
