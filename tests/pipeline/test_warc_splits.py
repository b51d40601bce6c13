"""Splits: whatever the cuts and the compression, every record comes once; damage stays local."""

import gzip
import io
import random
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import fsspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import files
from pipeline.errors import UserError
from pipeline.frames import Gzip
from pipeline.members import Member, _Frames
from pipeline.records import Page, Rejected, Split
from pipeline.storedbytes import StoredBytes
from pipeline.warc import plan_splits, read_record_at, read_records
from pipeline.zstdframes import Zstd
from tests.pipeline.archives import (
    CRAWLS,
    HTML,
    LIMIT,
    URL,
    in_frames,
    members,
    pieces,
    record,
    response,
    skippable,
    stored,
    summary,
    whole,
    write,
    zstd,
    zstd_stored,
)

Elements = list[Page | Rejected]

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
# Archives that are packed anew, each record by itself.
PACKED_FILES = [
    "webcrawl/20160901-00000.warc.gz",
    "webcrawl/IAH-20080430204825-00000-blackbook-truncated.arc.gz",
    "webcrawl/frontpages.warc.gz",
]


SMALL = [record(f"{URL}{n}", response(b"<p>page %d" % n * 40)) for n in range(4)]
SMALL[2] += record(f"{URL}twin", response(HTML))


def dictionary_of(records: list[bytes]) -> zstandard.ZstdCompressionDict:
    samples: list[bytes | bytearray | memoryview] = []
    for data in records * 10:
        samples += [data[start : start + 500] for start in (0, 500, 1000)]
    return zstandard.train_dictionary(20_000, samples)


def with_dictionary(records: list[bytes], pack: Callable[[bytes], bytes]) -> bytes:
    dictionary = dictionary_of(records)
    frames = [zstd(data, dictionary) for data in records]
    return skippable(pack(dictionary.as_bytes())) + b"".join(frames)


def with_extensions(records: list[bytes]) -> bytes:
    """Frames of other kinds in between, with what looks like a frame inside."""
    return b"".join(zstd(data) + skippable(zstd(data)[:-1], 3) for data in records)


def without_sizes(records: list[bytes]) -> bytes:
    """Frames that do not say how much they hold, and have no checksum."""
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    return b"".join(map(compressor.compress, records))


_CHECKSUM, _EXTRA, _NAME, _COMMENT, _RESERVED = 2, 4, 8, 16, 32
_ALL = _CHECKSUM | _EXTRA | _NAME | _COMMENT
_FILE_NAME = b"a name as the gzip command writes it.warc"


def headed(
    data: bytes, flags: int, extra: bytes = b"", name: bytes = _FILE_NAME, level: int = 9
) -> bytes:
    """A gzip member with these optional fields in its header (RFC 1952, section 2.3)."""
    member = gzip.compress(data, level, mtime=0)
    header = member[:3] + bytes([flags]) + member[4:10]
    if flags & _EXTRA:
        header += len(extra).to_bytes(2, "little") + extra
    if flags & _NAME:
        header += name + b"\0"
    if flags & _COMMENT:
        header += b"a comment\0"
    if flags & _CHECKSUM:
        header += (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little")
    return header + member[10:]


PACKINGS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": lambda records: b"".join(map(gzip.compress, records)),
    "stored": lambda records: b"".join(map(stored, records)),
    "gzip, full headers": lambda records: b"".join(
        headed(data, _ALL, bytes(1 << n % 16)) for n, data in enumerate(records)
    ),
    "gzip, three members a record": lambda records: b"".join(
        in_frames(data, 3, gzip.compress) for data in records
    ),
    "zstd": lambda records: b"".join(map(zstd, records)),
    "zstd, stored": lambda records: b"".join(map(zstd_stored, records)),
    "zstd, three frames a record": lambda records: b"".join(
        in_frames(data, 3, zstd) for data in records
    ),
    "zstd, extension frames": with_extensions,
    "zstd, no sizes": without_sizes,
    "zstd, dictionary": lambda records: with_dictionary(records, bytes),
    "zstd, compressed dictionary": lambda records: with_dictionary(records, zstd),
}


def content(element: Page | Rejected) -> tuple[object, ...]:
    """All of an element but where it stands."""
    place = (element.capture.id, element.capture.url, element.capture.date)
    if isinstance(element, Page):
        return (*place, element.status, element.mime, element.charset, element.body, element.fields)
    return (*place, element.outcome, element.reason, element.value, element.detail)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """Paths of real archives packed in every way."""
    if not CRAWLS.exists():
        pytest.skip("no real crawls in ../shared/data")
    folder = tmp_path_factory.mktemp("packed")
    paths = {}
    for file, name in enumerate(PACKED_FILES):
        records = members((CRAWLS / name).read_bytes())
        for way, pack in enumerate(PACKINGS):
            paths[name, pack] = write(folder, PACKINGS[pack](records), f"{file}-{way}")
    return paths


