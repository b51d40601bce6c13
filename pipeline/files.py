"""Files by path or fsspec URL: found by pattern, read, and written whole or not at all."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import UserError

_HASH_BLOCK = 1 << 20
_WHOLE_BYTES = 64 << 20


def filesystem(path: str) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path within it.

    Raises:
        UserError: No installed package knows the URL's scheme.
    """
    try:
        # Another machine may have written since a folder was last listed.
        fs, inner = fsspec.core.url_to_fs(path, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    return fs, inner


def join(folder: str, *names: str) -> str:
    """A path below a folder; the same for local folders and URLs."""
    return "/".join([folder.rstrip("/"), *names])


def expand(patterns: tuple[str, ...]) -> list[str]:
    """Every file that the paths and globs name, once each, sorted.

    Raises:
        UserError: A path does not exist, a glob matches nothing, or a path is a folder.
    """
    found: set[str] = set()
    for pattern in patterns:
        fs, inner = filesystem(pattern)
        if not fs.exists(inner) and any(character in pattern for character in "*?["):
            matches = [name for name in fs.glob(inner) if fs.isfile(name)]
            if not matches:
                raise UserError(f"{pattern}: no file matches; check the folder and the extension")
            found.update(_as_given(fs, pattern, name) for name in matches)
        elif not fs.exists(inner):
            raise UserError(f"{pattern}: no such file; check the input paths")
        elif fs.isdir(inner):
            raise UserError(f"{pattern}: is a folder; name its files, as in '{pattern}/*.warc.gz'")
        else:
            found.add(pattern if "://" in pattern else os.path.normpath(pattern))
    return _distinct(sorted(found))


def _distinct(paths: list[str]) -> list[str]:
    """Paths without those that lead to a file named before."""
    first: dict[str, str] = {}
    for path in paths:
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UserError(f"{path!a}: the name is not UTF-8; rename the file") from error
        first.setdefault(path if "://" in path else os.path.realpath(path), path)
    return sorted(first.values())


def _as_given(fs: Any, pattern: str, name: str) -> str:
    """A file that a glob found, named as the glob is: as a URL, or relative to this folder."""
    if "://" in pattern:
        return str(fs.unstrip_protocol(name))
    return os.path.normpath(name) if pattern.startswith("/") else os.path.relpath(name)


def exists(path: str) -> bool:
    """Whether a file or folder stands at the path."""
    fs, inner = filesystem(path)
    return bool(fs.exists(inner))


def size(path: str) -> int:
    """Bytes of a file."""
    fs, inner = filesystem(path)
    return int(fs.size(inner))


def names(folder: str) -> list[str]:
    """Names of the files in a folder, sorted; empty if the folder does not exist."""
    fs, inner = filesystem(folder)
    if not fs.isdir(inner):
        return []
    return sorted(str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in fs.ls(inner, detail=False))


def remove_folder(folder: str) -> None:
    """Delete a folder and all in it, if it exists."""
    fs, inner = filesystem(folder)
    if fs.exists(inner):
        fs.rm(inner, recursive=True)


def open_read(path: str) -> IO[bytes]:
    """Open a file for reading bytes, seekable."""
    fs, inner = filesystem(path)
    return cast("IO[bytes]", fs.open(inner, "rb"))


def open_input(path: str) -> IO[bytes]:
    """Open a file that the user named.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return open_read(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


class _Output:
    """A binary file whose failing writes say which file and why; pyarrow writes to it too."""

    def __init__(self, path: str, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = stream
        self.closed = False

    def write(self, data: bytes) -> int:
        with _writing(self._path):
            return self._stream.write(data)

    def tell(self) -> int:
        return self._stream.tell()

    def flush(self) -> None:
        with _writing(self._path):
            self._stream.flush()

    def close(self) -> None:
        self.closed = True


@contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); mend or change --output") from error


@contextmanager
def open_atomic(path: str) -> Iterator[IO[bytes]]:
    """Write a file that appears under its name only when it is complete.

    Locally the bytes go to a temporary neighbour that is renamed at the end; an object store
    shows an upload only once it is closed.

    Raises:
        UserError: The folder cannot be written to, or is full.
    """
    fs, inner = filesystem(path)
    local = isinstance(fs, LocalFileSystem)
    temporary = f"{inner}.{secrets.token_hex(4)}.tmp" if local else inner
    with _writing(path):
        if local:
            fs.makedirs(inner.rpartition("/")[0], exist_ok=True)
        stream = fs.open(temporary, "wb")
    try:
        output = _Output(path, stream)
        yield cast("IO[bytes]", output)
        output.flush()
        with _writing(path):
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


def remove_temporaries(folder: str) -> None:
    """Delete what a killed run left half-written in a folder."""
    fs, inner = filesystem(folder)
    for name in names(folder):
        if name.endswith(".tmp"):
            fs.rm(join(inner, name))


def write_json(path: str, content: object) -> None:
    """Write JSON with sorted keys, whole or not at all."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    with open_atomic(path) as out:
        out.write(text.encode())


def read_json(path: str) -> Any:
    """Read a JSON file of ours.

    Raises:
        UserError: The file is not JSON.
    """
    with open_read(path) as stream:
        try:
            return json.loads(stream.read())
        except ValueError as error:
            raise UserError(f"{path}: not JSON ({error}); delete the stage's folder") from error


def sha256(path: str) -> str:
    """The file's SHA-256, in hex."""
    digest = hashlib.sha256()
    with open_input(path) as stream:
        while block := stream.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def identity(path: str) -> dict[str, object]:
    """What tells an input file from another without reading all of a large one.

    Size and SHA-256: of the whole file up to 64 MiB, of its first and last MiB beyond. Times are
    left out: a copy of the same bytes is the same input.
    """
    length = size(path)
    if length <= _WHOLE_BYTES:
        return {"bytes": length, "sha256": sha256(path)}
    with open_input(path) as stream:
        digest = hashlib.sha256(stream.read(_HASH_BLOCK))
        stream.seek(length - _HASH_BLOCK)
        digest.update(stream.read(_HASH_BLOCK))
    return {"bytes": length, "sha256_ends": digest.hexdigest()}
