"""Files on web servers and in object stores: read by ranges, patiently, through one read-ahead.

Sources: RFC 9110 sections 14 (range requests), 8.6 (Content-Length) and 10.2.3 (Retry-After).
"""

import errno
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ProtocolError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What no second try mends: the file is not there, may not be read, or not by ranges.
PERMANENT = (FileNotFoundError, PermissionError, IsADirectoryError, io.UnsupportedOperation)

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
# Names that do not resolve and certificates that do not hold are rarely mended by waiting.
_CONNECTS = 5
_REDIRECTS = 10
_BACKOFF_SECONDS = 0.5
_BACKOFF_MAX_SECONDS = 60.0
_JITTER_SECONDS = 1.0
_RETRY_AFTER_MAX_SECONDS = 600
_PIECE = 1 << 16
_FIRST_BLOCK = 1 << 18
_LARGEST_BLOCK = 1 << 22
_LENGTH = re.compile(r"(\d{1,18})(?:\s*,\s*\1)*")
_NO_RANGES = "the server does not serve byte ranges"
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d{1,18})")


class WebFile:
    """A file on a web server. Opening it asks for its first byte, which tells size and version.

    A request that fails in passing is repeated, later each time and at a moment that chance moves a
    little, or when the server's Retry-After says. What arrived before a break is kept.

    Args:
        url: An http or https URL.
        retries: How often a request is repeated.
        timeout_seconds: A server that is silent for so long has failed.

    Attributes:
        size: Bytes of the file.
        version: Its ETag, else its Last-Modified; empty if the server gives neither.

    Raises:
        FileNotFoundError: HTTP 404 or 410, or not a URL.
        PermissionError: Any other answer that repeating does not change.
        io.UnsupportedOperation: The server does not serve byte ranges, or contradicts itself.
        OSError: No good answer after all retries; ESTALE if the file changed.

    All carry the URL as `filename` and the status as `strerror`. Reading raises the same.
    """

    def __init__(self, url: str, retries: int, timeout_seconds: float) -> None:
        self._url = url
        self._retries = retries
        self._timeout = Timeout(timeout_seconds)
        with self._answer(0, 1, self._retry()) as response:
            self.size = _total(response, 0, -1)
            # An empty file has no first byte.
            if self.size < 0 or (response.status == 416 and self.size):
                raise self._unusable(_NO_RANGES)
            if response.status != 200:
                # Read to its end, an answer leaves its connection open for the next.
                response.drain_conn()
            self.version = _version(response)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`, which is at most the file's size."""
        found = bytearray()
        retry = self._retry()
        while (at := start + len(found)) < stop:
            with self._answer(at, stop, retry) as response:
                self._check(response, at, stop)
                try:
                    while piece := response.read1(_PIECE, decode_content=False):
                        found += piece
                    if at == start + len(found):
                        raise ProtocolError("the answer was empty")
                except HTTPError as error:
                    retry = self._again(response.retries or retry, error)
        return bytes(found[: stop - start])

    def _retry(self) -> Retry:
        retries = self._retries
        return Retry(
            total=None,
            connect=min(retries, _CONNECTS),
            read=retries,
            redirect=_REDIRECTS,
            status=retries,
            other=min(retries, _CONNECTS),
            status_forcelist=_TRANSIENT,
            raise_on_status=False,
            backoff_factor=_BACKOFF_SECONDS,
            backoff_max=_BACKOFF_MAX_SECONDS,
            backoff_jitter=_JITTER_SECONDS,
            retry_after_max=_RETRY_AFTER_MAX_SECONDS,
        )

    def _again(self, retry: Retry, error: Exception) -> Retry:
        """Wait after a break in a body; what is left of the retries."""
        try:
            retry = retry.increment("GET", self._url, error=error)
        except MaxRetryError as end:
            raise self._failed(end) from error
        retry.sleep()
        return retry

    @contextmanager
    def _answer(self, start: int, stop: int, retry: Retry) -> Iterator[BaseHTTPResponse]:
        """The answer to a request for a range; its connection is free again afterwards."""
        headers = {
            "Range": f"bytes={start}-{stop - 1}",
            "Accept-Encoding": "identity",
            "User-Agent": "curate",
        }
        try:
            response = _pool(_proxy(self._url)).request(
                "GET",
                self._url,
                headers=headers,
                retries=retry,
                timeout=self._timeout,
                preload_content=False,
            )
        except ValueError as error:
            raise FileNotFoundError(errno.ENOENT, f"no URL ({error})", self._url) from error
        except HTTPError as error:
            # urllib3 refuses lengths that differ; a Retry-After that is none may be gone next time.
            if isinstance(error, InvalidHeader) and "Content-Length" in str(error):
                raise self._unusable(str(error)) from error
            raise self._failed(error) from error
        try:
            if response.status not in (200, 206, 416):
                raise self._refused(response)
            yield response
        finally:
            response.close()
            response.release_conn()

    def _check(self, response: BaseHTTPResponse, start: int, stop: int) -> None:
        """Refuse an answer that does not begin where it should, or is of another file."""
        if (_total(response, start, self.size), _version(response)) != (self.size, self.version):
            raise OSError(errno.ESTALE, "the file changed while it was read", self._url)
        if response.status == 416 or (response.status == 200 and (start > 0 or self.size > stop)):
            raise self._unusable(_NO_RANGES)

    def _refused(self, response: BaseHTTPResponse) -> OSError:
        status = response.status
        said = f"HTTP {status} {response.reason or ''}".strip()
        if status in _GONE:
            return FileNotFoundError(errno.ENOENT, said, self._url)
        if 400 <= status < 500 and status not in _TRANSIENT:
            return PermissionError(errno.EACCES, said, self._url)
        return OSError(errno.EIO, f"{said}, after {self._retries} retries", self._url)

    def _failed(self, error: Exception) -> OSError:
        reason = error.reason if isinstance(error, MaxRetryError) else error
        return OSError(errno.EIO, f"{reason}, after retries", self._url)

    def _unusable(self, reason: str) -> OSError:
        said = f"{reason}; copy the file elsewhere"
        return io.UnsupportedOperation(errno.ENOTSUP, said, self._url)


def _total(response: BaseHTTPResponse, start: int, unsaid: int) -> int:
    """The file's size by an answer to a request from `start` on.

    A whole answer may leave it unsaid; -1 if one of a part is not of this part.
    """
    if response.status == 200:
        length = _LENGTH.fullmatch(response.headers.get("Content-Length", ""))
        return int(length[1]) if length else unsaid
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    first = None if response.status == 416 else str(start)
    return int(found[2]) if found and found[1] == first else -1


def _version(response: BaseHTTPResponse) -> str:
    return response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


def _proxy(url: str) -> str:
    """The proxy that the environment names for a URL, as `https_proxy` and `no_proxy` do."""
    parts = urlsplit(url)
    return "" if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme, "")


@cache
def _pool(proxy: str) -> PoolManager:
    """This process's connections: one to a server, so one request at a time."""
    if proxy:
        return ProxyManager(proxy, maxsize=1, block=True)
    return PoolManager(maxsize=1, block=True)


class StoreFile:
    """A file opened by fsspec, with the methods of `WebFile`.

    Args:
        path: The file's URL, for messages.
        opened: The file, without a cache of its own.
    """

    def __init__(self, path: str, opened: IO[bytes]) -> None:
        self._path = path
        self._opened = opened
        self.size = opened.seek(0, io.SEEK_END)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`."""
        with reaching(self._path):
            self._opened.seek(start)
            return self._opened.read(stop - start)


@contextmanager
def reaching(path: str) -> Iterator[None]:
    """Turn what a file system's package raises into an OSError that names the file.

    Raises:
        OSError: One of `PERMANENT` if no second try would mend it.
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        kind = next((kind for kind in PERMANENT if isinstance(error, kind)), OSError)
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        # gcsfs has no other sign for HTTP 403; for HTTP 404 the path is all that packages say.
        if kind is OSError and said.startswith("Forbidden"):
            kind = PermissionError
        if kind is FileNotFoundError and said in path:
            said = "no such file"
        number = error.errno if isinstance(error, OSError) else None
        raise kind(number or errno.EIO, said or type(error).__name__, path) from error


