"""Writes captures as per-record gzip WARC/1.0, laid out as Common Crawl does.

Specification: ISO 28500:2009 (WARC 1.0). Digests are base-32 SHA-1, as in Common Crawl; the payload
digest covers the body as transferred.
"""

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

_START = datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
_NOT_MODIFIED = "http://netpreserve.org/warc/1.0/revisit/server-not-modified"
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Response:
    """A server's answer.

    Attributes:
        url: The address asked for.
        status: The HTTP status.
        headers: The HTTP headers in order.
        body: The body as transferred.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def record_id(kind: str, url: str) -> str:
    """The id of the record of this type for this address, without brackets."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {url}')}"


def write_archive(path: Path, number: int, responses: Sequence[Response], cut: bool) -> None:
    """Writes one archive.

    Two of three responses come with their request and a metadata record. The file begins with a
    warcinfo record and a DNS answer as a resource; a revisit follows the first
    response.

    Args:
        path: The file to write.
        number: The file's place among the archives; sets its dates.
        responses: What was captured, in order.
        cut: Whether to end the file in the middle of the last record's gzip member.
    """
    with path.open("wb") as file:
        archive = _Archive(file, number, path.name)
        archive.begin(urlsplit(responses[0].url).hostname or "")
        for index, response in enumerate(responses):
            member = file.tell()
            archive.capture(index, response, alone=index % 3 == 2 or response is responses[-1])
            if index == 0:
                archive.revisit(response)
        if cut:
            file.truncate(member + (file.tell() - member) // 2)


class _Archive:
    def __init__(self, file: io.BufferedWriter, number: int, name: str) -> None:
        self._writer = WARCWriter(file, gzip=True, warc_version="WARC/1.0")
        self._name = name
        self._start = _START + timedelta(days=number)
        self._date = self._start
        self._info = record_id("warcinfo", name)

    def begin(self, host: str) -> None:
        info = (
            "software: curate sample builder\r\nformat: WARC File Format 1.0\r\n"
            "description: A small crawl of invented sites\r\nrobots: none\r\n"
        )
        self._write("warcinfo", "", info.encode(), {"WARC-Filename": self._name})
        answer = f"20240304060000\n{host}.\t3600\tIN\tA\t192.0.2.80\n".encode()
        self._write("resource", f"dns:{host}", answer, {"Content-Type": "text/dns"})

    def capture(self, index: int, response: Response, alone: bool) -> None:
        self._date = self._start + timedelta(seconds=7 * (index + 1))
        address = {"WARC-IP-Address": f"192.0.2.{len(response.url) % 200 + 10}"}
        partner = {"WARC-Concurrent-To": f"<{record_id('response', response.url)}>"}
        if not alone:
            self._write(
                "request", response.url, b"", {**address, **partner}, _request(response.url)
            )
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        http = StatusAndHeaders(status, list(response.headers), protocol="HTTP/1.1")
        self._write("response", response.url, response.body, address, http)
        if not alone:
            fields = f"fetchTimeMs: {40 + len(response.body) % 900}\r\n".encode()
            self._write("metadata", response.url, fields, partner)

    def revisit(self, response: Response) -> None:
        """A later visit that found the same page."""
        origin = {"WARC-Refers-To": f"<{record_id('response', response.url)}>"}
        http = StatusAndHeaders("304 Not Modified", [("Server", "hut/1.4")], protocol="HTTP/1.1")
        self._write("revisit", response.url, b"", {**origin, "WARC-Profile": _NOT_MODIFIED}, http)

    def _write(
        self,
        kind: str,
        url: str,
        payload: bytes,
        headers: dict[str, str],
        http: StatusAndHeaders | None = None,
    ) -> None:
        fixed = {
            "WARC-Type": kind,
            "WARC-Record-ID": f"<{record_id(kind, url or self._name)}>",
            "WARC-Date": self._date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if kind != "warcinfo":
            fixed["WARC-Warcinfo-ID"] = f"<{self._info}>"
        record = self._writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(payload),
            length=len(payload),
            warc_headers_dict=fixed | headers,
            http_headers=http,
        )
        self._writer.write_record(record)


def _request(url: str) -> StatusAndHeaders:
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    headers = [
        ("User-Agent", "SampleBot/1.0 (+https://bot.example/)"),
        ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("Accept-Encoding", "br,gzip"),
        ("Host", parts.hostname or ""),
    ]
    return StatusAndHeaders(f"GET {target} HTTP/1.1", headers, is_http_request=True)
