"""The order of training is a pure function, and an epoch reads the corpus once."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from tests.training.shard_files import random_documents, write_shard
from training.data import Corpus, Windows, permute

VOCAB = 64


@pytest.fixture
def shards(tmp_path: Path) -> list[str]:
    return [
        write_shard(tmp_path / f"train-{i}.parquet", random_documents(20, seed=i)) for i in range(3)
    ]


def all_tokens() -> list[int]:
    return list(
        chain.from_iterable(chain.from_iterable(random_documents(20, seed=i) for i in range(3)))
    )


@given(st.integers(1, 600), st.text(max_size=4))
def test_permute_is_a_bijection(size: int, key: str) -> None:
    assert sorted(permute(place, size, key) for place in range(size)) == list(range(size))


@given(st.integers(10**9, 10**12), st.integers(0, 10**9 - 1))
def test_permute_stays_in_a_range_that_no_memory_holds(size: int, place: int) -> None:
    assert 0 <= permute(place, size, "key") < size


def test_permute_spreads_neighbours() -> None:
    """Mean distance of the images of neighbours: a third of the range, as for random places."""
    size = 5000
    images = np.array([permute(place, size, "key") for place in range(size)])
    assert abs(np.abs(np.diff(images)).mean() / size - 1 / 3) < 0.02
    assert abs(np.corrcoef(np.arange(size), images)[0, 1]) < 0.05


def test_another_key_gives_another_order() -> None:
    one, other = ([permute(place, 100, key) for place in range(100)] for key in ("a", "b"))
    assert one != other


def test_the_corpus_is_its_shards_in_the_order_of_their_names(shards: list[str]) -> None:
    corpus = Corpus("training", shards[::-1], VOCAB)
    assert corpus.tokens(0, corpus.n_tokens).tolist() == all_tokens()
    assert corpus.tokens(100, 800).tolist() == all_tokens()[100:800]
    assert corpus.fingerprint == Corpus("training", shards, VOCAB).fingerprint


def test_a_shard_without_tokens_changes_nothing_but_the_fingerprint(
    tmp_path: Path, shards: list[str]
) -> None:
    empty = write_shard(tmp_path / "train-00.parquet", [])
    corpus = Corpus("training", [*shards, empty], VOCAB)
    assert corpus.tokens(0, corpus.n_tokens).tolist() == all_tokens()
    assert corpus.bytes_before(corpus.n_tokens) == 3 * corpus.n_tokens


@pytest.mark.parametrize("context", [1, 7, 64])
def test_an_epoch_predicts_every_token_but_the_first_and_the_remainder_once(
    shards: list[str], context: int
) -> None:
    windows = Windows(Corpus("training", shards, VOCAB), context)
    tokens = all_tokens()
    expected = [tuple(tokens[at : at + context + 1]) for at in range(0, len(tokens), context)]
    expected = [window for window in expected if len(window) == context + 1]
    for epoch in (0, 1):
        read = windows.shuffled(5, epoch * len(windows), len(windows))
        assert sorted(map(tuple, read.tolist())) == sorted(expected)
    assert len(tokens) - (len(windows) * context + 1) < context


def test_the_order_does_not_depend_on_the_batch_size(shards: list[str]) -> None:
    windows = Windows(Corpus("training", shards, VOCAB), 16)
    count = 2 * len(windows) + 5
    whole = windows.shuffled(1, 0, count)
    parts = [windows.shuffled(1, at, min(7, count - at)) for at in range(0, count, 7)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_seed_and_epoch_change_the_order(shards: list[str]) -> None:
    windows = Windows(Corpus("training", shards, VOCAB), 16)
    n = len(windows)
    orders = [windows.shuffled(0, 0, n), windows.shuffled(0, n, n), windows.shuffled(1, 0, n)]
    assert len({order.tobytes() for order in orders}) == 3


def test_an_unusable_corpus_is_refused(tmp_path: Path, shards: list[str]) -> None:
    with pytest.raises(UserError, match="no tokens in the 0 training shards"):
        Corpus("training", [], VOCAB)
    empty = write_shard(tmp_path / "empty.parquet", [])
    with pytest.raises(UserError, match="no tokens in the 1 validation shards"):
        Corpus("validation", [empty], VOCAB)
    with pytest.raises(UserError, match=r"train-0.*uint16.*100000 takes uint32"):
        Corpus("training", shards, 100_000)
    other = write_shard(tmp_path / "train-9.parquet", [[1]], tokenizer="cd34")
    with pytest.raises(UserError, match=r"train-9.*train-0.*different tokenizers"):
        Corpus("training", [*shards, other], VOCAB)
    with pytest.raises(UserError, match="context = 5000 needs 5001; lower context"):
        Windows(Corpus("training", shards, VOCAB), 5000)


def test_a_token_outside_the_vocabulary_is_refused(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "big.parquet", [[1, 2, 63]])
    assert Corpus("training", [path], VOCAB).tokens(0, 3).tolist() == [1, 2, 63]
    with pytest.raises(UserError, match=r"big\.parquet: token 63 is outside the vocabulary of 63"):
        Corpus("training", [path], 63).tokens(0, 3)


def test_bytes_are_counted_across_shards(tmp_path: Path) -> None:
    one = write_shard(tmp_path / "a.parquet", [[1, 2], [3]], bytes_per_token=2)
    two = write_shard(tmp_path / "b.parquet", [[4, 5]], bytes_per_token=10)
    corpus = Corpus("validation", [one, two], VOCAB)
    assert [corpus.bytes_before(token) for token in range(6)] == [0, 2, 4, 6, 16, 26]
