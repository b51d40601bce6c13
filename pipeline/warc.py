"""WARC and ARC archives: cut into splits, and every record of a split read exactly once.

A record becomes a Page, or a Rejected that says why not; damage costs the records it hits and no
others. Sources: ISO 28500 (WARC 1.0 and 1.1), the Internet Archive's ARC file format (1996).

Records are read here and by no library: warcio takes a cut or corrupt gzip member for a whole
record and gives up at a malformed one, FastWARC knows no ARC and gives up at a damaged member.
"""

import io
import sys
from collections.abc import Iterator
from itertools import takewhile
from typing import IO, cast

from pipeline import files
from pipeline.errors import UserError
from pipeline.frames import Codec, FrameError, Gzip
from pipeline.headers import starts_record
from pipeline.members import Member, boundary, find_member, first_bytes
from pipeline.records import Page, Rejected, Split
from pipeline.recordstream import next_record
from pipeline.storedbytes import StoredBytes
from pipeline.zstdframes import Zstd

_LINE = 1 << 16
_BUFFER = 1 << 16
_MAGIC = 4
_ENDLESS = sys.maxsize
_FOREIGN = {b"\x04\x22\x4d\x18": "lz4", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}


def plan_splits(
    path: str, split_bytes: int, access: files.Access = files.DEFAULT_ACCESS
) -> list[Split]:
    """Byte ranges that tile an archive.

    Args:
        path: A local path or fsspec URL of a WARC or ARC file, plain or compressed with gzip or
            zstd.
        split_bytes: Bytes of a range; the last may be shorter.
        access: How remote files are reached.

    Raises:
        UserError: The file is missing, empty, compressed with something else, or no archive.
    """
    if not files.exists(path, access):
        raise UserError(f"{path}: no such file; check the input paths")
    size = files.size(path, access)
    with files.open_read(path, access) as file:
        _check_format(path, StoredBytes(file))
    return [
        Split(path, start, min(start + split_bytes, size)) for start in range(0, size, split_bytes)
    ]


def _check_format(path: str, stored: StoredBytes) -> None:
    first = bytes(stored.at(0)[:_LINE])
    if not first:
        raise UserError(f"{path}: the file is empty; remove it from the input or fetch it again")
    for magic, name in _FOREIGN.items():
        if first.startswith(magic):
            raise UserError(
                f"{path}: compressed with {name}; recompress it with gzip, a record each"
            )
    codec = _codec(path, stored)
    if codec:
        first = first_bytes(codec, stored)
    # A compressed file damaged at its beginning may be an archive; its records will say what is
    # wrong.
    if not starts_record(first) and (first.strip() or not codec):
        raise UserError(f"{path}: no WARC or ARC file, it starts with {first[:20]!r}; remove it")


def read_records(
    split: Split, max_body_bytes: int, access: files.Access = files.DEFAULT_ACCESS
) -> Iterator[Page | Rejected]:
    """Every record whose first byte lies in the split, in file order, one element each.

    In a compressed archive a record lies where its member starts. Usually a member holds one record
    and `Capture.length` is the member's. Of a member that holds several, all have the member's
    offset, and length 0. A damaged record's length reaches to the next record that was found.

    A plain archive has no marks to find a record by, so the headers before the split are walked.

    Args:
        split: From `plan_splits`.
        max_body_bytes: Bytes a decoded body may have; no more of one is ever held.
        access: How remote files are reached.

    Yields:
        A Page for a `response`, `resource` or `conversion` with an http or https URL. Otherwise a
        Rejected. Dropped for `record_type`, `url_scheme`, `body_bytes`; failed for `bad_header`
        (none, or over 1 MiB), `content_length` (missing, negative, or more than there is),
        `truncated`, `corrupt` (the file is), `http_header`, `content_encoding`.
    """
    size = files.size(split.path, access)
    with files.open_read(split.path, access) as file:
        stored = StoredBytes(file)
        codec = _codec(split.path, stored)
        if not codec:
            yield from _plain(file, split.path, 0, (split.start, split.stop), max_body_bytes)
            return
        start, stop = (
            boundary(codec, stored, cut, size, starts_record) if 0 < cut < size else cut
            for cut in (split.start, split.stop)
        )
        yield from _compressed(codec, stored, split.path, start, stop, max_body_bytes)


def read_record_at(
    path: str,
    offset: int,
    name: str,
    max_body_bytes: int,
    access: files.Access = files.DEFAULT_ACCESS,
) -> Page | Rejected:
    """The record of an id at an offset, both as `Capture` has them.

    Several records of one member share its offset; the id tells them apart.

    Raises:
        UserError: The archive cannot be read, or has no such record there.
    """
    size = files.size(path, access) if files.exists(path, access) else 0
    with files.open_input(path, access) as file:
        stored = StoredBytes(file)
        codec = _codec(path, stored)
        if codec:
            records = _compressed(codec, stored, path, offset, size, max_body_bytes)
        else:
            records = _plain(file, path, offset, (offset, size), max_body_bytes)
        for record in takewhile(lambda record: record.capture.offset == offset, records):
            if record.capture.id == name:
                return record
    raise UserError(f"{path}: no record {name} at offset {offset}; the archive has changed")


def _codec(path: str, stored: StoredBytes) -> Codec | None:
    """How an archive is compressed; None if it is not."""
    first = bytes(stored.at(0, _MAGIC)[:_MAGIC])
    if first.startswith(Gzip.magic):
        return Gzip()
    if not Zstd.begins(first):
        return None
    try:
        return Zstd.of(stored)
    except FrameError as error:
        raise UserError(f"{path}: its zstd dictionary is damaged ({error.detail})") from error


def _plain(
    file: IO[bytes], path: str, offset: int, wanted: tuple[int, int], limit: int
) -> Iterator[Page | Rejected]:
    """The records of an uncompressed archive that begin in a range, walking from an offset."""
    stream = io.BufferedReader(cast("io.RawIOBase", file), _BUFFER)
    stream.seek(offset)
    while (found := next_record(stream, wanted, limit)) and found.start < wanted[1]:
        if found.start >= wanted[0]:
            yield found.element(path, found.start, found.end - found.start)
        if found.following is None:
            return
        stream.seek(found.following)


def _compressed(
    codec: Codec, stored: StoredBytes, path: str, offset: int, stop: int, limit: int
) -> Iterator[Page | Rejected]:
    """The records of the members from one offset to another, both members' first bytes."""
    while offset < stop:
        member = Member(codec, stored, offset)
        after = None
        alone = True
        while after is None:
            found = next_record(member.stream, (0, _ENDLESS), limit)
            if found and found.missing and member.extend(found.end + found.missing, starts_record):
                member.stream.seek(found.start)
                continue
            if found and found.following is not None:
                yield found.element(path, offset, 0)
                member.stream.seek(found.following)
                alone = False
                continue
            after = member.end or find_member(codec, stored, offset + 1, stop, starts_record)
            if found:
                yield found.element(path, offset, after - offset if alone else 0)
        offset = after