@pytest.mark.parametrize("name", PACKED_FILES)
def test_the_way_an_archive_is_packed_changes_nothing(
    packed: dict[tuple[str, str], str], name: str
) -> None:
    """Plain, gzip, zstd, with a dictionary or over several frames: the same records."""
    expected = [content(element)[1:] for element in whole(str(CRAWLS / name))]
    assert sum(len(row) > 6 for row in expected) > 2
    for pack in PACKINGS:
        elements = whole(packed[name, pack])
        assert [content(element)[1:] for element in elements] == expected, pack


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_random_cuts_of_real_archives_give_each_record_once(
    packed: dict[tuple[str, str], str], data: st.DataObject
) -> None:
    """Whatever the cuts, their splits together give what the whole file gives."""
    names = [str(CRAWLS / name) for name in CUT_FILES] + list(packed.values())
    path = data.draw(st.sampled_from(names))
    size = Path(path).stat().st_size
    cuts = data.draw(st.lists(st.integers(0, size), min_size=1, max_size=6))
    assert pieces(path, cuts) == whole(path)


# --- archives in archives ----------------------------------------------------------------------


def nested(pack: Callable[[bytes], bytes], verbatim: Callable[[bytes], bytes]) -> bytes:
    """An archive with archives inside: verbatim, short and long; lone magic."""
    noise = random.Random(7)
    inner = [pack(record(f"{URL}inner/{n}", response(noise.randbytes(700)))) for n in range(9)]
    blob = pack(record(f"{URL}inner/blob", response(noise.randbytes(50_000))))
    magic = (b"\x1f\x8b\x08" + b"\x28\xb5\x2f\xfd") * 50
    bodies = [HTML, b"".join(inner), magic, b"".join([*inner, blob, *inner]), HTML]
    records = [record(f"{URL}{n}", response(body)) for n, body in enumerate(bodies)]
    archive = b"".join([*map(verbatim, records), *map(pack, records)])
    assert inner[3] in archive
    return archive


NESTED = {"gzip": nested(gzip.compress, stored), "zstd": nested(zstd, zstd_stored)}


@pytest.mark.parametrize("kind", NESTED)
@given(data=st.data())
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_cuts_do_not_take_stored_archives_for_our_own(
    kind: str, tmp_path: Path, data: st.DataObject
) -> None:
    """A record whose body holds whole frames with records in them is one record."""
    archive = NESTED[kind]
    path = write(tmp_path, archive)
    cuts = data.draw(st.lists(st.integers(0, len(archive)), min_size=1, max_size=4))
    assert pieces(path, cuts) == whole(path)
    assert [page.capture.url for page in whole(path)] == [f"{URL}{n}" for n in range(5)] * 2


def edges(blocks: list[bytes]) -> bytes:
    """A gzip member of these stored blocks (RFC 1951, section 3.2.4)."""
    member = gzip.compress(b"")[:10]
    for n, block in enumerate(blocks, 1):
        size = len(block)
        member += bytes([n == len(blocks)])
        member += size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block
    data = b"".join(blocks)
    return member + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


def test_cuts_do_not_take_stored_members_for_our_own_whose_file_names_hide_a_blocks_edge(
    tmp_path: Path,
) -> None:
    """No checksum covers a name, so members stored over two blocks can look intact."""
    noise = random.Random(5)
    inner = [record(f"{URL}inner/{n}", response(noise.randbytes(200))) for n in range(200)]
    data = record(URL, response(b"".join(headed(one, _NAME, level=0) for one in inner)))
    edge = data.index(_FILE_NAME, 60_000) + 10
    outer = edges([data[:edge], data[edge:]])
    assert b"\0" not in outer[10 + 5 + edge :][:5]
    archive = outer + b"".join(map(gzip.compress, SMALL))
    assert_cut_anywhere(write(tmp_path, archive), range(0, len(outer), 4001))


