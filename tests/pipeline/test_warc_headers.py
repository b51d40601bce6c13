"""Headers of gzip members: of any length, in bodies, broken, and cut off."""

import gzip
import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.records import Rejected
from tests.pipeline.archives import HTML, URL, pieces, record, response, summary, whole, write
from tests.pipeline.packings import EVERY, EXTRA, NAME, RESERVED, SMALL, headed

_FAKE = b"\x1f\x8b\x08\x04 fake "
_AIM = b"\0\0"
_LAST = gzip.compress(record(f"{URL}last", response(HTML)), mtime=0)
_CHUNKS = [
    HTML,
    _FAKE + _AIM,
    b"\x1f\x8b\x08" * 100,
    random.Random(8).randbytes(3000),
    random.Random(9).randbytes(70_000),
    headed(record(f"{URL}inner", response(HTML)), NAME),
    headed(record(f"{URL}inner", response(HTML)), EVERY, bytes(99)),
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
    flags = st.sampled_from([0, NAME, EXTRA, EVERY])
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
    member = headed(SMALL[0], EVERY, bytes(0xFFFF), b"n" * 0xFFFF)
    rows = whole(write(tmp_path, member * 3))
    assert summary(rows) == ["page"] * 3
    assert {row.capture.length for row in rows} == {len(member)}


def broken_headers() -> dict[str, bytes]:
    member = headed(SMALL[1], EVERY, b"extra")
    return {
        "checksum": member[:20] + b"?" + member[21:],
        "reserved": headed(SMALL[1], NAME | RESERVED),
        "over 1 MiB": headed(SMALL[1], NAME, name=b"n" * (1 << 20)),
        "begins within": headed(SMALL[1], NAME, name=b"\x1f\x8b\x08 is no name"),
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
    start = headed(SMALL[1], EVERY, b"extra", b"name")[:size]
    rows = whole(write(tmp_path, gzip.compress(SMALL[0]) + start))
    assert summary(rows) == ["page", "truncated"]
