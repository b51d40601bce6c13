"""A file that is written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import UserError


class Output:
    """A binary file whose failing writes say which file and why; pyarrow writes to it too.

    Args:
        path: Its name for the user.
        remedy: What the user should do where it cannot be written.
        stream: Where to write.
    """

    def __init__(self, path: str, remedy: str, stream: IO[bytes]) -> None:
        self._path = path
        self._remedy = remedy
        self._stream = stream
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write; returns how many bytes."""
        with _writing(self._path, self._remedy):
            return self._stream.write(data)

    def tell(self) -> int:
        """The position."""
        return self._stream.tell()

    def flush(self) -> None:
        """Hand on what is buffered."""
        with _writing(self._path, self._remedy):
            self._stream.flush()

    def close(self) -> None:
        """Say that no more comes; whoever opened the stream closes it."""
        self.closed = True


@contextmanager
def _writing(path: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); {remedy}") from error


@contextmanager
def atomic(path: str, fs: Any, inner: str, remedy: str) -> Iterator[IO[bytes]]:
    """Write a file that appears under its name only when it is complete.

    Locally the bytes go to a temporary neighbour that is renamed at the end; an object store
    shows an upload only once it is closed.

    Args:
        path: The file's name for the user.
        fs: Its fsspec file system.
        inner: Its path there.
        remedy: What the user should do where it cannot be written.

    Raises:
        UserError: The folder cannot be written to, or is full.
    """
    local = isinstance(fs, LocalFileSystem)
    temporary = f"{inner}.{secrets.token_hex(4)}.tmp" if local else inner
    with _writing(path, remedy):
        if local:
            fs.makedirs(inner.rpartition("/")[0], exist_ok=True)
        stream = fs.open(temporary, "wb")
    try:
        output = Output(path, remedy, stream)
        yield cast("IO[bytes]", output)
        output.flush()
        with _writing(path, remedy):
            if local:
                os.fsync(stream.fileno())
            stream.close()
            if local:
                os.replace(temporary, inner)  # noqa: PTH105
    except BaseException:
        _abandon(fs, stream, temporary, local)
        raise


def _abandon(fs: Any, stream: Any, temporary: str, local: bool) -> None:
    """Leave no half-written file behind; a full disk may fail the closing flush again."""
    if not local:
        stream.discard() if hasattr(stream, "discard") else None
        return
    with suppress(OSError):
        stream.close()
    with suppress(FileNotFoundError):
        os.unlink(temporary)  # noqa: PTH108
