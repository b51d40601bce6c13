"""fastText classifiers (Joulin et al. 2016): loaded once a process, trained reproducibly."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import fasttext

from pipeline import files, models
from pipeline.errors import UserError

LABEL = "__label__"
_END = "</s>"


class DivergedError(UserError):
    """Training met numbers that are none; who chose the settings adds what to do."""


@dataclass(frozen=True)
class WordWeight:
    """What a word tells of two labels.

    Attributes:
        word: The word.
        count: How often it stood in training.
        weight: By how much a text of this word alone favours the one label to the other, in
            natural log-odds. A text's log-odds are the mean over its words and n-grams.
    """

    word: str
    count: int
    weight: float


class Classifier:
    """A supervised fastText model."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def labels(self) -> list[str]:
        """What it tells apart, without fastText's prefix."""
        return [label.removeprefix(LABEL) for label in self._model.labels]

    def predict(self, text: str, k: int = 1) -> list[tuple[str, float]]:
        """The `k` most probable labels (-1: all), unprefixed, and their probabilities, 0 to 1.

        The text is taken as one line: fastText stops reading at a newline, and at its own
        end-of-line mark where that stands as a word of its own.
        """
        if _END in text:
            text = text.replace(_END, " ")
        labels, probabilities = self._model.predict(text.replace("\n", " "), k)
        # fastText adds 1e-5 before it takes logarithms, so that certain labels exceed 1.
        return [
            (label.removeprefix(LABEL), min(float(probability), 1.0))
            for label, probability in zip(labels, probabilities, strict=True)
        ]

    def word_weights(self, label: str, other: str) -> list[WordWeight]:
        """Every word's weight for a label against another; of a model that is not quantized."""
        words, counts = self._model.get_words(include_freq=True)
        towards = self._model.get_output_matrix()
        direction = towards[self.labels.index(label)] - towards[self.labels.index(other)]
        weights = self._model.get_input_matrix()[: len(words)] @ direction
        return [
            WordWeight(word, int(count), float(weight))
            for word, count, weight in zip(words, counts, weights, strict=True)
            if word != _END
        ]


@lru_cache(maxsize=8)
def load(address: str, access: files.Access = files.DEFAULT_ACCESS) -> Classifier:
    """Load a model by its address, see `pipeline.models`; a process loads it once.

    Raises:
        UserError: The file is missing, is another than its hash says, or is no supervised fastText
            model.
    """
    return Classifier(_load(address, access))


def _load(address: str, access: files.Access = files.DEFAULT_ACCESS) -> Any:
    path = models.local(address, access)
    try:
        model = fasttext.load_model(path)
    except (ValueError, MemoryError, OSError) as error:
        raise UserError(f"{address}: cannot be loaded as a fastText model ({error})") from error
    if model.f.getArgs().model != fasttext.FastText.model_name.supervised:
        raise UserError(f"{address}: holds word vectors; give a supervised fastText model")
    return model


def train_supervised(
    lines: Iterable[str],
    path: str,
    *,
    epochs: int,
    dim: int,
    learning_rate: float,
    word_ngrams: int,
    bucket: int,
    min_count: int,
) -> Classifier:
    """Train a classifier and write it; the same lines and settings give the same bytes.

    fastText's threads update shared weights without locks, so there is only one.

    Args:
        lines: Training lines in their order, without newlines: `__label__NAME word word ...`.
        path: The model to write: a path or fsspec URL.
        epochs: Passes over the lines.
        dim: Size of the word vectors.
        learning_rate: Its start; it falls to zero linearly.
        word_ngrams: Longest n-gram of words that is a feature.
        bucket: Hash buckets for the n-grams.
        min_count: A rarer word has no vector.

    Returns:
        The classifier written.

    Raises:
        DivergedError: As it says.
        UserError: The model cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "lines.txt")
        with corpus.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(line + "\n" for line in lines)
        try:
            model = fasttext.train_supervised(
                input=str(corpus),
                epoch=epochs,
                dim=dim,
                lr=learning_rate,
                wordNgrams=word_ngrams,
                bucket=bucket,
                minCount=min_count,
                thread=1,
                seed=0,
                verbose=0,
            )
        except RuntimeError as error:
            raise DivergedError(f"training diverged ({error})") from error
        _save(model, path)
    return Classifier(model)


def quantize(source: str, path: str) -> Classifier:
    """Write a model with its vectors product-quantized (Joulin et al. 2016), four times as small.

    The same model gives the same bytes.

    Args:
        source: The model's address.
        path: The model to write.

    Returns:
        The classifier written.

    Raises:
        UserError: The model has fewer than 256 words and n-gram buckets.
    """
    model = _load(source)
    try:
        model.quantize(dsub=2)
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"{path}: cannot be quantized ({error}); raise quality.bucket, "
            "or set quality.quantize = false"
        ) from error
    _save(model, path)
    return Classifier(model)


def _save(model: Any, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder, "model")
        model.save_model(str(saved))
        with files.open_atomic(path) as out:
            out.write(saved.read_bytes())
