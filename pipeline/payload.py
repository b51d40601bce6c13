"""An HTTP message as it was sent: its header, and its body with all encodings undone.

Sources: RFC 9112 (message format, chunked transfer), RFC 9110 section 8.4 (content codings),
RFC 9659 (zstd window). Where servers and crawlers stray from them we do as browsers do, and never
hold more of a body than the caller's limit.
"""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard

from pipeline.records import Outcome

_HEADER_BYTES = 1 << 20
_PIECE = 1 << 16
_STATUS = re.compile(r"HTTP(?:/[\d.]+)?\s+(\d{3})(?!\d)", re.ASCII)
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHUNK_LINE = 4096
_MEDIA_TYPE = re.compile(r"\s*([^\s;,]+)")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([^\s;,\"']+)", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x00-\x08\x0E-\x1A\x1C-\x1F]")
# A zstd block inflates to at most 128 KiB and may take 4 bytes, so a small piece bounds the output.
_ZSTD_PIECE = 64
_ZSTD_WINDOW = 8 << 20
_HEAD = 512


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


def read_fields(stream: Readable) -> dict[str, str]:
    """Header fields up to and with the blank line: lower-case name to value, the first of a name.

    Bytes that are not UTF-8 are read as ISO-8859-1. Folded lines are joined.

    Raises:
        RecordError: The header is longer than 1 MiB.
    """
    fields: dict[str, str] = {}
    name = ""
    budget = _HEADER_BYTES
    while (line := stream.readline(budget)).strip():
        budget -= len(line)
        if budget <= 0:
            raise RecordError("failed", "bad_header", _HEADER_BYTES, "header without end")
        text = text_of(line)
        if text[0] in " \t" and name:
            fields[name] += " " + text.strip()
            continue
        name, colon, value = text.partition(":")
        name = name.strip().lower()
        if not colon or name in fields:
            name = ""
        else:
            fields[name] = value.strip()
    return fields


def read_status(stream: Readable) -> int:
    """The status code of an HTTP response's first line.

    Raises:
        RecordError: The line is not an HTTP status line.
    """
    line = text_of(stream.readline(_HEADER_BYTES))
    match = _STATUS.match(line)
    if not match:
        raise RecordError("failed", "http_header", detail=f"no status line: {line.strip()[:100]!r}")
    return int(match[1])


def media_type(content_type: str) -> tuple[str, str]:
    """The media type, lower case, and the charset of a Content-Type; empty where missing."""
    mime = _MEDIA_TYPE.match(content_type)
    charset = _CHARSET.search(content_type)
    return mime[1].lower() if mime else "", charset[1] if charset else ""


def read_body(stream: Readable, fields: dict[str, str], size: int, limit: int) -> bytes:
    """The body of an HTTP message, its transfer and content codings undone.

    Args:
        stream: The body as sent; it ends where the body ends.
        fields: The message's header.
        size: Bytes of the body as sent.
        limit: Bytes a decoded body may have.

    Raises:
        RecordError: `body_bytes` if the body is longer than the limit; the value is the size of a
            body without codings, otherwise limit + 1, where counting stopped. `content_encoding` if
            the body cannot be decoded.
    """
    chunked = "chunked" in fields.get("transfer-encoding", "").lower()
    codings = [
        coding
        for coding in re.split(r"[\s,]+", fields.get("content-encoding", "").lower())
        if coding not in {"", "identity", "none", "chunked"}
    ]
    if not chunked and not codings:
        if size > limit:
            raise RecordError("dropped", "body_bytes", size)
        return stream.read(size)
    pieces = _unchunked(stream) if chunked else _pieces(stream)
    for coding in reversed(codings):
        pieces = _decoded(coding, pieces)
    body = io.BytesIO()
    for piece in pieces:
        if body.tell() + len(piece) > limit:
            raise RecordError("dropped", "body_bytes", limit + 1)
        body.write(piece)
    return body.getvalue()


def text_of(line: bytes) -> str:
    """A header line as text: UTF-8, or ISO-8859-1 where it is not."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("iso-8859-1")


def _undecodable(detail: str) -> RecordError:
    return RecordError("failed", "content_encoding", detail=detail)


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
            raise _undecodable(f"bad chunk size: {line[:40]!r}")
        rest = int(match[1], 16)
        if not rest:
            return
        while rest and (piece := stream.read(min(rest, _PIECE))):
            rest -= len(piece)
            yield piece
        stream.readline(2)
        line = stream.readline(_CHUNK_LINE)


def _decoded(coding: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo one content coding; a body that is plainly not so coded passes as it is."""
    head = b""
    while len(head) < _HEAD and (piece := next(pieces, b"")):
        head += piece
    if not head:
        return
    decoder = _DECODERS.get(coding)
    if _looks_plain(head) or not head.startswith(_MAGIC.get(coding, b"")):
        yield head
        yield from pieces
    elif decoder:
        yield from decoder(_chain(head, pieces))
    else:
        raise _undecodable(f"unknown coding {coding[:40]!r}")


def _looks_plain(head: bytes) -> bool:
    """Whether bytes begin like a text: of compressed data, one in a million does."""
    marked = head.lstrip()[:1] in {b"<", b"{", b"["}
    return not _CONTROLS.search(head[:_HEAD]) and (marked or len(head) >= _HEAD // 4)


def _chain(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo gzip; members may follow each other, other bytes after the last are ignored."""
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for piece in pieces:
        data = piece
        while data:
            if inflate.eof:
                if not data.startswith(_MAGIC["gzip"]):
                    return
                inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
            yield from _inflated(inflate, data)
            data = inflate.unused_data
    if not inflate.eof:
        raise _undecodable("gzip data ends too early")


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo `deflate`: zlib as the standard says, or the bare stream some servers send."""
    first = next(pieces)
    zlib_header = first[0] & 0x0F == 8 and int.from_bytes(first[:2]) % 31 == 0
    inflate = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
    for piece in _chain(first, pieces):
        yield from _inflated(inflate, piece)
        if inflate.eof:
            return
    raise _undecodable("deflate data ends too early")


def _inflated(inflate: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Feed data to zlib and take its output a bounded piece at a time."""
    while True:
        try:
            out = inflate.decompress(data, _PIECE)
        except zlib.error as error:
            raise _undecodable(str(error)) from error
        if out:
            yield out
        data = inflate.unconsumed_tail
        if inflate.eof or (not data and len(out) < _PIECE):
            return


def _unbrotli(pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        for piece in pieces:
            yield decoder.process(piece, output_buffer_limit=_PIECE)
            while not decoder.can_accept_more_data():
                yield decoder.process(b"", output_buffer_limit=_PIECE)
            if decoder.is_finished():
                return
    except brotli.error as error:
        raise _undecodable(str(error)) from error
    raise _undecodable("brotli data ends too early")


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_PIECE):
            try:
                yield decoder.decompress(piece[start : start + _ZSTD_PIECE])
            except zstandard.ZstdError as error:
                raise _undecodable(str(error)) from error
            if decoder.eof:
                return
    raise _undecodable("zstd data ends too early")


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
