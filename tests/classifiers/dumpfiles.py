"""Small MediaWiki dumps, written by hand, for the tests of what reads them."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import zstandard

DATA = Path(__file__).resolve().parents[2] / "../shared/data/wikipedia"
ENWIKI = DATA / "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
UKWIKI = DATA / "ukwiki-truncated-100k.xml.xz"

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".xml": bytes,
    ".bz2": lambda data: bz2.compress(data, compresslevel=1),  # Small blocks, quick.
    ".gz": gzip.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
    ".zst": zstandard.compress,
}


def head(language: str = "fy", category: str = "Kategory") -> str:
    """The beginning of a dump of a Wikipedia."""
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><dbname>'
        f"{language}wiki</dbname><base>https://{language}.wikipedia.org/wiki/Haadside</base>"
        f'<namespaces><namespace key="0" /><namespace key="14">{category}</namespace></namespaces>'
        "</siteinfo>\n"
    )


def page(title: str, text: str, namespace: int = 0, more: str = "", model: str = "wikitext") -> str:
    """A page of a dump."""
    return (
        f"<page><title>{title}</title><ns>{namespace}</ns><id>{len(title)}</id>{more}"
        f"<revision><model>{model}</model><text>{escape(text)}</text></revision></page>\n"
    )


def dump(*pages: str, language: str = "fy", category: str = "Kategory") -> bytes:
    """A dump."""
    return f"{head(language, category)}{''.join(pages)}</mediawiki>".encode()


def multistream(pages: Sequence[str], each: int) -> bytes:
    """A dump as Wikimedia's `multistream`: its head, some pages at a time, its end."""
    groups = ["".join(pages[start : start + each]) for start in range(0, len(pages), each)]
    streams = [head(), *groups, "</mediawiki>"]
    return b"".join(bz2.compress(stream.encode()) for stream in streams)
