"""Archives: every record one element; damage costs only what it hits."""

import gzip
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest
import zstandard

from pipeline.errors import UserError
from pipeline.headers import starts_record
from pipeline.records import Page, Rejected
from pipeline.warc import plan_splits, read_record_at
from tests.pipeline.archives import (
    HTML,
    LIMIT,
    URL,
    body_of,
    record,
    response,
    stored,
    summary,
    whole,
    write,
    zstd,
)

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


def test_reserved_flags_are_damage(tmp_path: Path) -> None:
    """A gzip header with a flag that RFC 1952 reserves begins no member."""
    members = [bytearray(gzip.compress(data)) for data in THREE]
    members[1][3] |= 0x20
    assert summary(whole(write(tmp_path, b"".join(members)))) == ["page", "corrupt", "page"]


def test_a_damaged_record_is_known_by_its_header(tmp_path: Path) -> None:
    """Damage in a body leaves the header before it readable, so the failure names the page."""
    hit = record(f"{URL}hit", response(random.Random(5).randbytes(300_000)))
    late = {pack: bytearray(pack(hit)) for pack in (gzip.compress, stored, zstd)}
    for packed in late.values():
        packed[-1000] ^= 0xFF
    compress = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    early = compress.compress(hit[:2000]) + compress.flush(zlib.Z_FULL_FLUSH)
    no_block = b"\x07"
    for data in (*late.values(), early + no_block + bytes(50)):
        (failed,) = whole(write(tmp_path, bytes(data)))
        assert summary([failed]) == ["corrupt"]
        assert failed.capture.url == f"{URL}hit"


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
        (b"BZh91AY&SY...", "bzip2"),
        (zstandard.compress(b"id,text\n1,words\n"), "no WARC or ARC"),
        (b"\x04\x22\x4d\x18....", "lz4"),
        (b"PK\x03\x04 and so on", "no WARC or ARC"),
        (b'{"json": true}\n', "no WARC or ARC"),
        (gzip.compress(b"id,text\n1,words\n", mtime=0), "no WARC or ARC"),
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


def test_http_fields_are_kept_and_the_first_of_a_name_counts(tmp_path: Path) -> None:
    """Lower-case names; repeated ones on lines of their own, folded lines joined."""
    lines = [
        "X-Robots-Tag: noai",
        "x-robots-tag:noindex ",
        "X-Folded: a",
        "\t b",
        "Content-Type: text/plain; charset=koi8-r",
        "no field",
        "Empty:",
        "X-Name: caf\u00e9",
    ]
    page = body_of(tmp_path, response(b"<p>", *lines))
    assert isinstance(page, Page)
    assert page.fields == {
        "content-type": "text/html; charset=UTF-8\ntext/plain; charset=koi8-r",
        "x-robots-tag": "noai\nnoindex",
        "x-folded": "a b",
        "empty": "",
        "x-name": "caf\u00e9",
    }
    assert (page.mime, page.charset) == ("text/html", "UTF-8")
    latin = body_of(tmp_path, response(b"<p>", "X-Name: caf").replace(b"caf\r", b"caf\xe9\r"))
    assert isinstance(latin, Page)
    assert latin.fields["x-name"] == "caf\u00e9"
    data = record(URL, HTML, "resource", Content_Type="text/html")
    (resource,) = whole(write(tmp_path, data, "a.warc"))
    assert isinstance(resource, Page)
    assert resource.fields == {}


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
