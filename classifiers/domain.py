"""What a page is about, what form it has, which domain it is weighed by: fastText on URL and text.

A model is `model.json`, with a fastText model beside it for topics and one for formats, which
together tell the domain, or one for domains where those are all that is known. The JSON names them
by their hashes, so that its own hash stands for all. `classifiers.domain_training` makes one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from classifiers import domain_scheme, fasttext_model, quality, url_features
from classifiers.domain_scheme import SCHEMES
from classifiers.fasttext_model import Classifier
from classifiers.multiclass import Floats, tempered
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
        temperature: What the logarithms of its probabilities are divided by.
        file: The fastText model beside it; empty for the domain that topic and format make.
        sha256: That file's hash.
        common: The words of texts that it does not read.
    """

    temperature: float
    file: str = ""
    sha256: str = ""
    common: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """A fastText model of a scheme and what it does not read.

    Attributes:
        scheme: The scheme.
        model: The fastText model.
        common: The words of texts that are too common to tell pages apart.
    """

    scheme: str
    model: Classifier
    common: Collection[str]

    def probabilities(self, url_words: str, text_words: str) -> Floats:
        """The probability of each of the scheme's labels, from what `words` gives."""
        names = domain_scheme.names(self.scheme)
        predicted = dict(self.model.predict(line(url_words, text_words, self.common), k=-1))
        return np.array([predicted.get(name, 0.0) for name in names])


class DomainModel:
    """A loaded model: labels from a URL and a text.

    Args:
        languages: Tags of those it was trained on.
        temperatures: By scheme.
        readers: By scheme; none for the domain where topic and format make it.
    """

    def __init__(
        self,
        languages: Collection[str],
        temperatures: Mapping[str, float],
        readers: Mapping[str, Reader],
    ) -> None:
        self._languages = languages
        self._temperatures = temperatures
        self._readers = readers

    def judge(self, url: str, text: str, language: str) -> dict[str, Judgement]:
        """The most probable label of a page by scheme; none in a language it was not trained on.

        Of words that it never saw it would say something all the same, and be sure of it.
        """
        if language not in self._languages:
            return {}
        seen = words(url, text)
        found: dict[str, Floats] = {}
        for scheme, temperature in self._temperatures.items():
            reader = self._readers.get(scheme)
            own = (
                reader.probabilities(*seen) if reader else derived(found["topic"], found["format"])
            )
            found[scheme] = tempered(own, temperature)
        return {scheme: _most_probable(scheme, scores) for scheme, scores in found.items()}


def _most_probable(scheme: str, scores: Floats) -> Judgement:
    best = int(scores.argmax())
    return Judgement(domain_scheme.names(scheme)[best], float(scores[best]))


def derived(topics: Floats, formats: Floats) -> Floats:
    """The probabilities of the domains that topics and formats make, taken to be independent.

    Args:
        topics: Probabilities of the topics, shape (..., topics).
        formats: Of the formats, shape (..., formats).

    Returns:
        Shape (..., domains).
    """
    pairs = topics[..., :, None] * formats[..., None, :]
    sums: Floats = pairs.reshape(*pairs.shape[:-2], -1) @ _domains_of_pairs()
    return sums


@cache
def _domains_of_pairs() -> Floats:
    """1 where a topic and a format (row) make a domain (column)."""
    domains = domain_scheme.names("domain")
    made = [
        domains.index(domain_scheme.domain_of(topic, format_))
        for topic in domain_scheme.names("topic")
        for format_ in domain_scheme.names("format")
    ]
    ones: Floats = np.eye(len(domains))[made]
    return ones


def words(url: str, text: str) -> tuple[str, str]:
    """The words of a URL, and the distinct ones of a text, as `classifiers.quality` cuts them.

    Repeated, the commonest words would drown the telling ones in fastText's mean.
    """
    distinct = dict.fromkeys(quality.features(text).split(" "))
    return url_features.features(url), " ".join(distinct)


def line(url_words: str, text_words: str, common: Collection[str]) -> str:
    """What fastText reads of a page; no word of a URL is ever common."""
    kept = [word for word in text_words.split(" ") if word not in common]
    return " ".join([url_words, *kept])


def write(languages: Collection[str], heads: Mapping[str, Head], folder: str) -> None:
    """Write `model.json` beside the fastText models it names."""
    content = {
        "features": _FEATURES,
        "languages": sorted(languages),
        "schemes": {scheme: asdict(head) for scheme, head in heads.items()},
    }
    files.write_json(files.join(folder, MODEL), content)


@lru_cache(maxsize=2)
def load(address: str, access: files.Access = files.DEFAULT_ACCESS) -> DomainModel:
    """Load a model by the address of its `model.json`, see `pipeline.models`; once a process.

    Raises:
        UserError: A file is missing, is another than its hash says, or is no model of this kind.
    """
    languages, heads = _read(address, files.read_input(models.local(address, access)))
    return DomainModel(
        frozenset(languages),
        {scheme: head.temperature for scheme, head in heads.items()},
        {
            scheme: _reader(address, scheme, head, access)
            for scheme, head in heads.items()
            if head.file
        },
    )


def _reader(address: str, scheme: str, head: Head, access: files.Access) -> Reader:
    model = fasttext_model.load(models.beside(address, head.file, head.sha256), access)
    return Reader(scheme, model, frozenset(head.common))


def _read(address: str, content: bytes) -> tuple[list[str], dict[str, Head]]:
    """Languages and heads, these in the order of the schemes: a domain after what makes it."""
    try:
        found: dict[str, Any] = json.loads(content)
        version, languages, given = found["features"], found["languages"], found["schemes"]
        heads = {scheme: Head(**given[scheme]) for scheme in SCHEMES if scheme in given}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{address}: no domain model; name the {MODEL} that `curate classifier train domain` "
            "wrote"
        ) from error
    if version != _FEATURES or set(heads) != set(given):
        raise UserError(f"{address}: made by another version of curate; train it anew")
    return languages, heads
