"""Zstandard frames, and the dictionary that an archive may begin with.

Sources: RFC 8878 (Zstandard), the IIPC's "Zstandard Compression for WARC Files 1.0", by which
Archive Team writes.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

import zstandard

from pipeline.frames import Frame, FrameError
from pipeline.storedbytes import StoredBytes

_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_SKIPPABLE_HEADER = 8
_HEADER = 18
_BLOCK_HEADER = 3
_RLE, _RESERVED = 1, 3
_CHECKSUM = 4
_FEED = 1 << 14
_LONGEST_BLOCK = 1 << 17
# The most that the zstd command accepts unasked; it is the memory a frame costs.
_WINDOW = 1 << 27
# Four times what the specification asks readers to accept.
_LARGEST_DICTIONARY = 1 << 25


class Zstd:
    """The codec of zstd files.

    Args:
        dictionary: What all frames were compressed with; empty for none.
    """

    magic = _MAGIC
    verbatim = _LONGEST_BLOCK

    def __init__(self, dictionary: bytes = b"") -> None:
        self._dictionary = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._decompressor = self._new()

    @classmethod
    def of(cls, stored: StoredBytes) -> "Zstd":
        """The codec of a file, with the dictionary that it begins with.

        Raises:
            FrameError: The dictionary cannot be read.
        """
        try:
            return cls(_dictionary(stored))
        except zstandard.ZstdError as error:
            raise FrameError("corrupt", str(error)) from error

    def _new(self) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(self._dictionary, max_window_size=_WINDOW)

    @staticmethod
    def begins(first: bytes) -> bool:
        """Whether a file that begins with these four bytes is a zstd file."""
        return first == _MAGIC or bool(_SKIPPABLE.fullmatch(first))

    def frame(self, stored: StoredBytes, offset: int) -> Frame:
        """The frame at an offset; one that zstd skips is empty."""
        return _Frame(stored, offset, self._new())

    def whole(self, stored: StoredBytes, offset: int, limit: int) -> tuple[bytes, int] | None:
        """All that a frame holds, and the byte after it; None if it is damaged or holds more."""
        try:
            skippable_end = _skippable_end(stored, offset)
            if skippable_end is not None:
                return b"", skippable_end
            end = offset
            for end in _part_ends(stored, offset):
                if end - offset > limit:
                    return None
            content = stored.at(offset, end - offset)[: end - offset]
            frame = zstandard.get_frame_parameters(content)
            declared = frame.content_size != zstandard.CONTENTSIZE_UNKNOWN
            if (declared and not 0 < frame.content_size <= limit) or frame.window_size > _WINDOW:
                return None
            return self._decompressor.decompress(content, max_output_size=limit), end
        except (FrameError, zstandard.ZstdError):
            return None


class _Frame:
    """One zstd frame."""

    def __init__(
        self, stored: StoredBytes, offset: int, decompressor: zstandard.ZstdDecompressor
    ) -> None:
        self.end: int | None = None
        self._stored = stored
        self._offset = offset
        self._started = False
        self._source = _Source(stored, offset)
        self._reader = decompressor.stream_reader(cast("Any", self._source), read_size=_FEED)

    def read(self, size: int) -> bytes:
        if not self._started:
            self._started = True
            self.end = _skippable_end(self._stored, self._offset)
        if self.end is not None:
            return b""
        try:
            out = self._reader.read(size)
        except zstandard.ZstdError as error:
            raise FrameError("corrupt", str(error)) from error
        if not out:
            self.end = self._source.end
            if self.end is None:
                raise FrameError("truncated", "the file ends within a zstd frame")
        return out


class _Source:
    """The stored bytes of one frame, as a stream.

    Attributes:
        end: The byte after the frame; None until all has been read.
    """

    def __init__(self, stored: StoredBytes, offset: int) -> None:
        self.end: int | None = None
        self._stored = stored
        self._at = offset
        self._part_end = offset
        self._ends = _part_ends(stored, offset)

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end of the frame or the file."""
        while self._at == self._part_end:
            following = next(self._ends, None)
            if following is None:
                self.end = self._at
                return b""
            self._part_end = following
        piece = bytes(self._stored.at(self._at)[: min(size, self._part_end - self._at)])
        self._at += len(piece)
        return piece


def _part_ends(stored: StoredBytes, offset: int) -> Iterator[int]:
    """Where the parts of a frame end: its header, its blocks, its checksum.

    Raises:
        FrameError: It is no frame, or the file ends before a part begins.
    """
    header = bytes(stored.at(offset, _HEADER)[:_HEADER])
    try:
        end = offset + zstandard.frame_header_size(header)
        checksum = zstandard.get_frame_parameters(header).has_checksum
    except zstandard.ZstdError as error:
        raise FrameError("truncated" if len(header) < _HEADER else "corrupt", str(error)) from error
    yield end
    last = 0
    while not last:
        block = bytes(stored.at(end, _BLOCK_HEADER)[:_BLOCK_HEADER])
        if len(block) < _BLOCK_HEADER:
            raise FrameError("truncated", "the file ends within a zstd frame")
        fields = int.from_bytes(block, "little")
        last, kind, size = fields & 1, fields >> 1 & 3, fields >> 3
        if kind == _RESERVED or size > _LONGEST_BLOCK:
            raise FrameError("corrupt", "a block of a zstd frame has no valid header")
        end += _BLOCK_HEADER + (1 if kind == _RLE else size)
        yield end
    if checksum:
        yield end + _CHECKSUM


def _skippable_end(stored: StoredBytes, offset: int) -> int | None:
    """The byte after a frame without content; None if the frame has content.

    Raises:
        FrameError: It is no frame, or the file ends before it.
    """
    header = bytes(stored.at(offset, _SKIPPABLE_HEADER)[:_SKIPPABLE_HEADER])
    if header.startswith(_MAGIC):
        return None
    if len(header) < _SKIPPABLE_HEADER:
        raise FrameError("truncated", "the file ends within the first bytes of a zstd frame")
    if not _SKIPPABLE.match(header):
        raise FrameError("corrupt", f"no zstd frame but {header[:4]!r}")
    end = offset + _SKIPPABLE_HEADER + int.from_bytes(header[4:], "little")
    if not len(stored.at(end - 1)):
        raise FrameError("truncated", "the file ends within a frame that zstd skips")
    return end


def _dictionary(stored: StoredBytes) -> bytes:
    """The dictionary in the frame that a file begins with; empty if it begins with another."""
    header = bytes(stored.at(0, _SKIPPABLE_HEADER)[:_SKIPPABLE_HEADER])
    size = int.from_bytes(header[4:], "little")
    if not header.startswith(_DICTIONARY):
        return b""
    if size > _LARGEST_DICTIONARY:
        raise FrameError("corrupt", f"a zstd dictionary of {size} bytes")
    content = bytes(stored.at(_SKIPPABLE_HEADER, size)[:size])
    if len(content) < size:
        raise FrameError("truncated", "the file ends within its zstd dictionary")
    if not content.startswith(_MAGIC):
        return content
    found = Zstd().whole(stored, _SKIPPABLE_HEADER, _LARGEST_DICTIONARY)
    if not found:
        raise FrameError("corrupt", "a zstd dictionary that does not inflate")
    return found[0]
