"""Models by address: a path or URL, `PATH#sha256=HEX`, that leads to a file on this machine.

The hash is part of the address, as in pip's requirements. It says which bytes are meant, wherever
they are kept, so a model elsewhere must have one. Such a model is fetched once into the user's
cache folder (`$XDG_CACHE_HOME/curate/models`, by the XDG Base Directory Specification), under its
hash. What is given a hash is compared with it, in the cache too, once in each process.
"""

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from pipeline import files
from pipeline.errors import UserError

_ADDRESS = re.compile(r"(?P<path>.*?)(?:#sha256=(?P<sha256>.*))?", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


def checked(address: str) -> str:
    """An address, as it is, if it is a good one.

    Raises:
        ValueError: Its hash is none, or is missing where the model is not on this machine.
    """
    path, sha256 = _split(address)
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ValueError("should end in #sha256= and 64 lower-case hex digits")
    if sha256 is None and not files.is_local(path):
        raise ValueError("should end in #sha256=…, since it is not on this machine")
    return address


def place(address: str) -> str:
    """The path or URL of an address, without its hash."""
    return _split(address)[0]


def sha256(address: str) -> str:
    """The hash of a model: as its address says, or else that of its file.

    Raises:
        UserError: The address says none, and the file cannot be read.
    """
    path, stated = _split(checked(address))
    return stated or files.sha256(path)


def inputs(*addresses: str) -> tuple[str, ...]:
    """The files on this machine that addresses name; empty ones name none."""
    paths = (_split(address)[0] for address in addresses if address)
    return tuple(path for path in paths if files.is_local(path))


def pinned(path: str, sha256: str) -> str:
    """The address of a file with the hash."""
    return f"{path}#sha256={sha256}"


def beside(address: str, name: str, sha256: str) -> str:
    """The address of a file that stands beside a model."""
    folder = os.path.dirname(_split(address)[0])  # noqa: PTH120 - it may be a URL
    return pinned(files.join(folder, name) if folder else name, sha256)


@lru_cache(maxsize=64)
def local(address: str, access: files.Access = files.DEFAULT_ACCESS) -> str:
    """The path on this machine of a model, fetched if it is elsewhere and was not before.

    Raises:
        UserError: It is missing, cannot be reached, or has another hash.
        ValueError: The address is no good one.
    """
    path, sha256 = _split(checked(address))
    if files.is_local(path):
        if sha256 is not None:
            _compare(path, files.sha256(path), sha256)
        return path if "://" not in path else str(files.filesystem(path)[1])
    assert sha256 is not None
    cached = cache_folder("models") / (sha256 + PurePosixPath(path).suffix)
    if not cached.exists() or files.sha256(str(cached)) != sha256:
        _fetch(path, sha256, str(cached), access)
    return str(cached)


def _split(address: str) -> tuple[str, str | None]:
    parts = _ADDRESS.fullmatch(address)
    assert parts is not None  # It matches every text.
    return parts["path"], parts["sha256"]


def cache_folder(name: str) -> Path:
    """A folder of the user's cache, by the XDG Base Directory Specification."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "curate" / name


def _fetch(url: str, sha256: str, path: str, access: files.Access) -> None:
    digest, remedy = hashlib.sha256(), "mend it, or set XDG_CACHE_HOME to another folder"
    try:
        with files.open_read(url, access) as stream, files.open_atomic(path, remedy) as out:
            while block := stream.read(_BLOCK):
                digest.update(block)
                out.write(block)
            # Here, so that what is not the model never stands under its name.
            _compare(url, digest.hexdigest(), sha256)
    except OSError as error:
        raise UserError(f"{url}: cannot be fetched ({error.strerror or error})") from error


def _compare(path: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise UserError(
            f"{path}: its SHA-256 is {found}, but {wanted} is asked for; "
            "get the right file or correct the hash"
        )
