"""The pages that domain classifiers learn from, and which of them are for what.

Whole sites train, tune (choose settings), calibrate or test: see `classifiers.splits`. So no page
is judged by what other pages of its site taught, and nothing that was chosen was chosen on the test
pages. Pages are in the order of their hashes: the same pages give the same bytes, in whatever order
they come.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from classifiers import domain, domain_scheme, language
from classifiers.config import LanguageConfig
from classifiers.domain_scheme import SCHEMES
from classifiers.labelled import LabelledPage
from classifiers.multiclass import Ints
from classifiers.splits import Sides, Split
from pipeline.hashing import hash64
from pipeline.urls import host, registered_domain

View = Literal["both", "url", "text"]

# Bounds the memory of training, to about 1 GB.
MOST_PAGES = 200_000
# Every label teaches more (docs/log.md), and little is tuned and calibrated.
SHARES: Mapping[Split, float] = {"train": 0.6, "tune": 0.1, "calibrate": 0.1, "test": 0.2}


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """What training keeps of a labelled page.

    Attributes:
        key: A hash of it, which decides its place.
        site: Its registered domain.
        language: The tag of its text's language.
        split: What its site is for.
        url: The words of its URL.
        text: The words of its text.
        labels: Its labels, in the order of `SCHEMES`; empty where it has none.
        listed: The domain that host lists give it; empty if none.
    """

    key: int
    site: str
    language: str
    split: Split
    url: str
    text: str
    labels: tuple[str, ...]
    listed: str

    def label(self, scheme: str) -> str:
        """Its label in a scheme, the domain of its topic and format included; empty if none."""
        own = self.labels[SCHEMES.index(scheme)]
        topic, form, _ = self.labels
        made = scheme == "domain" and not own and topic and form
        return domain_scheme.domain_of(topic, form) if made else own

    def joined(self, same: LabelledPage) -> "Page":
        """With the labels of the same page elsewhere; of two the first by the alphabet."""
        pairs = zip(self.labels, (same.labels.get(scheme, "") for scheme in SCHEMES), strict=True)
        labels = tuple(min(filter(None, pair), default="") for pair in pairs)
        return replace(self, labels=labels)

    def seen(self, view: View) -> tuple[str, str]:
        """What a model sees: words of its URL, and of its text."""
        return "" if view == "text" else self.url, "" if view == "url" else self.text


def prepare(
    labelled: Iterable[LabelledPage], listed: Callable[[str], str | None], rotation: int = 0
) -> list[Page]:
    """The pages to learn from, in the order of their hashes: at most 200,000, the lowest.

    Labels of the same page, as of a file of topics and one of formats, come together. A page with a
    topic and a format has the domain that both make, unless it names one itself.

    Args:
        labelled: Pages in any order. Those without a label, and in no host list, are left out.
        listed: The domain that host lists give a URL, if any.
        rotation: Which of five ways to share out the sites, as in `Sides.of`.
    """
    found: dict[int, Page] = {}
    # A heap has its least element first; negated, that is the greatest hash.
    greatest: list[int] = []
    for one in labelled:
        by_list = listed(one.url) or ""
        key = hash64(f"{one.url}\n{one.text}")
        if key in found:
            found[key] = found[key].joined(one)
        elif (one.labels or by_list) and (len(found) < MOST_PAGES or key < -greatest[0]):
            found[key] = _page(one, key, by_list)
            heapq.heappush(greatest, -key)
            if len(found) > MOST_PAGES:
                del found[-heapq.heappop(greatest)]
    sides = Sides.of(Counter(page.site for page in found.values()), SHARES, rotation)
    return [replace(page, split=sides.side(page.site)) for page in sorted(found.values())]


def _page(page: LabelledPage, key: int, listed: str) -> Page:
    site = registered_domain(host(page.url)) or page.url
    words = domain.words(page.url, page.text)
    tag = language.identify(page.text, LanguageConfig()).language
    nothing = ("",) * len(SCHEMES)
    # Where it belongs, only all pages together tell.
    return Page(key, site, tag, "train", *words, nothing, listed).joined(page)


@dataclass(frozen=True)
class Examples:
    """Pages with their labels in one scheme.

    Attributes:
        scheme: The scheme.
        pages: The pages.
        labels: Their labels.
    """

    scheme: str
    pages: Sequence[Page]
    labels: Sequence[str]

    @classmethod
    def of(cls, pages: Iterable[Page], scheme: str, *splits: Split) -> "Examples":
        """The pages of some sides that are labelled in a scheme."""
        own = [page for page in pages if page.split in splits and page.label(scheme)]
        return cls(scheme, own, [page.label(scheme) for page in own])

    @classmethod
    def listed(cls, pages: Iterable[Page], *splits: Split) -> "Examples":
        """The pages of some sides of which only host lists know the domain."""
        own = [
            page
            for page in pages
            if page.split in splits and page.listed and not page.label("domain")
        ]
        return cls("domain", own, [page.listed for page in own])

    def __add__(self, other: "Examples") -> "Examples":
        pairs = sorted(
            [
                *zip(self.pages, self.labels, strict=True),
                *zip(other.pages, other.labels, strict=True),
            ]
        )
        return Examples(self.scheme, [page for page, _ in pairs], [label for _, label in pairs])

    def share(self, share: float) -> "Examples":
        """The first of them."""
        stop = round(share * len(self.pages))
        return Examples(self.scheme, self.pages[:stop], self.labels[:stop])

    @property
    def truth(self) -> Ints:
        """The labels as numbers."""
        names = domain_scheme.names(self.scheme)
        return np.array([names.index(label) for label in self.labels], dtype=np.int64)

    @property
    def sites(self) -> list[str]:
        """Their sites."""
        return [page.site for page in self.pages]
