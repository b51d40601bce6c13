"""Archives: every record once, whatever the cuts; damage costs only what it hits."""

import contextlib
import gzip
import io
import itertools
import random
import subprocess
import sys
import textwrap
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import brotli
import fsspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipeline.errors import UserError
from pipeline.headers import starts_record
from pipeline.records import Page, Rejected, Split
from pipeline.warc import plan_splits, read_record_at, read_records

ROOT = Path(__file__).resolve().parents[2]
CRAWLS = ROOT / "../shared/data/crawls"
LIMIT = 20_000_000
URL = "http://example.org/"
HTML = b"<!doctype html><p>" + b"Some words that compress rather well. " * 40

# Where warcio does not read a file as it is: records that are there, and what warcio makes of it.
WARCIO_DIFFERS = {
    "commoncrawl/CC-MAIN-2019-13-cc_net-sample.warc.wet": (4, "raises: length too great by 8"),
    "commoncrawl/segment1.warc.gz": (2, "raises: two records in one member"),
    "quirks/6d40f2-segment1.warc.gz": (2, "raises: length too great by 4"),
    "quirks/IAH-20080430204825-00000-blackbook-truncated.arc": (9, "raises: no line between"),
    "quirks/b8145b-segment1.warc.gz": (2, "raises: no line between records"),
    "quirks/badexample.arc.gz": (6, "raises: all records in one member"),
    "quirks/block-sized-records.warc.lz4": (None, "raises: lz4"),
    "quirks/broken.warc": (6, "raises after the last record: length too small"),
    "quirks/example-bad-non-chunked.warc.gz": (6, "raises: all records in one member"),
    "quirks/example-bad.warc.gz.bad": (6, "raises: all records in one member"),
    "quirks/example-wrong-chunks.warc.gz": (3, "raises: one record over two members"),
    "quirks/link-extraction-test.warc": (8, "raises: lengths too small"),
    "quirks/segment1.warc.gz": (2, "raises: two records in one member"),
    "quirks/warcfile.warc.lz4": (None, "raises: lz4"),
}


def crawl_files() -> list[str]:
    return sorted(str(path.relative_to(CRAWLS)) for path in CRAWLS.glob("*/*"))


def record(url: str, block: bytes, kind: str = "response", **fields: str) -> bytes:
    """A WARC record; keyword arguments replace fields, or remove them where empty."""
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{zlib.crc32(url.encode()):08x}>",
        "WARC-Target-URI": url,
        "WARC-Date": "2024-05-18T01:58:10Z",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if value]
    return "".join(["WARC/1.0\r\n", *lines, "\r\n"]).encode() + block + b"\r\n\r\n"


def response(body: bytes, *fields: str) -> bytes:
    head = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=UTF-8", *fields, "", ""]
    return "\r\n".join(head).encode() + body


def stored(data: bytes) -> bytes:
    """A gzip member whose deflate blocks hold the data verbatim."""
    return gzip.compress(data, 0, mtime=0)


def write(folder: Path, data: bytes, name: str = "a.warc.gz") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def whole(path: str, limit: int = LIMIT) -> list[Page | Rejected]:
    return list(read_records(Split(path, 0, Path(path).stat().st_size), limit))


def pieces(path: str, cuts: list[int], limit: int = LIMIT) -> list[Page | Rejected]:
    edges = [0, *sorted(cuts), Path(path).stat().st_size]
    return [
        element
        for start, stop in itertools.pairwise(edges)
        for element in read_records(Split(path, start, stop), limit)
    ]


def body_of(folder: Path, block: bytes, limit: int = LIMIT) -> Page | Rejected:
    (element,) = whole(write(folder, gzip.compress(record(URL, block))), limit)
    return element


def summary(elements: list[Page | Rejected]) -> list[str]:
    return ["page" if isinstance(element, Page) else element.reason for element in elements]


# --- real archives ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", crawl_files() or [pytest.param("", id="absent")])
def test_every_real_archive_is_read_to_its_end_as_by_warcio(name: str) -> None:
    """As many records as warcio counts, the same bodies; exceptions are listed with reasons."""
    if not name:
        pytest.skip("no real crawls in ../shared/data")
    path = str(CRAWLS / name)
    expected, _ = WARCIO_DIFFERS.get(name, (0, ""))
    if expected is None:
        with pytest.raises(UserError, match="lz4"):
            plan_splits(path, 1 << 30)
        return
    (split,) = plan_splits(path, 1 << 30)
    elements = list(read_records(split, LIMIT))
    bodies, count = warcio_bodies(path)
    assert len(elements) == (expected or count)
    for element in elements:
        if isinstance(element, Page) and element.capture.id in bodies:
            assert element.body in bodies[element.capture.id]


