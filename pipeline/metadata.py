"""What a page says of itself, in its markup and its HTTP header fields.

Every value is the page's own claim: nothing is looked up, and nothing is guessed from the text.
What is malformed is taken for absent, as only the page could have said it right.

Work is bounded by bytes: one pass over the tree, in which at most `_MAX_ELEMENTS` elements that can
carry metadata are read, and at most `_MAX_JSON` characters of JSON-LD are parsed.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import langcodes
from lxml import etree

from pipeline.normalize import clean_line
from pipeline.optouts import read_opt_outs
from pipeline.records import Metadata

_MAX_ELEMENTS = 20_000
_MAX_ANCESTORS = 30
_MAX_JSON = 1 << 20
_MAX_ENTITIES = 1_000
_MAX_TITLE = 1_000
_MAX_TAG = 50
_MAX_URL = 2_048
_MAX_LICENCES = 100

# Names of <meta> that say when a page was published, the most trusted first: Open Graph, DCMI
# Terms, Highwire Press (Google Scholar), PRISM, rNews, schema.org, and those of Parse.ly, Sailthru
# and big publishers. Left out is what may be any date: `date`, `dc.date`, `dc.date.created`.
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "rnews:datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.date.issued",
    "citation_publication_date",
    "citation_online_date",
    "prism.publicationdate",
    "originalpublicationdate",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "article.published",
    "article_date_original",
    "bt:pubdate",
    "publication_date",
    "publishdate",
    "publish-date",
    "pub_date",
    "pubdate",
)
_RIGHTS = ("dcterms.license", "dcterms.rights", "dc.rights", "dc.rights.license")
_YEARS = range(1990, 2101)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"(?P<m>{'|'.join(_MONTHS)})[a-z]*"
# Spellings that name one day only. 7/8/2009 is not among them: it is two days.
_DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s*(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})(?!\d)",
        r"\s*(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:\d{6})?(?!\d)",
        r"\s*(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})(?!\d)",
        rf".{{0,12}}?\b(?P<d>\d{{1,2}})[ .-]{{1,2}}{_MONTH}[ .,-]{{1,2}}(?P<y>\d{{4}})(?!\d)",
        rf".{{0,12}}?\b{_MONTH}\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?"
        r"(?: [\d:]{5,8} [a-z]{3,4})? (?P<y>\d{4})(?!\d)",
    )
)

# Things whose publication or licence is the page's own, unlike a picture's or a person's.
_PAGE_LIKE = re.compile(
    r"(?:Article|Posting|Page|Report|Review|Recipe|HowTo|CreativeWork|Dataset|LearningResource)\Z"
)
_CREATIVE_COMMONS = re.compile(
    r"\s*(?:https?:)?(?://)?(?:www\.)?creativecommons\.org/"
    r"(?P<kind>licenses|publicdomain)/(?P<name>[a-z0-9+-]+)(?:/(?P<version>\d\.\d)"
    r"(?:/(?P<country>igo|scotland|[a-z]{2})(?![\w.-]))?)?(?![\w-])",
    re.IGNORECASE,
)
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r"\brel\s*=\s*\"?([^\";,]*)", re.IGNORECASE)

_BEFORE_SITE = re.compile(r"\s*[-|–—·•»«<>]|\Z")
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx", "x-default"})


@dataclass(slots=True)
class _Claims:
    """The raw claims of a page's markup, in document order."""

    language: str = ""
    base: str = ""
    title: str = ""
    heading: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    microdata_dates: list[str] = field(default_factory=list)
    pubdates: list[str] = field(default_factory=list)
    entities: list[Mapping[str, Any]] = field(default_factory=list)
    json_left: int = _MAX_JSON

    def first(self, names: Iterable[str]) -> Iterator[str]:
        """The first content of each of the `<meta>` names that the page has."""
        return (self.names[name][0] for name in names if name in self.names)


def read_metadata(
    root: etree._Element, url: str, fields: Mapping[str, str], any_link: bool = True
) -> Metadata:
    """What a page says of itself.

    Title: the first `<h1>`, where `og:title` or else `<title>` begins with it and is at most three
    times as long; otherwise that title. Publishers append the site's name to both, so the heading
    is the better wording, but alone it is too often the site's name.

    Published: `<meta>`, then JSON-LD, then microdata, then `<time pubdate>`; the latter two only if
    they agree on one day, since lists of articles date every item. The day is the publisher's: time
    zones are not converted.

    Declared language: `<html lang>`, `<meta http-equiv=content-language>` and the header field, in
    the order of the HTML standard (section 3.2.6.2), then `og:locale`. A list of languages names
    the audience, not the text's language, and does not count.

    Licences: `rel=license`, `license` in JSON-LD and in the microdata of `<link>` and `<meta>`,
    Dublin Core rights that are a URL, and any link to a Creative Commons licence. Such a link may
    be that of a picture in the page.

    Args:
        root: The page's tree from `lxml.etree.HTMLParser`.
        url: The page's address, to which relative addresses are resolved.
        fields: The HTTP header fields, as in `Page.fields`.
        any_link: Whether to look at every link of the page, for licences. A search of its bytes for
            `names_licence` is cheaper than that.
    """
    claims = _read_claims(root, any_link)
    base = _absolute(claims.base, url) or url
    links = [*claims.links, *_header_links(fields.get("link", ""))]
    return Metadata(
        title=_title(claims),
        published=_published(claims),
        canonical_url=_canonical(claims, links, base),
        declared_language=_declared_language(claims, fields),
        licences=_licences(claims, links, base),
        opt_outs=read_opt_outs(claims.names, fields),
    )


