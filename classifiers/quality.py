"""How much a page looks like those that Wikipedia cites: a classifier trained on the crawl itself.

Pages of the crawl whose URL an article cites are the positives, other pages of the same crawl the
negatives, as for LLaMA (Touvron et al. 2023, section 2.1). It follows the crawl's language and time
and needs nobody's labels. Whether it tells good text apart is another matter: in DCLM (Li et al.
2024) a hard cut by such a classifier did worse than none. Its score is meant to weigh pages, and to
be measured before it cuts.

Training and test pages share no registered domain, so that a site's own words cannot help, and
every choice is made by hashes of ids: the same pages give the same model, in whatever order.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import regex
import xxhash

from classifiers import fasttext_model
from classifiers.fasttext_model import LABEL, Classifier
from classifiers.ranking import auc, auc_interval, average_precision
from pipeline import files
from pipeline.errors import UserError
from pipeline.urls import registered_domain

MODEL = "model.bin"
CITED, OTHER = "cited", "other"

# No settings: a model scores rightly only what was cut as its training pages were.
MAX_WORDS = 1000
# Bounds the memory of training, to about 1 GB. More examples no longer change so small a model.
MAX_POSITIVES = 50_000
MIN_TRAIN_POSITIVES = 10
_TEST_SHARE = 5

# Scripts written without spaces give a word a character, with its marks.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"[{_UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+|[^\s\p{{L}}\p{{M}}\p{{N}}\p{{C}}]",
    regex.V1,
)
_DIGIT = regex.compile(r"\p{N}")


@dataclass(frozen=True, slots=True)
class Example:
    """A page to learn from.

    Attributes:
        id: A stable id, which decides whether it is sampled.
        url: Its URL.
        host: The URL's host, which decides whether it trains or tests.
        text: Its text.
        label: Whether Wikipedia cites it.
    """

    id: str
    url: str
    host: str
    text: str
    label: bool


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """How the classifier is trained.

    Attributes:
        negatives_per_positive: Other pages per cited page, in training and test.
        epochs: Passes over the training pages.
        dim: Size of the word vectors.
        learning_rate: fastText's `lr`.
        word_ngrams: Longest n-gram of words that is a feature.
        bucket: Hash buckets for the n-grams.
        min_count: A word rarer than that in training has no vector.
    """

    negatives_per_positive: float = 3.0
    epochs: int = 10
    dim: int = 16
    learning_rate: float = 0.5
    word_ngrams: int = 2
    bucket: int = 50_000
    min_count: int = 2


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What the classifier was trained on, and how well it tells pages of unseen domains apart.

    Attributes:
        train_positives: Cited pages it was trained on.
        train_negatives: Other pages it was trained on.
        test_positives: Cited pages of the unseen domains.
        test_negatives: Other pages of the unseen domains.
        test_domains: How many domains those are.
        auc: Probability that a cited page of them scores higher than another; 0.5 is chance.
        auc_low: Lower end of its 95% interval, from resampling domains.
        auc_high: Upper end.
        average_precision: Area under precision over recall; chance is the share of positives.
        length_auc: The AUC of the text's length alone, which the classifier has to beat.
    """

    train_positives: int
    train_negatives: int
    test_positives: int
    test_negatives: int
    test_domains: int
    auc: float
    auc_low: float
    auc_high: float
    average_precision: float
    length_auc: float


def features(text: str) -> str:
    """A text as fastText reads it: its first 1,000 words on one line.

    Lower case; punctuation marks, and characters of scripts without spaces, are words of their
    own; digits are 0. No word can be taken for one of fastText's labels or marks.
    """
    words = " ".join(word[0] for word in islice(_WORD.finditer(text), MAX_WORDS))
    return _DIGIT.sub("0", words.lower())


def score(model: Classifier, text: str) -> float:
    """Probability, 0 to 1, that a text is of the cited class, at the training set's ratio.

    Raises:
        UserError: The model was trained for something else.
    """
    return _score(model, features(text))


def split_of(host: str) -> Literal["train", "test"]:
    """Where the pages of a host belong; all hosts of a registered domain belong together."""
    return "train" if _hash(registered_domain(host)) % _TEST_SHARE else "test"


