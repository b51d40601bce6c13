"""The fastText wrapper: prediction, reproducible training, plain errors."""

import re
from pathlib import Path
from typing import Any

import fasttext
import pytest

from classifiers.fasttext_model import Classifier, DivergedError, load, train_supervised
from pipeline.errors import UserError

SETTINGS: dict[str, Any] = {
    "epochs": 20,
    "dim": 4,
    "learning_rate": 0.5,
    "word_ngrams": 2,
    "bucket": 100,
    "min_count": 1,
}
LINES = [f"__label__{kind} {kind} number {i}" for i in range(50) for kind in ("cat", "dog")]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("model") / "model.bin")
    train_supervised(LINES, path, **SETTINGS)
    return path


def test_predicts_labels_without_prefix_most_probable_first(path: str) -> None:
    first, second = load(path).predict("a cat", k=2)
    assert (first[0], second[0]) == ("cat", "dog")
    assert 0 <= second[1] < 0.5 < first[1] <= 1


@pytest.mark.parametrize("mark", ["\n", " </s> "])
def test_reads_on_after_what_ends_a_line_for_fasttext(path: str, mark: str) -> None:
    assert load(path).predict(f"{mark}dog dog") == load(path).predict("dog dog")


def test_probabilities_do_not_exceed_one() -> None:
    class Certain:
        def predict(self, text: str, k: int) -> tuple[tuple[str], list[float]]:
            return ("__label__cat",), [1.00001]

    assert Classifier(Certain()).predict("cat") == [("cat", 1.0)]


def test_training_twice_gives_the_same_bytes(path: str, tmp_path: Path) -> None:
    again = tmp_path / "again.bin"
    train_supervised(iter(LINES), str(again), **SETTINGS)
    assert again.read_bytes() == Path(path).read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.bin"]


def test_the_trained_classifier_is_the_one_written(path: str, tmp_path: Path) -> None:
    trained = train_supervised(LINES, str(tmp_path / "model.bin"), **SETTINGS)
    assert trained.predict("a cat", k=-1) == load(path).predict("a cat", k=-1)


def test_loads_from_an_fsspec_url(path: str) -> None:
    assert load(f"file://{path}").predict("a cat") == load(path).predict("a cat")


def test_loading_is_silent(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    load.cache_clear()
    load(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_what_is_no_model_is_an_error_naming_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        load(str(path))


def test_word_vectors_are_refused(tmp_path: Path) -> None:
    corpus, path = tmp_path / "corpus.txt", tmp_path / "vectors.bin"
    corpus.write_text("one two three\n" * 20)
    vectors = fasttext.train_unsupervised(str(corpus), dim=2, minCount=1, bucket=10, thread=1)
    vectors.save_model(str(path))
    with pytest.raises(UserError, match="holds word vectors"):
        load(str(path))


def test_training_that_diverges_says_so_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with pytest.raises(DivergedError):
        train_supervised(LINES, str(path), **(SETTINGS | {"learning_rate": 1e30}))
    assert not path.exists()
