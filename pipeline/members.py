"""Members: the parts of a compressed archive that each begin with a record, and how to find them.

A member is a frame, or several where a record runs on over more: WARC 1.1 annex D wants a gzip
frame for each record, the IIPC's zstd specification one or more.
"""

import io
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.frames import Codec, Frame, FrameError
from pipeline.storedbytes import StoredBytes

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_WHOLE = 2 << 20
_BUFFER = 1 << 16
# What comes before corrupt data in one call to a decompressor is lost, so the call that gives the
# record's header gives little more.
_FIRST = 1 << 10
_PIECE = 1 << 16

StartsRecord = Callable[[bytes], bool]


class Member:
    """The inflated bytes of a member.

    Attributes:
        stream: The bytes, seekable. Reading raises FrameError where the member is damaged.
    """

    def __init__(self, codec: Codec, stored: StoredBytes, offset: int) -> None:
        self.stream: io.BufferedIOBase
        self._source = codec, stored, offset
        self._frames: _Frames | None = None
        self._end = 0
        if whole := codec.whole(stored, offset, _WHOLE):
            content, self._end = whole
            self.stream = io.BytesIO(content)
        else:
            self._frames = _Frames(codec, stored, offset)
            self.stream = io.BufferedReader(self._frames, _BUFFER)

    @property
    def end(self) -> int | None:
        """The byte after the member; None until its end has been read and was found intact."""
        return self._frames.end if self._frames else self._end

    def extend(self, position: int, starts_record: StartsRecord) -> bool:
        """Take in the frames that follow, until the stream reaches a position, if it can be.

        Frames that start a record, or are damaged from their beginning, are not taken.

        Returns:
            Whether there was one to take; the stream is then a new one.
        """
        if self.end is None:
            return False
        # A stream that is let go closes what it reads.
        frames = _Frames(*self._source, self._frames.count if self._frames else 1)
        extended = frames.extend(position, starts_record)
        if extended:
            self._frames = frames
            self.stream = io.BufferedReader(frames, _BUFFER)
        return extended


class _Frames(io.RawIOBase):
    """The inflated bytes of one or more frames, seekable; backwards by starting again.

    Attributes:
        count: How many frames.
        end: The byte after the last; None until its end has been read.
    """

    def __init__(self, codec: Codec, stored: StoredBytes, offset: int, count: int = 1) -> None:
        self._codec = codec
        self._stored = stored
        self._offset = offset
        self.count = count
        self.end: int | None = None
        self._restart()

    def _restart(self) -> None:
        self._frame: Frame = self._codec.frame(self._stored, self._offset)
        self._left = self.count - 1
        self._inflated = 0

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
        """Go to an inflated position, or to the end if there is less."""
        if whence == io.SEEK_CUR:
            target += self._inflated
        elif whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end of a frame is not known beforehand")
        if target < self._inflated:
            self._restart()
        while self._inflated < target and self._next(target - self._inflated):
            pass
        return self._inflated

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Inflate into the buffer; 0 at the end."""
        view = memoryview(buffer)
        out = self._next(len(view))
        view[: len(out)] = out
        return len(out)

    def _next(self, size: int) -> bytes:
        size = min(size, _PIECE if self._inflated else _FIRST)
        while not (out := self._frame.read(size)) and self._left and self._frame.end is not None:
            self._left -= 1
            self._frame = self._codec.frame(self._stored, self._frame.end)
        if not out:
            self.end = self._frame.end
        self._inflated += len(out)
        return out

    def extend(self, position: int, starts_record: StartsRecord) -> bool:
        """Take in more frames; see `Member.extend`."""
        before = self.count
        with suppress(FrameError):
            while self.seek(position) < position and not self._next(1) and self.end is not None:
                frame = self._codec.frame(self._stored, self.end)
                first = head(frame)
                if starts_record(first) or not (first or frame.end):
                    break
                self._frame = self._codec.frame(self._stored, self.end)
                self.count += 1
                self.end = None
        return self.count > before


def head(frame: Frame) -> bytes:
    """The first bytes of a frame, a line's worth; fewer if it is shorter or damaged."""
    first = b""
    with suppress(FrameError):
        while b"\n" not in first.lstrip() and len(first) < _PIECE and (more := frame.read(_FIRST)):
            first += more
    return first


def first_bytes(codec: Codec, stored: StoredBytes) -> bytes:
    """The first bytes that a file's frames hold; none if they hold nothing or are damaged."""
    offset = 0
    while True:
        frame = codec.frame(stored, offset)
        first = head(frame)
        if first or frame.end is None:
            return first
        offset = frame.end


def find_member(
    codec: Codec, stored: StoredBytes, offset: int, stop: int, starts_record: StartsRecord
) -> int:
    """The first frame in [offset, stop) that inflates to the start of a record; else `stop`."""
    while (found := stored.find(codec.magic, offset)) is not None and found < stop:
        if starts_record(head(codec.frame(stored, found))):
            return found
        offset = found + 1
    return stop


def boundary(
    codec: Codec, stored: StoredBytes, offset: int, size: int, starts_record: StartsRecord
) -> int:
    """Where the split that begins at `offset` has its first member; `size` if there is none.

    Both neighbours of a cut ask this, so what they read meets exactly. A compressed file stored
    inside a record may be copied verbatim into a frame, and its frames look like ours. But those
    follow each other over no more than `codec.verbatim` bytes, so frames that follow each other,
    intact, until one begins beyond that, or to the file's end, are the archive's own. (Without a
    checksum a frame may look intact over the edge of what is verbatim, but none follows it there.)
    Before damage there may be fewer; those stay with the split before.

    Args:
        codec: How the file is compressed.
        stored: The file.
        offset: The cut.
        size: Bytes of the file.
        starts_record: Whether a stream that begins with these bytes begins with a record.
    """
    while (found := find_member(codec, stored, offset, size, starts_record)) < size:
        if _follow_each_other(codec, stored, found, size):
            return found
        offset = found + 1
    return size


def _follow_each_other(codec: Codec, stored: StoredBytes, offset: int, size: int) -> bool:
    at = offset
    try:
        while at < size:
            frames = _Frames(codec, stored, at)
            frames.seek(sys.maxsize)
            if frames.end is None:
                return False
            if at - offset > codec.verbatim:
                return True
            at = frames.end
    except FrameError:
        return False
    return True
