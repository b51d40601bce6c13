"""WARC and ARC archives: cut into splits, and every record of a split read exactly once.

A record becomes a Page, or a Rejected that says why not; damage costs the records it hits and no
others. Sources: ISO 28500 (WARC 1.0 and 1.1), the Internet Archive's ARC file format (1996).

Records are read here and not by warcio's iterator: that takes a cut or corrupt gzip member for a
whole record, a corrupt one for the end of the file as well, and raises at a wrong Content-Length or
at a second record in a member, so that the rest of the archive is lost.
"""

import io
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import IO, Any, TypeAlias, cast

from warcio.limitreader import LimitReader

from pipeline import files, payload
from pipeline.errors import UserError
from pipeline.headers import Header, read_header, starts_record
from pipeline.members import MAGIC, Blocks, Member, MemberError, boundary, find_member, head
from pipeline.payload import RecordError
from pipeline.records import Capture, Page, Rejected, Split

_LINE = 1 << 16
_BUFFER = 1 << 16
_DETAIL = 300
_ENDLESS = sys.maxsize
_FOREIGN = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"BZh": "bzip2"}
_Stream: TypeAlias = "io.BufferedReader[Any]"
_PAGE_TYPES = frozenset({"response", "resource", "conversion"})


def plan_splits(path: str, split_bytes: int) -> list[Split]:
    """Byte ranges that tile an archive.

    Args:
        path: A local path or fsspec URL of a WARC or ARC file, plain or compressed with gzip.
        split_bytes: Bytes of a range; the last may be shorter.

    Raises:
        UserError: The file is missing, empty, compressed with something else, or no archive.
    """
    if not files.exists(path):
        raise UserError(f"{path}: no such file; check the input paths")
    size = files.size(path)
    with files.open_read(path) as file:
        _check_format(path, Blocks(file))
    return [
        Split(path, start, min(start + split_bytes, size)) for start in range(0, size, split_bytes)
    ]


def _check_format(path: str, blocks: Blocks) -> None:
    first = bytes(blocks.at(0)[:_LINE])
    if not first:
        raise UserError(f"{path}: the file is empty; remove it from the input or fetch it again")
    for magic, name in _FOREIGN.items():
        if first.startswith(magic):
            raise UserError(
                f"{path}: compressed with {name}; recompress it with gzip, a record each"
            )
    zipped = first.startswith(MAGIC)
    if zipped:
        first = head(Member(blocks, 0))
    # A gzip file damaged in its first bytes may be an archive; its records will say what is wrong.
    if not starts_record(first) and (first.strip() or not zipped):
        raise UserError(f"{path}: no WARC or ARC file, it starts with {first[:20]!r}; remove it")


def read_records(split: Split, max_body_bytes: int) -> Iterator[Page | Rejected]:
    """Every record whose first byte lies in the split, in file order, one element each.

    In a gzip archive a record lies where its member starts. Usually a member holds one record and
    `Capture.length` is the member's. Of a member that holds several, all have the member's offset,
    and length 0. A damaged record's length reaches to the next record that was found.

    A plain archive has no marks to find a record by, so the headers before the split are walked.

    Args:
        split: From `plan_splits`.
        max_body_bytes: Bytes a decoded body may have; no more of one is ever held.

    Yields:
        A Page for a `response`, `resource` or `conversion` with an http or https URL. Otherwise a
        Rejected. Dropped for `record_type`, `url_scheme`, `body_bytes`; failed for `bad_header`
        (none, or over 1 MiB), `content_length` (missing, negative, or more than there is),
        `truncated`, `corrupt` (the file is), `http_header`, `content_encoding`.
    """
    size = files.size(split.path)
    with files.open_read(split.path) as file:
        blocks = Blocks(file)
        if not _is_gzip(blocks):
            yield from _plain(file, split.path, 0, (split.start, split.stop), max_body_bytes)
            return
        start, stop = (
            boundary(blocks, cut, size, starts_record) if 0 < cut < size else cut
            for cut in (split.start, split.stop)
        )
        yield from _zipped(blocks, split.path, start, stop, max_body_bytes)


def read_record_at(path: str, offset: int, name: str, max_body_bytes: int) -> Page | Rejected:
    """The record of an id at an offset, both as `Capture` has them.

    Several records of one gzip member share its offset; the id tells them apart.

    Raises:
        UserError: The archive cannot be read, or has no such record there.
    """
    size = files.size(path) if files.exists(path) else 0
    with files.open_input(path) as file:
        blocks = Blocks(file)
        if _is_gzip(blocks):
            records = _zipped(blocks, path, offset, size, max_body_bytes)
        else:
            records = _plain(file, path, offset, (offset, size), max_body_bytes)
        for record in takewhile(lambda record: record.capture.offset == offset, records):
            if record.capture.id == name:
                return record
    raise UserError(f"{path}: no record {name} at offset {offset}; the archive has changed")


def _is_gzip(blocks: Blocks) -> bool:
    return bytes(blocks.at(0, len(MAGIC))[: len(MAGIC)]) == MAGIC


def _plain(
    file: IO[bytes], path: str, offset: int, wanted: tuple[int, int], limit: int
) -> Iterator[Page | Rejected]:
    """The records of an uncompressed archive that begin in a range, walking from an offset."""
    stream = io.BufferedReader(cast("io.RawIOBase", file), _BUFFER)
    stream.seek(offset)
    while (found := _record(stream, wanted, limit)) and found.start < wanted[1]:
        if found.start >= wanted[0]:
            yield found.element(path, found.start, found.end - found.start)
        if found.following is None:
            return
        stream.seek(found.following)


