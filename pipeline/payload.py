"""An HTTP message as it was sent: its header, and its body with all encodings undone.

Source: RFC 9112 (message format, chunked transfer). Where servers and crawlers stray from it we do
as browsers do, and never hold more of a body than the caller's limit.
"""

import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from warcio.limitreader import LimitReader

from pipeline.codings import CodingError, undo
from pipeline.records import Outcome

_HEADER_BYTES = 1 << 20
_PIECE = 1 << 16
_STATUS = re.compile(r"HTTP(?:/[\d.]+)?\s+(\d{3})(?!\d)", re.ASCII)
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHUNK_LINE = 4096
_LIST = re.compile(r"[\s,]+")
_NO_CODING = frozenset({"", "identity", "none", "chunked"})
_MEDIA_TYPE = re.compile(r"\s*([^\s;,]+)")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([^\s;,\"']+)", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]+")


class Readable(Protocol):
    """What a header or a body is read from: a file, or a part of one."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""

    def readline(self, size: int, /) -> bytes:
        """A line of at most `size` bytes with its end; nothing at the end."""


class RecordError(Exception):
    """A record that does not become a page; the fields are those of `records.Rejected`."""

    def __init__(
        self, outcome: Outcome, reason: str, value: float | None = None, detail: str = ""
    ) -> None:
        super().__init__(reason)
        self.outcome: Outcome = outcome
        self.reason = reason
        self.value = value
        self.detail = detail


class Fields:
    """Header fields.

    Args:
        pairs: Lower-case name and value of each, in the order they came.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self._pairs = pairs
        self._first = dict(pairs)
        self._distinct = len(self._first) == len(pairs)
        if not self._distinct:
            self._first = dict(reversed(pairs))

    def first(self, name: str) -> str:
        """The first value of a name, which is the one that counts; empty if there is none."""
        return self._first.get(name, "")

    def joined(self) -> Mapping[str, str]:
        """Name to value, several values of a name on lines of their own."""
        if self._distinct:
            return self._first
        values: dict[str, list[str]] = {}
        for name, value in self._pairs:
            values.setdefault(name, []).append(value)
        return {name: "\n".join(several) for name, several in values.items()}


def read_fields(stream: Readable, room: int = sys.maxsize) -> Fields:
    """Header fields up to and with the blank line.

    Lines that are not UTF-8 are read as ISO-8859-1. Folded lines are joined.

    Args:
        stream: Stands before the first field.
        room: Bytes the header may take; it ends there at the latest.

    Raises:
        RecordError: The header is longer than 1 MiB.
    """
    lines: list[bytes] = []
    left = min(room, _HEADER_BYTES)
    while (line := stream.readline(left)).strip():
        lines.append(line)
        left -= len(line)
    if not left and room >= _HEADER_BYTES:
        raise RecordError("failed", "bad_header", _HEADER_BYTES, "header without end")
    try:
        text = b"".join(lines).decode("utf-8")
    except UnicodeDecodeError:
        text = "".join(map(text_of, lines))
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    pairs = []
    for field in text.split("\n"):
        name, colon, value = field.partition(":")
        if colon:
            pairs.append((name.strip().lower(), value.strip()))
    return Fields(pairs)


def read_status(stream: Readable, room: int = sys.maxsize) -> int:
    """The status code of an HTTP response's first line, which takes at most so many bytes.

    Raises:
        RecordError: The line is not an HTTP status line.
    """
    line = text_of(stream.readline(min(room, _HEADER_BYTES)))
    match = _STATUS.match(line)
    if not match:
        raise RecordError("failed", "http_header", detail=f"no status line: {line.strip()[:100]!r}")
    return int(match[1])


def media_type(content_type: str) -> tuple[str, str]:
    """The media type, lower case, and the charset of a Content-Type; empty where missing."""
    mime = _MEDIA_TYPE.match(content_type)
    charset = _CHARSET.search(content_type)
    return mime[1].lower() if mime else "", charset[1] if charset else ""


def read_body(stream: Readable, fields: Fields, size: int, limit: int) -> bytes:
    """The body of an HTTP message, its transfer and content codings undone.

    Args:
        stream: Stands before the body.
        fields: The message's header.
        size: Bytes of the body as sent.
        limit: Bytes a decoded body may have.

    Raises:
        RecordError: `body_bytes` if the body is longer than the limit; the value is the size of a
            body without codings, otherwise limit + 1, where counting stopped. `content_encoding` if
            the body cannot be decoded.
    """
    chunked = "chunked" in fields.first("transfer-encoding").lower()
    declared = fields.first("content-encoding").lower()
    codings = [coding for coding in _LIST.split(declared) if coding not in _NO_CODING]
    if not chunked and not codings:
        if size > limit:
            raise RecordError("dropped", "body_bytes", size)
        return stream.read(size)
    sent = LimitReader(stream, size)
    pieces = _unchunked(sent) if chunked else _pieces(sent)
    for coding in reversed(codings):
        pieces = undo(coding, pieces)
    body = io.BytesIO()
    try:
        for piece in pieces:
            if body.tell() + len(piece) > limit:
                raise RecordError("dropped", "body_bytes", limit + 1)
            body.write(piece)
    except CodingError as error:
        raise RecordError("failed", "content_encoding", detail=str(error)) from error
    return body.getvalue()


def text_of(line: bytes) -> str:
    """A header line as text: UTF-8, or ISO-8859-1 where it is not."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("iso-8859-1")


def _pieces(stream: Readable) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _unchunked(stream: Readable) -> Iterator[bytes]:
    """Undo the chunked coding; a body that does not start with a chunk was never chunked.

    Crawlers often store the body already unchunked and keep the header. A body that ends too early
    is a page the server did not finish; what there is of it stays.
    """
    line = stream.readline(_CHUNK_LINE)
    if not _CHUNK.fullmatch(line):
        yield line
        yield from _pieces(stream)
        return
    while line:
        match = _CHUNK.fullmatch(line)
        if not match:
            raise CodingError(f"bad chunk size: {line[:40]!r}")
        rest = int(match[1], 16)
        if not rest:
            return
        while rest and (piece := stream.read(min(rest, _PIECE))):
            rest -= len(piece)
            yield piece
        stream.readline(2)
        line = stream.readline(_CHUNK_LINE)