def names_licence(data: bytes) -> bool:
    """Whether a page's bytes hold what a link to a licence has."""
    lower = data.lower()
    return b"license" in lower or b"creativecommons.org/" in lower


def _read_claims(root: etree._Element, any_link: bool) -> _Claims:
    claims = _Claims()
    tags = ("a", "area", *_READERS) if any_link else tuple(_READERS)
    for element in islice(root.iter(*tags), _MAX_ELEMENTS):
        if read := _READERS.get(element.tag):
            read(element, claims)
            continue
        # Most elements are links, and hardly any is a licence.
        href, relation = element.get("href"), element.get("rel")
        if href and relation and "license" in relation.lower():
            claims.links.append((relation.lower(), href))
        elif href and "creativecommons.org/" in href:
            claims.links.append(("", href))
    return claims


def _read_html(element: etree._Element, claims: _Claims) -> None:
    claims.language = element.get("lang") or element.get("xml:lang") or ""


def _read_base(element: etree._Element, claims: _Claims) -> None:
    claims.base = claims.base or element.get("href") or ""


def _read_title(element: etree._Element, claims: _Claims) -> None:
    parent = element.getparent()
    if not claims.title and (parent is None or parent.tag != "svg"):
        claims.title = _line(element.text or "")


def _read_heading(element: etree._Element, claims: _Claims) -> None:
    claims.heading = claims.heading or _line("".join(islice(element.itertext(), _MAX_TITLE)))


def _read_link(element: etree._Element, claims: _Claims) -> None:
    href = element.get("href")
    relation = (element.get("rel") or "").lower()
    if href and ("canonical" in relation or "license" in relation):
        claims.links.append((relation, href))
    elif href and element.get("itemprop") == "license" and _is_of_page(element):
        claims.links.append(("license", href))


def _read_meta(element: etree._Element, claims: _Claims) -> None:
    content = element.get("content")
    if not content:
        return
    for attribute in ("property", "name"):
        if name := element.get(attribute):
            claims.names.setdefault(name.lower(), []).append(content)
    if (name := element.get("http-equiv")) and name.lower() == "content-language":
        claims.names.setdefault("http-equiv:content-language", []).append(content)
    if name := element.get("itemprop"):
        if name == "datePublished" and _is_of_page(element):
            claims.microdata_dates.append(content)
        elif name == "license" and _is_of_page(element):
            claims.links.append(("license", content))


def _read_script(element: etree._Element, claims: _Claims) -> None:
    if "ld+json" not in (element.get("type") or "").lower():
        return
    text = element.text or ""
    claims.json_left -= len(text)
    if claims.json_left >= 0 and ('"datePublished"' in text or '"license"' in text):
        claims.entities.extend(_entities(text))


def _read_time(element: etree._Element, claims: _Claims) -> None:
    if element.get("itemprop") == "datePublished" and _is_of_page(element):
        claims.microdata_dates.append(element.get("datetime") or element.get("content") or "")
    elif element.get("pubdate") is not None:
        claims.pubdates.append(element.get("datetime") or "")


_READERS: Mapping[str, Callable[[etree._Element, _Claims], None]] = {
    "html": _read_html,
    "base": _read_base,
    "title": _read_title,
    "h1": _read_heading,
    "meta": _read_meta,
    "link": _read_link,
    "script": _read_script,
    "time": _read_time,
}


def _is_of_page(element: etree._Element) -> bool:
    """Whether a microdata property belongs to the page, not to a picture, a person or a product."""
    for ancestor in islice(element.iterancestors(), _MAX_ANCESTORS):
        if ancestor.get("itemscope") is not None:
            return bool(_PAGE_LIKE.search((ancestor.get("itemtype") or "").strip()))
    return True


