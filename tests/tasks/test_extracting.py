"""A bad page becomes one failed row; the rest of its split is kept."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifiers.config import LanguageConfig
from pipeline.config import ExtractSection
from pipeline.files import Access
from pipeline.ledger import Counts, Part
from pipeline.records import Split
from pipeline.sandbox import shared_pool
from pipeline.tasks.planning import Piece
from tests.tasks.naughty import extract_naughtily, read_naughtily

TEXT = "The keeper of the lighthouse wrote down the weather of the day, number {n}. " * 5
LIMIT = 1_000_000


def archive(path: Path, marks: list[str]) -> Split:
    """An archive of one page a mark, the mark standing in the page's text."""
    data = b""
    for n, mark in enumerate(marks):
        html = f"<html><body><p>{mark} {TEXT.format(n=n)}</p></body></html>".encode()
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{n}>\r\n"
            f"WARC-Target-URI: http://a.example/{n}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
            "Content-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(http)}\r\n\r\n"
        )
        data += gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)
    path.write_bytes(data)
    return Split(str(path), 0, len(data))


def run(
    task: object, split: Split, folder: Path
) -> tuple[Part, list[dict[str, object]], list[str]]:
    """The part, its rejected rows, the ids of the documents kept."""
    arguments = (
        Piece(split),
        ExtractSection(max_body_bytes=LIMIT),
        LanguageConfig(),
        None,
        str(folder),
        Access(),
    )
    pool = shared_pool(1, 2.0, 1 << 30)
    part = pool.submit(task, *arguments).result(timeout=120)  # type: ignore[arg-type]
    rejected = pq.read_table(folder / f"dropped-{part.name}.parquet").to_pylist()
    kept = pq.read_table(folder / f"part-{part.name}.parquet")["id"].to_pylist()
    return part, rejected, kept


def test_pages_that_crash_hang_eat_memory_or_raise(tmp_path: Path) -> None:
    marks = ["good", "CRASH", "good", "HANG", "EAT", "good", "RAISE", "CRASH", "good"]
    split = archive(tmp_path / "a.warc.gz", marks)
    part, rejected, kept = run(extract_naughtily, split, tmp_path / "out")
    assert kept == ["0", "2", "5", "8"]
    why = {row["id"]: (row["outcome"], row["reason"], row["detail"]) for row in rejected}
    assert why["1"] == why["7"] == ("failed", "killed", "killed by SIGSEGV")
    assert why["3"] == ("failed", "killed", "no progress for 2 s")
    assert why["6"] == ("failed", "exception", "ValueError: as the page wished")
    assert why["4"][1] in ("memory", "killed")
    assert part.counts.read == len(marks)
    part.counts.check("part")


def test_a_record_that_kills_the_reader_ends_its_split_with_one_row(tmp_path: Path) -> None:
    split = archive(tmp_path / "a.warc.gz", ["good"] * 5)
    part, rejected, kept = run(read_naughtily, split, tmp_path / "out")
    assert kept == ["0", "1"]
    assert [(row["reason"], row["detail"]) for row in rejected] == [
        ("killed_reading", "killed by SIGSEGV")
    ]
    assert part.counts == Counts(3, 2, {}, {"killed_reading": 1})


def test_a_part_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    split = archive(tmp_path / "a.warc.gz", ["good"] * 3)
    first, _, _ = run(extract_naughtily, split, tmp_path / "out")
    path = tmp_path / "out" / f"part-{first.name}.parquet"
    before = path.stat().st_mtime_ns
    again, _, _ = run(extract_naughtily, split, tmp_path / "out")
    assert again == first
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["with space.warc.gz", "müll*[1].warc.gz"])
def test_odd_file_names(tmp_path: Path, name: str) -> None:
    part, _, kept = run(extract_naughtily, archive(tmp_path / name, ["good"]), tmp_path / "out")
    assert kept == ["0"]
    assert part.name.isascii()
