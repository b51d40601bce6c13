"""Trains the classifiers of topics, formats and domains.

There are three ways to a domain: by topic and format, by a classifier of its own, and by one that
learns from host lists too, which label the pages that have no label. The best on the tuning part is
taken. With WebOrganizer's labels that is the first, by far (docs/log.md).
"""

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np

from classifiers import domain, domain_scheme, fasttext_model, multiclass
from classifiers.domain import Reader
from classifiers.domain_pages import Examples, Page, View
from classifiers.fasttext_model import LABEL, DivergedError
from classifiers.languagetags import UNDETERMINED
from classifiers.multiclass import Floats, tempered
from classifiers.splits import SPLITS
from pipeline import files
from pipeline.errors import UserError

# More than so many visits of pages no longer pay; they keep long searches off large inputs.
_MOST_VISITS = 5_000_000
_MIN_COUNT = 2
# Fewer pages are strays among those of other languages.
_LANGUAGE_PAGES = 30
# Of vectors of 16, 50 and 100 numbers none was better than another.
_DIM = 32

OWN, LISTED, MADE = "own labels", "own labels and host lists", "topic and format"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a fastText model is trained; see its own documentation.

    Attributes:
        epochs: Passes over the pages.
        learning_rate: Its start.
        max_share: Words on a greater share of the pages are not read. What a page is about shows in
            its rare words, what form it has in its common ones, too.
    """

    epochs: int
    learning_rate: float
    max_share: float


GRID = tuple(
    Settings(epochs, learning_rate, max_share)
    for epochs in (20, 60)
    for learning_rate in (0.5, 1.0)
    for max_share in (0.1, 1.0)
)
"""The settings tried, the cheapest first."""


Predict = Callable[[Sequence[Page]], Floats]
"""The probabilities of a scheme's labels by page, shape (pages, labels)."""


class Recipe(Protocol):
    """Trains a classifier from the first share of its pages, seeing a part of each."""

    def __call__(self, share: float = 1.0, view: View = "both") -> Predict:
        """What that classifier predicts."""
        ...


@dataclass(frozen=True)
class Made:
    """A scheme's classifier.

    Attributes:
        examples: What it was made from: the parts to train and to tune on.
        recipe: Trains others like it.
        predict: What it predicts, before calibration.
        common: The words it does not read; None if it has no file of its own.
    """

    examples: Examples
    recipe: Recipe
    predict: Predict
    common: frozenset[str] | None


@dataclass(frozen=True)
class Way:
    """A way to a scheme's classifier.

    Attributes:
        macro_f1: On the tuning part, when made from the part to train on.
        tuned: What it predicted there.
        make: Makes it from both parts, in a folder.
    """

    macro_f1: float
    tuned: Predict
    make: Callable[[str], Made]


@dataclass(frozen=True)
class Trained:
    """A scheme's classifier, and what was found out on the way to it.

    Attributes:
        scheme: The scheme.
        searched: The settings tried and their macro-F1 on the tuning part; NaN if that diverged.
        settings: The best of them.
        ways: What it may be made from.
        way: The best of these.
        made: The classifier.
        calibrate: The pages it was calibrated on.
        test: Labelled pages of unseen sites.
        temperature: Its temperature.
    """

    scheme: str
    searched: Sequence[tuple[Settings, float]]
    settings: Settings
    ways: Mapping[str, Way]
    way: str
    made: Made
    calibrate: Examples
    test: Examples
    temperature: float

    def calibrated(self, predict: Predict, pages: Sequence[Page]) -> Floats:
        """Predictions at this classifier's temperature."""
        return tempered(predict(pages), self.temperature)


def train(pages: Sequence[Page], folder: str, note: Callable[[str], None]) -> list[Trained]:
    """Train a classifier for each scheme that pages are labelled in; see `write`.

    Args:
        pages: As `classifiers.domain_pages.prepare` gives them.
        folder: Where to write fastText models.
        note: Told what happens.

    Raises:
        UserError: There are too few labelled pages, or training diverged with all settings.
    """
    found = [name for name in domain_scheme.SCHEMES if any(page.label(name) for page in pages)]
    if not found:
        raise UserError("no page has a label; give files with topic, format or domain")
    for scheme in found:
        _check_enough(pages, scheme)
    # Training takes long; whether host lists teach as well shows only in the end.
    _enough([_teaching(pages, scheme) for scheme in found])
    done: dict[str, Trained] = {}
    for scheme in found:
        done[scheme] = _train_scheme(pages, scheme, done, folder, note)
    return list(done.values())


