"""What a page is about, what form it has, which domain it is weighed by: fastText on URL and text.

A model is `model.json`, with a fastText model beside it for each scheme of labels that it knows.
The JSON names them by their hashes, so that its own hash stands for all.
`classifiers.domain_training` makes one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from classifiers import fasttext_model, quality, url_features
from classifiers.domain_scheme import SCHEMES
from classifiers.fasttext_model import Classifier
from classifiers.multiclass import tempered
from pipeline import files, models
from pipeline.errors import UserError

MODEL = "model.json"

# Goes up when `features` gives other words: a model scores rightly only what it was trained on.
_FEATURES = 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """The most probable label of a scheme.

    Attributes:
        label: The label.
        score: Its probability, calibrated to pages as those that the model was trained on.
    """

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Head:
    """A scheme's classifier as `model.json` names it.

    Attributes:
        file: The fastText model beside it.
        sha256: That file's hash.
        temperature: What the logarithms of its probabilities are divided by.
    """

    file: str
    sha256: str
    temperature: float


class DomainModel:
    """A loaded model: labels from a URL and a text.

    Args:
        heads: By scheme the classifier and its temperature.
    """

    def __init__(self, heads: Mapping[str, tuple[Classifier, float]]) -> None:
        self._heads = heads

    def judge(self, url: str, text: str) -> dict[str, Judgement]:
        """The most probable label of a page by scheme."""
        line = features(url, text)
        return {
            scheme: _most_probable(classifier.predict(line, k=-1), temperature)
            for scheme, (classifier, temperature) in self._heads.items()
        }


def _most_probable(predicted: list[tuple[str, float]], temperature: float) -> Judgement:
    labels, probabilities = zip(*predicted, strict=True)
    scores = tempered(np.array(probabilities), temperature)
    best = int(scores.argmax())
    return Judgement(labels[best], float(scores[best]))


def features(url: str, text: str) -> str:
    """A page as fastText reads it: the words of its URL, then those of its text, on one line."""
    return f"{url_features.features(url)} {text_features(text)}"


def text_features(text: str) -> str:
    """The distinct words of a text, as `classifiers.quality.features` cuts them.

    Repeated, the commonest words would drown the telling ones in fastText's mean.
    """
    return " ".join(dict.fromkeys(quality.features(text).split(" ")))


def write(heads: Mapping[str, Head], folder: str) -> None:
    """Write `model.json` beside the fastText models it names."""
    content = {
        "features": _FEATURES,
        "schemes": {scheme: asdict(head) for scheme, head in heads.items()},
    }
    files.write_json(files.join(folder, MODEL), content)


@lru_cache(maxsize=2)
def load(address: str) -> DomainModel:
    """Load a model by the address of its `model.json`, see `pipeline.models`; once a process.

    Raises:
        UserError: A file is missing, is another than its hash says, or is no model of this kind.
    """
    heads = _heads(address, files.read_input(models.local(address)))
    return DomainModel(
        {
            scheme: (
                fasttext_model.load(models.beside(address, head.file, head.sha256)),
                head.temperature,
            )
            for scheme, head in heads.items()
        }
    )


def _heads(address: str, content: bytes) -> dict[str, Head]:
    try:
        found: dict[str, Any] = json.loads(content)
        version = found["features"]
        heads = {scheme: Head(**head) for scheme, head in found["schemes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{address}: no domain model; name the {MODEL} that `curate classifier train domain` "
            "wrote"
        ) from error
    if version != _FEATURES or not set(heads) <= set(SCHEMES):
        raise UserError(f"{address}: made by another version of curate; train it anew")
    return heads
