"""How a page's text becomes the bytes of an HTTP body: charset, its declaration, content coding."""

import gzip
import zlib
from dataclasses import dataclass
from typing import Literal

import brotli

Declared = Literal["header", "meta", "none", "wrong"]
Coding = Literal["identity", "chunked", "gzip", "chunked+gzip", "deflate", "br"]

CODINGS: tuple[Coding, ...] = ("identity", "chunked", "gzip", "chunked+gzip", "deflate", "br")
DECLARED: tuple[Declared, ...] = ("header", "meta", "none", "wrong")

LEGACY = {
    "ar": ("windows-1256",),
    "de": ("windows-1252", "iso-8859-1"),
    "el": ("iso-8859-7",),
    "es": ("windows-1252", "iso-8859-1"),
    "fr": ("windows-1252", "iso-8859-1"),
    "ja": ("shift_jis", "euc-jp"),
    "ko": ("euc-kr",),
    "ru": ("windows-1251", "koi8-r"),
    "tr": ("iso-8859-9",),
    "uk": ("windows-1251", "koi8-u"),
    "zh": ("gb18030", "gbk"),
}
"""The charsets of pages not in UTF-8, by language."""

_CHUNK = 1500


@dataclass(frozen=True)
class Charset:
    """The charset of a page and where the page says so.

    Attributes:
        name: The charset of the bytes.
        declared: `header` or `meta` names it, `none` does, or what is named is `wrong`.
        in_header: The charset the Content-Type header names; empty for none.
        in_meta: The charset a `meta` element names; empty for none.
    """

    name: str
    declared: Declared
    in_header: str = ""
    in_meta: str = ""


def choose_charset(language: str, index: int) -> Charset:
    """The charset of the `index`-th page in a language.

    The first page of a language is plain UTF-8. The next ones go through the legacy charsets and
    the four ways to declare them. German, French and Spanish, which have many pages, use them on
    every third page only; English stays in UTF-8 and never declares it wrongly.
    """
    names = LEGACY.get(language, ("utf-8",))
    if language == "en":
        return _declare("utf-8", DECLARED[index % 3], index)
    if index == 0:
        return _declare("utf-8", "header", index)
    turn = index - 1
    if language in ("de", "fr", "es"):
        if index % 3:
            return _declare("utf-8", DECLARED[index % 2], index)
        turn = index // 3
    # Every second round of four swaps the charsets, so that each meets every declaration.
    name = names[(turn + turn // 4) % len(names)]
    return _declare(name, DECLARED[turn % 4], index)


def encode_text(html: str, charset: Charset) -> bytes:
    """The page's bytes; characters the charset lacks become character references."""
    return html.encode(charset.name, errors="xmlcharrefreplace")


def encode_body(body: bytes, coding: Coding) -> tuple[bytes, list[tuple[str, str]]]:
    """The body as it travels, and the headers that say how."""
    match coding:
        case "identity":
            return body, [("Content-Length", str(len(body)))]
        case "chunked":
            return _chunk(body), [("Transfer-Encoding", "chunked")]
        case "chunked+gzip":
            packed = gzip.compress(body, mtime=0)
            return _chunk(packed), [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
        case "gzip":
            packed = gzip.compress(body, mtime=0)
        case "deflate":
            packed = zlib.compress(body, 9)
        case "br":
            packed = brotli.compress(body, quality=5)
    return packed, [("Content-Encoding", coding), ("Content-Length", str(len(packed)))]


def _declare(name: str, declared: Declared, index: int) -> Charset:
    match declared:
        case "header":
            return Charset(name, declared, in_header=name)
        case "meta":
            return Charset(name, declared, in_meta=name)
        case "none":
            return Charset(name, declared)
    # Browsers read iso-8859-1 as windows-1252, so for these two it would be no lie.
    western = name in ("windows-1252", "iso-8859-1")
    if western or (name != "utf-8" and index % 2):
        return Charset(name, declared, in_header="utf-8")
    return Charset(name, declared, in_meta="iso-8859-1")


def _chunk(body: bytes) -> bytes:
    pieces = [body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