def _teaching(pages: Sequence[Page], scheme: str) -> Sequence[Page]:
    """All pages that a scheme's classifier may be trained on."""
    own = Examples.of(pages, scheme, "train", "tune").pages
    if scheme != "domain":
        return own
    return [*own, *Examples.listed(pages, "train", "tune").pages]


def languages(trained: Sequence[Trained]) -> dict[str, int]:
    """The languages that every classifier was trained on: the pages of each.

    Raises:
        UserError: There is none.
    """
    return _enough([one.made.examples.pages for one in trained])


def _enough(pages: Iterable[Sequence[Page]]) -> dict[str, int]:
    """The languages that each of some sets of pages has enough of, and the least it has."""
    counts = [Counter(page.language for page in some) for some in pages]
    common = {code: min(count[code] for count in counts) for code in sorted(counts[0])}
    enough = {
        code: least
        for code, least in common.items()
        if least >= _LANGUAGE_PAGES and code != UNDETERMINED
    }
    if not enough:
        raise UserError(
            f"no language has {_LANGUAGE_PAGES} labelled pages to train on; give more pages"
        )
    return enough


def write(trained: Sequence[Trained], folder: str) -> None:
    """Write the file that names the classifiers in a folder: the mark of a finished model."""
    heads = {one.scheme: _head(one, folder) for one in trained}
    domain.write(languages(trained), heads, folder)


def _head(one: Trained, folder: str) -> domain.Head:
    if one.made.common is None:
        return domain.Head(one.temperature)
    name = _file(one.scheme)
    sha256 = files.sha256(files.join(folder, name))
    return domain.Head(one.temperature, name, sha256, tuple(sorted(one.made.common)))


def _train_scheme(
    pages: Sequence[Page],
    scheme: str,
    done: Mapping[str, Trained],
    folder: str,
    note: Callable[[str], None],
) -> Trained:
    train, tune, calibrate, test = (Examples.of(pages, scheme, split) for split in SPLITS)
    note(f"{scheme}: {len(GRID)} settings on {len(train.pages)} pages")
    tried = [(settings, _unless_diverged(train, tune, settings, note)) for settings in _grid(train)]
    usable = [(settings, way) for settings, way in tried if way]
    if not usable:
        raise UserError(f"{scheme}: training diverged with all settings; give other pages")
    # Of equals the first, which is the cheapest.
    settings, own = max(usable, key=lambda one: one[1].macro_f1)
    ways = {OWN: own}
    if scheme == "domain":
        listed = _listed_way(pages, train, tune, settings, note)
        ways = _made_way(train, tune, done) | ways | listed
    way = max(ways, key=lambda name: ways[name].macro_f1)
    made = ways[way].make(folder)
    temperature = multiclass.best_temperature(calibrate.truth, made.predict(calibrate.pages))
    searched = [(settings, one.macro_f1 if one else math.nan) for settings, one in tried]
    return Trained(scheme, searched, settings, ways, way, made, calibrate, test, temperature)


def _grid(train: Examples) -> Sequence[Settings]:
    return [one for one in GRID if one.epochs * len(train.pages) <= _MOST_VISITS] or GRID[:1]


def _made_way(train: Examples, tune: Examples, done: Mapping[str, Trained]) -> dict[str, Way]:
    """The way from topic and format to the domain, if both are known."""
    if not {"topic", "format"} <= done.keys():
        return {}
    topic, form = done["topic"], done["format"]
    tuned = _derived(topic, form, topic.ways[OWN].tuned, form.ways[OWN].tuned)
    predict = _derived(topic, form, topic.made.predict, form.made.predict)

    def recipe(share: float = 1.0, view: View = "both") -> Predict:
        parts = (one.made.recipe(share, view) for one in (topic, form))
        return _derived(topic, form, *parts)

    made = Made(train + tune, recipe, predict, None)
    return {MADE: Way(score(tuned, tune), tuned, lambda folder: made)}