def warcio_bodies(path: str) -> tuple[dict[str, list[bytes]], int]:
    """Bodies by record id as warcio decodes them, and how many records it counts.

    It raises AttributeError on brotli bodies (with brotli 1.2) and gives zstd ones undecoded.
    """
    bodies: dict[str, list[bytes]] = {}
    count = 0
    known = any(path.endswith(name) for name in WARCIO_DIFFERS)
    allowed = pytest.raises(ArchiveLoadFailed) if known else contextlib.nullcontext()
    with Path(path).open("rb") as file, contextlib.redirect_stderr(io.StringIO()), allowed:
        for entry in ArchiveIterator(file):
            count += 1
            http = entry.http_headers
            if http is None or http.get_header("Content-Encoding") not in {"br", "zstd"}:
                name = (entry.rec_headers.get_header("WARC-Record-ID") or "").strip("<>")
                body = entry.content_stream().read()
                bodies.setdefault(name.removeprefix("urn:uuid:"), []).append(body)
    return bodies, count


@pytest.mark.parametrize("name", crawl_files() or [pytest.param("", id="absent")])
def test_splits_of_real_archives_give_each_record_once(name: str) -> None:
    """Tiling in thirds and in sevenths gives the same elements in the same order."""
    if not name:
        pytest.skip("no real crawls in ../shared/data")
    path = CRAWLS / name
    if name.endswith((".lz4", "giant_html.warc.gz")):
        return
    expected = whole(str(path), 100_000)
    for parts in (3, 7):
        splits = plan_splits(str(path), path.stat().st_size // parts + 1)
        assert [e for split in splits for e in read_records(split, 100_000)] == expected


CUT_FILES = [
    "commoncrawl/CC-MAIN-2016-50-sparkwarc-sample.warc.gz",
    "commoncrawl/CC-MAIN-2019-13-cc_net-sample.warc.wet",
    "quirks/badexample.arc.gz",
    "quirks/example-wrong-chunks.warc.gz",
    "webcrawl/20160901-00000.warc.gz",
    "webcrawl/IAH-20080430204825-00000-blackbook-truncated.arc",
    "webcrawl/IAH-20080430204825-00000-blackbook-truncated.arc.gz",
    "webcrawl/IAH-20080430204825-00000-blackbook-truncated.warc",
    "webcrawl/empty-gzips.warc.gz",
    "webcrawl/transfer_compression_none_truncated.warc.gz",
]


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_random_cuts_of_real_archives_give_each_record_once(data: st.DataObject) -> None:
    """Whatever the cuts, their splits together give what the whole file gives."""
    if not CRAWLS.exists():
        pytest.skip("no real crawls in ../shared/data")
    path = str(CRAWLS / data.draw(st.sampled_from(CUT_FILES)))
    size = Path(path).stat().st_size
    cuts = data.draw(st.lists(st.integers(0, size), min_size=1, max_size=6))
    assert pieces(path, cuts) == whole(path)


def test_a_page_is_found_again_at_its_offset() -> None:
    """read_record_at gives the element that read_records gave, damaged ones too."""
    if not CRAWLS.exists():
        pytest.skip("no real crawls in ../shared/data")
    for name in CUT_FILES:
        path = str(CRAWLS / name)
        offsets = Counter(element.capture.offset for element in whole(path))
        for element in whole(path):
            if offsets[element.capture.offset] == 1:
                assert (
                    read_record_at(path, element.capture.offset, element.capture.id, LIMIT)
                    == element
                )


def test_a_huge_page_costs_little_memory() -> None:
    """A record that inflates to 431 MB is one dropped row, read in less than 300 MB."""
    path = CRAWLS / "quirks/giant_html.warc.gz"
    if not path.exists():
        pytest.skip("no real crawls in ../shared/data")
    if sys.platform != "linux":
        pytest.skip("the peak is read from Linux's /proc")
    program = f"""
        from pathlib import Path
        from pipeline.warc import plan_splits, read_records
        (split,) = plan_splits({str(path)!r}, 1 << 30)
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


# --- cuts ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An archive with archives inside: verbatim in stored blocks, short and long; lone magic."""
    noise = random.Random(7)
    inner = [gzip.compress(record(f"{URL}inner/{n}", response(HTML))) for n in range(9)]
    blob = gzip.compress(record(f"{URL}inner/blob", response(noise.randbytes(90_000))))
    bodies = [HTML, b"".join(inner), b"\x1f\x8b\x08" * 50, b"".join([*inner, blob, *inner]), HTML]
    records = [record(f"{URL}{n}", response(body)) for n, body in enumerate(bodies)]
    members = [stored(data) for data in records] + [gzip.compress(data) for data in records]
    return write(tmp_path_factory.mktemp("nested"), b"".join(members))


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_random_cuts_do_not_take_stored_archives_for_our_own(
    nested: str, data: st.DataObject
) -> None:
    """A record whose body holds gzip members with records in them is one record."""
    size = Path(nested).stat().st_size
    cuts = data.draw(st.lists(st.integers(0, size), min_size=1, max_size=4))
    assert pieces(nested, cuts) == whole(nested)
    assert [page.capture.url for page in whole(nested)] == [f"{URL}{n}" for n in range(5)] * 2


def test_a_file_of_one_member_belongs_to_the_first_split(tmp_path: Path) -> None:
    """Several records in one member: all at its offset, each with its own id."""
    blocks = [response(b"first"), response(b"second")]
    data = b"".join(record(URL, block, WARC_Record_ID="") for block in blocks)
    path = write(tmp_path, gzip.compress(data))
    size = Path(path).stat().st_size
    first = list(read_records(Split(path, 0, 30), LIMIT))
    assert [page.body for page in first if isinstance(page, Page)] == [b"first", b"second"]
    assert {(page.capture.offset, page.capture.length) for page in first} == {(0, 0)}
    assert len({page.capture.id for page in first}) == 2
    assert not list(read_records(Split(path, 30, size), LIMIT))


def test_splits_tile_the_file(tmp_path: Path) -> None:
    """Ranges meet, and the last ends where the file does."""
    path = write(tmp_path, gzip.compress(record(URL, response(HTML))) * 5)
    splits = plan_splits(path, 100)
    assert [split.start for split in splits[1:]] == [split.stop for split in splits[:-1]]
    assert (splits[0].start, splits[-1].stop) == (0, Path(path).stat().st_size)


def test_offset_and_length_are_the_members(tmp_path: Path) -> None:
    """The bytes [offset, offset + length) inflate to the record."""
    members = [gzip.compress(record(f"{URL}{n}", response(HTML))) for n in range(3)]
    path = write(tmp_path, b"".join(members))
    data = Path(path).read_bytes()
    for page, member in zip(whole(path), members, strict=True):
        assert data[page.capture.offset :][: page.capture.length] == member


def test_an_archive_behind_a_url_is_read(tmp_path: Path) -> None:
    """An fsspec URL gives what the local file gives."""
    for name, pack in (("a.warc.gz", gzip.compress), ("a.warc", bytes)):
        data = pack(record(URL, response(HTML)))
        fsspec.filesystem("memory").pipe_file(f"/{name}", data)
        (split,) = plan_splits(f"memory://{name}", 1 << 20)
        (page,) = read_records(split, LIMIT)
        assert isinstance(page, Page)
        assert page.body == HTML
        assert page.capture.warc == f"memory://{name}"


# --- damage ----------------------------------------------------------------------------------

THREE = [record(f"{URL}{n}", response(f"<p>page {n}".encode() * 40)) for n in range(3)]


def test_truncation_anywhere_keeps_the_records_before_it(tmp_path: Path) -> None:
    """Cut at every byte of the second record: the first page is there, the second failed once."""
    for pack, name in ((gzip.compress, "a.warc.gz"), (bytes, "a.warc")):
        first, second = (pack(data) for data in THREE[:2])
        (expected,) = whole(write(tmp_path, first, name))
        for end in range(len(first) + 1, len(first + second) - 4):
            kept, *rest = whole(write(tmp_path, (first + second)[:end], name))
            assert kept == expected
            (failed,) = rest
            assert isinstance(failed, Rejected)
            assert failed.outcome == "failed"
            assert failed.reason in {"truncated", "bad_header"}


@pytest.mark.parametrize("position", [0, 1, 9, 40, -20, -8, -3])
def test_a_corrupt_member_loses_only_itself(tmp_path: Path, position: int) -> None:
    """Wherever a byte is wrong, in header, data or checksum, the neighbours stay."""
    before, hit, after = (bytearray(gzip.compress(data)) for data in THREE)
    hit[position] ^= 0xFF
    elements = whole(write(tmp_path, bytes(before + hit + after)))
    intact = whole(write(tmp_path, bytes(before + gzip.compress(THREE[1]) + after), "b.warc.gz"))
    if position == 9:  # the operating system in the header, which nobody reads
        assert summary(elements) == ["page"] * 3
        return
    assert summary(elements) == ["page", "corrupt", "page"]
    for index in (0, 2):
        assert elements[index].capture.url == intact[index].capture.url
    assert elements[1].capture.offset == len(before)
    assert elements[1].capture.length == len(hit)
    if position < -1:
        assert elements[1].capture.url == f"{URL}1"


def test_a_member_cut_in_the_middle_loses_only_itself(tmp_path: Path) -> None:
    """Bytes missing inside a file: the stored data runs on into the next member, which stays."""
    first, second, third = (stored(data) for data in THREE)
    elements = whole(write(tmp_path, first + second[:300] + third))
    assert summary(elements) == ["page", "corrupt", "page"]
    assert elements[2].capture.offset == len(first) + 300


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("length", "reason"),
    [
        ("", "content_length"),
        ("-5", "content_length"),
        ("many", "content_length"),
        ("99999999999999999999", "content_length"),
        ("999999999999", "content_length"),
        ("900", "content_length"),
        ("30", "page"),
    ],
)
def test_a_wrong_length_costs_one_record(
    tmp_path: Path, length: str, reason: str, zipped: bool
) -> None:
    """The records around it stay; one whose length is too small is kept as far as it goes."""
    wrong = record(f"{URL}1", response(b"<p>page 1" * 40), Content_Length=length)
    parts = [THREE[0], wrong, THREE[2]]
    data = b"".join(map(gzip.compress, parts)) if zipped else b"".join(parts)
    elements = whole(write(tmp_path, data, "a.warc.gz" if zipped else "a.warc"))
    if zipped and length.startswith("9") and len(length) < 20:
        reason = "truncated"  # its member ends and there is nothing more
    assert summary(elements) == ["page", reason, "page"]
    assert [element.capture.url for element in elements] == [f"{URL}{n}" for n in range(3)]
    assert elements[1].outcome == "failed" if isinstance(elements[1], Rejected) else True


