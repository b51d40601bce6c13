"""The records of a stream of inflated bytes, found whatever their headers say.

Sources: ISO 28500 (WARC 1.0 and 1.1), the Internet Archive's ARC file format (1996).
"""

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline import payload
from pipeline.frames import FrameError
from pipeline.headers import Header, read_header, starts_record
from pipeline.payload import RecordError
from pipeline.records import Capture, Page, Rejected

_LINE = 1 << 16
_DETAIL = 300
_PAGE_TYPES = frozenset({"response", "resource", "conversion"})


@dataclass(slots=True)
class _Content:
    status: int
    mime: str
    charset: str
    body: bytes
    fields: Mapping[str, str]


@dataclass(slots=True)
class Found:
    """A record in a stream of inflated bytes: where it begins and ends, and what became of it.

    Attributes:
        start: Its first byte.
        end: The byte after it, as far as it is there.
        following: Where the next record begins; None if there is none that can be reached.
        missing: Bytes that are certainly not there, though the record should have them.
        header: Its header.
        result: Its content, or why it has none; None if it was not wanted.
    """

    start: int
    end: int
    following: int | None = None
    missing: int = 0
    header: Header = field(default_factory=Header)
    result: _Content | RecordError | None = None

    def element(self, path: str, offset: int, length: int) -> Page | Rejected:
        """What the reader yields of it: where it stands in the file, and the result."""
        header, result = self.header, self.result
        name = header.id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{path}:{offset}:{self.start}"))
        capture = Capture(name, header.url, header.date, path, offset, length)
        if isinstance(result, _Content):
            return Page(
                capture, result.status, result.mime, result.charset, result.body, result.fields
            )
        if isinstance(result, RecordError):
            detail = result.detail[:_DETAIL]
            return Rejected(capture, result.outcome, result.reason, result.value, detail)
        raise AssertionError("a record outside the wanted range has no element")


def next_record(stream: io.BufferedIOBase, wanted: tuple[int, int], limit: int) -> Found | None:
    """The record the stream stands before.

    Args:
        stream: Seekable; where reading raises FrameError, the record fails.
        wanted: The range that a record must begin in for its content to be read.
        limit: Bytes a decoded body may have.

    Returns:
        None at the end of the stream.
    """
    start = stream.tell()
    found = Found(start, start)
    try:
        found.start, line = _first_line(stream)
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
            found.missing = int(error.reason == "truncated")
        _close(stream, found, inside, end)
    except FrameError as error:
        found.following = None
        found.result = RecordError("failed", error.reason, detail=error.detail)
    return found


def _close(stream: io.BufferedIOBase, found: Found, inside: int, end: int | None) -> None:
    """Find where the record ends and the next begins, by its length if that agrees with the file.

    What follows a record must be the end or a record. If it is neither, a record that begins
    inside this one shows the length to be too great. Otherwise what follows a blank line is a
    record without a header; without a blank line it is the rest of a record whose length is too
    small, and which is kept as far as its length goes.
    """
    if end is None or not _is_there(stream, inside, end):
        found.following = _search(stream, inside)
        found.end = stream.tell() if found.following is None else found.following
        if end is not None:
            reason = "truncated" if found.following is None else "content_length"
            found.result = _too_long(reason, end - found.end)
            found.missing = end - found.end if found.following is None else 0
        return
    found.end = end
    after, line = _first_line(stream)
    if not line or starts_record(line):
        found.following = after if line else None
        return
    found.following = _search(stream, inside)
    if found.following is not None and found.following < end:
        found.end = found.following
        found.result = _too_long("content_length", end - found.end)
    elif after > end:
        found.following = after


def _is_there(stream: io.BufferedIOBase, inside: int, end: int) -> bool:
    """Whether the stream goes as far as an end; if so it then stands there."""
    if stream.tell() == end or end <= inside:
        return True
    stream.seek(end - 1)
    return bool(stream.read(1))


def _too_long(reason: str, excess: int) -> RecordError:
    return RecordError("failed", reason, excess, f"{excess} bytes fewer than the header declares")


def _search(stream: io.BufferedIOBase, position: int) -> int | None:
    """Where the next record's first line begins, from a line's begin on."""
    stream.seek(position)
    fresh = True
    while line := stream.readline(_LINE):
        if fresh and starts_record(line):
            return position
        fresh = line.endswith(b"\n")
        position += len(line)
    return None


def _first_line(stream: io.BufferedIOBase) -> tuple[int, bytes]:
    """Where the next line that is not blank begins, and the line; none at the end."""
    while line := stream.readline(_LINE):
        if text := line.lstrip(b"\r\n"):
            return stream.tell() - len(text), text
    return stream.tell(), b""


def _block_end(header: Header, stream: io.BufferedIOBase) -> int:
    length = header.length()
    if length is None:
        cut = not header.declared and not stream.read(1)
        detail = f"Content-Length is {header.declared!r}"
        raise RecordError("failed", "truncated" if cut else "content_length", detail=detail)
    return stream.tell() + length


def _content(header: Header, stream: io.BufferedIOBase, end: int, limit: int) -> _Content:
    if header.type not in _PAGE_TYPES:
        raise RecordError("dropped", "record_type", detail=header.type)
    if not header.url.lower().startswith(("http://", "https://")):
        raise RecordError("dropped", "url_scheme", detail=header.url.partition(":")[0])
    status, fields = 200, payload.Fields()
    content_type = header.content_type
    if header.type == "response":
        status = payload.read_status(stream, end - stream.tell())
        fields = payload.read_fields(stream, end - stream.tell())
        content_type = fields.first("content-type")
    mime, charset = payload.media_type(content_type)
    if header.type == "conversion":
        mime, charset = mime or "text/plain", charset or "utf-8"
    body = payload.read_body(stream, fields, end - stream.tell(), limit)
    return _Content(status, mime, charset, body, fields.joined())
