"""Trains the quality classifier on examples: the search, the model, the calibration, the scores.

Examples are tables as `pipeline.schema.EXAMPLES` has them, in the order of their ids' hashes, so
that whatever is made of them is the same however they came together. What each split is for,
`classifiers.splits` says.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classifiers import calibration, fasttext_model
from classifiers.calibration import Calibration
from classifiers.fasttext_model import LABEL, Classifier, DivergedError, WordWeight
from classifiers.quality import CITED, OTHER, raw_score
from classifiers.ranking import Labels, Numbers, auc, measure
from classifiers.splits import Split
from pipeline.errors import UserError

Row = Mapping[str, Any]

MIN_TRAIN_POSITIVES = 10
MIN_TUNE_PAGES = 10
"""Positives and negatives below which no hyper-parameters are compared."""
SHOWN_WORDS = 30
_MIN_COUNT = 2
_CANDIDATE_WORDS = 2000
_LEAST_DOMAINS = 5
_BATCH_ROWS = 256


@dataclass(frozen=True)
class Hyperparameters:
    """How one model is trained; see `fasttext_model.train_supervised`."""

    epochs: int
    dim: int
    learning_rate: float
    word_ngrams: int
    bucket: int


def grid(
    epochs: Sequence[int],
    dim: Sequence[int],
    learning_rate: Sequence[float],
    word_ngrams: Sequence[int],
    bucket: int,
) -> list[Hyperparameters]:
    """Every combination, the first values first."""
    return [
        Hyperparameters(*values, bucket)
        for values in product(epochs, dim, learning_rate, word_ngrams)
    ]


def check_enough(examples: pa.Table) -> None:
    """Refuse what no classifier can be trained on or tested with.

    Raises:
        UserError: There are fewer than 10 cited pages to train on, or none to test on, or no other
            pages beside them.
    """
    counts = Counter(zip(examples["split"].to_pylist(), examples["label"].to_pylist(), strict=True))
    trained, tested = counts["train", True], counts["test", True]
    if trained < MIN_TRAIN_POSITIVES or not tested:
        raise UserError(
            f"quality: Wikipedia cites {trained} pages to train on and {tested} of other domains "
            f"to test on; {MIN_TRAIN_POSITIVES} and 1 are needed; read more archives, give dumps "
            "in their languages, take a wider quality.match, or give no quality.dumps"
        )
    if not counts["train", False] or not counts["test", False]:
        raise UserError(
            "quality: no other pages of the languages and lengths of those that Wikipedia cites, "
            "to train on or to test on; read more archives"
        )


def can_tune(examples: pa.Table) -> bool:
    """Whether there are enough pages to compare hyper-parameters on."""
    labels = labels_of(part(examples, "tune"))
    return min(int(labels.sum()), int((~labels).sum())) >= MIN_TUNE_PAGES


def train(training: Iterable[Row], chosen: Hyperparameters, path: str) -> Classifier:
    """Train a model on the examples to train on, and write it.

    Args:
        training: Their labels and words; gone through once, so that they need not be held.
        chosen: The hyper-parameters.
        path: The model to write.

    Raises:
        UserError: Training diverged.
    """
    try:
        return fasttext_model.train_supervised(
            map(line, training),
            path,
            epochs=chosen.epochs,
            dim=chosen.dim,
            learning_rate=chosen.learning_rate,
            word_ngrams=chosen.word_ngrams,
            bucket=chosen.bucket,
            min_count=_MIN_COUNT,
        )
    except DivergedError as error:
        raise UserError(f"{path}: {error}; lower quality.learning_rate") from error


def tuning_auc(examples: pa.Table, classifier: Classifier) -> float:
    """How well a model does on the pages that choose between models."""
    tuning = part(examples, "tune")
    return measure(auc, labels_of(tuning), raw_scores(classifier, tuning))


def calibrate(examples: pa.Table, classifier: Classifier) -> Calibration:
    """The curve that the pages to calibrate on give."""
    calibrating = part(examples, "calibrate")
    return calibration.fit(labels_of(calibrating), raw_scores(classifier, calibrating))


def preferences(
    classifier: Classifier, examples: pa.Table
) -> tuple[list[WordWeight], list[WordWeight]]:
    """The words that speak most for a cited page and most against it, the strongest first.

    Only words that stand on pages of at least five domains, else a site's name would be first.
    N-grams are hashed: nobody can say which words they are.
    """
    ranked = sorted(classifier.word_weights(CITED, OTHER), key=lambda one: (one.weight, one.word))
    ends = ranked[-_CANDIDATE_WORDS:][::-1], ranked[:_CANDIDATE_WORDS]
    domains: dict[str, set[str]] = {one.word: set() for end in ends for one in end}
    for row in rows(part(examples, "train"), ["domain", "words"]):
        for word in domains.keys() & set(row["words"].split(" ")):
            domains[word].add(row["domain"])
    for_, against = (
        [one for one in end if len(domains[one.word]) >= _LEAST_DOMAINS][:SHOWN_WORDS]
        for end in ends
    )
    return [one for one in for_ if one.weight > 0], [one for one in against if one.weight < 0]


def raw_scores(classifier: Classifier, examples: pa.Table) -> Numbers:
    """What fastText says of each example, shape (n,)."""
    found = [raw_score(classifier, row["words"]) for row in rows(examples, ["words"])]
    return np.array(found, dtype=np.float64)


def line(example: Row) -> str:
    """An example as fastText trains on it."""
    return f"{LABEL}{CITED if example['label'] else OTHER} {example['words']}"


def part(examples: pa.Table, split: Split) -> pa.Table:
    """The examples of a split."""
    return examples.filter(pc.field("split") == split)


def labels_of(examples: pa.Table) -> Labels:
    """Whether each is cited, shape (n,)."""
    return np.array(examples["label"].to_pylist(), dtype=np.bool_)


def rows(examples: pa.Table, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Some columns of the examples, one after another."""
    for batch in examples.select(columns).to_batches(_BATCH_ROWS):
        yield from batch.to_pylist()