def test_what_is_no_record_is_one_failed_row(tmp_path: Path) -> None:
    """Rubbish between records, at the end, and in a member of its own."""
    plain = THREE[0] + b"WARX/1.0\r\nA: b\r\n\r\nrubbish\r\n\r\n" + THREE[2] + b"rubbish"
    assert summary(whole(write(tmp_path, plain, "a.warc"))) == [
        "page",
        "bad_header",
        "page",
        "bad_header",
    ]
    members = gzip.compress(THREE[0]) + gzip.compress(b"rubbish") + gzip.compress(THREE[2])
    elements = whole(write(tmp_path, members + b"\0" * 99))
    assert summary(elements) == ["page", "bad_header", "page", "corrupt"]


def test_a_header_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    """A record header or an HTTP header of 30 MB is kept no further than 1 MiB."""
    endless = b"WARC/1.0\r\n" + (b"A: " + b"b" * 300 + b"\r\n") * 100_000
    path = write(tmp_path, gzip.compress(endless, 1) + gzip.compress(THREE[0]))
    tracemalloc.start()
    assert summary(whole(path)) == ["bad_header", "page"]
    http = response(b"", "X: " + "y" * 30_000_000)
    path = write(tmp_path, gzip.compress(record(URL, http), 1))
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    assert summary(whole(path)) == ["bad_header"]
    assert tracemalloc.get_traced_memory()[1] - base < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\x28\xb5\x2f\xfd....", "zstd"),
        (b"\x04\x22\x4d\x18....", "lz4"),
        (b"PK\x03\x04 and so on", "no WARC or ARC"),
        (b'{"json": true}\n', "no WARC or ARC"),
        (gzip.compress(b"id,text\n1,words\n"), "no WARC or ARC"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    """One line that names the file and what is wrong."""
    path = write(tmp_path, data)
    with pytest.raises(UserError, match=message) as caught:
        plan_splits(path, 1000)
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_wrong_offset_are_refused(tmp_path: Path) -> None:
    """Mistakes in a path or an offset are the user's."""
    with pytest.raises(UserError, match="no such file"):
        plan_splits(str(tmp_path / "none.warc.gz"), 1000)
    path = write(tmp_path, gzip.compress(THREE[0]))
    with pytest.raises(UserError, match="no record"):
        read_record_at(path, 10_000, "a", LIMIT)


# --- records ---------------------------------------------------------------------------------


def test_what_a_record_becomes(tmp_path: Path) -> None:
    """Responses, resources and conversions become pages; the rest are dropped by their type."""
    parts = [
        record("", b"software: x\r\n", "warcinfo"),
        record(URL, b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(URL, response(HTML)),
        record(URL, HTML, "resource", Content_Type="Text/HTML;charset=koi8-r"),
        record(URL, b"words", "conversion", Content_Type="text/plain"),
        record(URL, b"", "revisit"),
        record(URL, b"x", "strange"),
        record("dns:example.org", b"20240518\n", Content_Type="text/dns"),
        record("ftp://example.org/a", b"words", "resource", Content_Type="text/plain"),
        record(URL, b"no status line"),
    ]
    elements = whole(write(tmp_path, b"".join(map(gzip.compress, parts))))
    assert summary(elements) == [
        *["record_type"] * 2,
        *["page"] * 3,
        *["record_type"] * 2,
        *["url_scheme"] * 2,
        "http_header",
    ]
    pages = [element for element in elements if isinstance(element, Page)]
    assert [(page.status, page.mime, page.charset) for page in pages] == [
        (200, "text/html", "UTF-8"),
        (200, "text/html", "koi8-r"),
        (200, "text/plain", "utf-8"),
    ]
    details = [e.detail for e in elements if isinstance(e, Rejected)]
    assert details[:4] == ["warcinfo", "request", "revisit", "strange"]
    assert details[4:6] == ["dns", "ftp"]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("2008-04-30T20:48:25Z", "2008-04-30T20:48:25Z"),
        ("2008-04-30T20:48:25.123456789Z", "2008-04-30T20:48:25Z"),
        ("2008-04-30T22:48:25+02:00", "2008-04-30T20:48:25Z"),
        ("2009-03-65T08:43:19-0800", ""),
        ("0001-01-01T00:00:00+12:00", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_dates_are_utc_or_empty(tmp_path: Path, declared: str, expected: str) -> None:
    """A malformed date is no error."""
    data = record(URL, response(HTML), WARC_Date=declared)
    assert whole(write(tmp_path, data, "a.warc"))[0].capture.date == expected


def test_names_are_stripped_and_never_missing(tmp_path: Path) -> None:
    """Ids and URLs lose brackets; a record without an id gets one from its path and offset."""
    data = record(f"<{URL}ü> ", response(HTML), WARC_Record_ID="<urn:uuid:12-ab>")
    data += record(URL, response(HTML), WARC_Record_ID="")
    path = write(tmp_path, data, "a.warc")
    named, unnamed = whole(path)
    assert (named.capture.id, named.capture.url) == ("12-ab", f"{URL}ü")
    assert unnamed.capture.id == whole(path)[1].capture.id != ""


A = "http://a.org/"
NOON = "2008-04-30T12:00:00Z"
ARC_LINES = [
    (b"http://a.org/ 1.2.3.4 20080430120000 text/html 6", A, NOON),
    (b"http://a.org/x y 1.2.3.4 200804301200 text/html; charset=x 6", A + "x y", NOON),
    (b"http://a.org/ 20080430120000 1.2.3.4 text/html 6", A, NOON),
    (b"http://a.org/ 1.2.3.4 20080430120000  6", A, NOON),
    (b"http://a.org/ None 201512000000000 text/html 6", A, ""),
    (b"http://a.org/ ::1 20080430120000 text/html 200 abc - 12 a.arc.gz 6", A, NOON),
]


@pytest.mark.parametrize(("line", "url", "date"), ARC_LINES)
def test_arc_record_lines(tmp_path: Path, line: bytes, url: str, date: str) -> None:
    """Version 1 and 2, with spaces, odd dates, missing and transposed fields."""
    block = response(b"words")
    head = b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 9\n1 0 Own\n\n\n"
    data = head + line[:-1] + str(len(block)).encode() + b"\n" + block + b"\n"
    first, page = whole(write(tmp_path, data, "a.arc"))
    assert (first.capture.url, summary([first])) == ("filedesc://a.arc", ["record_type"])
    assert isinstance(page, Page)
    assert (page.capture.url, page.capture.date, page.body) == (url, date, b"words")


@pytest.mark.parametrize(
    "line",
    [
        b"http://a.org/ is a fine page of 2008 with 12 links",
        b"127.0.0.1 - - [30/Apr/2008] GET http://a.org/ 200 12",
        b"a: b; c: 1.2.3.4",
        b"http://a.org/ 1.2.3.4 20080430204825",
        b"WARC/x",
        b"",
    ],
)
def test_other_lines_do_not_start_a_record(line: bytes) -> None:
    """Only a WARC version or an ARC line with address, date and length starts a record."""
    assert not starts_record(line)


# --- bodies ----------------------------------------------------------------------------------


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
