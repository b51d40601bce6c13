"""Archives for tests: made of records, written, and read whole or in pieces."""

import gzip
import itertools
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from pipeline.records import Page, Rejected, Split
from pipeline.warc import read_records

ROOT = Path(__file__).resolve().parents[2]
CRAWLS = ROOT / "../shared/data/crawls"
LIMIT = 20_000_000
URL = "http://example.org/"
HTML = b"<!doctype html><p>" + b"Some words that compress rather well. " * 40


def crawl_files() -> list[str]:
    return sorted(str(path.relative_to(CRAWLS)) for path in CRAWLS.glob("*/*"))


def record(url: str, block: bytes, kind: str = "response", **fields: str) -> bytes:
    """A WARC record; keyword arguments replace fields, or remove them where empty."""
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{zlib.crc32(url.encode()):08x}>",
        "WARC-Target-URI": url,
        "WARC-Date": "2024-05-18T01:58:10Z",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if value]
    return "".join(["WARC/1.0\r\n", *lines, "\r\n"]).encode() + block + b"\r\n\r\n"


def response(body: bytes, *fields: str) -> bytes:
    head = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=UTF-8", *fields, "", ""]
    return "\r\n".join(head).encode() + body


def stored(data: bytes) -> bytes:
    """A gzip member whose deflate blocks hold the data verbatim."""
    return gzip.compress(data, 0, mtime=0)


def write(folder: Path, data: bytes, name: str = "a.warc.gz") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def whole(path: str, limit: int = LIMIT) -> list[Page | Rejected]:
    return list(read_records(Split(path, 0, Path(path).stat().st_size), limit))


def pieces(path: str, cuts: list[int], limit: int = LIMIT) -> list[Page | Rejected]:
    edges = [0, *sorted(cuts), Path(path).stat().st_size]
    return [
        element
        for start, stop in itertools.pairwise(edges)
        for element in read_records(Split(path, start, stop), limit)
    ]


def body_of(folder: Path, block: bytes, limit: int = LIMIT) -> Page | Rejected:
    (element,) = whole(write(folder, gzip.compress(record(URL, block))), limit)
    return element


def summary(elements: list[Page | Rejected]) -> list[str]:
    return ["page" if isinstance(element, Page) else element.reason for element in elements]


def members(data: bytes) -> list[bytes]:
    """What the members of a gzip file hold."""
    held = []
    while data:
        inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        held.append(inflate.decompress(data))
        data = inflate.unused_data
    return held


def zstd(data: bytes, dictionary: zstandard.ZstdCompressionDict | None = None) -> bytes:
    """A zstd frame as the IIPC's specification wants it."""
    return zstandard.ZstdCompressor(dict_data=dictionary, write_checksum=True).compress(data)


def zstd_stored(data: bytes) -> bytes:
    """A zstd frame whose blocks hold the data verbatim (RFC 8878, sections 3.1.1.1 and 3.1.1.2)."""
    frame = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    for start in range(0, len(data), 1 << 17):
        block = data[start : start + (1 << 17)]
        last = start + len(block) == len(data)
        frame += (len(block) << 3 | last).to_bytes(3, "little") + block
    return frame


def skippable(content: bytes, kind: int = 0xD) -> bytes:
    """A zstd frame that holds no data; one of kind 0xD at a file's start holds its dictionary."""
    return bytes([0x50 + kind]) + b"\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def in_frames(data: bytes, frames: int, pack: Callable[[bytes], bytes]) -> bytes:
    """Data over several frames, the first with the first line at least; the second is empty."""
    size = len(data) // frames + 1
    first = max(size, data.index(b"\n") + 1)
    parts = [data[start : start + size] for start in range(first, len(data), size)]
    return b"".join(map(pack, [data[:first], b"", *parts]))
