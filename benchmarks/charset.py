"""How many real pages come out exactly right when they are recoded into legacy charsets.

    python benchmarks/charset.py --pages PAGES.warc.gz --json

The archive holds UTF-8 pages; `PAGES.truth.jsonl.gz` beside it tells the language of each by URL.
Every page loses its own declaration, is encoded in the charsets in which pages of its language were
published, and is decoded by each tool, told in five ways what it is in:

- `header`: rightly, by the HTTP header;
- `meta`: rightly, by `<meta>` alone;
- `none`: not at all;
- `utf-8`: wrongly, by an HTTP header that says UTF-8, as many servers say of everything;
- `latin-1`: wrongly, by an HTTP header that says ISO-8859-1, once Apache's default.

A page counts if its text is right to the last character. The other tools look at the bytes only, so
what an HTTP header says is the same to them; charset-normalizer and trafilatura read `<meta>`.
Characters that a charset lacks become character references, as browsers and editors write them.
"""

import argparse
import gzip
import json
import logging
import re
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import charset_normalizer
from measure import machine
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from trafilatura.utils import decode_file

from pipeline.charset import decode
from pipeline.records import Page
from pipeline.warc import plan_splits, read_records

WAYS = ("header", "meta", "none", "utf-8", "latin-1")
_WESTERN = [
    ("cp1252", "iso-8859-1"),
    ("cp1252", "windows-1252"),
    ("iso8859-15", "iso-8859-15"),
]
_CENTRAL = [("cp1250", "windows-1250"), ("iso8859-2", "iso-8859-2")]
_CYRILLIC = [("cp1251", "windows-1251"), ("koi8-r", "koi8-r"), ("iso8859-5", "iso-8859-5")]
_BALTIC = [("cp1257", "windows-1257"), ("iso8859-13", "iso-8859-13")]
_CHINESE = [("gb18030", "gb2312"), ("gbk", "gbk")]
# By language, the charsets its pages were published in: Python's codec, and the label on the web.
CHARSETS: dict[str, list[tuple[str, str]]] = {
    **dict.fromkeys(["ca", "da", "de", "es", "eu", "fi", "fr", "gl", "it"], _WESTERN),
    **dict.fromkeys(["nb", "nl", "nn", "pt", "pt-br", "sv"], _WESTERN),
    **dict.fromkeys(["cs", "hu", "pl", "ro", "sk", "sl", "sr-latn", "bs-latn"], _CENTRAL),
    **dict.fromkeys(["be", "bg", "ru", "sr"], _CYRILLIC),
    **dict.fromkeys(["et", "lt", "lv"], _BALTIC),
    **dict.fromkeys(["zh", "zh-cn", "zh-hans"], _CHINESE),
    "uk": [("cp1251", "windows-1251"), ("koi8-u", "koi8-u")],
    "ar": [("cp1256", "windows-1256"), ("iso8859-6", "iso-8859-6")],
    "fa": [("cp1256", "windows-1256")],
    "el": [("cp1253", "windows-1253"), ("iso8859-7", "iso-8859-7")],
    "he": [("cp1255", "windows-1255"), ("iso8859-8", "iso-8859-8")],
    "ja": [("cp932", "shift_jis"), ("euc_jp", "euc-jp"), ("iso2022_jp", "iso-2022-jp")],
    "ko": [("cp949", "euc-kr")],
    "th": [("cp874", "windows-874"), ("tis-620", "tis-620")],
    "tr": [("cp1254", "windows-1254"), ("iso8859-9", "iso-8859-9")],
    "vi": [("cp1258", "windows-1258")],
    "zh-tw": [("big5", "big5")],
}
_DECLARATION = re.compile(r"<meta[^>]+charset[^>]*>|<\?xml[^>]*\?>", re.IGNORECASE)
_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)
# Two characters that Japanese codecs map each in its own way.
_WAVES = str.maketrans("〜−", "～－")
_LEAST_HIGH = 10

Tool: TypeAlias = Callable[[bytes, str], str]


@dataclass(frozen=True)
class Recoded:
    """A page in a legacy charset: its codec in Python, its label on the web, its bytes."""

    codec: str
    label: str
    body: bytes

    def shown(self, way: str) -> tuple[bytes, str] | None:
        """Body and HTTP charset in one of the ways; None where that would not be what it says."""
        match way:
            case "header":
                return self.body, self.label
            case "meta":
                tag = f'<meta charset="{self.label}">'.encode()
                return _HEAD.sub(lambda head: head[0] + tag, self.body, count=1), ""
            case "none":
                return self.body, ""
            case "utf-8":
                return self.body, "utf-8"
        return None if self.label == "iso-8859-1" else (self.body, "iso-8859-1")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", required=True, type=Path, metavar="WARC")
    parser.add_argument("--most", type=int, default=12, metavar="N", help="pages of a language")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    pages = list(recode(given.pages, given.most))
    report: dict[str, Any] = {
        "pages": len(pages),
        "tools": {name: measure(tool, pages) for name, tool in tools().items()},
        "machine": machine(),
    }
    print(json.dumps(report, indent=1)) if given.json else show(report)