def _zipped(
    blocks: Blocks, path: str, offset: int, stop: int, limit: int
) -> Iterator[Page | Rejected]:
    """The records of the gzip members from one offset to another, both members' first bytes."""
    while offset < stop:
        member = Member(blocks, offset)
        stream = io.BufferedReader(member, _BUFFER)
        after = None
        alone = True
        while after is None:
            found = _record(stream, (0, _ENDLESS), limit)
            if found and found.following is not None:
                yield found.element(path, offset, 0)
                stream.seek(found.following)
                alone = False
                continue
            after = member.end or find_member(blocks, offset + 1, stop, starts_record)
            if found:
                yield found.element(path, offset, after - offset if alone else 0)
        offset = after


@dataclass(frozen=True, slots=True)
class _Content:
    status: int
    mime: str
    charset: str
    body: bytes


@dataclass(slots=True)
class _Found:
    """A record in a stream of inflated bytes: where it begins and ends, and what became of it.

    `following` is where the next record begins; None if there is none that can be reached.
    """

    start: int
    end: int
    following: int | None = None
    header: Header = field(default_factory=Header)
    result: _Content | RecordError | None = None

    def element(self, path: str, offset: int, length: int) -> Page | Rejected:
        header = self.header
        name = header.id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{path}:{offset}:{self.start}"))
        capture = Capture(name, header.url, header.date, path, offset, length)
        match self.result:
            case _Content(status, mime, charset, body):
                return Page(capture, status, mime, charset, body)
            case RecordError(outcome=outcome, reason=reason, value=value, detail=detail):
                return Rejected(capture, outcome, reason, value, detail[:_DETAIL])
        raise AssertionError("a record outside the wanted range has no element")


def _record(stream: _Stream, wanted: tuple[int, int], limit: int) -> _Found | None:
    """The record the stream stands before; None at the end. Its content is read only if wanted."""
    found = _Found(stream.tell(), stream.tell())
    try:
        found.start = _skip_blank(stream)
        line = stream.readline(_LINE)
        if not line:
            return None
        inside, end = stream.tell(), None
        try:
            found.header = read_header(line, stream)
            end = _block_end(found.header, stream)
            if wanted[0] <= found.start < wanted[1]:
                found.result = _content(found.header, stream, end, limit)
        except RecordError as error:
            found.result = error
        _close(stream, found, inside, end)
    except MemberError as error:
        found.following = None
        found.result = RecordError("failed", error.reason, detail=error.detail)
    return found


def _close(stream: _Stream, found: _Found, inside: int, end: int | None) -> None:
    """Find where the record ends and the next begins, by its length if that agrees with the file.

    What follows a record must be the end or a record. If it is neither, a record that begins
    inside this one shows the length to be too great. Otherwise what follows a blank line is a
    record without a header; without a blank line it is the rest of a record whose length is too
    small, and which is kept as far as its length goes.
    """
    if end is None:
        found.following = _search(stream, inside)
        found.end = stream.tell() if found.following is None else found.following
        return
    found.end = end
    stream.seek(max(inside, end - 1))
    if end > inside and not stream.read(1):
        there = stream.tell()
        found.following = _search(stream, inside)
        found.end = there if found.following is None else found.following
        reason = "truncated" if found.following is None else "content_length"
        found.result = _too_long(reason, end - found.end)
        return
    after = _skip_blank(stream)
    line = stream.readline(_LINE)
    if not line or starts_record(line):
        found.following = after if line else None
        return
    found.following = _search(stream, inside)
    if found.following is not None and found.following < end:
        found.end = found.following
        found.result = _too_long("content_length", end - found.end)
    elif after > end:
        found.following = after


def _too_long(reason: str, excess: int) -> RecordError:
    return RecordError("failed", reason, excess, f"{excess} bytes fewer than the header declares")


def _search(stream: _Stream, position: int) -> int | None:
    """Where the next record's first line begins, from a line's begin on."""
    stream.seek(position)
    fresh = True
    while line := stream.readline(_LINE):
        if fresh and starts_record(line):
            return position
        fresh = line.endswith(b"\n")
        position += len(line)
    return None


def _skip_blank(stream: _Stream) -> int:
    """Go to the next byte that is no line end; returns its position."""
    while (byte := stream.read(1)) in {b"\r", b"\n"}:
        pass
    return stream.seek(stream.tell() - len(byte))


def _block_end(header: Header, stream: _Stream) -> int:
    if header.length is None:
        cut = not header.declared and not stream.peek(1)
        detail = f"Content-Length is {header.declared!r}"
        raise RecordError("failed", "truncated" if cut else "content_length", detail=detail)
    return stream.tell() + header.length


def _content(header: Header, stream: _Stream, end: int, limit: int) -> _Content:
    if header.type not in _PAGE_TYPES:
        raise RecordError("dropped", "record_type", detail=header.type)
    if not header.url.lower().startswith(("http://", "https://")):
        raise RecordError("dropped", "url_scheme", detail=header.url.partition(":")[0])
    block = LimitReader(stream, end - stream.tell())
    status, fields = 200, {"content-type": header.content_type}
    if header.type == "response":
        status = payload.read_status(block)
        fields = payload.read_fields(block)
    mime, charset = payload.media_type(fields.get("content-type", ""))
    if header.type == "conversion":
        mime, charset = mime or "text/plain", charset or "utf-8"
    return _Content(status, mime, charset, payload.read_body(block, fields, block.limit, limit))
