"""The stored bytes of a file, in any order, a block at a time."""

from typing import IO

_BLOCK = 1 << 18


class StoredBytes:
    """Looks into a file without moving through it.

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
            self._block = self._file.read(max(_BLOCK, least))
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