@dataclass(frozen=True, slots=True, order=True)
class _Page:
    """What training keeps of an example."""

    id: str
    domain: str
    split: str
    words: str
    length: int
    label: bool


class HashSample:
    """Of all examples offered, the `size` whose ids hash lowest: the same in whatever order.

    A smaller sample is the beginning of a larger one.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, _Page]] = []

    def offer(self, example: Example) -> None:
        """Keep the example if its hash is among the lowest so far."""
        key = -_hash(example.id)
        full = len(self._heap) == self._size
        if full and key <= self._heap[0][0]:
            return
        domain, split = registered_domain(example.host), split_of(example.host)
        words = features(example.text)
        page = _Page(example.id, domain, split, words, len(example.text), example.label)
        (heapq.heapreplace if full else heapq.heappush)(self._heap, (key, page))

    def lowest(self, count: int) -> list[_Page]:
        """The `count` pages whose ids hash lowest, in the order of their hashes."""
        return [page for _, page in sorted(self._heap, reverse=True)[:count]]


def train(examples: Iterable[Example], settings: QualitySettings, folder: str) -> QualityReport:
    """Train the classifier, write it to `folder/model.bin`, and judge it on unseen domains.

    The examples are read once, and at most 50,000 positives and their negatives are held.

    Raises:
        UserError: There are fewer than 10 cited pages to train on, or none to test on, or no other
            pages beside them.
    """
    pages = _sample(examples, settings.negatives_per_positive)
    training = [page for page in pages if page.split == "train"]
    testing = [page for page in pages if page.split == "test"]
    _check_enough(training, testing)
    model = fasttext_model.train_supervised(
        (f"{LABEL}{CITED if page.label else OTHER} {page.words}" for page in training),
        files.join(folder, MODEL),
        epochs=settings.epochs,
        dim=settings.dim,
        learning_rate=settings.learning_rate,
        word_ngrams=settings.word_ngrams,
        bucket=settings.bucket,
        min_count=settings.min_count,
    )
    return _report(model, training, testing)


def _sample(examples: Iterable[Example], ratio: float) -> list[_Page]:
    """The pages to learn and test on, in the order of their ids' hashes."""
    cited, other = HashSample(MAX_POSITIVES), HashSample(round(ratio * MAX_POSITIVES))
    for example in examples:
        (cited if example.label else other).offer(example)
    positives = cited.lowest(MAX_POSITIVES)
    negatives = other.lowest(round(ratio * len(positives)))
    return sorted(positives + negatives, key=lambda page: (_hash(page.id), page))


def _check_enough(training: list[_Page], testing: list[_Page]) -> None:
    trained = sum(page.label for page in training)
    tested = sum(page.label for page in testing)
    if trained < MIN_TRAIN_POSITIVES or not tested:
        raise UserError(
            f"quality: Wikipedia cites {trained} pages to train on and {tested} of other domains "
            f"to test on; {MIN_TRAIN_POSITIVES} and 1 are needed; read more archives, give dumps "
            "in their languages, or no quality.dumps"
        )
    if trained == len(training) or tested == len(testing):
        raise UserError(
            "quality: all pages to train or to test on are cited by Wikipedia; read more archives "
            "or raise quality.negatives_per_positive"
        )


def _report(model: Classifier, training: list[_Page], testing: list[_Page]) -> QualityReport:
    labels = np.array([page.label for page in testing])
    scores = np.array([_score(model, page.words) for page in testing])
    domains = [page.domain for page in testing]
    low, high = auc_interval(labels, scores, domains)
    positives = sum(page.label for page in training)
    return QualityReport(
        train_positives=positives,
        train_negatives=len(training) - positives,
        test_positives=int(labels.sum()),
        test_negatives=int((~labels).sum()),
        test_domains=len(set(domains)),
        auc=auc(labels, scores),
        auc_low=low,
        auc_high=high,
        average_precision=average_precision(labels, scores),
        length_auc=auc(labels, np.array([page.length for page in testing], dtype=np.float64)),
    )


def _score(model: Classifier, words: str) -> float:
    probabilities = dict(model.predict(words, k=-1))
    if CITED not in probabilities:
        raise UserError(f"quality.model: has no label {LABEL}{CITED}; train it with quality.dumps")
    return probabilities[CITED]


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())
