"""The pages of a MediaWiki dump, read as a stream, one in memory at a time.

Format: https://www.mediawiki.org/wiki/Help:Export and the schemas it names. What is damaged or cut
off is told as such, after the pages before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from classifiers import dumps
from pipeline import files
from pipeline.decompression import DamagedError
from pipeline.errors import UserError
from pipeline.records import Split
from pipeline.urls import host

_CATEGORY = "Category"


@dataclass(frozen=True, slots=True)
class Site:
    """The wiki that a dump is of.

    Attributes:
        language: The Wikipedia's code: `en`, `uk`, `zh-min-nan`.
        categories: What its namespace of categories is called.
    """

    language: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WikiPage:
    """A page of a wiki.

    Attributes:
        site: Its wiki.
        id: Its number there.
        title: Its title.
        namespace: The number of its namespace; articles are in 0.
        redirect: Whether it only leads to another page.
        model: What its text is: `wikitext`, or the code of something else.
        wikitext: Its text; of several revisions the last one's.
    """

    site: Site
    id: str
    title: str
    namespace: int
    redirect: bool
    model: str
    wikitext: str

    @property
    def no_article(self) -> str:
        """Why the page is no article: `namespace`, `redirect`, `content_model`; empty if it is."""
        if self.namespace:
            return "namespace"
        if self.redirect:
            return "redirect"
        return "" if self.model == "wikitext" else "content_model"


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a dump, or a piece of it, can be read no further.

    Attributes:
        reason: `truncated` or `corrupt`.
        detail: The same in words, and after which page.
    """

    reason: str
    detail: str


def read_pages(
    piece: Split, access: files.Access = files.DEFAULT_ACCESS
) -> Iterator[WikiPage | Damage]:
    """The pages of a piece of a dump, in order; last of all the damage, if there is any.

    Args:
        piece: As `dumps.split` has it.
        access: How the file is reached.

    Raises:
        UserError: The file is no MediaWiki dump.
        OSError: It cannot be read.
    """
    site: Site | None = None
    after = "before any page"
    try:
        for element in _elements(dumps.xml(piece, access)):
            if element.tag.endswith("siteinfo"):
                site = _site(element)
            else:
                page = _page(element, site)
                after = f"after page {page.id} ({page.title})"
                yield page
    except (DamagedError, etree.XMLSyntaxError) as error:
        words = " ".join(str(error).split())
        if site is None:
            raise UserError(f"{piece.path}: no MediaWiki dump ({words})") from error
        reason = error.reason if isinstance(error, DamagedError) else "corrupt"
        yield Damage(reason, f"{words}, {after}")
    if site is None:
        raise UserError(f"{piece.path}: no MediaWiki dump (it has no <siteinfo>)")


def check_dump(path: str, access: files.Access = files.DEFAULT_ACCESS) -> None:
    """Read a dump's head.

    Raises:
        UserError: It cannot be read, or is no MediaWiki dump.
    """
    try:
        next(read_pages(Split(path, 0, files.size(path, access)), access), None)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


def _elements(chunks: Iterator[bytes]) -> Iterator[Any]:
    """`<siteinfo>` and every `<page>` of a dump; each is emptied when the next is asked for.

    Raises:
        XMLSyntaxError: It is no XML.
        DamagedError: It is cut off, or `chunks` raises it.
    """
    parser = etree.XMLPullParser(
        ("end",), tag=("{*}siteinfo", "{*}page"), huge_tree=True, resolve_entities=False
    )
    damage: etree.XMLSyntaxError | None = None
    for chunk in chunks:
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            damage = error
        yield from _emptied(parser)
        if damage is not None:
            raise damage
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise DamagedError("truncated", error.msg or "empty") from error


def _emptied(parser: etree.XMLPullParser) -> Iterator[Any]:
    for _, element in parser.read_events():
        yield element
        element.clear()
        # The root keeps even cleared pages until they are taken out.
        while element.getprevious() is not None:
            del element.getparent()[0]


def _page(element: Any, site: Site | None) -> WikiPage:
    """A page.

    Raises:
        DamagedError: It stands in no dump.
    """
    if site is None:
        raise DamagedError("corrupt", "a page before <siteinfo>")
    texts = element.findall("{*}revision/{*}text")
    return WikiPage(
        site,
        element.findtext("{*}id") or "",
        element.findtext("{*}title") or "",
        _namespace(element.findtext("{*}ns") or "0"),
        element.find("{*}redirect") is not None,
        element.findtext("{*}revision/{*}model") or "wikitext",
        (texts[-1].text or "") if texts else "",
    )


def _namespace(text: str) -> int:
    """The number of a namespace; that of special pages for what is no number."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else -1


def _site(element: Any) -> Site:
    base, name = element.findtext("{*}base") or "", element.findtext("{*}dbname") or ""
    # `en` of `https://en.wikipedia.org/wiki/Main_Page`, or of `enwiki` where there is no base.
    language = host(base).split(".")[0] or name.removesuffix("wiki").replace("_", "-")
    local = element.findtext("{*}namespaces/{*}namespace[@key='14']") or _CATEGORY
    return Site(language, tuple(dict.fromkeys((local, _CATEGORY))))
