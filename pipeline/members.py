"""Gzip members at exact offsets: a compressed archive is a row of them, one record in each.

Python's gzip module joins the members and warcio reports neither a bad checksum nor a cut end, so
the members are read here. Source: RFC 1952 (gzip), RFC 1951 section 3.2.4 (stored blocks).
"""

import io
import zlib
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAGIC = b"\x1f\x8b\x08"
_HEADER = 10
_TRAILER = 8
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0
_BLOCK = 1 << 18
_FEED = 1 << 14
# What comes before corrupt data in one call to zlib is lost, so the call that gives the record's
# header gives little more.
_FIRST = 1 << 10
_SKIP = 1 << 16
_STORED_BLOCK = (1 << 16) - 1


class MemberError(Exception):
    """A member that cannot be read to its end; `reason` is `truncated` or `corrupt`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Blocks:
    """The stored bytes of a file, read a block at a time, in any order.

    Args:
        file: A seekable binary file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._block = b""
        self._start = 0

    def at(self, offset: int, least: int = 1) -> memoryview:
        """The bytes from `offset` on: at least so many, fewer only at the file's end."""
        index = offset - self._start
        if index < 0 or index + least > len(self._block):
            self._file.seek(offset)
            self._block = self._file.read(_BLOCK)
            self._start = offset
            index = 0
        return memoryview(self._block)[index:]

    def find(self, pattern: bytes, offset: int) -> int | None:
        """Where the pattern first occurs at or after `offset`."""
        while len(self.at(offset, len(pattern))) >= len(pattern):
            found = self._block.find(pattern, offset - self._start)
            if found >= 0:
                return self._start + found
            offset = self._start + len(self._block) - len(pattern) + 1
        return None


class Member(io.RawIOBase):
    """The inflated bytes of one gzip member, as a seekable stream (backwards by starting again).

    Attributes:
        offset: First byte of the member in the file.
        end: The byte after the member; None until its end has been read and its checksum agreed.

    Reading raises MemberError where the member is corrupt or cut off.
    """

    def __init__(self, blocks: Blocks, offset: int) -> None:
        self._blocks = blocks
        self.offset = offset
        self.end: int | None = None
        self._restart()

    def _restart(self) -> None:
        self._at = self.offset
        self._inflated = 0
        self._crc = 0
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Bytes inflated so far."""
        return self._inflated

    def seek(self, target: int, whence: int = io.SEEK_SET) -> int:
        """Go to an inflated position, or to the end if the member is shorter."""
        if whence == io.SEEK_CUR:
            target += self._inflated
        elif whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end of a gzip member is not known beforehand")
        if target < self._inflated:
            self._restart()
        self._skip(target - self._inflated)
        return self._inflated

    def drain(self) -> int:
        """Read to the end; returns `end`."""
        while self.end is None:
            self._skip(_SKIP)
        return self.end

    def _skip(self, count: int) -> None:
        scratch = memoryview(bytearray(min(count, _SKIP)))
        while count > 0 and (size := self.readinto(scratch[:count])):
            count -= size

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Inflate into the buffer; 0 at the member's end."""
        view = memoryview(buffer)
        if self._at == self.offset:
            self._at = _header_end(self._blocks, self.offset)
        size = len(view) if self._inflated else min(len(view), _FIRST)
        while not self._zlib.eof:
            block = self._blocks.at(self._at)[:_FEED]
            out = self._inflate(block, size)
            if out:
                view[: len(out)] = out
                self._crc = zlib.crc32(out, self._crc)
                self._inflated += len(out)
                return len(out)
            if not block and not self._zlib.eof:
                raise MemberError("truncated", "the file ends within a gzip member")
        self._check_trailer()
        return 0

    def _inflate(self, block: memoryview, size: int) -> bytes:
        try:
            out = self._zlib.decompress(block, size)
        except zlib.error as error:
            raise MemberError("corrupt", str(error)) from error
        rest = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        self._at += len(block) - len(rest)
        return out

    def _check_trailer(self) -> None:
        trailer = bytes(self._blocks.at(self._at, _TRAILER)[:_TRAILER])
        if len(trailer) < _TRAILER:
            raise MemberError("truncated", "the file ends within a gzip member's checksum")
        stored = int.from_bytes(trailer[:4], "little"), int.from_bytes(trailer[4:], "little")
        if stored != (self._crc, self._inflated & 0xFFFFFFFF):
            raise MemberError("corrupt", "checksum or size of a gzip member disagrees")
        self.end = self._at + _TRAILER


def _header_end(blocks: Blocks, offset: int) -> int:
    """The byte after a gzip header."""
    header = bytes(blocks.at(offset, _HEADER)[:_HEADER])
    if not header.startswith(MAGIC[: len(header)]):
        raise MemberError("corrupt", f"no gzip member but {header!r}")
    if len(header) < _HEADER:
        raise MemberError("truncated", "the file ends within a gzip header")
    flags = header[3]
    if flags & _RESERVED:
        raise MemberError("corrupt", "reserved flags set in a gzip header")
    at = offset + _HEADER
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(blocks.at(at, 2)[:2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            end = blocks.find(b"\0", at)
            if end is None:
                raise MemberError("truncated", "the file ends within a gzip header")
            at = end + 1
    return at + 2 if flags & _FHCRC else at


def find_member(
    blocks: Blocks, offset: int, stop: int, starts_record: Callable[[bytes], bool]
) -> int:
    """The first member in [offset, stop) that inflates to the start of a record; else `stop`.

    Args:
        blocks: The file.
        offset: Where to begin.
        stop: Where to end.
        starts_record: Whether a stream that begins with these bytes begins with a record.
    """
    while (found := blocks.find(MAGIC, offset)) is not None and found < stop:
        if starts_record(head(Member(blocks, found))):
            return found
        offset = found + 1
    return stop


def head(member: Member) -> bytes:
    """The first bytes of a member, a line's worth; fewer if it is shorter or damaged."""
    first = bytearray(_SKIP)
    size = 0
    try:
        while (
            size < _SKIP
            and b"\n" not in first[:size].lstrip()
            and (count := member.readinto(memoryview(first)[size:]))
        ):
            size += count
    except MemberError:
        pass
    return bytes(first[:size])


def boundary(blocks: Blocks, offset: int, size: int, starts_record: Callable[[bytes], bool]) -> int:
    """Where the split that begins at `offset` has its first member; `size` if there is none.

    Both neighbours of a cut ask this, so what they read meets exactly. A gzip file stored inside a
    record may be copied verbatim into a stored block, and its members look like ours. But such a
    block has at most 65,535 bytes, so members that follow each other, intact, over more bytes than
    that, or to the file's end, are the archive's own. Before damage there may be fewer; those stay
    with the split before.

    Args:
        blocks: The file.
        offset: The cut.
        size: Bytes of the file.
        starts_record: Whether a stream that begins with these bytes begins with a record.
    """
    while (found := find_member(blocks, offset, size, starts_record)) < size:
        if _follow_each_other(blocks, found, size):
            return found
        offset = found + 1
    return size


def _follow_each_other(blocks: Blocks, offset: int, size: int) -> bool:
    end = offset
    while end < size and end - offset <= _STORED_BLOCK:
        try:
            end = Member(blocks, end).drain()
        except MemberError:
            return False
    return True
