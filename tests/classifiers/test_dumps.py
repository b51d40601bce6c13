"""Dumps cut into pieces, of every compression."""

import bz2
import gzip
import lzma
from pathlib import Path
from random import Random

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.dumps import split, xml
from classifiers.wikipedia import Damage, WikiPage, read_pages
from pipeline.decompression import DamagedError
from pipeline.records import Split
from tests.classifiers.dumpfiles import COMPRESS, dump, multistream, page

PAGES = [page(f"Page {number}", f"http://a.org/{number} " * number) for number in range(60)]
TITLES = [f"Page {number}" for number in range(60)]


def titles(piece: Split) -> list[str]:
    found = list(read_pages(piece))
    assert not [one for one in found if isinstance(one, Damage)]
    return [one.title for one in found if isinstance(one, WikiPage)]


@pytest.mark.parametrize("extension", COMPRESS)
def test_any_dump_but_a_multistream_is_one_piece(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"dump{extension}"
    path.write_bytes(COMPRESS[extension](dump(*PAGES)))
    pieces = split(str(path), 100)
    assert pieces == [Split(str(path), 0, path.stat().st_size)]
    assert b"".join(xml(pieces[0])) == dump(*PAGES)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(each=st.integers(1, 70), cut=st.integers(100, 6000))
def test_the_pieces_of_a_multistream_have_each_page_once(
    tmp_path: Path, each: int, cut: int
) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(multistream(PAGES, each))
    pieces = split(str(path), cut)
    assert [piece.start for piece in pieces] == list(range(0, path.stat().st_size, cut))
    assert [title for piece in pieces for title in titles(piece)] == TITLES


def test_a_piece_is_found_beyond_the_first_block(tmp_path: Path) -> None:
    """Streams of more than a block's bytes, so that pieces begin far from their streams."""
    noise = [Random(number).randbytes(100_000).hex() for number in range(4)]
    pages = [page(f"Page {number}", text) for number, text in enumerate(noise)]
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(multistream(pages, 1))
    pieces = split(str(path), 70_000)
    assert len(pieces) > 4
    assert [title for piece in pieces for title in titles(piece)] == TITLES[:4]


@pytest.mark.parametrize(
    ("extension", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_several_streams_with_room_between_them(
    tmp_path: Path, extension: str, compress: type[bytes]
) -> None:
    whole = dump(*PAGES)
    path = tmp_path / f"dump{extension}"
    path.write_bytes(compress(whole[:999]) + bytes(8) + compress(whole[999:]) + bytes(4))
    assert titles(Split(str(path), 0, path.stat().st_size)) == TITLES


def test_several_frames_of_zstd_and_a_long_window(tmp_path: Path) -> None:
    whole = dump(*PAGES)
    long = zstandard.ZstdCompressionParameters.from_level(3, window_log=28)
    frames = [
        zstandard.ZstdCompressor(compression_params=long).compress(whole[:999]),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip",
        zstandard.compress(whole[999:]),
    ]
    path = tmp_path / "dump.xml.zst"
    path.write_bytes(b"".join(frames))
    assert titles(Split(str(path), 0, path.stat().st_size)) == TITLES


@pytest.mark.parametrize("extension", [name for name in COMPRESS if name != ".xml"])
def test_damage_is_told_after_what_stands_before_it(tmp_path: Path, extension: str) -> None:
    whole = dump(page("A", Random(1).randbytes(400_000).hex()))
    stored = bytearray(COMPRESS[extension](whole))
    path = tmp_path / f"dump{extension}"
    middle = slice(len(stored) * 8 // 10, len(stored) * 9 // 10)
    broken = stored[: middle.start] + b"\xff" * (middle.stop - middle.start) + stored[middle.stop :]
    for reason, content in (("truncated", stored[: middle.stop]), ("corrupt", broken)):
        path.write_bytes(content)
        read = b""
        with pytest.raises(DamagedError) as found:
            for chunk in xml(Split(str(path), 0, path.stat().st_size)):
                read += chunk
        assert found.value.reason == reason
        assert len(read) > len(whole) // 2
        if reason == "truncated":
            assert read == whole[: len(read)]
