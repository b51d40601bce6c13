"""A web server in a thread that serves byte ranges, and misbehaves as it is told."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import pytest

from pipeline import files
from pipeline.remote import WebFile

Fault = Literal["503", "429", "reset", "cut", "stall", "shut"]


@dataclass
class Site:
    """What the server serves, how it misbehaves, and what it saw.

    Attributes:
        url: Its address, with a slash at the end.
        files: Content by path.
        faults: What happens to the next requests, one each; afterwards none.
        status: An error by path, for every request whose range begins at the byte or later.
        ranges: Whether it serves ranges.
        etag: The version of all files.
        retry_after: That header of a 503 or 429.
        delay: Seconds that every answer takes.
        requests: Path and first byte of every request.
        most_at_once: How many requests waited for their answers at the same time.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    status: dict[str, tuple[int, int]] = field(default_factory=dict)
    ranges: bool = True
    etag: str = '"1"'
    retry_after: str = "0"
    delay: float = 0.0
    before: Callable[[str, int], None] = lambda path, start: None
    requests: list[tuple[str, int]] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def reset(self, **files: bytes) -> None:
        """Behave well again, with these files."""
        fresh = Site(self.url, files)
        for name in ("files", "faults", "status", "ranges", "etag", "retry_after", "delay"):
            setattr(self, name, getattr(fresh, name))
        self.before, self.requests, self.most_at_once = fresh.before, [], 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        site = self.server.site
        path = self.path.rsplit("/", 1)[-1]
        ranged = self.headers.get("Range", "")
        start = int(ranged.removeprefix("bytes=").split("-")[0]) if ranged else 0
        with site.lock:
            site.requests.append((self.path, start))
            site.under_way += 1
            site.most_at_once = max(site.most_at_once, site.under_way)
            fault = site.faults.pop(0) if site.faults else None
        time.sleep(site.delay)
        # Here, since the client may ask again before this thread runs again.
        with site.lock:
            site.under_way -= 1
            site.before(path, start)
        with suppress(ConnectionError):
            self._serve(site, path, ranged, fault)

    def _serve(self, site: Site, path: str, ranged: str, fault: Fault | None) -> None:
        start, stop = 0, len(site.files.get(path, b""))
        if ranged and site.ranges:
            first, last = ranged.removeprefix("bytes=").split("-")
            start, stop = int(first), min(stop, int(last) + 1)
        code, from_byte = site.status.get(path, (404, 0) if path not in site.files else (0, 0))
        if fault in ("503", "429"):
            self._refuse(int(fault), site.retry_after)
        elif code and start >= from_byte:
            self._refuse(code)
        elif start >= len(site.files[path]):
            self._refuse(416)
        elif fault == "shut":
            self._reset()
        else:
            body = site.files[path][start:stop]
            whole = not (ranged and site.ranges)
            self.send_response(200 if whole else 206)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", site.etag)
            self.send_header("Content-Encoding", "gzip")
            if not whole:
                total = len(site.files[path])
                self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{total}")
            self.end_headers()
            self._body(site, body, fault)

    def _body(self, site: Site, body: bytes, fault: Fault | None) -> None:
        if fault is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.close_connection = True
        if fault == "reset":
            self._reset()
        if fault == "stall":
            site.stopped.wait(5)

    def _refuse(self, code: int, retry_after: str = "") -> None:
        self.send_response(code)
        if code == 416:
            total = len(self.server.site.files[self.path.rsplit("/", 1)[-1]])
            self.send_header("Content-Range", f"bytes */{total}")
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"none")

    def _reset(self) -> None:
        """End the connection with RST rather than FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, address: object) -> None:
        """Say nothing of connections that clients or faults broke."""


@contextmanager
def serving() -> Iterator[Site]:
    """A server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = Site(f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.site
    finally:
        server.site.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def accesses(monkeypatch: pytest.MonkeyPatch) -> list[files.Access]:
    """A list that each request to a web server adds to: how it was to be reached."""
    seen: list[files.Access] = []
    opened = files._web

    def watched(url: str, access: files.Access) -> WebFile:
        seen.append(access)
        return opened(url, access)

    monkeypatch.setattr(files, "_web", watched)
    return seen
