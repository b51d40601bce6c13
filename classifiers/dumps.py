"""The XML of a MediaWiki dump, decompressed as a stream, whole or a piece of it.

Wikimedia writes a dump as one file or some dozens, most of them with bzip2. A `multistream` dump
is a row of bzip2 streams: the first is the head of the file, each other one holds a hundred whole
pages (https://meta.wikimedia.org/wiki/Data_dumps/Dump_format). So it can be cut, and is: a piece
owns the streams that begin in it. Any other dump is one piece.
"""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import IO, Any

from zstandard import ZstdDecompressor, ZstdError

from pipeline import files
from pipeline.records import Split

_BLOCK = 1 << 16
_MOST_WINDOW = 1 << 31
_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_STREAM_LENGTH = 10
_END = b"</mediawiki>"

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".bz2": bz2.BZ2Decompressor,
    ".gz": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    ".xz": lzma.LZMADecompressor,
    ".zst": lambda: ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj(),
}


class DamagedError(Exception):
    """What follows in a dump cannot be read.

    Attributes:
        reason: `truncated` or `corrupt`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def split(path: str, split_bytes: int, access: files.Access = files.DEFAULT_ACCESS) -> list[Split]:
    """The pieces of a dump, in order, of about so many compressed bytes if it can be cut.

    Raises:
        OSError: It cannot be read.
    """
    size = files.size(path, access)
    step = split_bytes if _head(path, access) else size
    starts = range(0, size, step) if size else (0,)
    return [Split(path, start, min(start + step, size)) for start in starts]


def xml(piece: Split, access: files.Access = files.DEFAULT_ACCESS) -> Iterator[bytes]:
    """The XML of a piece, some at a time: a document of its own, with the head of the dump.

    Raises:
        DamagedError: The file is cut off or corrupt; what stands before that has been yielded.
        OSError: It cannot be read.
    """
    if piece.start:
        yield _head(piece.path, access)
    if not (yield from _streams(piece, access)):
        yield _END


def _head(path: str, access: files.Access) -> bytes:
    """The head of a multistream dump; empty for any other."""
    if not path.endswith(".bz2"):
        return b""
    codec = bz2.BZ2Decompressor()
    with files.open_read(path, access) as stream:
        try:
            head = codec.decompress(stream.read(_BLOCK))
        except OSError:
            # Not bzip2 at all: reading it says so.
            return b""
    return head if codec.eof and head.rstrip().endswith(b"</siteinfo>") else b""


def _streams(piece: Split, access: files.Access) -> Generator[bytes, None, bool]:
    """What the compressed streams hold that begin in a piece; returns whether one is the last."""
    kind = next((name for name in _DECOMPRESSORS if piece.path.endswith(name)), None)
    with files.open_read(piece.path, access) as stream:
        if kind is None:
            yield from iter(partial(stream.read, _BLOCK), b"")
            return True
        start = _first_stream(stream, piece) if piece.start else 0
        stream.seek(start)
        return (yield from _inflated(stream, start, piece.stop, _DECOMPRESSORS[kind]))


def _inflated(
    stream: IO[bytes], place: int, stop: int, new: Callable[[], Any]
) -> Generator[bytes, None, bool]:
    """The streams from a place on that begin before another; returns whether one is the last."""
    codec, found = None, False
    while block := stream.read(_BLOCK):
        place += len(block)
        while block:
            if codec is None:
                # Some tools fill up the space between streams.
                block = block.lstrip(b"\0")
                if not block:
                    break
                if place - len(block) >= stop:
                    return False
                codec, found = new(), True
            yield _decompressed(codec, block)
            block = codec.unused_data if codec.eof else b""
            codec = None if codec.eof else codec
    if codec is not None:
        raise DamagedError("truncated", "the file ends in the middle of its compressed data")
    return found


def _decompressed(codec: Any, block: bytes) -> bytes:
    try:
        data: bytes = codec.decompress(block)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ZstdError) as error:
        raise DamagedError("corrupt", str(error) or type(error).__name__) from error
    return data


def _first_stream(stream: IO[bytes], piece: Split) -> int:
    """Where the first bzip2 stream of a piece begins; its end if there is none."""
    stream.seek(piece.start)
    place, seen = piece.start, b""
    while place < piece.stop and (block := stream.read(_BLOCK)):
        seen += block
        if found := _STREAM.search(seen):
            return min(place + found.start(), piece.stop)
        place += max(0, len(seen) - _STREAM_LENGTH + 1)
        seen = seen[1 - _STREAM_LENGTH :]
    return piece.stop
