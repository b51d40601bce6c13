"""Files compressed as a whole, read as streams: bzip2, gzip, xz and zstd, by the name's ending."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator
from typing import IO, Any

from zstandard import ZstdDecompressor, ZstdError

BLOCK = 1 << 16
_MOST_WINDOW = 1 << 31
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".bz2": bz2.BZ2Decompressor,
    ".gz": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    ".xz": lzma.LZMADecompressor,
    ".zst": lambda: ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj(),
}


class DamagedError(Exception):
    """What follows in a file cannot be read.

    Attributes:
        reason: `truncated` or `corrupt`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def decompressed(
    stream: IO[bytes], name: str, place: int = 0, stop: int | None = None
) -> Generator[bytes, None, bool]:
    """What a file holds, some at a time; compressed streams may follow one another.

    Args:
        stream: The file, at the place.
        name: Its name; another ending than `.bz2`, `.gz`, `.xz` or `.zst` means a plain file.
        place: Where a compressed stream begins.
        stop: Streams that begin here or later are left out. A plain file is not cut.

    Returns:
        Whether the last stream was among them.

    Raises:
        DamagedError: It is cut off or corrupt; what stands before that has been yielded.
        OSError: It cannot be read.
    """
    new = next((new for ending, new in _DECOMPRESSORS.items() if name.endswith(ending)), None)
    codec, found = None, new is None
    while block := stream.read(BLOCK):
        if new is None:
            yield block
            continue
        place += len(block)
        while block:
            if codec is None:
                # Some tools fill up the space between streams.
                block = block.lstrip(b"\0")
                if not block:
                    break
                if stop is not None and place - len(block) >= stop:
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
