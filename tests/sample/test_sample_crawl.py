"""The archives and the truth about them: deterministic, readable by others, in agreement."""

import gzip
import io
import zlib
from collections import Counter, defaultdict
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, cast

import brotli
import lxml.html
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator

from pipeline.sample import SampleSummary, build_sample
from pipeline.sample.builder import plan_sample
from pipeline.sample.encodings import LEGACY

Truth = list[dict[str, Any]]


def _archives(folder: Path) -> list[Path]:
    return sorted(folder.glob("crawl-*.warc.gz"))


class _Received:
    """Bytes in the place of a socket, for `HTTPResponse`."""

    def __init__(self, message: bytes) -> None:
        self._message = message

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._message)


def _bodies(folder: Path, truth: Truth) -> dict[str, tuple[str, bytes]]:
    """Content-Type and body by record id; the truncated record is left out.

    FastWARC reads the records, the standard library's HTTP client the messages.
    """
    broken = {page["record_id"] for page in truth if page["kind"] == "truncated"}
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress, "br": brotli.decompress}
    found = {}
    for path in _archives(folder):
        with path.open("rb") as stream:
            for record in FastIterator(
                stream, record_types=WarcRecordType.response, parse_http=False
            ):
                identifier = (record.record_id or "").strip("<>")
                if identifier in broken:
                    continue
                message = HTTPResponse(cast(Any, _Received(record.reader.read())))
                message.begin()
                body = unpack.get(message.headers["Content-Encoding"], bytes)(message.read())
                found[identifier] = (message.headers["Content-Type"], body)
    return found


def test_two_builds_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    build_sample(tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert len(names) == 6
    assert all((folder / n).read_bytes() == (tmp_path / n).read_bytes() for n in names)


def test_warcio_reads_every_response_with_right_digests(folder: Path, truth: Truth) -> None:
    expected = [(page["warc"], page["record_id"]) for page in truth]
    read, short = [], []
    types: Counter[str] = Counter()
    for path in _archives(folder):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests=True):
                types[record.rec_type] += 1
                identifier = record.rec_headers["WARC-Record-ID"].strip("<>")
                record.raw_stream.read()
                assert record.digest_checker.passed is not False, identifier
                if record.rec_type == "response":
                    read.append((path.name, identifier))
                    if not record.digest_checker.passed:
                        short.append(identifier)
    assert read == expected
    assert short == [page["record_id"] for page in truth if page["kind"] == "truncated"]
    assert len(truth) / 2 < types["request"] == types["metadata"] < len(truth)
    assert types.keys() == {
        "warcinfo", "request", "response", "metadata", "resource", "revisit"
    }  # fmt: skip


def test_record_ids_are_unique_and_dates_are_of_2024(folder: Path) -> None:
    ids, dates = [], []
    for path in _archives(folder):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                ids.append(record.rec_headers["WARC-Record-ID"])
                dates.append(record.rec_headers["WARC-Date"])
    assert len(set(ids)) == len(ids)
    assert {date[:4] for date in dates} == {"2024"}


def test_every_record_is_a_gzip_member_and_the_last_is_cut(folder: Path) -> None:
    for path in _archives(folder):
        rest = path.read_bytes()
        starts = []
        while rest:
            member = zlib.decompressobj(wbits=31)
            starts.append(member.decompress(rest)[:8])
            complete, rest = member.eof, member.unused_data
        assert set(starts) == {b"WARC/1.0"}
        assert complete == (path != _archives(folder)[-1])


def test_bodies_are_in_the_charset_of_the_truth(folder: Path, truth: Truth) -> None:
    bodies = _bodies(folder, truth)
    titles = {draft.url: draft.article.title for draft in plan_sample()[0]}
    pages = [page for page in truth if page["charset"] and page["record_id"] in bodies]
    assert len(pages) > 580
    for page in pages:
        html = bodies[page["record_id"]][1].decode(page["charset"])
        head = lxml.html.fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
        assert head.findtext(".//title", "").startswith(titles[page["url"]]), page["url"]


def test_charsets_are_declared_as_the_truth_says(folder: Path, truth: Truth) -> None:
    bodies = _bodies(folder, truth)
    for page in truth:
        if not page["charset"] or page["record_id"] not in bodies:
            continue
        content_type, body = bodies[page["record_id"]]
        _, _, in_header = content_type.partition("charset=")
        head = body[:400].decode("ascii", "replace")
        _, _, after = head.partition("charset=")
        in_meta = after.strip('"').partition('"')[0]
        stated = {
            "header": (page["charset"], ""),
            "meta": ("", page["charset"]),
            "none": ("", ""),
        }
        if page["charset_declared"] == "wrong":
            assert {in_header, in_meta} & {"utf-8", "iso-8859-1"}
            assert page["charset"] not in (in_header, in_meta)
        else:
            assert (in_header, in_meta) == stated[page["charset_declared"]], page["url"]


def test_legacy_charsets_occur_with_every_declaration(truth: Truth) -> None:
    seen = defaultdict(set)
    for page in truth:
        if page["expect"] == "kept":
            seen[page["language"]].add((page["charset"], page["charset_declared"]))
    for language, charsets in LEGACY.items():
        assert {name for name, _ in seen[language]} == {"utf-8", *charsets}
        declared = {how for name, how in seen[language] if name != "utf-8"}
        assert declared == {"header", "meta", "none", "wrong"}, language


def test_files_that_are_no_page_begin_with_their_magic(folder: Path, truth: Truth) -> None:
    bodies = _bodies(folder, truth)
    magic = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG", "image/gif": b"GIF89a"}
    for page in truth:
        if page["mime"] in magic:
            assert bodies[page["record_id"]][1].startswith(magic[page["mime"]])


def test_counts_are_as_declared(truth: Truth, summary: SampleSummary, folder: Path) -> None:
    kinds = Counter(page["kind"] for page in truth)
    bad = {
        "spam": 20,
        "thin": 25,
        "parked": 15,
        "shop": 20,
        "redirect": 15,
        "not_found": 15,
        "pdf": 3,
        "image": 3,
        "json": 2,
        "noindex": 4,
    }
    assert {kind: kinds[kind] for kind in bad} == bad
    assert kinds["truncated"] == 1
    assert 590 <= summary.responses == len(truth) <= 620
    hosts = {page["url"].split("/")[2] for page in truth}
    assert len(hosts) == summary.hosts >= 30
    assert all(host.endswith(".example") for host in hosts)
    assert summary.expect == Counter(page["expect"] for page in truth)
    assert summary.kinds == kinds
    assert summary.cited == sum(page["cited"] for page in truth)
    assert len({page["url"] for page in truth}) == len(truth)
    assert len({page["language"] for page in truth if page["expect"] == "kept"}) >= 12
    assert sum(path.stat().st_size for path in folder.iterdir()) == summary.bytes < 3_000_000


def test_duplicates_name_pages_of_the_crawl(truth: Truth) -> None:
    urls = {page["url"] for page in truth}
    named = {page[key] for page in truth for key in ("duplicate_of", "near_duplicate_of")}
    assert named - {None} <= urls
