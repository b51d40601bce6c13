"""Splits: whatever the cuts and the compression, every record comes once."""

import gzip
import io
import random
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import IO

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files
from pipeline.members import _Frames
from pipeline.records import Page, Rejected, Split
from pipeline.storedbytes import StoredBytes
from pipeline.warc import plan_splits, read_record_at, read_records
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
from tests.pipeline.packings import FILE_NAME, NAME, PACKINGS, SMALL, headed, without_sizes

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


def content(element: Page | Rejected) -> tuple[object, ...]:
    """All of an element but where it stands."""
    place = (element.capture.id, element.capture.url, element.capture.date)
    if isinstance(element, Page):
        return (*place, element.status, element.mime, element.charset, element.body, element.fields)
    return (*place, element.outcome, element.reason, element.value, element.detail)


known = cache(whole)
"""The same of a file that stays as it is."""


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
    assert pieces(path, cuts) == known(path)


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


@pytest.fixture(scope="module", params=NESTED)
def nest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of an archive with archives inside."""
    return write(tmp_path_factory.mktemp("nested"), NESTED[request.param])


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_random_cuts_do_not_take_stored_archives_for_our_own(
    nest: str, data: st.DataObject
) -> None:
    """A record whose body holds whole frames with records in them is one record."""
    size = Path(nest).stat().st_size
    cuts = data.draw(st.lists(st.integers(0, size), min_size=1, max_size=4))
    assert pieces(nest, cuts) == known(nest)
    assert [page.capture.url for page in known(nest)] == [f"{URL}{n}" for n in range(5)] * 2


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
    data = record(URL, response(b"".join(headed(one, NAME, level=0) for one in inner)))
    edge = data.index(FILE_NAME, 60_000) + 10
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
