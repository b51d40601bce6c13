"""Damage stays local, and is read the same fast and carefully."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.frames import Gzip
from pipeline.members import Member, _Frames
from pipeline.records import Page, Rejected
from pipeline.warc import plan_splits
from pipeline.zstdframes import Zstd
from tests.pipeline.archives import (
    URL,
    record,
    response,
    skippable,
    summary,
    whole,
    write,
    zstd,
    zstd_stored,
)
from tests.pipeline.packings import PACKINGS, SMALL, with_dictionary

Elements = list[Page | Rejected]


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
