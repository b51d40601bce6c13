"""The web pages that an article cites, and what all its citations together say of a web page."""

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from classifiers.webarchives import original
from classifiers.wikitext import links
from pipeline.hashing import hash64
from pipeline.urls import canonical_url, host, registered_domain

MOST_PAGES = 10
"""Citing pages that are named."""
MOST_CATEGORIES = 10
"""Their categories that are named."""

_WIKIMEDIA = re.compile(
    r"(?:wik(?:ipedia|imedia|idata|tionary|ibooks|inews|iquote|isource|iversity|ivoyage)"
    r"|mediawiki|wikimediafoundation|wikifunctions|toolforge|wmflabs|wmcloud)\.org"
)


@dataclass(slots=True)
class Reference:
    """A web page that an article cites.

    Attributes:
        canonical_url: Its address, as `canonical_url` spells it.
        url: The address as the article has it first; of a copy in an archive, the original's.
        citations: How often the article has it. An archive's copy beside the address itself is no
            citation more: of the addresses and of the copies the more frequent count.
        in_ref: Whether the article has it in a `<ref>`.
    """

    canonical_url: str
    url: str
    citations: int
    in_ref: bool


def references(wikitext: str) -> list[Reference]:
    """The web pages that an article cites, once each, in its order.

    Links to Wikimedia's own sites are left out, and addresses whose host is no name with a dot.
    """
    found: dict[str, Reference] = {}
    counts: Counter[tuple[str, bool]] = Counter()
    for link in links(wikitext):
        url = original(link.url)
        canonical = canonical_url(url)
        name = host(canonical)
        if "." not in name or _WIKIMEDIA.fullmatch(registered_domain(name)):
            continue
        reference = found.setdefault(canonical, Reference(canonical, url, 0, False))
        counts[canonical, url != link.url] += 1
        reference.citations = max(counts[canonical, True], counts[canonical, False])
        reference.in_ref |= link.in_ref
    return list(found.values())


def summary(
    canonical_url: str, language: str, citing: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the citations of a web page in one language say of it, whatever their order.

    Args:
        canonical_url: The web page.
        language: The language of the citing pages.
        citing: For each citing page its title as `page`, its `categories`, and `url`, `citations`
            and `in_ref` of the reference.

    Returns:
        A row of the table of references; see docs/data-format.md.
    """
    urls: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    pages: set[str] = set()
    citations = in_ref = 0
    for row in citing:
        urls[row["url"]] += 1
        categories.update(row["categories"])
        pages.add(row["page"])
        citations += row["citations"]
        in_ref += row["in_ref"]
    name = host(canonical_url)
    return {
        "canonical_url": canonical_url,
        "url": _most_frequent(urls, 1)[0],
        "host": name,
        "domain": registered_domain(name),
        "language": language,
        "citations": citations,
        "pages": len(pages),
        "in_ref": in_ref,
        "citing_pages": sorted(heapq.nsmallest(MOST_PAGES, pages, key=_hash)),
        "categories": _most_frequent(categories, MOST_CATEGORIES),
    }


def _most_frequent(counts: Counter[str], most: int) -> list[str]:
    """The most frequent first; of equally frequent ones the first in the alphabet."""
    return [name for _, name in heapq.nsmallest(most, ((-n, name) for name, n in counts.items()))]


def _hash(title: str) -> tuple[int, str]:
    return hash64(title), title
