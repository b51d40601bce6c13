"""The lines of a file, plain or compressed, one at a time."""

from collections.abc import Iterable, Iterator

from pipeline import files
from pipeline.decompression import DamagedError, decompressed
from pipeline.errors import UserError


def lines(path: str) -> Iterator[bytes]:
    """The lines of a file, plain or ending in `.bz2`, `.gz`, `.xz` or `.zst`, without their ends.

    Raises:
        UserError: It cannot be read.
    """
    try:
        with files.open_read(path) as stream:
            yield from _split(decompressed(stream, path))
    except (OSError, DamagedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({reason})") from error


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for block in blocks:
        first, *others = block.split(b"\n")
        begun.append(first)
        for other in others:
            yield b"".join(begun)
            begun = [other]
    yield b"".join(begun)