class RangeReader(io.RawIOBase):
    """A seekable file that fetches a block at a time: small after a jump, doubling in a sequence.

    So reading on takes few requests, and looking at a header fetches little.

    Args:
        file: What to fetch from.
        waiting: Entered around every fetch.
    """

    def __init__(
        self, file: WebFile | StoreFile, waiting: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._file = file
        self._waiting = waiting
        self._at = 0
        self._start = 0
        self._block = b""
        self._ahead = _FIRST_BLOCK

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._at

    def seek(self, target: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        self._at = max(0, base + target)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some bytes; 0 at the file's end."""
        view = memoryview(buffer)
        offset = self._at - self._start
        if not 0 <= offset < len(self._block):
            if self._at >= self._file.size:
                return 0
            self._fetch()
            offset = 0
        piece = self._block[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _fetch(self) -> None:
        follows = self._at == self._start + len(self._block) > 0
        self._ahead = min(2 * self._ahead, _LARGEST_BLOCK) if follows else _FIRST_BLOCK
        with self._waiting():
            self._block = self._file.read(self._at, min(self._at + self._ahead, self._file.size))
        self._start = self._at


def buffered(
    file: WebFile | StoreFile, waiting: Callable[[], AbstractContextManager[None]]
) -> IO[bytes]:
    """A file to read from, which reads whole what it is asked for."""
    return io.BufferedReader(RangeReader(file, waiting), _FIRST_BLOCK)
