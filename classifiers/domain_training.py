"""Trains the classifiers of topics, formats and domains, and measures them on unseen sites.

Sites are registered domains. A hash of its name puts a site into one of four parts: to train on, to
tune (choose settings), to calibrate, to test. So no page is judged by what other pages of its site
taught, and nothing that was chosen was chosen on the test pages. Training reads pages in the order
of their hashes: the same pages give the same bytes, in whatever order they come.

Host lists are a second source of labels, for pages that have none. They are used where they help on
the tuning part, and measured apart.
"""

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xxhash

from classifiers import domain, domain_scheme, fasttext_model, multiclass, url_features
from classifiers.domain_scheme import SCHEMES
from classifiers.fasttext_model import LABEL, Classifier
from classifiers.labelled import LabelledPage
from classifiers.multiclass import Floats, Ints
from pipeline import files
from pipeline.errors import UserError
from pipeline.urls import host, registered_domain

Part = Literal["train", "tune", "calibrate", "test"]
View = Literal["both", "url", "text"]

# Bounds the memory of training, to about 1 GB.
MOST_PAGES = 200_000
# Of ten sites: six, one, one and two.
_PARTS: tuple[Part, ...] = (*("train",) * 6, "tune", "calibrate", "test", "test")
# More than so many visits of pages no longer pay; they keep long searches off large inputs.
_MOST_VISITS = 3_000_000
_MIN_COUNT = 2
# Of vectors of 16, 50 and 100 numbers none was better than another.
_DIM = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How a fastText model is trained; see its own documentation.

    Attributes:
        epochs: Passes over the pages.
        learning_rate: Its start.
    """

    epochs: int
    learning_rate: float


GRID = tuple(
    Settings(epochs, learning_rate) for epochs in (5, 20, 60) for learning_rate in (0.5, 1.0)
)
"""The settings tried, the cheapest first."""


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """What training keeps of a labelled page.

    Attributes:
        key: A hash of it, which decides its place.
        site: Its registered domain.
        part: What its site is for.
        url: The words of its URL.
        text: The words of its text.
        labels: Its labels, in the order of `SCHEMES`; empty where it has none.
        listed: The domain that host lists give it; empty if none.
    """

    key: int
    site: str
    part: str
    url: str
    text: str
    labels: tuple[str, ...]
    listed: str

    def label(self, scheme: str) -> str:
        """Its label in a scheme; empty if it has none."""
        return self.labels[SCHEMES.index(scheme)]


def prepare(
    pages: Iterable[LabelledPage], listed: Callable[[str], str | None], rotation: int = 0
) -> list[Page]:
    """The pages to learn from, in the order of their hashes: at most 200,000, the lowest.

    Args:
        pages: Pages in any order. Those without a label, and in no host list, are left out.
        listed: The domain that host lists give a URL, if any.
        rotation: Which of five ways to share out the sites, so that each is for testing once.
    """
    # A heap has its least element first; negated, that is the greatest hash.
    heap: list[tuple[int, Page]] = []
    for page in pages:
        by_list = listed(page.url) or ""
        if not page.labels and not by_list:
            continue
        key = _hash(f"{page.url}\n{page.text}")
        if len(heap) < MOST_PAGES:
            heapq.heappush(heap, (-key, _page(page, key, by_list, rotation)))
        elif -key > heap[0][0]:
            heapq.heapreplace(heap, (-key, _page(page, key, by_list, rotation)))
    return sorted(page for _, page in heap)


def _page(page: LabelledPage, key: int, listed: str, rotation: int) -> Page:
    site = registered_domain(host(page.url)) or page.url
    return Page(
        key,
        site,
        part_of(site, rotation),
        url_features.features(page.url),
        domain.text_features(page.text),
        tuple(page.labels.get(scheme, "") for scheme in SCHEMES),
        listed,
    )


def part_of(site: str, rotation: int = 0) -> Part:
    """What the pages of a site are for."""
    return _PARTS[(_hash(f"part:{site}") + 2 * rotation) % len(_PARTS)]


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
    def of(cls, pages: Iterable[Page], scheme: str, *parts: Part) -> "Examples":
        """The pages of some parts that are labelled in a scheme."""
        own = [page for page in pages if page.part in parts and page.label(scheme)]
        return cls(scheme, own, [page.label(scheme) for page in own])

    @classmethod
    def listed(cls, pages: Iterable[Page], *parts: Part) -> "Examples":
        """The pages of some parts of which only host lists know the domain."""
        own = [
            page
            for page in pages
            if page.part in parts and page.listed and not page.label("domain")
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

    def lines(self, view: View) -> Iterator[str]:
        """What fastText reads of each."""
        for page in self.pages:
            yield _seen(page, view)


def _seen(page: Page, view: View) -> str:
    return f"{page.url} {page.text}" if view == "both" else page.url if view == "url" else page.text


def fit(examples: Examples, settings: Settings, path: str, view: View = "both") -> Classifier:
    """Train a fastText model on examples and write it."""
    pairs = zip(examples.labels, examples.lines(view), strict=True)
    return fasttext_model.train_supervised(
        (f"{LABEL}{label} {line}" for label, line in pairs),
        path,
        epochs=settings.epochs,
        dim=_DIM,
        learning_rate=settings.learning_rate,
        word_ngrams=1,
        bucket=0,
        min_count=_MIN_COUNT,
    )


def trial(examples: Examples, settings: Settings, view: View = "both") -> Classifier:
    """Train a model that is only to be measured."""
    with tempfile.TemporaryDirectory() as folder:
        return fit(examples, settings, str(Path(folder, "model.bin")), view)


def probabilities(model: Classifier, examples: Examples, view: View = "both") -> Floats:
    """A model's probability of each of the scheme's labels, shape (pages, labels)."""
    names = domain_scheme.names(examples.scheme)
    place = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(examples.pages), len(names)))
    for row, line in enumerate(examples.lines(view)):
        for label, probability in model.predict(line, k=-1):
            found[row, place[label]] = probability
    return found


def macro_f1(model: Classifier, examples: Examples, view: View = "both") -> float:
    """The macro-F1 of a model's most probable labels."""
    found = probabilities(model, examples, view).argmax(axis=1)
    return multiclass.macro_f1(examples.truth, found, len(domain_scheme.names(examples.scheme)))


