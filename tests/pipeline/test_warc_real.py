"""Real archives of many crawlers, read as warcio and FastWARC read them, or better."""

import contextlib
import io
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipeline.errors import UserError
from pipeline.frames import Gzip
from pipeline.records import Page, Rejected
from pipeline.warc import plan_splits, read_record_at, read_records
from tests.pipeline.archives import CRAWLS, LIMIT, ROOT, crawl_files, whole

REFUSED = {"quirks/block-sized-records.warc.lz4", "quirks/warcfile.warc.lz4"}

# Where warcio does not read a file as it is: records that are there, and what warcio makes of it.
WARCIO_DIFFERS = {
    "commoncrawl/CC-MAIN-2019-13-cc_net-sample.warc.wet": (4, "raises: length too great by 8"),
    "commoncrawl/segment1.warc.gz": (2, "raises: two records in one member"),
    "quirks/6d40f2-segment1.warc.gz": (2, "raises: length too great by 4"),
    "quirks/IAH-20080430204825-00000-blackbook-truncated.arc": (9, "raises: no line between"),
    "quirks/b8145b-segment1.warc.gz": (2, "raises: no line between records"),
    "quirks/badexample.arc.gz": (6, "raises: all records in one member"),
    "quirks/broken.warc": (6, "raises after the last record: length too small"),
    "quirks/example-bad-non-chunked.warc.gz": (6, "raises: all records in one member"),
    "quirks/example-bad.warc.gz.bad": (6, "raises: all records in one member"),
    "quirks/example-wrong-chunks.warc.gz": (2, "raises: one record over two members"),
    "quirks/link-extraction-test.warc": (8, "raises: lengths too small"),
    "quirks/segment1.warc.gz": (2, "raises: two records in one member"),
}

# The same for FastWARC, beside ARC files, which it does not know. It is asked to be lenient
# (`quirks_mode`); otherwise it also loses records in 19 files, most of whose lines end without a
# carriage return.
FASTWARC_DIFFERS = {
    "commoncrawl/CC-MAIN-2019-13-cc_net-sample.warc.wet": "3 of 4: length too great by 8",
    "quirks/6d40f2-segment1.warc.gz": "1 of 2: length too great by 4",
    "webcrawl/empty-gzips.warc.gz": "0 of 9: takes an empty member for the file's end",
}


def names() -> list[object]:
    return [*crawl_files()] or [pytest.param("", id="absent")]


def archive(name: str) -> str:
    if not name:
        pytest.skip("no real crawls in ../shared/data")
    return str(CRAWLS / name)


def identity(value: str | None) -> str:
    return (value or "").strip("<> \t").removeprefix("urn:uuid:")


@pytest.mark.parametrize("name", names())
def test_every_archive_is_read_to_its_end_as_by_warcio(name: str) -> None:
    """As many records as warcio counts, the same bodies; exceptions are listed with reasons."""
    path = archive(name)
    if name in REFUSED:
        with pytest.raises(UserError, match="lz4"):
            plan_splits(path, 1 << 30)
        return
    elements = whole(path)
    bodies, count = warcio_bodies(path, name in WARCIO_DIFFERS)
    if name in WARCIO_DIFFERS:
        assert len(elements) == WARCIO_DIFFERS[name][0] >= count
    else:
        assert len(elements) == count
        compare(elements, bodies)


def warcio_bodies(path: str, fails: bool) -> tuple[dict[str, list[bytes]], int]:
    """Bodies by record id as warcio decodes them, and how many records it counts.

    It raises AttributeError on brotli bodies (with brotli 1.2) and gives zstd ones undecoded.
    """
    bodies: dict[str, list[bytes]] = {}
    count = 0
    allowed = pytest.raises(ArchiveLoadFailed) if fails else contextlib.nullcontext()
    with Path(path).open("rb") as file, contextlib.redirect_stderr(io.StringIO()), allowed:
        for entry in ArchiveIterator(file):
            count += 1
            http = entry.http_headers
            if http is None or http.get_header("Content-Encoding") not in {"br", "zstd"}:
                name = identity(entry.rec_headers.get_header("WARC-Record-ID"))
                bodies.setdefault(name, []).append(entry.content_stream().read())
    return bodies, count


