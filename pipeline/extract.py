"""A page's bytes to a document's text."""

import unicodedata

import regex
import trafilatura

from classifiers import language
from pipeline import charset, urls
from pipeline.records import Document, Page, Rejected

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset({"text/plain"})
_OK = 200
_LINE_END = regex.compile(r"\r\n|[\r\x0B\x0C\x85\u2028\u2029]")
# After the tags that the WHATWG MIME sniffing standard (section 7.1) takes for HTML.
_HTML_START = regex.compile(
    rb"(?i)(?:\xEF\xBB\xBF)?\s*<(?:!doctype html|!--|html|head|body|title|script|meta|div|table"
    rb"|p|h1)[\s>-]"
)
# Controls but newline and tab, the format characters that carry no text (zero-width space, word
# joiner, soft hyphen, byte-order mark, bidirectional overrides), lone surrogates, U+FFFE, U+FFFF.
# Zero-width joiner and non-joiner stay: they decide spelling in Persian, Hindi and Bengali.
_NOISE = regex.compile(
    r"[\x00-\x08\x0B-\x1F\x7F-\x9F\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF"
    r"\uD800-\uDFFF\uFFFE\uFFFF]"
)


def extract(page: Page) -> Document | Rejected:
    """The text of a page and its language, or the reason why there is none.

    The cheap tests come first: status, media type, size; then decoding and extraction. Extraction
    keeps no state: the same page gives the same text whatever came before.
    """
    if page.status != _OK:
        return _dropped(page, "status", float(page.status))
    if not page.body:
        return _dropped(page, "empty_body")
    mime = page.mime or _sniff(page.body)
    if mime not in _HTML | _TEXT:
        return _dropped(page, "mime", detail=mime)
    decoded, _ = charset.decode(page.body, page.charset)
    text = clean(decoded if mime in _TEXT else main_text(decoded))
    if not text:
        return _dropped(page, "no_text")
    code, score = language.identify(text)
    return Document(page.capture, urls.host(page.capture.url), text, code, score)


def main_text(html: str) -> str:
    """The main text of an HTML page by trafilatura; empty if it finds none.

    Comments are left out, tables are kept; its own deduplication keeps state in the process and
    stays off.
    """
    text = trafilatura.extract(
        html, include_comments=False, include_tables=True, deduplicate=False, with_metadata=False
    )
    return text or ""


def clean(text: str) -> str:
    """Unicode NFC, line feeds as line ends, no control or zero-width characters, no blank edges."""
    text = _LINE_END.sub("\n", text)
    return unicodedata.normalize("NFC", _NOISE.sub("", text)).strip()


def _sniff(body: bytes) -> str:
    """The media type of a body without one: HTML if it starts like it, else unknown."""
    return "text/html" if _HTML_START.match(body) else "unknown"


def _dropped(page: Page, reason: str, value: float | None = None, detail: str = "") -> Rejected:
    return Rejected(page.capture, "dropped", reason, value, detail)
