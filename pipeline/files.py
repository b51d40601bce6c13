"""Files by path or fsspec URL: found by pattern, read, and written whole or not at all."""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import IO, Any, cast

import fsspec

from pipeline.atomic import atomic
from pipeline.errors import UserError
from pipeline.remote import PERMANENT, StoreFile, WebFile, buffered, reaching

_HASH_BLOCK = 1 << 20
_WHOLE_BYTES = 64 << 20
_ANONYMOUS: Mapping[str, dict[str, Any]] = {
    "s3": {"anon": True},
    "s3a": {"anon": True},
    "gs": {"token": "anon"},
    "gcs": {"token": "anon"},
}
# What tells a file's version, by the names that file systems have for it, the surest first.
_VERSIONS = ("ETag", "generation", "etag", "LastModified", "last_modified", "mtime")


@dataclass(frozen=True)
class Access:
    """How files elsewhere are reached. It decides no byte of what is read.

    Attributes:
        retries: How often a request to a web server is repeated.
        timeout_seconds: A web server that is silent for so long has failed.
        anonymous: Whether object stores are read without credentials.
        waiting: Entered around every wait for the network.
    """

    retries: int = 10
    timeout_seconds: float = 60.0
    anonymous: bool = False
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


DEFAULT_ACCESS = Access()


