"""Where the tokens of a shard's row groups are: in its own file, or in a cache of fetched ones.

Either way they are mapped, so that a window of them is a view, and memory is what the system can
take back at any time.
"""

import fcntl
import hashlib
import mmap
import os
import re
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline import files, models
from pipeline.errors import UserError

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]

GIB = 1 << 30
# Open maps of fetched row groups; each holds a file open.
_MAPS = 256
_LOCK = "lock"
# A row group, whole or half-written; what else stands in the folder is not ours to delete.
_OURS = re.compile(r"[0-9a-f]{64}($|\.)")
_REMEDY = "mend it, or keep the cache elsewhere"


@dataclass(frozen=True, slots=True)
class TokenPage:
    """Where the tokens of one row group lie in the file.

    Attributes:
        start: First byte of the page, after its header.
        offset: First byte of its tokens, which end the page.
        n_tokens: How many tokens follow.
        n_rows: Rows of the row group.
        crc: CRC-32 of the page, as its header has it.
    """

    start: int
    offset: int
    n_tokens: int
    n_rows: int
    crc: int


class Pages(Protocol):
    """The tokens of a shard by row group."""

    def tokens(self, number: int) -> TokenArray:
        """All tokens of a row group, read-only."""
        ...

    def release(self) -> None:
        """Let go of the memory that tokens read so far take; they are read again when asked for."""
        ...


class MappedPages:
    """The pages of a file on this machine."""

    def __init__(self, path: str, dtype: np.dtype[Any], pages: Sequence[TokenPage]) -> None:
        with Path(path).open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._tokens = [
            np.frombuffer(self._map, dtype, page.n_tokens, page.offset) for page in pages
        ]

    def tokens(self, number: int) -> TokenArray:
        """All tokens of a row group."""
        return self._tokens[number]

    def release(self) -> None:
        """Give the mapped memory back; the file stays mapped."""
        self._map.madvise(mmap.MADV_DONTNEED)


class PageCache:
    """A folder of fetched row groups; several processes may share it.

    Of files that are together too large, those go first that were not opened for longest. Deleted
    files that a process has mapped keep their place on the disk until it lets go of them.
    """

    def __init__(self, folder: str | Path | None = None, max_bytes: int = 16 * GIB) -> None:
        """Says where and how much.

        Args:
            folder: By default `$XDG_CACHE_HOME/curate/shards`.
            max_bytes: Bytes of all files together.
        """
        self._folder = Path(folder) if folder is not None else models.cache_folder("shards")
        self._max_bytes = max_bytes
        self._maps: OrderedDict[str, TokenArray] = OrderedDict()
        self._lock = Lock()
        self._fetching: defaultdict[str, Lock] = defaultdict(Lock)

    def tokens(
        self, name: str, dtype: np.dtype[Any], n_tokens: int, fetch: Callable[[], bytes]
    ) -> TokenArray:
        """A row group's tokens, fetched if they are not there.

        Raises:
            UserError: They are more than the cache may hold, or it cannot be written.
        """
        with self._lock:
            if name in self._maps:
                self._maps.move_to_end(name)
                return self._maps[name]
            fetching = self._fetching[name]
        with fetching:
            found = self._mapped(name, dtype, n_tokens)
            if found is None:
                found = self._add(name, dtype, n_tokens, fetch)
        with self._lock:
            self._fetching.pop(name, None)
            self._maps[name] = found
            while len(self._maps) > _MAPS:
                self._maps.popitem(last=False)
        return found

    def release(self) -> None:
        """Unmap all row groups."""
        with self._lock:
            self._maps.clear()

    def _mapped(self, name: str, dtype: np.dtype[Any], n_tokens: int) -> TokenArray | None:
        """A file of the folder, mapped; None if it is not there or not whole."""
        path = self._folder / name
        try:
            with path.open("rb") as file:
                os.utime(path)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError):
            return None
        return np.frombuffer(mapped, dtype) if len(mapped) == n_tokens * dtype.itemsize else None

    def _add(
        self, name: str, dtype: np.dtype[Any], n_tokens: int, fetch: Callable[[], bytes]
    ) -> TokenArray:
        n_bytes = n_tokens * dtype.itemsize
        if n_bytes > self._max_bytes:
            raise UserError(
                f"{self._folder}: a row group of {n_bytes} bytes is larger than the cache, of "
                f"{self._max_bytes}; give it more bytes, or write smaller row groups "
                "(shards.row_group_tokens)"
            )
        data = fetch()
        with self._alone():
            self._make_room(n_bytes)
            with files.open_atomic(str(self._folder / name), _REMEDY) as out:
                out.write(data)
            # Before another process makes room for its own.
            found = self._mapped(name, dtype, n_tokens)
        assert found is not None
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes and threads from changing the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / _LOCK).open("ab")
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"{self._folder}: cannot be written ({reason}); {_REMEDY}") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_room(self, n_bytes: int) -> None:
        """Delete what was not opened for longest until so many bytes more fit.

        What a killed process left half-written goes like the rest.
        """
        entries = [entry for entry in os.scandir(self._folder) if _OURS.match(entry.name)]
        found = sorted((entry.stat().st_mtime_ns, entry.name, entry.stat()) for entry in entries)
        excess = sum(state.st_size for _, _, state in found) + n_bytes - self._max_bytes
        for _, name, state in found:
            if excess <= 0:
                return
            with self._lock:
                self._maps.pop(name, None)
            (self._folder / name).unlink()
            excess -= state.st_size


class FetchedPages:
    """The pages of a file elsewhere, each fetched whole on first use and checked by its CRC-32."""

    def __init__(
        self, path: str, dtype: np.dtype[Any], pages: Sequence[TokenPage], cache: PageCache
    ) -> None:
        self._path = path
        self._dtype = dtype
        self._pages = pages
        self._cache = cache
        self._names = [
            hashlib.sha256(f"{path} {number} {page}".encode()).hexdigest()
            for number, page in enumerate(pages)
        ]

    def tokens(self, number: int) -> TokenArray:
        """All tokens of a row group.

        Raises:
            UserError: They cannot be fetched or cached, or are damaged.
        """
        page = self._pages[number]
        if not page.n_tokens:
            return np.empty(0, self._dtype)
        return self._cache.tokens(
            self._names[number], self._dtype, page.n_tokens, lambda: self._fetch(number)
        )

    def release(self) -> None:
        """Unmap what was fetched; it stays in the cache."""
        self._cache.release()

    def _fetch(self, number: int) -> bytes:
        page = self._pages[number]
        n_bytes = page.offset - page.start + page.n_tokens * self._dtype.itemsize
        try:
            with files.open_read(self._path) as stream:
                stream.seek(page.start)
                data = stream.read(n_bytes)
        except OSError as error:
            raise UserError(
                f"{self._path}: cannot be fetched ({error.strerror or error}); try again later"
            ) from error
        if len(data) != n_bytes or zlib.crc32(data) != page.crc:
            raise UserError(
                f"{self._path}: row group {number} arrived damaged, its CRC-32 is another; "
                "copy the file there again"
            )
        return data[page.offset - page.start :]