def test_cuts_do_not_take_stored_frames_for_our_own_that_no_checksum_covers(
    tmp_path: Path,
) -> None:
    """What looks like a frame over the edge of two blocks is followed by none; see `boundary`."""
    noise = random.Random(5)
    inner = [record(f"{URL}inner/{n}", response(noise.randbytes(3000))) for n in range(60)]
    frames = [without_sizes([one]) for one in inner]
    skipped = skippable(noise.randbytes(200_000), 3)
    for body in (b"".join(frames), b"".join([*frames[:9], skipped, *frames[:9]])):
        outer = zstd_stored(record(URL, response(body)))
        archive = outer + b"".join(map(zstd, SMALL))
        assert_cut_anywhere(write(tmp_path, archive), range(0, len(outer), 8009))


def assert_cut_anywhere(path: str, cuts: Iterable[int]) -> None:
    """Whatever the cut, there is the first record, and the five of SMALL."""
    expected = whole(path)
    assert summary(expected) == ["page"] * 6
    for cut in cuts:
        assert pieces(path, [cut]) == expected, cut


# --- headers of gzip members --------------------------------------------------------------------

_FAKE = b"\x1f\x8b\x08\x04 fake "
_AIM = b"\0\0"
_LAST = gzip.compress(record(f"{URL}last", response(HTML)), mtime=0)
_CHUNKS = [
    HTML,
    _FAKE + _AIM,
    b"\x1f\x8b\x08" * 100,
    random.Random(8).randbytes(3000),
    random.Random(9).randbytes(70_000),
    headed(record(f"{URL}inner", response(HTML)), _NAME),
    headed(record(f"{URL}inner", response(HTML)), _ALL, bytes(99)),
]


def before(tail: bytes, data: bytes, flags: int, extra: bytes) -> bytes:
    """Put a member before others, its fake headers aimed at the data of the last of them."""
    if _FAKE not in data:
        return headed(data, flags, extra) + tail
    stored_member = headed(data, flags, extra, level=0)
    target = len(stored_member) + len(tail) - len(_LAST) + 10
    at = 0
    while (at := stored_member.find(_FAKE + _AIM, at) + 1) > 0:
        length = min(target - (at - 1 + len(_FAKE + _AIM)), 0xFFFF)
        data = data.replace(_FAKE + _AIM, _FAKE + length.to_bytes(2, "little"), 1)
    return headed(data, flags, extra, level=0) + tail


@st.composite
def with_headers(draw: st.DrawFn) -> tuple[int, bytes]:
    """The number of members with headers and bodies of all kinds, and their archive."""
    chunks = st.lists(st.sampled_from(_CHUNKS), max_size=4).map(b"".join)
    flags = st.sampled_from([0, _NAME, _EXTRA, _ALL])
    sizes = st.sampled_from([0, 6, 2000, 60_000])
    drawn = draw(st.lists(st.tuples(chunks, flags, sizes), min_size=1, max_size=5))
    archive = _LAST
    for n, (body, kind, size) in enumerate(drawn):
        archive = before(archive, record(f"{URL}{n}", response(body)), kind, bytes(size))
    return len(drawn), archive