def filesystem(path: str, access: Access = DEFAULT_ACCESS) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path within it.

    Raises:
        UserError: No installed package knows the URL's scheme, or it is a web server, which is
            only read from.
    """
    if is_web(path):
        raise UserError(f"{path}: a web server is only read from; write elsewhere")
    options = _ANONYMOUS.get(path.partition("://")[0], {}) if access.anonymous else {}
    try:
        # Another machine may have written since a folder was last listed.
        fs, inner = fsspec.core.url_to_fs(path, use_listings_cache=False, **options)
    except (ImportError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    return fs, inner


def is_web(path: str) -> bool:
    """Whether a path is an http or https URL."""
    return path.startswith(("http://", "https://"))


def is_local(path: str) -> bool:
    """Whether a path is on this machine."""
    return "://" not in path or path.startswith(("file://", "local://"))


def join(folder: str, *names: str) -> str:
    """A path below a folder; the same for local folders and URLs."""
    return "/".join([folder.rstrip("/"), *names])


def expand(patterns: tuple[str, ...], access: Access = DEFAULT_ACCESS) -> list[str]:
    """Every file that the paths and globs name, once each, sorted.

    A URL without a glob, and any URL of a web server, is taken as it is: whether there is such a
    file is seen when it is read.

    Raises:
        UserError: A local path does not exist, a glob matches nothing, or a path is a folder.
    """
    found: set[str] = set()
    for pattern in patterns:
        if is_web(pattern):
            found.add(pattern)
        else:
            found |= _expand(pattern, access)
    return distinct(found)


def _expand(pattern: str, access: Access) -> set[str]:
    fs, inner = filesystem(pattern, access)
    magic = any(character in pattern for character in "*?[")
    if not is_local(pattern) and not magic:
        return {pattern}
    try:
        with reaching(pattern):
            there = fs.exists(inner)
            matches = [] if there or not magic else [n for n in fs.glob(inner) if fs.isfile(n)]
    except OSError as error:
        raise UserError(f"{pattern}: cannot be listed ({error.strerror})") from error
    if matches:
        return {_as_given(fs, pattern, name) for name in matches}
    if not there and magic:
        raise UserError(f"{pattern}: no file matches; check the folder and the extension")
    if not there:
        raise UserError(f"{pattern}: no such file; check the path")
    if fs.isdir(inner):
        raise UserError(f"{pattern}: is a folder; name its files, as in '{pattern}/*.warc.gz'")
    return {pattern if "://" in pattern else os.path.normpath(pattern)}


def matches(pattern: str) -> list[str]:
    """The files and folders that a path or glob names, sorted; without a glob, the path itself.

    Raises:
        UserError: A glob matches nothing.
    """
    if is_web(pattern) or not any(character in pattern for character in "*?["):
        return [pattern]
    fs, inner = filesystem(pattern, DEFAULT_ACCESS)
    if not (found := sorted(_as_given(fs, pattern, name) for name in fs.glob(inner))):
        raise UserError(f"{pattern}: nothing matches; check the path")
    return found


def below(path: str) -> list[str]:
    """Every file of a folder and of its subfolders, sorted; what is no folder is itself."""
    fs, inner = filesystem(path, DEFAULT_ACCESS)
    if is_web(path) or not fs.isdir(inner):
        return [path]
    return sorted(_as_given(fs, path, name) for name in fs.find(inner))


def distinct(paths: Iterable[str]) -> list[str]:
    """Paths, sorted, without those that lead to a file named before."""
    first: dict[str, str] = {}
    for path in sorted(paths):
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


def exists(path: str, access: Access = DEFAULT_ACCESS) -> bool:
    """Whether a file or folder stands at the path."""
    if not is_web(path):
        fs, inner = filesystem(path, access)
        return bool(fs.exists(inner))
    try:
        stat(path, access)
    except FileNotFoundError:
        return False
    return True


def stat(path: str, access: Access = DEFAULT_ACCESS) -> tuple[int, str]:
    """Bytes of a file, and its version as its server tells it; empty for local files.

    Raises:
        OSError: See `pipeline.remote`.
    """
    if is_local(path):
        fs, inner = filesystem(path)
        return int(fs.size(inner)), ""
    with access.waiting():
        if is_web(path):
            file = _web(path, access)
            return file.size, file.version
        fs, inner = filesystem(path, access)
        with reaching(path):
            info = fs.info(inner)
            if info["type"] == "directory":
                raise IsADirectoryError(errno.EISDIR, "is a folder", path)
    return int(info["size"]), next((str(info[key]) for key in _VERSIONS if info.get(key)), "")


def _web(url: str, access: Access) -> WebFile:
    return WebFile(url, access.retries, access.timeout_seconds)


def size(path: str, access: Access = DEFAULT_ACCESS) -> int:
    """Bytes of a file."""
    return stat(path, access)[0]


def names(folder: str) -> list[str]:
    """Names of the files in a folder, sorted; empty if the folder does not exist.

    Raises:
        UserError: It cannot be listed.
    """
    fs, inner = filesystem(folder)
    with _reading(folder), reaching(folder):
        entries = fs.ls(inner, detail=False) if fs.isdir(inner) else []
    return sorted(str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in entries)


def numbered(folder: str, prefix: str, suffix: str) -> list[str]:
    """The paths of the complete files of a kind, in the order of their numbers."""
    found = names(folder)
    return [
        join(folder, name) for name in found if name.startswith(prefix) and name.endswith(suffix)
    ]


def remove(path: str) -> None:
    """Delete a file."""
    fs, inner = filesystem(path)
    fs.rm(inner)


def remove_folder(folder: str) -> None:
    """Delete a folder and all in it, if it exists."""
    fs, inner = filesystem(folder)
    if fs.exists(inner):
        fs.rm(inner, recursive=True)


def open_read(path: str, access: Access = DEFAULT_ACCESS) -> IO[bytes]:
    """Open a file for reading bytes, seekable; elsewhere by ranges, with a read-ahead.

    Raises:
        OSError: See `pipeline.remote`; reading raises the same.
    """
    if is_local(path):
        fs, inner = filesystem(path)
        return cast("IO[bytes]", fs.open(inner, "rb"))
    with access.waiting():
        if is_web(path):
            return buffered(_web(path, access), access.waiting)
        fs, inner = filesystem(path, access)
        with reaching(path):
            opened = StoreFile(path, fs.open(inner, "rb", cache_type="none"))
    return buffered(opened, access.waiting)


def open_input(path: str, access: Access = DEFAULT_ACCESS) -> IO[bytes]:
    """Open a file that the user named.

    Raises:
        UserError: It cannot be read.
    """
    with _reading(path):
        return open_read(path, access)


@contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


@contextmanager
def open_atomic(path: str, remedy: str = "mend or change --output") -> Iterator[IO[bytes]]:
    """Write a file that appears under its name only when it is complete; see `pipeline.atomic`.

    Args:
        path: Its path or URL.
        remedy: What the user should do where it cannot be written.

    Raises:
        UserError: The folder cannot be written to, or is full.
    """
    fs, inner = filesystem(path)
    with atomic(path, fs, inner, remedy) as out:
        yield out


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


def read_json(path: str, access: Access = DEFAULT_ACCESS) -> Any:
    """Read a JSON file of ours.

    Raises:
        UserError: The file is not JSON.
    """
    with open_read(path, access) as stream:
        try:
            return json.loads(stream.read())
        except ValueError as error:
            raise UserError(f"{path}: not JSON ({error}); delete the stage's folder") from error


def read_input(path: str, access: Access = DEFAULT_ACCESS) -> bytes:
    """All bytes of a file that the user named.

    Raises:
        UserError: It cannot be read.
    """
    with _reading(path), open_read(path, access) as stream:
        return stream.read()


def sha256(path: str, access: Access = DEFAULT_ACCESS) -> str:
    """The SHA-256 of a file that the user named, in hex.

    Raises:
        UserError: It cannot be read.
    """
    digest = hashlib.sha256()
    with _reading(path), open_read(path, access) as stream:
        while block := stream.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def identity(path: str, access: Access = DEFAULT_ACCESS) -> dict[str, object]:
    """What tells an input file from another without reading all of a large one.

    The size, and elsewhere the version that the server tells. Locally, or if the server tells
    none, SHA-256: of the whole file up to 64 MiB, of its first and last MiB beyond. Local times are
    left out: a copy of the same bytes is the same input. A file elsewhere that cannot be read says
    why: it becomes a `failed` row.

    Raises:
        UserError: The file is local, or cannot be read just now.
    """
    try:
        length, version = stat(path, access)
    except PERMANENT as error:
        if is_local(path):
            raise UserError(f"{path}: cannot be read ({error.strerror})") from error
        return {"unreadable": error.strerror}
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    if version:
        return {"bytes": length, "version": version}
    if length <= _WHOLE_BYTES:
        return {"bytes": length, "sha256": sha256(path, access)}
    with _reading(path), open_read(path, access) as stream:
        digest = hashlib.sha256(stream.read(_HASH_BLOCK))
        stream.seek(length - _HASH_BLOCK)
        digest.update(stream.read(_HASH_BLOCK))
    return {"bytes": length, "sha256_ends": digest.hexdigest()}