def recode(archive: Path, most: int) -> Iterator[Recoded]:
    """Real pages in legacy charsets, without any declaration.

    Args:
        archive: The pages.
        most: How many pages of a language are taken, the first ones that can be used.
    """
    truth = archive.with_name(archive.name.removesuffix(".warc.gz") + ".truth.jsonl.gz")
    rows = map(json.loads, gzip.decompress(truth.read_bytes()).splitlines())
    languages = {row["url"]: row["lang"] for row in rows if row["status"] != "untranslated?"}
    taken: Counter[str] = Counter()
    (split,) = plan_splits(str(archive), 1 << 60)
    for page in read_records(split, 1 << 20):
        language = languages.get(page.capture.url, "") if isinstance(page, Page) else ""
        text = _as_utf8(page.body) if isinstance(page, Page) and language in CHARSETS else ""
        if not _HEAD.search(text.encode()) or taken[language] == most:
            continue
        recoded = [one for one in _encoded(text, language) if _shows(one)]
        taken[language] += bool(recoded)
        yield from recoded


def _as_utf8(body: bytes) -> str:
    try:
        return _DECLARATION.sub("", body.decode("utf-8")).lstrip("\ufeff").translate(_WAVES)
    except UnicodeDecodeError:
        return ""


def _encoded(text: str, language: str) -> Iterator[Recoded]:
    for codec, label in CHARSETS[language]:
        fitting = "".join(map(_vietnamese, text)) if codec == "cp1258" else text
        yield Recoded(codec, label, fitting.encode(codec, "xmlcharrefreplace"))


def _vietnamese(char: str) -> str:
    """A letter as windows-1258 writes it: the tone is a character of its own."""
    try:
        char.encode("cp1258")
    except UnicodeEncodeError:
        base, tone = unicodedata.normalize("NFD", char)[:-1], unicodedata.normalize("NFD", char)[-1]
        return unicodedata.normalize("NFC", base) + tone
    return char


def _shows(page: Recoded) -> bool:
    """Whether there is enough beyond ASCII for a charset to matter."""
    return page.codec == "iso2022_jp" or sum(byte > 127 for byte in page.body) >= _LEAST_HIGH


def tools() -> dict[str, Tool]:
    """How pages are decoded, by ourselves and by others, as far as they are installed."""
    found: dict[str, Tool] = {
        "curate": lambda body, declared: decode(body, declared)[0],
        "uchardet (resiliparse)": lambda body, declared: bytes_to_str(
            body, detect_encoding(body) or "utf-8"
        ),
        "charset-normalizer": lambda body, declared: str(
            charset_normalizer.from_bytes(body).best()
        ),
        "trafilatura": lambda body, declared: decode_file(body),
    }
    for module in ("chardet", "cchardet"):
        if find_spec(module):
            found[module] = _chardet(module)
    return found


def _chardet(module: str) -> Tool:
    detect = __import__(module).detect
    return lambda body, declared: body.decode(detect(body)["encoding"] or "utf-8", "replace")


def measure(tool: Tool, pages: list[Recoded]) -> dict[str, Any]:
    """A tool's shares of pages decoded exactly, by way and charset, and its speed.

    Returns:
        `exact`: by way, the share by label and in `total`; `pages_per_cpu_second`: over all ways.
    """
    right: dict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    seconds = 0.0
    for way in WAYS:
        for page in pages:
            if shown := page.shown(way):
                begun = time.process_time()
                text = _text(tool, *shown)
                seconds += time.process_time() - begun
                same = text == shown[0].decode(page.codec).replace("\0", "\ufffd")
                for row in (page.label, "total"):
                    asked[way][row] += 1
                    right[way][row] += same
    exact = {
        way: {row: right[way][row] / count for row, count in sorted(counts.items())}
        for way, counts in asked.items()
    }
    count = sum(counts["total"] for counts in asked.values())
    return {"exact": exact, "pages_per_cpu_second": count / seconds}


def _text(tool: Tool, body: bytes, declared: str) -> str:
    """A tool's text; empty where it names a codec that Python lacks."""
    try:
        return tool(body, declared)
    except LookupError:
        return ""


def show(report: Mapping[str, Any]) -> None:
    """Print a table a tool for a person."""
    print(f"{report['pages']} pages; share decoded exactly, in percent")
    for name, found in report["tools"].items():
        print(f"\n{name}: {found['pages_per_cpu_second']:,.0f} pages per CPU second")
        print(f"{'':16}" + "".join(f"{way:>10}" for way in WAYS))
        for row in found["exact"]["none"]:
            shares = (found["exact"][way].get(row) for way in WAYS)
            cells = ("–" if share is None else f"{100 * share:.1f}" for share in shares)
            print(f"{row:16}" + "".join(f"{cell:>10}" for cell in cells))


if __name__ == "__main__":
    main()
