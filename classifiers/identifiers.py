"""Language identifiers: any fastText model whose labels are language codes, or py3langid.

The default is fastText's lid.176 (Joulin et al. 2016,
https://fasttext.cc/docs/en/language-identification.html), as `lid.176.ftz`, which `setup.py` puts
into this package. GlotLID's, OpenLID's and NLLB's models are of the same kind. py3langid
(Barbaresi 2026, after langid.py by Lui and Baldwin 2012) is naive Bayes on bytes, hence wrong about
other texts than fastText.
"""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from classifiers import fasttext_model
from classifiers.languagetags import UNDETERMINED, WIKIPEDIA, script_counts, tags_of
from pipeline import files, models
from pipeline.errors import UserError

LID176 = "lid.176"
PY3LANGID = "py3langid"
MODEL = Path(__file__).with_name("models") / "lid.176.ftz"

CHARACTERS = 1000
"""How much of a text is read. As right as all of it (93.1 and 93.4% of 1,117 manual pages in 80
languages, 99.8% equal answers on ordinary web pages) and 4 to 6 times faster."""

# A manual in Japanese may have more Latin letters than others, but no text in English has as many
# of another script.
_LEAST_SCRIPT = 0.05

_TAG = re.compile("[a-z]{3}_[A-Z][a-z]{3}")

_Predict = Callable[[str, int], Sequence[tuple[str, float]]]


class Identifier:
    """Tells which language a text is in, as tags of `languagetags`, whatever its model's labels."""

    def __init__(self, name: str, labels: Iterable[str], predict: _Predict) -> None:
        """Reconcile a model's labels.

        Args:
            name: What the configuration calls it.
            labels: All that it tells apart.
            predict: Its most probable labels for a line of text, best first, and their
                probabilities; as many as it is asked for, or all for -1.

        Raises:
            UserError: A label is no language code.
        """
        self._predict = predict
        self._tags = {label: _tags(label) for label in labels}
        if wrong := [label for label, tags in self._tags.items() if not tags]:
            raise UserError(
                f"{name}: {wrong[0]!r} is no language code; its labels must be such as "
                "'eng_Latn' or 'en'"
            )
        labels_of = Counter(tag for tags in self._tags.values() for tag in tags)
        self.tags = frozenset(labels_of)
        self._shared = {
            tag for tag, count in labels_of.items() if count > 1 and tag != UNDETERMINED
        }

    def identify(self, text: str) -> tuple[str, float]:
        """The most probable language of the first 1,000 characters, white space collapsed.

        A language that is not written in the text's letters is passed over; a language written
        in several scripts gets the one that most letters are of.

        Returns:
            The tag and its probability, 0 to 1. `("und", 0.0)` if there is no letter, or none of
            a script of its languages.
        """
        # 1,000 characters hold 500 words at most.
        words = text.split(maxsplit=CHARACTERS // 2)[: CHARACTERS // 2]
        start = " ".join(words)[:CHARACTERS]
        letters = script_counts(start)
        # Nearly always the first label will do, and all labels take three times as long.
        for most in (1, -1) if letters else ():
            for label, probability in self._predict(start, most):
                tag = _written(self._tags[label], letters)
                if tag in self._shared:
                    return tag, self._probability(start, tag, letters)
                if tag:
                    return tag, probability if tag != UNDETERMINED else 0.0
        return UNDETERMINED, 0.0

    def _probability(self, start: str, tag: str, letters: Mapping[str, int]) -> float:
        """That of all labels together that mean a tag, such as `sr` and `sh`."""
        found = self._predict(start, -1)
        own = (value for label, value in found if _written(self._tags[label], letters) == tag)
        return min(1.0, sum(own))


def _tags(label: str) -> tuple[str, ...]:
    """What a label may mean; other labels of no language than `und` count as that.

    A tag of a code that ISO has withdrawn since the model was trained stays what it is.
    """
    if label.split("_", maxsplit=1)[0] in (UNDETERMINED, "zxx", "mul"):
        return (UNDETERMINED,)
    return tags_of(WIKIPEDIA.get(label, label)) or ((label,) if _TAG.fullmatch(label) else ())


def _written(tags: Sequence[str], letters: Mapping[str, int]) -> str | None:
    """Of the tags of a label, the one whose script the text is in; None if it is in none."""
    if UNDETERMINED in tags:
        return UNDETERMINED
    count, tag = max((_letters_of(tag, letters), tag) for tag in tags)
    return tag if count > _LEAST_SCRIPT * sum(letters.values()) else None


def _letters_of(tag: str, letters: Mapping[str, int]) -> int:
    script = tag.split("_")[1]
    # A few words of Japanese may have no kana.
    return letters.get(script, 0) or (letters.get("Hani", 0) if script == "Jpan" else 0)


@lru_cache(maxsize=4)
def load(name: str) -> Identifier:
    """An identifier, read once a process.

    Args:
        name: `lid.176`, `py3langid`, or the address of a fastText model.

    Raises:
        UserError: There is none, or its labels are no language codes.
    """
    if name == PY3LANGID:
        return _py3langid()
    model = fasttext_model.load(str(MODEL) if name == LID176 else name)
    return Identifier(name, model.labels, model.predict)


def fetch(name: str, access: files.Access) -> None:
    """Have the model of an identifier on this machine, where `load` finds it.

    Raises:
        UserError: It cannot be had.
    """
    if name not in (LID176, PY3LANGID):
        models.local(name, access)


def version(name: str) -> str:
    """What decides an identifier's answers: the hash of its model's file, or its release.

    A model whose address says its hash need not be at hand.

    Raises:
        UserError: It is not there.
    """
    if name == PY3LANGID:
        _langid()
        return metadata.version(PY3LANGID)
    return models.sha256(str(MODEL) if name == LID176 else name)


def _py3langid() -> Identifier:
    langid = _langid()
    model = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)

    def predict(text: str, most: int) -> list[tuple[str, float]]:
        ranked: list[tuple[str, float]] = model.rank(text)
        return ranked if most < 0 else ranked[:most]

    return Identifier(PY3LANGID, model.labels, predict)


def _langid() -> Any:
    try:
        return importlib.import_module("py3langid.langid")
    except ImportError as error:
        raise UserError(
            "language: py3langid is not installed; pip install 'curate[langid]'"
        ) from error
