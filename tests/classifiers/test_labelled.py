"""Labelled pages from JSON Lines files: every packing, every spelling, plain errors."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from classifiers.labelled import LabelledPage, read
from pipeline.errors import UserError

PAGE = {"url": "https://a.org/", "text": "Words.", "topic": 12, "format": "News Article", "x": 1}
READ = LabelledPage("https://a.org/", "Words.", {"topic": "health", "format": "news_article"})


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".bz2": bz2.compress,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize("ending", COMPRESS)
def test_files_plain_and_packed(tmp_path: Path, ending: str) -> None:
    """Two streams after one another, and a line longer than what is read at once."""
    path = tmp_path / f"pages.jsonl{ending}"
    long = PAGE | {"text": "long " * 100_000}
    content = [(json.dumps(page) + "\n\n").encode() for page in (PAGE, long)]
    path.write_bytes(b"".join(map(COMPRESS[ending], content)))
    assert list(read([str(path)])) == [READ, replace(READ, text=long["text"])]


@pytest.mark.parametrize(
    ("labels", "read_as"),
    [
        ({}, {}),
        ({"topic": None, "format": 10}, {"format": "news_article"}),
        ({"topic": "Health"}, {"topic": "health"}),
        ({"domain": "sports"}, {"domain": "sports"}),
        (
            {"topic": 0, "format": 0, "domain": "science"},
            {"topic": "adult", "format": "academic_writing", "domain": "science"},
        ),
    ],
)
def test_a_page_may_have_any_of_the_labels(
    tmp_path: Path, labels: dict[str, object], read_as: dict[str, str]
) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(json.dumps({"url": "u", "text": "t"} | labels))
    (page,) = read([str(path)])
    assert page.labels == read_as


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "pages.jsonl, line 2: not JSON"),
        ("[1]", "pages.jsonl, line 2: no JSON object"),
        ("[" * 100_000, "pages.jsonl, line 2: too deeply nested"),
        ('{"url": "u"}', "pages.jsonl, line 2: 'text' is missing"),
        ('{"url": 1, "text": "t"}', "pages.jsonl, line 2: 'url' is missing or no string"),
        ('{"url": "u", "text": "t", "topic": 24}', "pages.jsonl, line 2: 24 is no topic; these"),
        ('{"url": "u", "text": "t", "domain": "new"}', "line 2: 'new' is no domain; .*news"),
    ],
)
def test_a_line_that_is_no_page(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(json.dumps(PAGE) + "\n" + line)
    with pytest.raises(UserError, match=message):
        list(read([str(path)]))


@pytest.mark.parametrize("ending", [ending for ending in COMPRESS if ending])
@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_file(tmp_path: Path, ending: str, cut: bool) -> None:
    packed = COMPRESS[ending]((json.dumps(PAGE) + "\n").encode() * 10_000)
    path = tmp_path / f"pages.jsonl{ending}"
    path.write_bytes(packed[: len(packed) // 2] if cut else b"no" + packed)
    with pytest.raises(UserError, match=f"pages.jsonl{ending}: cannot be read"):
        list(read([str(path)]))


def test_a_damaged_block_of_gzip(tmp_path: Path) -> None:
    """An error of zlib's own."""
    packed = bytearray(gzip.compress(json.dumps(PAGE).encode()))
    # After the header of ten bytes: a kind of block that there is not.
    packed[10] |= 0b110
    (tmp_path / "pages.jsonl.gz").write_bytes(packed)
    with pytest.raises(UserError, match=r"pages.jsonl.gz: cannot be read \(.*invalid block type"):
        list(read([str(tmp_path / "pages.jsonl.gz")]))


def test_half_a_surrogate_pair_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(r'{"url": "u\udc00", "text": "a \ud800 b \ud83d\ude00"}')
    assert list(read([str(path)])) == [LabelledPage("u\ufffd", "a \ufffd b 😀", {})]
