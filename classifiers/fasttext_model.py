"""fastText classifiers (Joulin et al. 2016): loaded once a process, trained reproducibly."""

import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import fasttext

from pipeline import files, models
from pipeline.errors import UserError

LABEL = "__label__"
_END = "</s>"


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


@lru_cache(maxsize=8)
def load(address: str) -> Classifier:
    """Load a model by its address, see `pipeline.models`; a process loads it once.

    Raises:
        UserError: The file is missing, is another than its hash says, or is no supervised fastText
            model.
    """
    path = models.local(address)
    try:
        model = fasttext.load_model(path)
    except (ValueError, MemoryError, OSError) as error:
        raise UserError(f"{address}: cannot be loaded as a fastText model ({error})") from error
    if model.f.getArgs().model != fasttext.FastText.model_name.supervised:
        raise UserError(f"{address}: holds word vectors; give a supervised fastText model")
    return Classifier(model)


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
        UserError: Training diverged.
    """
    with tempfile.TemporaryDirectory() as folder:
        corpus, trained = Path(folder, "lines.txt"), Path(folder, "model.bin")
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
            raise UserError(
                f"{path}: training failed ({error}); lower quality.learning_rate"
            ) from error
        model.save_model(str(trained))
        with files.open_atomic(path) as out_bytes:
            out_bytes.write(trained.read_bytes())
    return Classifier(model)
