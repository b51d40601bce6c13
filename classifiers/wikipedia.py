"""The web pages that Wikipedia cites, read from a MediaWiki dump.

A dump (`pages-articles.xml`, https://www.mediawiki.org/wiki/Help:Export) is read as a stream, one
page in memory at a time. Its wikitext is scanned once for every web address in it, whether in
`<ref>`, in a template's `url=` or `archive-url=`, in brackets or bare: parsing it in full would
cost a hundred times as much and, as templates are not expanded, find the same. Where an address
ends follows MediaWiki's own parser (`Parser::EXT_LINK_URL_CLASS`, `makeFreeExternalLink`).
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from lzma import LZMAError
from typing import IO
from urllib.parse import unquote

import fsspec
from lxml import etree
from zstandard import ZstdError

from pipeline.errors import UserError
from pipeline.urls import canonical_url, host, registered_domain

# Every alternative is linear: an unclosed comment or tag reaches to the end. Each begins with one
# of two characters, which makes the search ten times as fast as one for `http`.
_TOKEN = re.compile(
    r"""
    <(?:
        !--.*?(?:-->|\Z)
      | (?P<raw>(?i:nowiki|pre|syntaxhighlight|source|math))\b[^<>]*(?<!/)>
        .*?(?:</(?i:(?P=raw))\s*>|\Z)
      | (?P<open>(?i:ref)\b[^<>]*(?<!/)>)
      | (?P<close>/(?i:ref)\s*>)
    )
    | //(?:(?<=(?i:\bhttps://))|(?<=(?i:\bhttp://))|(?<=[\[=|]//))
      (?P<rest>[^\s<>\[\]"{}|']+(?:'(?!')[^\s<>\[\]"{}|']*)*)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE = re.compile(r"(?P<delimiter>[\[=|]\s*)?(?P<scheme>https?:)?\Z", re.IGNORECASE)
_BEFORE_LENGTH = 20

# Archives name a page by the time of capture and its address, as the Wayback Machine does. Some
# citations lost a slash of the address.
_CAPTURE = re.compile(r"/(?:[\d.-]{4,}(?:[a-z]{2}_)?\*?|\*)/(?=https?:/|www\.)", re.IGNORECASE)
_WEBCITATION = re.compile(
    r"(?:https?:)?//(?:www\.)?webcitation\.org/[^?]*\?(?:[^#]*&)?url=([^&#]+)", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:(https?):)?/*", re.IGNORECASE)

_WIKIMEDIA = re.compile(
    r"(?:wik(?:ipedia|imedia|idata|tionary|ibooks|inews|iquote|isource|iversity|ivoyage)"
    r"|mediawiki|wikimediafoundation|wikifunctions|toolforge|wmflabs|wmcloud)\.org"
)
_DAMAGE = (OSError, EOFError, zlib.error, LZMAError, ZstdError, ValueError, etree.XMLSyntaxError)


@dataclass(frozen=True, slots=True)
class Reference:
    """A page that a Wikipedia article links to.

    Attributes:
        url: The address as the article has it; of a copy in an archive, the original's.
        canonical: The same, as `canonical_url` spells it.
        host: Its host.
        citing_page: The article's title.
        wiki: The article's Wikipedia: `en`, `uk`, `zh-min-nan`.
        in_ref: Whether the article has it in a `<ref>`.
    """

    url: str
    canonical: str
    host: str
    citing_page: str
    wiki: str
    in_ref: bool


def references(dump: str) -> Iterator[Reference]:
    """Every page that the articles of a dump cite, once an article, in the dump's order.

    Articles are pages of the main namespace that are no redirects. Links to Wikimedia's own sites
    are left out.

    Args:
        dump: A path or fsspec URL; `.bz2`, `.gz`, `.xz` and `.zst` are decompressed.

    Raises:
        UserError: The dump is missing, damaged or cut off; what it cites up to there has been
            yielded.
    """
    for wiki, title, wikitext in _articles(dump):
        found: dict[str, Reference] = {}
        for url, in_ref in links(wikitext):
            canonical = canonical_url(url)
            name = host(canonical)
            earlier = found.get(canonical)
            if "." not in name or _WIKIMEDIA.fullmatch(registered_domain(name)):
                continue
            if earlier is None or (in_ref and not earlier.in_ref):
                first = earlier.url if earlier else url
                found[canonical] = Reference(first, canonical, name, title, wiki, in_ref)
        yield from found.values()


def cited_urls(dumps: Iterable[str]) -> Counter[str]:
    """Canonical URL -> number of articles citing it, over all the dumps.

    Takes about 200 bytes of memory a URL.

    Raises:
        UserError: As `references`.
    """
    return Counter(reference.canonical for dump in dumps for reference in references(dump))


def links(wikitext: str) -> Iterator[tuple[str, bool]]:
    """Every web address in a wikitext, taken out of archive links, and whether a `<ref>` has it.

    Takes time linear in the text, well-formed or not.
    """
    in_ref = False
    for token in _TOKEN.finditer(wikitext):
        if token["rest"]:
            yield original(_address(token).replace("&amp;", "&")), in_ref
        elif token["open"]:
            in_ref = True
        elif token["close"]:
            in_ref = False


def original(url: str) -> str:
    """The address of the page that an archive's address is a copy of; others as they are.

    Knows the Wayback Machine's form, which most archives share, and webcitation.org's. Short
    forms, such as `archive.today/AbCdE`, do not tell.
    """
    if quoted := _WEBCITATION.match(url):
        return _with_scheme(unquote(quoted[1]))
    captures = list(_CAPTURE.finditer(url))
    return _with_scheme(url[captures[-1].end() :]) if captures else url


def _with_scheme(url: str) -> str:
    found = _SCHEME.match(url)
    assert found is not None  # It matches the empty string.
    return f"{found[1] or 'http'}://{url[found.end() :]}"


def _address(token: re.Match[str]) -> str:
    """The whole address; in running text it ends before punctuation and a parenthesis around."""
    start = token.start()
    before = _BEFORE.search(token.string, max(0, start - _BEFORE_LENGTH), start)
    assert before is not None  # It matches the empty string.
    url = (before["scheme"] or "") + token[0]
    if before["delimiter"]:
        return url
    return url.rstrip(",;.:!?" if "(" in url else ",;.:!?)")


def _articles(dump: str) -> Iterator[tuple[str, str, str]]:
    """Wiki, title and wikitext of the articles of a dump."""
    try:
        with fsspec.open(dump, "rb", compression="infer") as stream:
            yield from _parse(stream)
    except FileNotFoundError as error:
        raise UserError(f"{dump}: no such file; check quality.dumps") from error
    except _DAMAGE as error:
        reason = str(error).strip() or type(error).__name__
        raise UserError(
            f"{dump}: damaged, cut off or no MediaWiki dump ({reason}); download it again"
        ) from error


def _parse(stream: IO[bytes]) -> Iterator[tuple[str, str, str]]:
    wiki = ""
    events = etree.iterparse(
        stream, tag=("{*}siteinfo", "{*}page"), huge_tree=True, resolve_entities=False
    )
    for _, element in events:
        if element.tag.endswith("siteinfo"):
            wiki = _wiki(element.findtext("{*}base") or "", element.findtext("{*}dbname") or "")
        elif element.findtext("{*}ns", "0") == "0" and element.find("{*}redirect") is None:
            title = element.findtext("{*}title") or ""
            texts = element.findall("{*}revision/{*}text")
            yield wiki, title, (texts[-1].text or "") if texts else ""
        element.clear()
        # The root keeps even cleared pages until they are taken out.
        while element.getprevious() is not None:
            del element.getparent()[0]
    if etree.QName(events.root).localname != "mediawiki":
        raise ValueError(f"its root is <{etree.QName(events.root).localname}>")


def _wiki(base: str, dbname: str) -> str:
    """`en` of `https://en.wikipedia.org/wiki/Main_Page`, or of `enwiki` where there is no base."""
    return host(base).split(".")[0] or dbname.removesuffix("wiki").replace("_", "-")
