"""Counting in parts, adding up in ranges, learning: against one count of everything."""

import mmap
import random
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sandbox import Guard
from pipeline.tasks.tokenizing import (
    FILE,
    add_counts,
    count_part,
    train_tokenizer,
)
from tokenizer import bpe
from tokenizer.config import TokenizerConfig
from tokenizer.counts import Counts
from tokenizer.model import Model

PARTS = ("a", "b", "c")
CONFIG = TokenizerConfig(vocab_size=400)
CAPTURED = {
    "id": "a",
    "url": "https://a.example/",
    "date": "",
    "warc": "",
    "offset": 0,
    "length": 0,
}
DOCUMENTS = {
    name: [
        (" ".join(f"wörd{random.Random(f'{name}{n}{i}').randrange(90)}" for i in range(60)), n % 3)
        for n in range(20)
    ]
    for name in PARTS
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for name, documents in DOCUMENTS.items():
        texts, repeats = zip(*documents, strict=True)
        for folder, table in (
            ("filter", pa.Table.from_pylist([CAPTURED | {"text": text} for text in texts])),
            ("weight", pa.table({"repeats": repeats})),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            pq.write_table(table, tmp_path / folder / f"part-{name}.parquet")
    return tmp_path


def tokenize(
    run: Path,
    names: list[str],
    ranges: int,
    config: TokenizerConfig = CONFIG,
    out: str = "tokenizer",
    poison: Mapping[str, dict[int, str]] = MappingProxyType({}),
) -> dict[str, Any]:
    folder = str(run / out)
    for name in names:
        guard = Guard(mmap.mmap(-1, mmap.PAGESIZE), poison.get(name, {}))
        count_part(guard, str(run / "filter"), str(run / "weight"), name, ranges, config, folder)
    for number in range(ranges):
        add_counts(guard, number, ranges, sorted(names), config, folder)
    return train_tokenizer(guard, ranges, sorted(names), config, folder)


def everything(config: TokenizerConfig = CONFIG) -> Counts:
    counts = Counts(1 << 30)
    for documents in DOCUMENTS.values():
        for text, repeats in documents:
            counts.add_text(text, repeats, config.how)
    return counts


@pytest.mark.parametrize("ranges", [1, 2, 5])
def test_learns_what_all_repeats_of_all_documents_say(run: Path, ranges: int) -> None:
    facts = tokenize(run, list(PARTS), ranges)
    table = everything().table()
    expected = bpe.train(table, 400, 2, CONFIG.special_tokens, CONFIG.how, "none")
    assert Model.of_json((run / "tokenizer" / FILE).read_text(encoding="utf-8")) == expected
    assert facts["pretokens"] == sum(n > 0 for n in table["count"].to_pylist())
    assert facts["occurrences"] == sum(table["count"].to_pylist())
    assert facts["count_error"] == facts["occurrences_dropped"] == 0


def test_the_order_of_the_tasks_does_not_matter(run: Path) -> None:
    names = list(PARTS)
    assert tokenize(run, names, 2) == tokenize(run, names[::-1], 2, out="again")
    files = [path.relative_to(run / "again") for path in (run / "again").rglob("*.*")]
    assert len(files) == 7
    for file in files:
        assert (run / "tokenizer" / file).read_bytes() == (run / "again" / file).read_bytes()


def test_what_was_dropped_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(limit: int) -> Counts:
        return Counts(limit // 400)

    monkeypatch.setattr("pipeline.tasks.tokenizing.Counts", small)
    config = CONFIG.model_copy(update={"count_mib": 1})
    facts = tokenize(run, list(PARTS), 2, config)
    exact = dict(zip(*everything().table().to_pydict().values(), strict=True))
    tables = [pq.read_table(run / "tokenizer" / f"counts-0000{n}.parquet") for n in (0, 1)]
    found = dict(zip(*pa.concat_tables(tables).to_pydict().values(), strict=True))
    assert facts["count_error"] > 0
    assert all(n - facts["count_error"] <= found.get(p, 0) <= n for p, n in exact.items())
    assert facts["occurrences"] + facts["occurrences_dropped"] == sum(exact.values())


def test_what_is_there_is_not_counted_again(run: Path) -> None:
    facts = tokenize(run, list(PARTS), 2)
    (run / "filter" / "part-a.parquet").unlink()
    (run / "tokenizer" / FILE).unlink()
    assert tokenize(run, list(PARTS), 2) == facts


def test_a_document_that_kills_its_process_is_left_out_and_counted(run: Path) -> None:
    row = next(row for row, (_, repeats) in enumerate(DOCUMENTS["b"]) if row and repeats)
    facts = tokenize(run, list(PARTS), 2, poison={"b": {row: "killed by SIGSEGV"}})
    assert facts["documents_failed"] == 1
    text, repeats = DOCUMENTS["b"][row]
    lost = len(CONFIG.how.split(text)) * repeats
    assert facts["occurrences"] == everything().table()["count"].to_numpy().sum() - lost
