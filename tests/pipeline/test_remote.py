"""Files on web servers and in object stores are read whole and once, whatever the servers do."""

import errno
import io
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from typing import ClassVar

import pytest
import urllib3.util.retry
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import register_implementation
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files, remote
from pipeline.errors import UserError
from pipeline.files import Access
from tests.webserver import Fault, Site, serving

BODY = Random(1).randbytes(3_000_000)
QUICK = Access(retries=6, timeout_seconds=0.2)
FAULTS: list[Fault] = ["503", "429", "reset", "cut", "stall", "shut"]


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def site(server: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The server, well-behaved, to a client that repeats at once."""
    monkeypatch.setattr(remote, "_BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(remote, "_JITTER_SECONDS", 0.0)
    server.reset(body=BODY, empty=b"", small=BODY[:1000])
    return server


def test_a_sequence_takes_few_requests_and_a_jump_fetches_little(site: Site) -> None:
    with files.open_read(f"{site.url}body", QUICK) as stream:
        assert stream.read() == BODY
        assert len(site.requests) <= 6
        assert stream.seek(2_000_000) == 2_000_000
        assert stream.read(10) == BODY[2_000_000:2_000_010]
        assert stream.seek(-5, io.SEEK_END) == len(BODY) - 5
        assert stream.read(10) == BODY[-5:]
    assert files.size(f"{site.url}body", QUICK) == len(BODY)
    assert files.size(f"{site.url}empty", QUICK) == 0
    assert files.read_input(f"{site.url}empty", QUICK) == b""
    assert files.exists(f"{site.url}body", QUICK)
    assert not files.exists(f"{site.url}none", QUICK)


@settings(max_examples=25, deadline=None)
@given(
    faults=st.lists(st.sampled_from([*FAULTS, None]), max_size=12),
    reads=st.lists(
        st.tuples(st.integers(0, len(BODY)), st.integers(1, 1_500_000)), min_size=1, max_size=4
    ),
)
def test_whatever_goes_wrong_the_bytes_are_those_of_the_file(
    server: Site, faults: list[Fault], reads: list[tuple[int, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "_BACKOFF_SECONDS", 0.0)
        patch.setattr(remote, "_JITTER_SECONDS", 0.0)
        server.reset(body=BODY)
        server.faults = faults
        patient = Access(retries=20, timeout_seconds=0.1)
        with files.open_read(f"{server.url}body", patient) as stream:
            for start, length in reads:
                stream.seek(start)
                assert stream.read(length) == BODY[start : start + length]


def test_a_break_in_mid_body_goes_on_from_the_byte_reached(site: Site) -> None:
    with files.open_read(f"{site.url}body", QUICK) as stream:
        site.faults = ["cut", "reset", "stall"]
        assert stream.read(200_000) == BODY[:200_000]
    begins = [start for _, start in site.requests[1:]]
    assert begins == sorted(set(begins))
    assert len(begins) == 4


def test_retry_after_is_waited_for_and_else_the_wait_doubles(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(remote, "_BACKOFF_SECONDS", 0.5)
    monkeypatch.setattr(remote, "_JITTER_SECONDS", 0.25)
    monkeypatch.setattr(urllib3.util.retry, "time", SimpleNamespace(sleep=waits.append))
    site.retry_after = "7"
    site.faults = ["503", "429"]
    assert files.size(f"{site.url}body", QUICK) == len(BODY)
    assert waits == [7, 7]
    waits.clear()
    site.retry_after = ""
    site.faults = ["503"] * 5
    assert files.size(f"{site.url}body", QUICK) == len(BODY)
    bounds = [(1, 1.25), (2, 2.25), (4, 4.25), (8, 8.25)]
    assert all(low < wait < high for wait, (low, high) in zip(waits, bounds, strict=True))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, FileNotFoundError),
        (410, FileNotFoundError),
        (403, PermissionError),
        (401, PermissionError),
    ],
)
def test_a_refusal_is_told_at_once(site: Site, status: int, kind: type[OSError]) -> None:
    site.status = {"body": (status, 0)}
    with pytest.raises(kind) as caught:
        files.open_read(f"{site.url}body", QUICK)
    assert caught.value.filename == f"{site.url}body"
    assert f"HTTP {status}" in caught.value.strerror
    assert len(site.requests) == 1


@pytest.mark.parametrize("begins", [0, 1_000_000])
def test_a_failure_that_lasts_is_told_after_all_retries(site: Site, begins: int) -> None:
    site.status = {"body": (503, begins)}
    with pytest.raises(OSError, match="HTTP 503 Service Unavailable, after 6 retries") as caught:
        files.open_read(f"{site.url}body", QUICK).read()
    assert not isinstance(caught.value, remote.PERMANENT)
    assert caught.value.filename == f"{site.url}body"
    refused = [start for _, start in site.requests if start >= begins]
    assert len(refused) == 7


def test_a_server_that_never_ends_a_body_or_is_not_there_is_a_failure(site: Site) -> None:
    with files.open_read(f"{site.url}body", Access(2, 0.1)) as stream:
        site.faults = ["stall"] * 3
        with pytest.raises(OSError, match="timed out") as caught:
            stream.read()
    assert not isinstance(caught.value, remote.PERMANENT)
    with pytest.raises(OSError, match="refused") as caught:
        files.open_read("http://127.0.0.1:9/x", Access(1))
    assert caught.value.filename == "http://127.0.0.1:9/x"


@contextmanager
def saying(head: str, body: bytes = b"") -> Iterator[str]:
    """A server that answers whatever it is asked with these header lines and bytes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/body"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "head",
    [
        "200 OK\r\nContent-Length: abc",
        "200 OK\r\nContent-Length: -1",
        "200 OK\r\nContent-Length: 1000, 1001",
        "200 OK\r\nContent-Length: 1000\r\nContent-Length: 1001",
        "200 OK\r\nContent-Length: " + "9" * 5000,
        "206 Partial Content\r\nContent-Length: 1\r\nContent-Range: bytes 0-0/" + "9" * 5000,
        "206 Partial Content\r\nContent-Length: 1\r\nContent-Range: bytes */1000",
        "416 Range Not Satisfiable\r\nContent-Length: 0\r\nContent-Range: bytes */1000",
    ],
)
def test_a_server_that_says_no_usable_size_costs_its_file_alone(head: str) -> None:
    """The error is one of those that become a `failed` row; others end the run."""
    with saying(head, BODY[:1000]) as url, pytest.raises(remote.PERMANENT, match="copy the file"):
        files.open_read(url, QUICK)