def compare(elements: list[Page | Rejected], bodies: dict[str, list[bytes]]) -> None:
    """Every page whose id the other reader has too has one of the bodies it gives."""
    for element in elements:
        if isinstance(element, Page) and element.capture.id in bodies:
            assert element.body in bodies[element.capture.id], element.capture


@pytest.mark.parametrize("name", names())
def test_every_archive_has_the_records_that_fastwarc_finds(name: str) -> None:
    """The same ids in the same order, the same bodies; exceptions are listed with reasons."""
    path = archive(name)
    if name in REFUSED or ".arc" in name or "giant" in name:
        return
    elements = whole(path)
    ids = [identity(entry.record_id) for entry in FastIterator(path, quirks_mode=True)]
    if name in FASTWARC_DIFFERS:
        assert len(ids) < len(elements)
    else:
        ours = [element.capture.id for element in elements]
        # A record without an id has one from us.
        assert [theirs or own for theirs, own in zip(ids, ours, strict=True)] == ours
        compare(elements, fastwarc_bodies(path))


def fastwarc_bodies(path: str) -> dict[str, list[bytes]]:
    """Bodies by record id, those that FastWARC can decode.

    It refuses bodies that claim to be chunked or gzipped and are not, and reads no further; the
    content type of a WARC record decides whether it looks for an HTTP header.
    """
    bodies: dict[str, list[bytes]] = {}
    entries = FastIterator(path, parse_http=True, auto_decode="all", quirks_mode=True)
    with contextlib.suppress(OSError):
        for entry in entries:
            body = entry.reader.read()
            if entry.record_type == WarcRecordType.response and not entry.http_headers:
                continue
            bodies.setdefault(identity(entry.record_id), []).append(body)
    return bodies


@pytest.mark.parametrize("name", names())
def test_splits_of_archives_give_each_record_once(name: str) -> None:
    """Tiling in thirds and in sevenths gives the same elements in the same order."""
    path = archive(name)
    if name in REFUSED or "giant" in name:
        return
    expected = whole(path, 100_000)
    for parts in (3, 7):
        splits = plan_splits(path, Path(path).stat().st_size // parts + 1)
        assert [e for split in splits for e in read_records(split, 100_000)] == expected


@pytest.mark.parametrize("name", names())
def test_members_read_whole_and_piece_by_piece_give_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast way changes no element."""
    path = archive(name)
    if name in REFUSED or "giant" in name:
        return
    fast = whole(path)
    monkeypatch.setattr(Gzip, "whole", lambda *_: None)
    assert whole(path) == fast


def test_a_page_is_found_again_at_its_offset() -> None:
    """read_record_at gives the element that read_records gave, damaged ones too."""
    for name in [name for name in crawl_files() if name not in REFUSED and "giant" not in name]:
        elements = whole(archive(name))
        offsets = Counter(element.capture.offset for element in elements)
        for element in elements[:20]:
            place = element.capture
            if offsets[place.offset] == 1:
                assert read_record_at(place.warc, place.offset, place.id, LIMIT) == element


def test_a_huge_page_costs_little_memory() -> None:
    """A record that inflates to 431 MB is one dropped row, read in less than 300 MB."""
    path = archive("quirks/giant_html.warc.gz" if crawl_files() else "")
    if sys.platform != "linux":
        pytest.skip("the peak is read from Linux's /proc")
    program = f"""
        from pathlib import Path
        from pipeline.warc import plan_splits, read_records
        (split,) = plan_splits({path!r}, 1 << 30)
        for element in read_records(split, 10_000_000):
            print(element.outcome, element.reason, int(element.value))
        status = Path("/proc/self/status").read_text()
        print(status.partition("VmHWM:")[2].split()[0])
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    *rows, peak = lines.splitlines()
    (row,) = rows
    assert row.startswith("dropped body_bytes 43")
    assert int(peak) < 300_000