@given(drawn=with_headers(), data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_cuts_do_not_take_what_looks_like_a_header_for_one(
    tmp_path: Path, drawn: tuple[int, bytes], data: st.DataObject
) -> None:
    """Headers in bodies, whose fields reach into other members; true headers short and long."""
    count, archive = drawn
    path = write(tmp_path, archive)
    fakes = [match.start() for match in re.finditer(re.escape(_FAKE), archive)]
    cut = st.sampled_from(fakes) if fakes else st.integers(0, len(archive))
    cuts = data.draw(st.lists(cut | st.integers(0, len(archive)), min_size=1, max_size=4))
    expected = [f"{URL}{n}" for n in reversed(range(count))] + [f"{URL}last"]
    assert [page.capture.url for page in whole(path)] == expected
    assert pieces(path, cuts) == whole(path)


@pytest.mark.parametrize("level", [0, 9])
def test_after_damage_no_header_in_a_body_hides_a_member(tmp_path: Path, level: int) -> None:
    """The search for the next member goes through the damaged one's body."""
    archive = gzip.compress(record(f"{URL}0", response(HTML)), level) + _LAST
    for n in range(1, 4):
        archive = before(archive, record(f"{URL}{n}", response(_FAKE + _AIM)), 0, b"")
    damaged = bytearray(archive)
    damaged[10] ^= 0xFF
    rows = whole(write(tmp_path, bytes(damaged)))
    assert summary(rows) == ["corrupt", "page", "page", "page", "page"]
    assert [row.capture.url for row in rows[1:]] == [f"{URL}{n}" for n in (2, 1, 0, "last")]


def test_a_header_of_any_length_is_read(tmp_path: Path) -> None:
    """The longest extra field there is, and a name as long."""
    member = headed(SMALL[0], _ALL, bytes(0xFFFF), b"n" * 0xFFFF)
    rows = whole(write(tmp_path, member * 3))
    assert summary(rows) == ["page"] * 3
    assert {row.capture.length for row in rows} == {len(member)}


def broken_headers() -> dict[str, bytes]:
    member = headed(SMALL[1], _ALL, b"extra")
    return {
        "checksum": member[:20] + b"?" + member[21:],
        "reserved": headed(SMALL[1], _NAME | _RESERVED),
        "over 1 MiB": headed(SMALL[1], _NAME, name=b"n" * (1 << 20)),
        "begins within": headed(SMALL[1], _NAME, name=b"\x1f\x8b\x08 is no name"),
    }


@pytest.mark.parametrize("fault", broken_headers())
def test_a_broken_header_costs_its_member_alone(tmp_path: Path, fault: str) -> None:
    """Read fast or in pieces, the record fails and says why; its neighbours stay."""
    bad = broken_headers()[fault]
    path = write(tmp_path, gzip.compress(SMALL[0]) + bad + gzip.compress(SMALL[3]))
    rows = whole(path)
    assert summary(rows) == ["page", "corrupt", "page"]
    failed = rows[1]
    assert isinstance(failed, Rejected)
    assert fault in failed.detail
    assert failed.capture.length == len(bad)


@pytest.mark.parametrize("size", range(1, 30))
def test_a_file_that_ends_within_a_header_says_so(tmp_path: Path, size: int) -> None:
    """Every byte of every field."""
    start = headed(SMALL[1], _ALL, b"extra", b"name")[:size]
    rows = whole(write(tmp_path, gzip.compress(SMALL[0]) + start))
    assert summary(rows) == ["page", "truncated"]


# --- places ------------------------------------------------------------------------------------


def test_a_file_of_one_member_belongs_to_the_first_split(tmp_path: Path) -> None:
    """Several records in one member: all at its offset, each with its own id."""
    blocks = [response(b"first"), response(b"second")]
    data = b"".join(record(URL, block, WARC_Record_ID="") for block in blocks)
    for pack in (gzip.compress, zstd):
        path = write(tmp_path, pack(data))
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


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_offset_and_length_are_the_members(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The bytes [offset, offset + length) inflate to the record."""
    parts = [in_frames(record(f"{URL}{n}", response(HTML)), n + 1, pack) for n in range(3)]
    path = write(tmp_path, b"".join(parts))
    data = Path(path).read_bytes()
    for page, part in zip(whole(path), parts, strict=True):
        assert isinstance(page, Page)
        stands = data[page.capture.offset :][: page.capture.length]
        assert stands == part or stands + pack(b"") == part
        place = page.capture
        assert read_record_at(path, place.offset, place.id, LIMIT) == page


@pytest.mark.parametrize("pack", [gzip.compress, zstd, bytes])
def test_an_archive_behind_a_url_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """An fsspec URL gives what the local file gives."""
    fsspec.filesystem("memory").pipe_file("/a.warc", pack(record(URL, response(HTML))))
    (split,) = plan_splits("memory://a.warc", 1 << 20)
    (page,) = read_records(split, LIMIT)
    assert isinstance(page, Page)
    assert page.body == HTML
    assert page.capture.warc == "memory://a.warc"


@pytest.mark.parametrize("pack", [stored, zstd])
def test_a_split_reads_little_beyond_its_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    """Of 20 MB, a split of 4 MB costs at most 5.5 MB, none of it twice or far away."""
    noise = random.Random(3)
    parts = [pack(record(f"{URL}{n}", response(noise.randbytes(50_000)))) for n in range(400)]
    path = write(tmp_path, b"".join(parts))
    ranges: list[tuple[int, int]] = []

    class Recording(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            start = self.tell()
            data = super().read(size)
            ranges.append((start, start + len(data)))
            return data

    def open_read(path: str, access: files.Access) -> IO[bytes]:
        return Recording(path)

    monkeypatch.setattr(files, "open_read", open_read)
    split = Split(path, 8_000_000, 12_000_000)
    elements = list(read_records(split, LIMIT))
    assert 75 < len(elements) < 85
    assert sum(stop - start for start, stop in ranges) < 5_500_000
    far = [place for place in ranges if place[0] and not 8_000_000 <= place[0] < 12_500_000]
    assert not far


def test_a_large_member_of_many_records_is_inflated_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on to the next record never starts again from the member's beginning."""
    noise = random.Random(3)
    data = b"".join(
        record(f"{URL}{n}", response(noise.randbytes(noise.randrange(60_000)))) for n in range(300)
    )
    starts = []
    restart = _Frames._restart

    def counted(frames: _Frames) -> None:
        starts.append(1)
        restart(frames)

    monkeypatch.setattr(_Frames, "_restart", counted)
    assert len(whole(write(tmp_path, stored(data)))) == 300
    assert len(starts) == 1


def test_what_lies_over_the_edge_of_a_block_is_found() -> None:
    """The search misses nothing where one block of a file ends and the next begins."""
    for start in range((1 << 18) - 6, (1 << 18) + 3):
        data = bytes(start) + b"magic" + bytes(9)
        assert StoredBytes(io.BytesIO(data)).find(b"magic", 5) == start
    assert StoredBytes(io.BytesIO(bytes(1 << 19))).find(b"magic", 0) is None


# --- the fast way and the careful way -----------------------------------------------------------


@pytest.mark.parametrize("packing", [name for name in PACKINGS if "dictionary" not in name])
@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_is_read_the_same_fast_and_carefully(
    tmp_path: Path, packing: str, data: st.DataObject
) -> None:
    """Bytes changed, cut out and put in: the fast way gives what reading in pieces gives."""
    archive = bytearray(PACKINGS[packing](SMALL))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(archive) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "end", "put"])):
            case "flip" if archive:
                archive[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del archive[at : at + data.draw(st.integers(1, 200))]
            case "end":
                del archive[at + 1 :]
            case _:
                archive[at:at] = data.draw(st.binary(max_size=40))
    path = write(tmp_path, bytes(archive))
    fast = tried(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gzip, "whole", lambda *_: None)
        patch.setattr(Zstd, "whole", lambda *_: None)
        assert tried(path) == fast


def tried(path: str) -> Elements | str:
    try:
        return whole(path)
    except UserError as error:
        return str(error)


def test_ordinary_members_are_read_the_fast_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of intact archives no member is read in pieces."""
    monkeypatch.setattr(Member, "extend", pytest.fail)
    monkeypatch.setattr(_Frames, "__init__", pytest.fail)
    for packing in ("gzip", "stored", "zstd", "zstd, extension frames", "zstd, no sizes"):
        assert len(whole(write(tmp_path, PACKINGS[packing](SMALL)))) == 5


# --- damaged zstd -------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 4, 20, 200, -1])
def test_a_corrupt_frame_loses_only_itself(tmp_path: Path, position: int) -> None:
    """Wherever a byte of a zstd frame is wrong, its neighbours stay."""
    bodies = [random.Random(n).randbytes(1000) for n in range(3)]
    frames = [bytearray(zstd(record(f"{URL}{n}", response(b)))) for n, b in enumerate(bodies)]
    frames[1][position] ^= 0xFF
    elements = whole(write(tmp_path, b"".join(frames)))
    assert summary(elements) == ["page", "corrupt", "page"]
    assert elements[1].capture.offset == len(frames[0])
    assert elements[1].capture.length == len(frames[1])


def test_truncation_of_zstd_keeps_the_records_before_it(tmp_path: Path) -> None:
    """Cut at every byte of the second record: the first page is there, the second failed once."""
    first, second = (zstd(data) for data in SMALL[:2])
    (expected,) = whole(write(tmp_path, first))
    for end in range(len(first) + 1, len(first + second)):
        kept, failed = whole(write(tmp_path, (first + second)[:end]))
        assert kept == expected
        assert isinstance(failed, Rejected)
        assert (failed.outcome, failed.reason) == ("failed", "truncated")


def test_a_frame_that_would_cost_a_gigabyte_is_refused(tmp_path: Path) -> None:
    """The window a frame asks for is memory; over 128 MiB it fails alone."""
    ordinary = zstd_stored(SMALL[0])
    blocks = ordinary[9:]
    greedy = b"\x28\xb5\x2f\xfd\x00" + bytes([20 << 3]) + blocks  # a window of 2 ** 30 bytes
    elements = whole(write(tmp_path, greedy + ordinary))
    assert summary(elements) == ["corrupt", "page"]


def test_a_broken_dictionary_is_refused(tmp_path: Path) -> None:
    """Without its dictionary nothing of an archive can be read: one line says so."""
    good = with_dictionary(SMALL, zstd)
    bad = bytearray(good)
    bad[40] ^= 0xFF
    for data in (bytes(bad), good[:300], skippable(b"")[:4] + b"\xff\xff\xff\xff" + good):
        path = write(tmp_path, data)
        with pytest.raises(UserError, match="dictionary") as caught:
            plan_splits(path, 1000)
        assert str(caught.value).startswith(path)
