"""Training: what is there is found, what is not is not; the same examples give the same bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from classifiers.calibration import Platt, Uncalibrated
from classifiers.fasttext_model import Classifier, load, quantize
from classifiers.qualitytraining import (
    Hyperparameters,
    calibrate,
    can_tune,
    check_enough,
    grid,
    labels_of,
    line,
    part,
    preferences,
    raw_scores,
    train,
    tuning_auc,
)
from classifiers.ranking import Estimate, auc, estimate
from pipeline.errors import UserError
from tests.classifiers.examples import BAD, GOOD, examples

SETTING = Hyperparameters(epochs=20, dim=8, learning_rate=0.5, word_ngrams=2, bucket=1000)


@pytest.fixture(scope="module")
def told() -> pa.Table:
    return examples(1200, told=True)


def trained(table: pa.Table, path: Path) -> Classifier:
    return train(part(table, "train").to_pylist(), SETTING, str(path))


def unseen(table: pa.Table, path: Path) -> Estimate:
    test = part(table, "test")
    scores = raw_scores(trained(table, path), test)
    return estimate(auc, labels_of(test), scores, test["domain"].to_pylist())


def test_a_difference_is_found_on_unseen_domains(told: pa.Table, tmp_path: Path) -> None:
    found = unseen(told, tmp_path / "model.bin")
    assert found.low > 0.95
    assert tuning_auc(told, load(str(tmp_path / "model.bin"))) > 0.95


def test_no_difference_gives_no_better_than_chance(tmp_path: Path) -> None:
    """The test pages are unseen: what was learnt by heart does not help."""
    found = unseen(examples(1200, told=False), tmp_path / "model.bin")
    assert found.low < 0.5 < found.high


def test_the_words_that_tell_are_named(told: pa.Table, tmp_path: Path) -> None:
    words_for, words_against = preferences(trained(told, tmp_path / "model.bin"), told)
    assert {one.word for one in words_for} == set(GOOD)
    assert {one.word for one in words_against} == set(BAD)
    weights = [one.weight for one in words_for]
    assert weights == sorted(weights, reverse=True)
    assert min(weights) > 0 > max(one.weight for one in words_against)


def test_words_of_few_domains_are_not_named(told: pa.Table, tmp_path: Path) -> None:
    """Four domains whose pages are all cited have a word of their own."""
    rows = told.to_pylist()
    own = sorted({row["domain"] for row in rows if row["split"] == "train"})[:5]
    for row in rows:
        if row["domain"] in own:
            row["label"] = True
            row["words"] += " everywhere" * 9
            row["words"] += " brand" * 9 if row["domain"] != own[0] else ""
    table = pa.Table.from_pylist(rows, schema=told.schema)
    words_for, _ = preferences(trained(table, tmp_path / "model.bin"), table)
    named = [one.word for one in words_for]
    assert named[0] == "everywhere"
    assert "brand" not in named


def test_same_examples_give_the_same_bytes(told: pa.Table, tmp_path: Path) -> None:
    for name in "ab":
        trained(told, tmp_path / name)
        quantize(str(tmp_path / name), str(tmp_path / f"{name}.ftz"))
    for suffix in ("", ".ftz"):
        first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
        assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "a.ftz").stat().st_size < (tmp_path / "a").stat().st_size / 2


def test_calibration_is_of_the_pages_for_it(told: pa.Table, tmp_path: Path) -> None:
    model = trained(told, tmp_path / "model.bin")
    found = calibrate(told, model)
    assert isinstance(found, Platt)
    assert found == calibrate(part(told, "calibrate"), model)
    assert calibrate(part(told, "train"), model) == Uncalibrated()


def test_a_model_too_small_to_quantize_says_so(tmp_path: Path) -> None:
    small = Hyperparameters(epochs=1, dim=2, learning_rate=0.1, word_ngrams=1, bucket=1)
    train(examples(200, told=True).to_pylist(), small, str(tmp_path / "a"))
    with pytest.raises(UserError, match=r"cannot be quantized .* raise quality.bucket"):
        quantize(str(tmp_path / "a"), str(tmp_path / "b"))


def test_training_that_diverges_says_what_to_lower(told: pa.Table, tmp_path: Path) -> None:
    wild = replace(SETTING, learning_rate=1e30)
    with pytest.raises(UserError, match=r"a: training diverged .* lower quality.learning_rate"):
        train(part(told, "train").to_pylist(), wild, str(tmp_path / "a"))


def test_the_grid_begins_with_the_first_values() -> None:
    found = grid((10, 3), (16,), (0.5, 0.1), (2, 1), 7)
    assert len(found) == len(set(found)) == 8
    assert found[0] == Hyperparameters(10, 16, 0.5, 2, 7)
    assert found[-1] == Hyperparameters(3, 16, 0.1, 1, 7)


def test_lines_are_labelled() -> None:
    assert line({"label": True, "words": "a b"}) == "__label__cited a b"
    assert line({"label": False, "words": ""}) == "__label__other "


def test_too_few_pages_to_choose_by(told: pa.Table) -> None:
    assert can_tune(told)
    tuning = part(told, "tune")
    nine = tuning.filter(pa.array(np.cumsum(labels_of(tuning)) < 10))
    assert not can_tune(nine)


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (pc.field("split") == "none", "cites 0 pages to train on and 0 of other domains"),
        (pc.field("split") == "train", r"cites \d+ pages to train on and 0 of other domains"),
        (pc.field("split") == "test", "cites 0 pages to train on"),
        (pc.field("label"), "no other pages of the languages and lengths"),
    ],
)
def test_too_few_pages_are_a_plain_error(told: pa.Table, kept: pc.Expression, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_enough(told.filter(kept))
