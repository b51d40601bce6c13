"""A page's bytes to a document's text, or to the reason why there is none.

The cheap tests come first: status, media type, the screen; then the markup's limits, and the main
text. Nothing is remembered between pages: the same page gives the same text whatever came before.
"""

from typing import TYPE_CHECKING

import regex
import trafilatura
from lxml import etree
from resiliparse.extract.html2text import extract_plain_text

from classifiers.config import LanguageConfig
from classifiers.language import identify
from pipeline import charset, urls
from pipeline.maintext import markdown, markup
from pipeline.maintext.choice import main_blocks
from pipeline.metadata import names_licence, read_metadata
from pipeline.normalize import clean
from pipeline.records import Document, Metadata, Page, Rejected
from pipeline.screen import Screen

if TYPE_CHECKING:
    from pipeline.config import ExtractSection

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset({"text/plain"})
_OK = 200
_LANGUAGE = LanguageConfig()
_WORD = regex.compile(r"\w")
# After the tags that the WHATWG MIME sniffing standard (section 7.1) takes for HTML.
_HTML_START = regex.compile(
    rb"(?i)(?:\xEF\xBB\xBF)?\s*<(?:!doctype html|!--|html|head|body|title|script|meta|div|table"
    rb"|p|h1)[\s>-]"
)


def extract(
    page: Page,
    section: "ExtractSection",
    screen: Screen | None,
    language: LanguageConfig = _LANGUAGE,
) -> Document | Rejected:
    """The text of a page and what it says of itself, or the reason why there is none.

    Args:
        page: The page.
        section: The engine, its options, and the limits.
        screen: What the filter will ask for; None to extract every page.
        language: What identifies the language.
    """
    mime = page.mime or _sniff(page.body)
    if rejection := _of_no_use(page, mime):
        return rejection
    decoded, _ = charset.decode(page.body, page.charset)
    if mime in _TEXT:
        said = read_metadata(etree.Element("html"), page.capture.url, page.fields, False)
        return _document(page, clean(decoded), None, said, language)
    stripped = markup.strip(decoded.encode("utf-8", "replace"))
    if screen and (reason := screen.rejects(stripped)):
        return _dropped(page, *reason)
    try:
        root = markup.parse(stripped, markup.Limits(section.max_nodes, section.max_attributes))
    except markup.LimitError as error:
        return _dropped(page, error.reason, float(error.value))
    if root is None:
        return _dropped(page, "no_text")
    metadata = read_metadata(root, page.capture.url, page.fields, names_licence(stripped))
    text, link_density = _main_text(decoded, root, section)
    return _document(page, text, link_density, metadata, language)


def _of_no_use(page: Page, mime: str) -> Rejected | None:
    """Why a page's header rules it out, if it does."""
    if page.status != _OK:
        return _dropped(page, "status", float(page.status))
    if not page.body:
        return _dropped(page, "empty_body")
    if mime not in _HTML | _TEXT:
        return _dropped(page, "mime", detail=mime)
    return None


def _main_text(
    decoded: str, root: etree._Element, section: "ExtractSection"
) -> tuple[str, float | None]:
    """The main text by the configured engine, and the share of it that stands in links."""
    match section.engine:
        case "trafilatura":
            text = trafilatura.extract(decoded, include_comments=section.comments)
            return text or "", None
        case "resiliparse":
            text = extract_plain_text(decoded, main_content=True, comments=section.comments)
            return clean(text), None
        case "careful":
            blocks = main_blocks(root, section.comments)
            chars = sum(block.chars for block in blocks)
            links = sum(block.link_chars for block in blocks)
            return clean(markdown.render(blocks)), links / max(chars, 1)


def _document(
    page: Page,
    text: str,
    link_density: float | None,
    metadata: Metadata,
    language: LanguageConfig,
) -> Document | Rejected:
    if not _WORD.search(text):
        return _dropped(page, "no_text")
    found = identify(text, language)
    return Document(
        page.capture,
        urls.host(page.capture.url),
        text,
        found.language,
        found.score,
        found.second,
        link_density,
        metadata,
    )


def _sniff(body: bytes) -> str:
    """The media type of a body without one: HTML if it starts like it, else unknown."""
    return "text/html" if _HTML_START.match(body) else "unknown"


def _dropped(page: Page, reason: str, value: float | None = None, detail: str = "") -> Rejected:
    return Rejected(page.capture, "dropped", reason, value, detail)
