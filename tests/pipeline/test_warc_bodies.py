"""Bodies: every coding undone, what is broken refused, and no more held than asked for."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard

from pipeline.records import Page, Rejected
from tests.pipeline.archives import (
    HTML,
    URL,
    body_of,
    record,
    response,
    summary,
    whole,
    write,
    zstd,
)


def raw_deflate(data: bytes) -> bytes:
    compress = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compress.compress(data) + compress.flush()


def chunked(data: bytes, size: int) -> bytes:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.compress,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("chunk", [0, 1, 1000])
def test_codings_are_undone(tmp_path: Path, coding: str, chunk: int) -> None:
    """Every content coding, sent whole, byte by byte and in chunks."""
    packed = CODINGS[coding](HTML)
    fields = [f"Content-Encoding: {coding}"] + ["Transfer-Encoding: chunked"] * bool(chunk)
    page = body_of(tmp_path, response(chunked(packed, chunk) if chunk else packed, *fields))
    assert isinstance(page, Page)
    assert page.body == HTML


@pytest.mark.parametrize("coding", CODINGS)
def test_broken_codings_fail(tmp_path: Path, coding: str) -> None:
    """A body cut off or corrupt fails with the decoder's words; it never passes for a page."""
    packed = bytearray(CODINGS[coding](HTML + random.Random(1).randbytes(2000)))
    field = f"Content-Encoding: {coding}"
    cut = body_of(tmp_path, response(bytes(packed[:-30]), field))
    assert isinstance(cut, Rejected)
    assert (cut.outcome, cut.reason) == ("failed", "content_encoding")
    assert cut.detail
    if coding in {"br", "zstd"} or coding.endswith("flate"):
        return  # formats without a checksum, or with an optional one
    packed[len(packed) // 2] ^= 0xFF
    assert summary([body_of(tmp_path, response(bytes(packed), field))]) == ["content_encoding"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "utf-8", "sdch"])
def test_a_body_that_is_not_coded_after_all_is_kept(tmp_path: Path, coding: str) -> None:
    """Crawlers keep the header of what they have already decoded."""
    fields = [f"Content-Encoding: {coding}", "Transfer-Encoding: chunked"]
    page = body_of(tmp_path, response(HTML, *fields))
    assert isinstance(page, Page)
    assert page.body == HTML


def test_unknown_codings_of_binary_bodies_fail(tmp_path: Path) -> None:
    """Bytes in a coding nobody can undo are not passed on as text."""
    block = response(b"\x1f\x9d\x90" + bytes(range(256)), "Content-Encoding: compress")
    assert summary([body_of(tmp_path, block)]) == ["content_encoding"]


def test_chunks_that_break_off_or_go_wrong(tmp_path: Path) -> None:
    """What a server did not finish is kept as it is; a size that is none fails."""
    field = "Transfer-Encoding: chunked"
    page = body_of(tmp_path, response(b"5\r\nhello\r\n9\r\nwor", field))
    assert isinstance(page, Page)
    assert page.body == b"hellowor"
    wrong = body_of(tmp_path, response(b"5\r\nhello\r\nxyz\r\nwor", field))
    assert summary([wrong]) == ["content_encoding"]


@pytest.mark.parametrize("fields", [[], ["Content-Encoding: gzip"]])
def test_the_limit_is_exact(tmp_path: Path, fields: list[str]) -> None:
    """A body of the limit's length is a page; a byte more is a dropped row that says so."""
    body = gzip.compress(HTML) if fields else HTML
    assert summary([body_of(tmp_path, response(body, *fields), len(HTML))]) == ["page"]
    over = body_of(tmp_path, response(body, *fields), len(HTML) - 1)
    assert isinstance(over, Rejected)
    assert (over.outcome, over.reason, over.value) == ("dropped", "body_bytes", len(HTML))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_dropped_in_bounded_memory(tmp_path: Path, coding: str) -> None:
    """A small body that inflates to 100 MB is never held."""
    bomb = CODINGS[coding](bytes(100_000_000))
    path = write(tmp_path, record(URL, response(bomb, f"Content-Encoding: {coding}")), "a.warc")
    tracemalloc.start()
    elements = whole(path, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary(elements) == ["body_bytes"]
    assert peak < 12_000_000


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_member_that_is_a_bomb_costs_little(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """A record that inflates to 100 MB is one dropped row, and the next is read."""
    huge = pack(record(URL, response(bytes(100_000_000))))
    path = write(tmp_path, huge + pack(record(f"{URL}next", response(HTML))))
    tracemalloc.start()
    elements = whole(path, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary(elements) == ["body_bytes", "page"]
    assert elements[0].capture.length == len(huge)
    assert peak < 12_000_000
