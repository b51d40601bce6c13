"""Frames: what a compressed archive is a row of, each with a beginning and an end of its own.

A frame of a gzip file is called a member. Python's gzip module joins them and warcio reports
neither a bad checksum nor a cut end, so they are read here. Sources: RFC 1952 (gzip), RFC 1951
section 3.2.4 (stored blocks).
"""

import zlib
from collections.abc import Callable
from typing import Any, Protocol, cast

from pipeline.storedbytes import StoredBytes

try:
    from isal import igzip_lib, isal_zlib
except ImportError:  # Intel's ISA-L, which takes half of zlib's time, is not for all machines
    _inflater: Callable[[int], Any] = zlib.decompressobj
    _InflateError: type[Exception] = zlib.error
else:
    _inflater = isal_zlib.decompressobj
    _InflateError = cast("type[Exception]", igzip_lib.IsalError)

_MAGIC = b"\x1f\x8b\x08"
_HEADER = 10
_TRAILER = 8
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0
_LONGEST_HEADER = 1 << 20
_FEED = 1 << 15
_GZIP = 16 + zlib.MAX_WBITS


class FrameError(Exception):
    """A frame that cannot be read to its end; `reason` is `truncated` or `corrupt`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Frame(Protocol):
    """One frame, read forward a piece at a time, so that what comes before damage is not lost.

    Attributes:
        end: The byte after the frame; None until its end has been read and its checksum agreed.
    """

    end: int | None

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end. Raises FrameError."""


class Codec(Protocol):
    """A way to compress an archive.

    Attributes:
        magic: What a frame begins with.
        verbatim: Frames that are stored within a frame follow each other over no more bytes.
    """

    magic: bytes
    verbatim: int

    def frame(self, stored: StoredBytes, offset: int) -> Frame:
        """The frame at an offset."""

    def whole(self, stored: StoredBytes, offset: int, limit: int) -> tuple[bytes, int] | None:
        """All that a frame holds, and the byte after it; None if it is damaged or holds more.

        This gives what `frame` gives, in a fraction of the time.
        """


class Gzip:
    """The codec of gzip files."""

    magic = _MAGIC
    # Stored blocks hold so much. The header of the last of them may lie within the file name of a
    # stored member, which no checksum covers, so two in a row can look whole.
    verbatim = 2 * ((1 << 16) - 1)

    def frame(self, stored: StoredBytes, offset: int) -> Frame:
        """The member at an offset."""
        return _Member(stored, offset)

    def whole(self, stored: StoredBytes, offset: int, limit: int) -> tuple[bytes, int] | None:
        """All that a member holds, and the byte after it; None if it is damaged or holds more.

        ISA-L and zlib accept the same members, by their checksums, but differ in when and how they
        refuse others, so nothing of a refused one is used.
        """
        inflate = _inflater(_GZIP)
        parts: list[bytes] = []
        try:
            # ISA-L looks at less of a header.
            _header_end(stored, offset)
            while not inflate.eof:
                block = stored.at(offset)[:_FEED]
                parts.append(inflate.decompress(block, limit))
                offset += len(block)
                limit -= len(parts[-1])
                if not block or limit <= 0:
                    return None
        except (FrameError, _InflateError):
            return None
        return b"".join(parts), offset - len(inflate.unused_data)


class _Member:
    """One gzip member."""

    def __init__(self, stored: StoredBytes, offset: int) -> None:
        self.end: int | None = None
        self._stored = stored
        self._offset = offset
        self._at = offset
        self._size = 0
        self._crc = 0
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        if self._at == self._offset:
            self._at = _header_end(self._stored, self._offset)
        while not self._zlib.eof:
            block = self._stored.at(self._at)[:_FEED]
            out = self._inflate(block, size)
            if out:
                self._crc = zlib.crc32(out, self._crc)
                self._size += len(out)
                return out
            if not block and not self._zlib.eof:
                raise FrameError("truncated", "the file ends within a gzip member")
        if self.end is None:
            self._check_trailer()
        return b""

    def _inflate(self, block: memoryview, size: int) -> bytes:
        try:
            out = self._zlib.decompress(block, size)
        except zlib.error as error:
            raise FrameError("corrupt", str(error)) from error
        rest = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        self._at += len(block) - len(rest)
        return out

    def _check_trailer(self) -> None:
        trailer = bytes(self._stored.at(self._at, _TRAILER)[:_TRAILER])
        if len(trailer) < _TRAILER:
            raise FrameError("truncated", "the file ends within a gzip member's checksum")
        stored = int.from_bytes(trailer[:4], "little"), int.from_bytes(trailer[4:], "little")
        if stored != (self._crc, self._size & 0xFFFFFFFF):
            raise FrameError("corrupt", "checksum or size of a gzip member disagrees")
        self.end = self._at + _TRAILER


def _header_end(stored: StoredBytes, offset: int) -> int:
    """The byte after a gzip header.

    What looks like a header may stand in any data, and its fields reach as far as it pleases. With
    the beginning of another member among them, or over 1 MiB, they are taken for damage: so no
    intact member is ever skipped.
    """
    fixed = bytes(stored.at(offset, _HEADER)[:_HEADER])
    if not fixed.startswith(_MAGIC[: len(fixed)]):
        raise FrameError("corrupt", f"no gzip member but {fixed!r}")
    if len(fixed) < _HEADER:
        raise FrameError("truncated", "the file ends within a gzip header")
    flags = fixed[3]
    if flags & _RESERVED:
        raise FrameError("corrupt", "reserved flags set in a gzip header")
    end = _fields_end(stored, offset + _HEADER, flags)
    size = end - offset
    if size > _LONGEST_HEADER:
        raise FrameError("corrupt", "a gzip header of over 1 MiB")
    header = bytes(stored.at(offset, size)[:size])
    if len(header) < size:
        raise FrameError("truncated", "the file ends within a gzip header")
    if header.find(_MAGIC, _HEADER) >= 0:
        raise FrameError("corrupt", "a gzip member begins within a gzip header")
    if not flags & _FHCRC:
        return end
    checksum = bytes(stored.at(end, 2)[:2])
    if len(checksum) < 2:
        raise FrameError("truncated", "the file ends within a gzip header")
    if int.from_bytes(checksum, "little") != zlib.crc32(header) & 0xFFFF:
        raise FrameError("corrupt", "checksum of a gzip header disagrees")
    return end + 2


def _fields_end(stored: StoredBytes, at: int, flags: int) -> int:
    """The byte after a gzip header's optional fields, but for its checksum."""
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(stored.at(at, 2)[:2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            end = stored.find(b"\0", at)
            if end is None:
                raise FrameError("truncated", "the file ends within a gzip header")
            at = end + 1
    return at