def _listed_way(
    pages: Sequence[Page],
    train: Examples,
    tune: Examples,
    settings: Settings,
    note: Callable[[str], None],
) -> dict[str, Way]:
    """The way to the domain with pages that only host lists label, if there are any."""
    listed = Examples.listed(pages, "train")
    if not listed.pages:
        return {}
    more = Examples.listed(pages, "tune")
    way = _unless_diverged(train + listed, tune, settings, note, more)
    return {LISTED: way} if way else {}


def _derived(topic: Trained, form: Trained, topics: Predict, formats: Predict) -> Predict:
    """What predictions of topics and formats say of the domain."""
    return lambda pages: domain.derived(
        topic.calibrated(topics, pages), form.calibrated(formats, pages)
    )


def _unless_diverged(
    train: Examples,
    tune: Examples,
    settings: Settings,
    note: Callable[[str], None],
    more: Examples | None = None,
) -> Way | None:
    """See `_own`; None, and a note, if training diverges."""
    try:
        return _own(train, tune, settings, more)
    except DivergedError as error:
        note(f"{error} with {settings}, which is left out")
        return None


def _own(train: Examples, tune: Examples, settings: Settings, more: Examples | None = None) -> Way:
    """A classifier that knows nothing but its own labels; in the end made with more of them."""
    tuned = direct(train, settings)()
    examples = train + tune if more is None else train + tune + more

    def make(folder: str) -> Made:
        reader = fit(examples, settings, files.join(folder, _file(tune.scheme)))
        predict = partial(_probabilities, reader)
        return Made(examples, direct(examples, settings), predict, frozenset(reader.common))

    return Way(score(tuned, tune), tuned, make)


def direct(examples: Examples, settings: Settings) -> Recipe:
    """Trains fastText models that are only to be measured."""

    @cache
    def recipe(share: float = 1.0, view: View = "both") -> Predict:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "model.bin"))
            reader = fit(examples.share(share), settings, path, view)
        return partial(_probabilities, reader, view=view)

    return recipe


def fit(examples: Examples, settings: Settings, path: str, view: View = "both") -> Reader:
    """Train a fastText model on examples and write it.

    Raises:
        DivergedError: As it says.
    """
    common = _common(examples, settings.max_share)
    pairs = zip(examples.labels, examples.pages, strict=True)
    model = fasttext_model.train_supervised(
        (f"{LABEL}{label} {domain.line(*page.seen(view), common)}" for label, page in pairs),
        path,
        epochs=settings.epochs,
        dim=_DIM,
        learning_rate=settings.learning_rate,
        word_ngrams=1,
        bucket=0,
        min_count=_MIN_COUNT,
    )
    return Reader(examples.scheme, model, common)


def _common(examples: Examples, max_share: float) -> frozenset[str]:
    """The words of the texts that are on more than a share of the pages."""
    pages = Counter(word for page in examples.pages for word in page.text.split(" "))
    most = max_share * len(examples.pages)
    return frozenset(word for word, count in pages.items() if count > most)


def _probabilities(reader: Reader, pages: Sequence[Page], view: View = "both") -> Floats:
    labels = len(domain_scheme.names(reader.scheme))
    rows = [reader.probabilities(*page.seen(view)) for page in pages]
    return np.array(rows, dtype=np.float64).reshape(len(pages), labels)


def score(predict: Predict, examples: Examples) -> float:
    """The macro-F1 of the most probable labels."""
    found = predict(examples.pages)
    return multiclass.macro_f1(examples.truth, found.argmax(axis=1), found.shape[1])


def _file(scheme: str) -> str:
    return f"{scheme}.bin"


def _check_enough(pages: Sequence[Page], scheme: str) -> None:
    train, *others = (Examples.of(pages, scheme, split) for split in SPLITS)
    if len(set(train.labels)) < 2 or not all(other.pages for other in others):
        counts = ", ".join(str(len(one.pages)) for one in (train, *others))
        raise UserError(
            f"{scheme}: {counts} labelled pages to train, tune, calibrate and test on; each "
            "needs some, and training two labels; give pages of more sites"
        )