def _entities(text: str) -> Iterator[Mapping[str, Any]]:
    """The page-like things a JSON-LD script describes, the outermost first."""
    try:
        queue = deque([json.loads(text, strict=False)])
    except (ValueError, RecursionError):
        return
    for _ in range(_MAX_ENTITIES):
        if not queue:
            return
        node = queue.popleft()
        if isinstance(node, list):
            queue.extend(node[:_MAX_ENTITIES])
        elif isinstance(node, dict):
            kinds = node.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and _PAGE_LIKE.search(kind) for kind in kinds):
                yield node
            queue.extend(node[key] for key in ("@graph", "mainEntity") if key in node)


def _header_links(value: str) -> Iterator[tuple[str, str]]:
    """Relations and addresses of a `Link` header field (RFC 8288)."""
    for target, parameters in _LINK.findall(value):
        if relation := _REL.search(parameters):
            yield relation[1].lower(), target


def _title(claims: _Claims) -> str:
    title = next((line for line in map(_line, claims.first(["og:title"])) if line), claims.title)
    heading = claims.heading
    if not title:
        return heading
    if heading and title.startswith(heading) and len(title) <= 3 * len(heading):
        rest = title.removeprefix(heading)
        return heading if _BEFORE_SITE.match(rest) else title
    return title


def _published(claims: _Claims) -> str:
    if day := next(filter(None, map(_day, claims.first(_PUBLISHED))), ""):
        return day
    entities = [str(entity.get("datePublished", "")) for entity in claims.entities]
    for dates in (entities, claims.microdata_dates, claims.pubdates):
        days = set(filter(None, map(_day, dates)))
        if len(days) == 1:
            return days.pop()
    return ""


def _day(text: str) -> str:
    """The one day that a text begins with, as `YYYY-MM-DD`; empty if there is none."""
    text = " ".join(text[:100].split())
    for pattern in _DAYS:
        if found := pattern.match(text):
            month = found["m"].lower()[:3]
            number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
            try:
                day = date(int(found["y"]), number, int(found["d"]))
            except ValueError:
                return ""
            return day.isoformat() if day.year in _YEARS else ""
    return ""


def _canonical(claims: _Claims, links: Iterable[tuple[str, str]], base: str) -> str:
    said = [href for relation, href in links if "canonical" in relation.split()]
    said.extend(claims.first(["og:url"]))
    return next(filter(None, (_absolute(href, base) for href in said)), "")


def _declared_language(claims: _Claims, fields: Mapping[str, str]) -> str:
    said = (
        claims.language,
        *claims.first(["http-equiv:content-language"]),
        fields.get("content-language", ""),
        *claims.first(["og:locale"]),
    )
    return next(filter(None, (_language_tag(text[:_MAX_TAG]) for text in said)), "")


@lru_cache(maxsize=1 << 12)
def _language_tag(text: str) -> str:
    """A valid BCP 47 tag in its standard spelling; empty if the text is none."""
    try:
        tag: str = langcodes.standardize_tag(text.strip())
        valid = langcodes.tag_is_valid(tag)
    except ValueError:
        return ""
    return tag if valid and tag not in _NO_LANGUAGE else ""


def _licences(claims: _Claims, links: Iterable[tuple[str, str]], base: str) -> tuple[str, ...]:
    declared = [href for relation, href in links if "license" in relation.split()]
    declared += [text for text in claims.first(_RIGHTS) if text.startswith(("http:", "https:"))]
    for entity in claims.entities:
        said = entity.get("license")
        for one in said[:_MAX_LICENCES] if isinstance(said, list) else [said]:
            url = (one.get("@id") or one.get("url")) if isinstance(one, dict) else one
            if isinstance(url, str):
                declared.append(url)
    linked = [href for relation, href in links if not relation]
    found = {_licence_url(href, base) for href in islice(declared, _MAX_LICENCES)}
    found |= {_creative_commons(href) for href in islice(linked, _MAX_LICENCES)}
    return tuple(sorted(found - {""}))


def _licence_url(href: str, base: str) -> str:
    return _creative_commons(href) or _absolute(href, base)


def _creative_commons(url: str) -> str:
    """The one spelling of a Creative Commons licence's address; empty if it is none."""
    found = _CREATIVE_COMMONS.match(url[:_MAX_URL])
    if not found:
        return ""
    parts = [part.lower() for part in found.groups() if part]
    return "/".join(["https://creativecommons.org", *parts, ""])


def _absolute(reference: str, base: str) -> str:
    """The reference as an absolute web address without a fragment; empty if it is none."""
    if not reference or len(reference) > _MAX_URL:
        return ""
    try:
        url = urldefrag(urljoin(base, reference.strip().replace(" ", "%20"))).url
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and url.isprintable()
    except ValueError:
        return ""
    return url if usable and len(url) <= _MAX_URL else ""


def _line(text: str) -> str:
    """NFC on one line, without control characters, at most `_MAX_TITLE` characters."""
    return clean_line(text[: 4 * _MAX_TITLE])[:_MAX_TITLE].rstrip()