@pytest.mark.parametrize(
    "length", ["1000, 1000", "1000,1000 , 1000", "1000\r\nContent-Length: 1000"]
)
def test_a_size_said_twice_is_that_size(length: str) -> None:
    """RFC 9110, section 8.6."""
    with saying(f"200 OK\r\nContent-Length: {length}", BODY[:1000]) as url:
        assert files.read_input(url, QUICK) == BODY[:1000]


def test_redirects_without_an_end_are_a_failure() -> None:
    with (
        saying("302 Found\r\nLocation: /body\r\nContent-Length: 0") as url,
        pytest.raises(OSError, match="redirect") as caught,
    ):
        files.open_read(url, QUICK)
    assert caught.value.filename == url


@pytest.mark.parametrize("url", ["http://", "http://[bad", "http://a b/", "http://:x/"])
def test_what_is_no_url_is_not_there(url: str) -> None:
    assert "no URL" in str(files.identity(url)["unreadable"])


def test_a_file_that_changes_in_mid_read_is_not_mixed(site: Site) -> None:
    with files.open_read(f"{site.url}body", QUICK) as stream:
        assert stream.read(100) == BODY[:100]
        site.etag = '"2"'
        with pytest.raises(OSError, match="changed") as caught:
            stream.read()
        assert caught.value.errno == errno.ESTALE
        site.etag = '"1"'
        site.files["body"] = BODY[:1_500_000]
        with pytest.raises(OSError, match="changed"):
            stream.read()


