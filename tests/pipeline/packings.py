"""Records packed in every way that archives are."""

import gzip
import zlib
from collections.abc import Callable

import zstandard

from tests.pipeline.archives import (
    HTML,
    URL,
    in_frames,
    record,
    response,
    skippable,
    stored,
    zstd,
    zstd_stored,
)

SMALL = [record(f"{URL}{n}", response(b"<p>page %d" % n * 40)) for n in range(4)]
SMALL[2] += record(f"{URL}twin", response(HTML))


def dictionary_of(records: list[bytes]) -> zstandard.ZstdCompressionDict:
    samples: list[bytes | bytearray | memoryview] = []
    for data in records * 10:
        samples += [data[start : start + 500] for start in (0, 500, 1000)]
    return zstandard.train_dictionary(20_000, samples)


def with_dictionary(records: list[bytes], pack: Callable[[bytes], bytes]) -> bytes:
    dictionary = dictionary_of(records)
    frames = [zstd(data, dictionary) for data in records]
    return skippable(pack(dictionary.as_bytes())) + b"".join(frames)


def with_extensions(records: list[bytes]) -> bytes:
    """Frames of other kinds in between, with what looks like a frame inside."""
    return b"".join(zstd(data) + skippable(zstd(data)[:-1], 3) for data in records)


def without_sizes(records: list[bytes]) -> bytes:
    """Frames that do not say how much they hold, and have no checksum."""
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    return b"".join(map(compressor.compress, records))


CHECKSUM, EXTRA, NAME, COMMENT, RESERVED = 2, 4, 8, 16, 32
EVERY = CHECKSUM | EXTRA | NAME | COMMENT
FILE_NAME = b"a name as the gzip command writes it.warc"


def headed(
    data: bytes, flags: int, extra: bytes = b"", name: bytes = FILE_NAME, level: int = 9
) -> bytes:
    """A gzip member with these optional fields in its header (RFC 1952, section 2.3)."""
    member = gzip.compress(data, level, mtime=0)
    header = member[:3] + bytes([flags]) + member[4:10]
    if flags & EXTRA:
        header += len(extra).to_bytes(2, "little") + extra
    if flags & NAME:
        header += name + b"\0"
    if flags & COMMENT:
        header += b"a comment\0"
    if flags & CHECKSUM:
        header += (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little")
    return header + member[10:]


PACKINGS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": lambda records: b"".join(map(gzip.compress, records)),
    "stored": lambda records: b"".join(map(stored, records)),
    "gzip, full headers": lambda records: b"".join(
        headed(data, EVERY, bytes(1 << n % 16)) for n, data in enumerate(records)
    ),
    "gzip, three members a record": lambda records: b"".join(
        in_frames(data, 3, gzip.compress) for data in records
    ),
    "zstd": lambda records: b"".join(map(zstd, records)),
    "zstd, stored": lambda records: b"".join(map(zstd_stored, records)),
    "zstd, three frames a record": lambda records: b"".join(
        in_frames(data, 3, zstd) for data in records
    ),
    "zstd, extension frames": with_extensions,
    "zstd, no sizes": without_sizes,
    "zstd, dictionary": lambda records: with_dictionary(records, bytes),
    "zstd, compressed dictionary": lambda records: with_dictionary(records, zstd),
}
