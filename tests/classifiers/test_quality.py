"""The quality classifier: its features, its score, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.calibration import Platt, Uncalibrated
from classifiers.fasttext_model import load as load_bare
from classifiers.fasttext_model import train_supervised
from classifiers.quality import MAX_WORDS, features, load, raw_score
from pipeline.errors import UserError


def model(path: Path, *labels: str) -> str:
    lines = [f"__label__{label} {label} word" for label in labels for _ in range(9)]
    settings = {"epochs": 9, "dim": 2, "word_ngrams": 1, "bucket": 0, "min_count": 1}
    train_supervised(lines, str(path), learning_rate=0.5, **settings)
    return str(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Don't  PANIC,\nplease!", "don ' t panic , please !"),
        ("In 1984: ٣ and ½", "in 0000 : 0 and 0"),
        ("漢字かな and ภาษา", "漢 字 か な and ภ า ษ า"),
        ("हिन्दी में", "हिन्दी में"),
        ("__label__cited </s>", "_ _ label _ _ cited < / s >"),
        ("", ""),
    ],
)
def test_features(text: str, line: str) -> None:
    assert features(text) == line


@given(st.text())
def test_features_are_one_line_that_no_page_can_label(text: str) -> None:
    words = features(text * 3).split(" ")
    assert len(words) <= MAX_WORDS
    assert not any(word.startswith("__label__") or word == "</s>" for word in words)
    assert "".join(words) == "".join("".join(words).split())


def test_features_are_bounded() -> None:
    assert len(features("word " * 5000).split()) == MAX_WORDS


def test_a_score_is_the_calibrated_probability(tmp_path: Path) -> None:
    path = model(tmp_path / "model.bin", "cited", "other")
    raw = raw_score(load_bare(path), "cited word")
    assert raw > 0.6
    assert load(path, Uncalibrated()).score("Cited  WORD") == raw
    odds = (raw / (1 - raw)) ** 0.5 / 2.718281828459045**3
    assert load(path, Platt(0.5, -3.0)).score("Cited  WORD") == pytest.approx(odds / (1 + odds))


def test_model_for_something_else_is_refused(tmp_path: Path) -> None:
    path = model(tmp_path / "model.bin", "cat", "dog")
    with pytest.raises(UserError, match=r"model.bin: has no label __label__cited"):
        load(path, Uncalibrated())