def test_a_server_without_ranges_serves_small_files_and_is_refused_for_others(site: Site) -> None:
    site.ranges = False
    assert files.read_input(f"{site.url}small", QUICK) == BODY[:1000]
    with pytest.raises(io.UnsupportedOperation, match="does not serve byte ranges"):
        files.open_read(f"{site.url}body", QUICK).read()
    assert files.size(f"{site.url}small", QUICK) == 1000


def test_an_error_page_is_never_content(site: Site) -> None:
    """A server that refuses a range within the file, though it names its size and version."""
    site.etag = ""
    site.status = {"body": (416, 1_000_000)}
    stream = files.open_read(f"{site.url}body", QUICK)
    with pytest.raises(io.UnsupportedOperation, match="does not serve byte ranges"):
        stream.read()


def test_the_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert files.read_input("http://elsewhere.invalid/small", QUICK) == BODY[:1000]
    assert site.requests[0] == ("http://elsewhere.invalid/small", 0)
    assert files.size(f"{site.url}small", QUICK) == 1000
    assert site.requests[-1] == ("/small", 0)


def test_every_wait_for_the_network_is_announced(site: Site) -> None:
    """Between the announcements nothing is asked of the server."""
    inside = 0

    @contextmanager
    def waiting() -> Iterator[None]:
        nonlocal inside
        inside += 1
        yield
        inside -= 1

    seen: list[int] = []
    site.before = lambda path, start: seen.append(inside)
    with files.open_read(f"{site.url}body", Access(waiting=waiting)) as stream:
        stream.read()
    files.size(f"{site.url}body", Access(waiting=waiting))
    assert len(seen) > 3
    assert set(seen) == {1}


def test_nothing_is_written_to_a_web_server(site: Site) -> None:
    with pytest.raises(UserError, match="only read from"), files.open_atomic(f"{site.url}x"):
        pass


def test_identity_is_the_version_told_else_the_content(site: Site) -> None:
    assert files.identity(f"{site.url}body", QUICK) == {"bytes": len(BODY), "version": '"1"'}
    site.etag = ""
    whole = files.identity(f"{site.url}small", QUICK)
    site.files["small"] = BODY[1:1001]
    assert files.identity(f"{site.url}small", QUICK) != whole
    assert files.identity(f"{site.url}none", QUICK) == {"unreadable": "HTTP 404 Not Found"}
    site.status = {"small": (500, 0)}
    with pytest.raises(UserError, match="HTTP 500"):
        files.identity(f"{site.url}small", QUICK)


class _Store(MemoryFileSystem):
    """An object store that counts what is fetched and remembers how it was opened."""

    protocol = "s3"
    cachable = False
    options: ClassVar[dict[str, object]] = {}

    def __init__(self, **options: object) -> None:
        super().__init__()
        type(self).options = options

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(
            path.replace("s3://", "memory://").replace("gs://", "memory://")
        )

    def info(self, path: str, **options: object) -> dict[str, object]:
        if "denied" in path:
            raise RuntimeError("Unable to locate credentials")
        return {**super().info(path, **options), "ETag": "e"}


@pytest.mark.parametrize(("scheme", "options"), [("s3", {"anon": True}), ("gs", {"token": "anon"})])
def test_object_stores_are_told_whether_to_use_credentials(
    scheme: str, options: dict[str, object]
) -> None:
    register_implementation(scheme, _Store, clobber=True)
    try:
        _Store().pipe_file("/bucket/x.gz", BODY)
        url = f"{scheme}://bucket/x.gz"
        for access, expected in ((Access(anonymous=True), options), (Access(), {})):
            told = {**expected, "use_listings_cache": False}
            assert files.stat(url, access) == (len(BODY), "e")
            assert _Store.options == told
            assert files.open_read(url, access).read() == BODY
            assert _Store.options == told
        assert files.identity(url) == {"bytes": len(BODY), "version": "e"}
        assert files.identity(f"{scheme}://bucket/y.gz") == {"unreadable": "no such file"}
        with pytest.raises(UserError, match=r"bucket/denied: .*Unable to locate credentials"):
            files.identity(f"{scheme}://bucket/denied")
    finally:
        _Store().rm("/bucket", recursive=True)
        # fsspec keeps what it knows of the scheme without us in another registry.
        from fsspec.registry import _registry

        _registry.pop(scheme)
