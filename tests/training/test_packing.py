"""Each token is predicted once an epoch, and a batch says which document each token is of."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from tests.training.shard_files import write_folder
from training.packing import PackingName
from training.sequences import IGNORED, Batch, Sequences

VOCAB = 2**17

# A domain is shards, a shard documents, a document its number of tokens.
shards_strategy = st.lists(
    st.lists(st.one_of(st.integers(0, 12), st.integers(0, 60)), max_size=12),
    min_size=1,
    max_size=3,
)
domains_strategy = st.lists(shards_strategy, min_size=1, max_size=3)

Domains = list[list[list[int]]]


class Corpus:
    """Documents whose every token is another, so that each can be told where it turns up."""

    def __init__(self, lengths: Domains) -> None:
        self.documents: dict[int, tuple[int, int, int]] = {}
        self.first: dict[int, int] = {}
        self.domains: dict[str, list[list[list[int]]]] = {}
        token = 0
        for number, domain in enumerate(lengths):
            shards = self.domains[f"d{number}"] = []
            for at, shard in enumerate(domain):
                shards.append([])
                for row, length in enumerate(shard):
                    tokens = list(range(token, token + length))
                    shards[-1].append(tokens)
                    self.documents |= dict.fromkeys(tokens, (number, at, row))
                    self.first |= dict.fromkeys(tokens[:1], number)
                    token += length
        self.n_tokens = token


def everything(sequences: Sequences) -> Batch:
    pairs = [(domain, at) for domain, n in enumerate(sequences.counts) for at in range(n)]
    domains, numbers = np.array(pairs, np.int64).T
    return sequences.read(sequences.plan(domains, numbers))


def epoch(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: Corpus,
    context: int,
    packing: PackingName,
) -> tuple[Sequences, Batch] | None:
    """All sequences of a corpus; None if it is too short for one."""
    if corpus.n_tokens <= context:
        return None
    folder = tmp_path_factory.mktemp("shards")
    shards = write_folder(folder, corpus.domains, vocab_size=VOCAB)
    sequences = Sequences(shards, "train", context, packing)
    return sequences, everything(sequences)


@settings(max_examples=30, deadline=None)
@given(lengths=domains_strategy, context=st.integers(1, 20))
def test_concat_predicts_every_token_but_a_domains_first_once(
    tmp_path_factory: pytest.TempPathFactory, lengths: Domains, context: int
) -> None:
    corpus = Corpus(lengths)
    if (found := epoch(tmp_path_factory, corpus, context, "concat")) is None:
        return
    sequences, batch = found
    targets = batch.targets[batch.targets != IGNORED].tolist()
    tokens = [flat(flat(shards)) for shards in corpus.domains.values()]
    firsts = {domain[0] for domain in tokens if domain}
    assert sorted(targets) == sorted(set(range(corpus.n_tokens)) - firsts)
    assert (batch.inputs[batch.targets != IGNORED] + 1 == targets).all()
    assert sum(sequences.predicted) == len(targets)


@settings(max_examples=30, deadline=None)
@given(lengths=domains_strategy, context=st.integers(1, 20))
def test_best_fit_predicts_every_token_but_documents_first_once(
    tmp_path_factory: pytest.TempPathFactory, lengths: Domains, context: int
) -> None:
    """The first of a document is predicted from the end of another that stands before it."""
    corpus = Corpus(lengths)
    try:
        found = epoch(tmp_path_factory, corpus, context, "best_fit")
    except UserError as error:
        assert "no document of the train shards has two tokens" in str(error)
        assert max(flat(flat(lengths))) <= 1
        return
    if found is None:
        return
    sequences, batch = found
    wanted = batch.targets != IGNORED
    counts = Counter(batch.targets[wanted].tolist())
    ends = corpus.first.keys() | {corpus.n_tokens}
    assert all(counts[token] == 1 for token in range(corpus.n_tokens) if token not in corpus.first)
    assert all(counts[token] <= 1 for token in corpus.first)
    assert sum(sequences.predicted) == wanted.sum()
    inside = np.array([token not in corpus.first for token in batch.targets[wanted].tolist()])
    before = batch.inputs[wanted]
    assert (before[inside] + 1 == batch.targets[wanted][inside]).all()
    assert all(token + 1 in ends for token in before[~inside].tolist())


@settings(max_examples=30, deadline=None)
@given(
    lengths=domains_strategy,
    context=st.integers(1, 20),
    packing=st.sampled_from(["concat", "best_fit"]),
)
def test_documents_are_told_apart_and_domains_never_meet(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: Domains,
    context: int,
    packing: PackingName,
) -> None:
    corpus = Corpus(lengths)
    corpus.domains["long"] = [[list(range(corpus.n_tokens, corpus.n_tokens + context + 1))]]
    fresh = range(corpus.n_tokens, corpus.n_tokens + context + 1)
    corpus.documents |= dict.fromkeys(fresh, (99, 0, 0))
    corpus.n_tokens += context + 1
    found = epoch(tmp_path_factory, corpus, context, packing)
    assert found is not None
    _, batch = found
    # What is no token is an input of 0 that predicts nothing; in no test is token 0 a single one.
    last = context - np.argmax(batch.targets[:, ::-1] != IGNORED, axis=1)
    for row, n_inputs in enumerate(last.tolist()):
        owners = [corpus.documents[token] for token in batch.inputs[row, :n_inputs].tolist()]
        numbers = batch.documents[row, :n_inputs].tolist()
        assert len({domain for domain, *_ in owners}) == 1
        assert numbers[0] == 0
        tokens = zip(numbers, owners, strict=True)
        for (number, owner), (following, other) in pairwise(tokens):
            assert following - number == (owner != other)


def test_a_documents_pieces_in_one_sequence_are_two_documents(tmp_path: Path) -> None:
    """A tail never stands in the sequence that holds what comes before it."""
    shards = write_folder(tmp_path, {"a": [[list(range(1, 12)), [20, 21, 22]]]})
    batch = everything(Sequences(shards, "train", 8, "best_fit"))
    rows = {tuple(row) for row in np.c_[batch.inputs, batch.documents].tolist()}
    assert rows == {
        (*range(1, 9), *[0] * 8),
        (9, 10, 11, 20, 21, 22, 0, 0, *[0] * 3, *[1] * 3, *[2] * 2),
    }
    assert sorted(batch.targets.flatten().tolist()) == [
        *[IGNORED] * 3, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21, 22,
    ]  # fmt: skip


def test_a_tail_is_not_predicted_from_another_document(tmp_path: Path) -> None:
    shards = write_folder(tmp_path, {"a": [[[20, 21, 22], list(range(1, 12))]]})
    batch = everything(Sequences(shards, "train", 8, "best_fit"))
    row = next(row for row in range(2) if batch.inputs[row, 0] == 20)
    assert batch.inputs[row].tolist() == [20, 21, 22, 9, 10, 11, 0, 0]
    assert batch.targets[row].tolist() == [21, 22, IGNORED, 10, 11, IGNORED, IGNORED, IGNORED]


def test_lengths_for_attention_are_those_of_the_documents(tmp_path: Path) -> None:
    documents = [[1, 2, 3], [4, 5], [6] * 6, [7] * 10]
    shards = write_folder(tmp_path, {"a": [documents]})
    batch = everything(Sequences(shards, "train", 4, "concat"))
    assert batch.inputs[:2].tolist() == [[1, 2, 3, 4], [5, 6, 6, 6]]
    assert batch.cumulative_lengths().tolist()[:6] == [0, 3, 4, 5, 8, 11]
    assert batch.cumulative_lengths()[-1] == batch.inputs.size
    assert batch.cumulative_lengths().dtype == np.int32


def test_best_fit_truncates_less_than_concatenation(tmp_path: Path) -> None:
    """Documents that fit stay whole."""
    rng = np.random.default_rng(5)
    documents = [[1] * length for length in rng.integers(2, 33, 400).tolist()]
    shards = write_folder(tmp_path, {"a": [documents]}, row_group_tokens=10**6)
    fit = everything(Sequences(shards, "train", 32, "best_fit"))
    assert (fit.targets == IGNORED).mean() < 0.03
    tokens = sum(map(len, documents))
    assert tokens / 33 <= len(fit.inputs) < 1.02 * tokens / 33 + 1


def flat(lists: Iterable[Iterable[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))
