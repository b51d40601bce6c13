"""The XML of a MediaWiki dump, decompressed as a stream, whole or a piece of it.

Wikimedia writes a dump as one file or some dozens, most of them with bzip2. A `multistream` dump
is a row of bzip2 streams: the first is the head of the file, each other one holds a hundred whole
pages (https://meta.wikimedia.org/wiki/Data_dumps/Dump_format). So it can be cut, and is: a piece
owns the streams that begin in it. Any other dump is one piece.
"""

import bz2
import re
from collections.abc import Generator, Iterator
from typing import IO

from pipeline import files
from pipeline.decompression import BLOCK, decompressed
from pipeline.records import Split

_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_STREAM_LENGTH = 10
_END = b"</mediawiki>"


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
            head = codec.decompress(stream.read(BLOCK))
        except OSError:
            # Not bzip2 at all: reading it says so.
            return b""
    return head if codec.eof and head.rstrip().endswith(b"</siteinfo>") else b""


def _streams(piece: Split, access: files.Access) -> Generator[bytes, None, bool]:
    """What the compressed streams hold that begin in a piece; returns whether one is the last."""
    with files.open_read(piece.path, access) as stream:
        start = _first_stream(stream, piece) if piece.start else 0
        stream.seek(start)
        return (yield from decompressed(stream, piece.path, start, piece.stop))


def _first_stream(stream: IO[bytes], piece: Split) -> int:
    """Where the first bzip2 stream of a piece begins; its end if there is none."""
    stream.seek(piece.start)
    place, seen = piece.start, b""
    while place < piece.stop and (block := stream.read(BLOCK)):
        seen += block
        if found := _STREAM.search(seen):
            return min(place + found.start(), piece.stop)
        place += max(0, len(seen) - _STREAM_LENGTH + 1)
        seen = seen[1 - _STREAM_LENGTH :]
    return piece.stop