def search(train: Examples, tune: Examples) -> list[tuple[Settings, float]]:
    """The settings tried and their macro-F1 on the tuning part."""
    tried = [one for one in GRID if one.epochs * len(train.pages) <= _MOST_VISITS] or GRID[:1]
    return [(settings, macro_f1(trial(train, settings), tune)) for settings in tried]


@dataclass(frozen=True)
class Trained:
    """A scheme's classifier, and what was found out on the way to it.

    Attributes:
        scheme: The scheme.
        searched: The settings tried and their macro-F1 on the tuning part.
        settings: The best of them.
        examples: What it was trained on: the parts to train and to tune on.
        added: How many of these only host lists have labelled.
        listed_f1: Macro-F1 on the tuning part without pages labelled by lists, and with them; None
            if there are none.
        calibrate: The pages it was calibrated on.
        test: Labelled pages of unseen sites.
        model: The classifier.
        temperature: Its temperature.
    """

    scheme: str
    searched: Sequence[tuple[Settings, float]]
    settings: Settings
    examples: Examples
    added: int
    listed_f1: tuple[float, float] | None
    calibrate: Examples
    test: Examples
    model: Classifier
    temperature: float


def train(pages: Sequence[Page], folder: str, note: Callable[[str], None]) -> list[Trained]:
    """Train a classifier for each scheme that pages are labelled in, and write the model.

    Args:
        pages: As `prepare` gives them.
        folder: Where to write.
        note: Told what happens.

    Raises:
        UserError: There are too few labelled pages.
    """
    done = [
        _train_scheme(pages, scheme, folder, note)
        for scheme in SCHEMES
        if any(page.label(scheme) for page in pages)
    ]
    if not done:
        raise UserError("no page has a label; give files with topic, format or domain")
    heads = {
        one.scheme: domain.Head(
            _file(one.scheme), files.sha256(files.join(folder, _file(one.scheme))), one.temperature
        )
        for one in done
    }
    domain.write(heads, folder)
    return done


def _train_scheme(
    pages: Sequence[Page], scheme: str, folder: str, note: Callable[[str], None]
) -> Trained:
    train, tune, both, calibrate, test = (
        Examples.of(pages, scheme, *parts)
        for parts in (("train",), ("tune",), ("train", "tune"), ("calibrate",), ("test",))
    )
    _check_enough(train, tune, calibrate, test)
    note(f"{scheme}: {len(GRID)} settings on {len(train.pages)} pages")
    searched = search(train, tune)
    # Of equals the first, which is the cheapest.
    settings = max(searched, key=lambda one: one[1])[0]
    extra, listed_f1 = Examples(scheme, [], []), None
    if scheme == "domain" and (own := Examples.listed(pages, "train")).pages:
        helped = macro_f1(trial(train + own, settings), tune)
        listed_f1 = (max(f1 for _, f1 in searched), helped)
        if helped > listed_f1[0]:
            extra = Examples.listed(pages, "train", "tune")
    examples = both + extra
    model = fit(examples, settings, files.join(folder, _file(scheme)))
    temperature = multiclass.best_temperature(calibrate.truth, probabilities(model, calibrate))
    return Trained(
        scheme,
        searched,
        settings,
        examples,
        len(extra.pages),
        listed_f1,
        calibrate,
        test,
        model,
        temperature,
    )


def _file(scheme: str) -> str:
    return f"{scheme}.bin"


def _check_enough(train: Examples, *others: Examples) -> None:
    if len(set(train.labels)) < 2 or not all(other.pages for other in others):
        counts = ", ".join(str(len(one.pages)) for one in (train, *others))
        raise UserError(
            f"{train.scheme}: {counts} labelled pages to train, tune, calibrate and test on; each "
            "needs some, and training two labels; give pages of more sites"
        )


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode(errors="surrogatepass"))
