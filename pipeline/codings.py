"""Content codings of HTTP bodies undone, in bounded memory.

Sources: RFC 9110 section 8.4 (content codings), RFC 9659 (zstd window). Where servers and crawlers
stray from them we do as browsers do.
"""

import re
import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

_PIECE = 1 << 16
_CONTROLS = re.compile(rb"[\x00-\x08\x0E-\x1A\x1C-\x1F]")
# A zstd block inflates to at most 128 KiB and may take 4 bytes, so a small piece bounds the output.
_ZSTD_PIECE = 64
_ZSTD_WINDOW = 8 << 20
_HEAD = 512


class CodingError(Exception):
    """A body that cannot be decoded, in words."""


def undo(coding: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo one content coding; a body that is plainly not so coded passes as it is.

    Args:
        coding: The coding's name, lower case.
        pieces: The body as sent, in pieces of bounded size.

    Yields:
        The decoded body, in pieces of bounded size.

    Raises:
        CodingError: The body is damaged, cut off, or in a coding that is not known.
    """
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
        raise CodingError(f"unknown coding {coding[:40]!r}")


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
        raise CodingError("gzip data ends too early")


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo `deflate`: zlib as the standard says, or the bare stream some servers send."""
    first = next(pieces)
    zlib_header = first[0] & 0x0F == 8 and int.from_bytes(first[:2]) % 31 == 0
    inflate = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
    for piece in _chain(first, pieces):
        yield from _inflated(inflate, piece)
        if inflate.eof:
            return
    raise CodingError("deflate data ends too early")


def _inflated(inflate: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Feed data to zlib and take its output a bounded piece at a time."""
    while True:
        try:
            out = inflate.decompress(data, _PIECE)
        except zlib.error as error:
            raise CodingError(str(error)) from error
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
        raise CodingError(str(error)) from error
    raise CodingError("brotli data ends too early")


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_PIECE):
            try:
                yield decoder.decompress(piece[start : start + _ZSTD_PIECE])
            except zstandard.ZstdError as error:
                raise CodingError(str(error)) from error
            if decoder.eof:
                return
    raise CodingError("zstd data ends too early")


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
