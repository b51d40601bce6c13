"""How much a page looks like those that Wikipedia cites: its words for fastText, and its score.

Pages of the crawl whose URL an article cites are the positives, other pages of the same crawl the
negatives, as for LLaMA (Touvron et al. 2023, section 2.1). It follows the crawl's language and time
and needs nobody's labels. Whether it tells good text apart is another matter: in DCLM (Li et al.
2024) a hard cut by such a classifier did worse than none. Its score is meant to weigh pages, and to
be measured before it cuts.
"""

from itertools import islice

import numpy as np
import regex

from classifiers import fasttext_model
from classifiers.calibration import Calibration
from classifiers.fasttext_model import LABEL, Classifier
from pipeline import files
from pipeline.errors import UserError

CITED, OTHER = "cited", "other"

FEATURES = 1
"""Goes up when `features` gives other words: a model scores rightly only what it was trained on."""

# No settings: a model scores rightly only what was cut as its training pages were.
MAX_WORDS = 1000

# Scripts written without spaces give a word a character, with its marks.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"[{_UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+|[^\s\p{{L}}\p{{M}}\p{{N}}\p{{C}}]",
    regex.V1,
)
_DIGIT = regex.compile(r"\p{N}")


class QualityModel:
    """A classifier with its calibration.

    Args:
        classifier: Knows the label `cited`.
        calibrated: From its probabilities to scores.
    """

    def __init__(self, classifier: Classifier, calibrated: Calibration) -> None:
        self._classifier = classifier
        self._calibrated = calibrated

    def score(self, text: str) -> float:
        """How much a text looks like a cited page's, 0 to 1; see `classifiers.calibration`."""
        raw = raw_score(self._classifier, features(text))
        return float(self._calibrated(np.array([raw]))[0])


def load(
    address: str, calibrated: Calibration, access: files.Access = files.DEFAULT_ACCESS
) -> QualityModel:
    """Load a model by its address, see `pipeline.models`; a process loads it once.

    Args:
        address: The model.
        calibrated: From its probabilities to scores.
        access: How it is fetched from elsewhere.

    Raises:
        UserError: The file is missing, is another than its hash says, is no supervised fastText
            model, or was trained for something else.
    """
    classifier = fasttext_model.load(address, access)
    if CITED not in classifier.labels:
        raise UserError(
            f"quality.model: {address}: has no label {LABEL}{CITED}; train it with "
            "`curate classifier train quality`"
        )
    return QualityModel(classifier, calibrated)


def features(text: str) -> str:
    """A text as fastText reads it: its first 1,000 words on one line.

    Lower case; punctuation marks, and characters of scripts without spaces, are words of their
    own; digits are 0. No word can be taken for one of fastText's labels or marks.
    """
    words = " ".join(word[0] for word in islice(_WORD.finditer(text), MAX_WORDS))
    return _DIGIT.sub("0", words.lower())


def raw_score(classifier: Classifier, words: str) -> float:
    """How probable, 0 to 1, fastText finds it that words, as of `features`, are a cited page's."""
    return dict(classifier.predict(words, k=-1))[CITED]
