"""Pages that people or models have labelled, read from JSON Lines files."""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from zstandard import ZstdDecompressor, ZstdError

from classifiers import domain_scheme
from classifiers.domain_scheme import SCHEMES
from pipeline import files
from pipeline.errors import UserError

_BLOCK = 1 << 16
_MOST_WINDOW = 1 << 31
# JSON can spell halves of UTF-16 pairs, which no text has.
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page to learn from.

    Attributes:
        url: Its URL.
        text: Its text.
        labels: Its label by scheme, of those it has one in.
    """

    url: str
    text: str
    labels: dict[str, str]


def read(paths: Iterable[str]) -> Iterator[LabelledPage]:
    """The pages of files of an object a line, plain or ending in `.gz` or `.zst`.

    An object has `url` and `text`, and labels under `topic`, `format` and `domain`: names or
    WebOrganizer's ids. Other keys are not looked at; a label may be missing or null. Lone
    surrogates become U+FFFD.

    Raises:
        UserError: A file cannot be read, or a line is no such object.
    """
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            if line.strip():
                yield _page(line, f"{path}, line {number}")


def _lines(path: str) -> Iterator[bytes]:
    try:
        with files.open_read(path) as stream:
            yield from _opened(path, stream)
    except (OSError, EOFError, ZstdError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({reason})") from error


def _opened(path: str, stream: IO[bytes]) -> Iterable[bytes]:
    if path.endswith(".gz"):
        return gzip.GzipFile(fileobj=stream)
    return _unzstd(stream) if path.endswith(".zst") else stream


def _unzstd(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of zstd frames; unlike zstandard's own reader it tells when the last is cut off."""
    codec, rest = None, b""
    while block := stream.read(_BLOCK):
        while block:
            codec = codec or ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj()
            *lines, rest = (rest + codec.decompress(block)).split(b"\n")
            yield from lines
            block, codec = (codec.unused_data, None) if codec.eof else (b"", codec)
    if codec is not None:
        raise EOFError("the file ends in the middle of its compressed data")
    yield rest


def _page(line: bytes, where: str) -> LabelledPage:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not JSON ({error})") from error
    except RecursionError as error:
        raise UserError(f"{where}: too deeply nested; write one page a line") from error
    if not isinstance(row, dict):
        raise UserError(f"{where}: no JSON object; write one page a line")
    for key in ("url", "text"):
        if not isinstance(row.get(key), str):
            raise UserError(f"{where}: {key!r} is missing or no string")
    url, text = (_SURROGATE.sub("\ufffd", row[key]) for key in ("url", "text"))
    return LabelledPage(url, text, _labels(row, where))


def _labels(row: dict[str, Any], where: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for scheme in SCHEMES:
        if (given := row.get(scheme)) is None:
            continue
        label = domain_scheme.label_of(scheme, given)
        if label is None:
            known = ", ".join(domain_scheme.names(scheme))
            raise UserError(f"{where}: {given!r} is no {scheme}; these are: {known}")
        labels[scheme] = label
    return labels
