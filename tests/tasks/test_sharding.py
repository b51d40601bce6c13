"""Which shard a document stands in: every copy in one, and in a fixed order."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ledger import Counts, Part
from pipeline.sandbox import Guard
from pipeline.tasks import encoding
from pipeline.tasks.encoding import Encoded, blocks_of, is_valid, kind_of, write_blocks
from pipeline.tasks.sharding import Sharded, Tokenizer, plan_shards, shard_facts, write_shard
from tokenizer.shards import Shard
from tokenizer.shardwriter import TokenizedDocument

TOKENIZER = Tokenizer(300, "ab12")
ROW_GROUP_TOKENS = 20

Corpus = dict[str, list[tuple[str, TokenizedDocument]]]

documents = st.lists(
    st.tuples(
        st.sampled_from(["train", "train", "valid", "anneal"]),
        st.sampled_from(["news", "code", "A/b"]),
        st.integers(0, 12),
        st.integers(1, 4),
    ),
    max_size=12,
)


def corpus_of(parts: list[list[tuple[str, str, int, int]]]) -> Corpus:
    """Documents by part, each with tokens of its own."""
    corpus: Corpus = {}
    tokens = iter(np.random.default_rng(1).integers(0, 300, 10_000))
    for number, rows in enumerate(parts):
        corpus[f"split-{number}"] = [
            (
                kind,
                TokenizedDocument(
                    np.array([next(tokens) for _ in range(length)], np.int64),
                    f"{number}.{row}",
                    domain,
                    "eng_Latn",
                    2 * length,
                    repeats if kind == "train" else 1,
                ),
            )
            for row, (kind, domain, length, repeats) in enumerate(rows)
        ]
    return corpus


def sharded(corpus: Corpus, folder: Path, target_bytes: int, seed: int = 0) -> list[Sharded]:
    """The shards of a corpus, its parts arriving in any order."""
    parts = []
    for name, rows in corpus.items():
        write_blocks(str(folder), name, rows, TOKENIZER.vocab_size)
        parts.append(Encoded(Part(name, Counts(), {}), tuple(blocks_of(str(folder), name))))
    random.Random(seed).shuffle(parts)
    plans = plan_shards(parts, target_bytes, TOKENIZER.vocab_size)
    guard = Guard.__new__(Guard)
    return [write_shard(guard, plan, ROW_GROUP_TOKENS, TOKENIZER, str(folder)) for plan in plans]


def rows_in(shard: Shard) -> list[tuple[Any, ...]]:
    rows = (shard.document(row) for row in range(shard.n_documents))
    return [(row.domain, row.doc_id, row.repeat, row.tokens.tolist()) for row in rows]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_BLOCK_BYTES", 200)


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(documents, min_size=1, max_size=4), target_bytes=st.integers(1, 120))
def test_every_copy_stands_in_one_shard_in_the_order_of_parts_and_rows(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[tuple[str, str, int, int]]],
    target_bytes: int,
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    corpus = corpus_of(parts)
    written = sharded(corpus, folder, target_bytes)
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for one in written:
        shard = Shard(folder / f"{one.part.name}.parquet")
        shard.verify()
        found.setdefault((one.fact["kind"], one.fact["domain"]), []).extend(rows_in(shard))
        assert {row[0] for row in rows_in(shard)} <= {one.fact["domain"]}
    expected: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for rows in corpus.values():
        for kind, row in rows:
            copies = [
                (row.domain, row.doc_id, copy, row.tokens.tolist()) for copy in range(row.repeat)
            ]
            expected.setdefault((kind, row.domain), []).extend(copies)
    assert found == {key: sorted(rows, key=lambda row: row[2]) for key, rows in expected.items()}


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(documents, min_size=1, max_size=4), target_bytes=st.integers(1, 120))
def test_shards_of_a_domain_are_of_one_size_within_a_document(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[tuple[str, str, int, int]]],
    target_bytes: int,
) -> None:
    written = sharded(corpus_of(parts), tmp_path_factory.mktemp("shards"), target_bytes)
    longest = 12
    totals: Counter[tuple[str, str]] = Counter()
    for one in written:
        totals[one.fact["kind"], one.fact["domain"]] += one.fact["tokens"]
        assert one.fact["tokens"] <= max(1, target_bytes // 2) + longest
    numbers = Counter((one.fact["kind"], one.fact["domain"]) for one in written)
    for key, total in totals.items():
        assert numbers[key] == max(1, -(-total // max(1, target_bytes // 2)))
        for one in written:
            if (one.fact["kind"], one.fact["domain"]) == key:
                assert abs(one.fact["tokens"] - total / numbers[key]) < longest + 1


def test_the_order_of_arrival_changes_no_byte(tmp_path: Path) -> None:
    corpus = corpus_of([[("train", "news", 9, 2), ("train", "code", 5, 1)]] * 5)
    runs = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        sharded(corpus, folder, 50, seed)
        runs.append({path.name: path.read_bytes() for path in folder.glob("*.parquet")})
    assert runs[0] == runs[1]
    assert sorted(runs[0]) == [
        "train-code-00000.parquet",
        *(f"train-news-{number:05d}.parquet" for number in range(4)),
    ]


def test_lineage_says_which_split_each_row_group_came_from(tmp_path: Path) -> None:
    corpus = corpus_of([[("train", "news", 9, 2)] * 3, [("train", "news", 11, 1)] * 2])
    (one,) = sharded(corpus, tmp_path, 10_000)
    shard = Shard(tmp_path / f"{one.part.name}.parquet")
    row = 0
    for group in one.fact["lineage"]:
        for split, count in group.items():
            ids = [shard.document(at).doc_id for at in range(row, row + count)]
            assert {f"split-{id_.split('.')[0]}" for id_ in ids} == {split}
            row += count
    assert row == shard.n_documents == 8
    assert len(one.fact["lineage"]) == len(shard.pages) == 3


def test_domains_of_like_file_names_have_files_of_their_own(tmp_path: Path) -> None:
    names = ["a/b", "a_b", "a b", "A_B", "ü" * 300, "..", ""]
    corpus = corpus_of([[("train", name, 3, 1) for name in names]])
    written = sharded(corpus, tmp_path, 1000)
    assert {one.fact["domain"] for one in written} == set(names)
    assert len({one.part.name.lower() for one in written}) == len(names)
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*.parquet"))
    facts = shard_facts(str(tmp_path), written, TOKENIZER, anneal=False)
    assert facts["shards"].keys() == {path.name for path in tmp_path.glob("*.parquet")}


def test_a_shard_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    corpus = corpus_of([[("train", "news", 9, 1)] * 8])
    first = sharded(corpus, tmp_path, 40)
    paths = sorted(tmp_path.glob("*.parquet"))
    paths[1].write_bytes(b"cut")
    times = [path.stat().st_mtime_ns for path in paths]
    assert sharded(corpus, tmp_path, 40) == first
    again = [path.stat().st_mtime_ns for path in paths]
    assert [one == other for one, other in zip(times, again, strict=True)] == [
        number != 1 for number in range(len(paths))
    ]


def test_a_shard_of_parts_that_were_encoded_otherwise_is_written_again(tmp_path: Path) -> None:
    """A document failed at first, and does no more: as many shards of the same names."""
    whole = corpus_of([[("train", "news", 9, 1)] * 8])
    without = {name: rows[1:] for name, rows in whole.items()}
    sharded(without, tmp_path, 40)
    written = sharded(whole, tmp_path, 40)
    found = [
        row for one in written for row in rows_in(Shard(tmp_path / f"{one.part.name}.parquet"))
    ]
    assert [row[1] for row in found] == [f"0.{number}" for number in range(8)]


@given(st.text(), st.booleans(), st.floats(0.01, 0.99))
def test_validation_is_a_sample_of_all_documents_the_best_among_them(
    doc_id: str, anneal: bool, fraction: float
) -> None:
    kind = kind_of({"id": doc_id, "anneal": anneal}, fraction)
    assert (kind == "valid") == is_valid(doc_id, fraction)
    assert kind in ("valid", "anneal" if anneal else "train")
