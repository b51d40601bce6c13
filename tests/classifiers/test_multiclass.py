"""Measures of several classes, against worked examples, plain loops and a closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import multiclass

CLASSES = 4
PAIRS = st.lists(st.tuples(*[st.integers(0, CLASSES - 1)] * 2), min_size=1, max_size=60)


def f1(pairs: list[tuple[int, int]], label: int) -> float | None:
    """By precision and recall; None where neither is defined."""
    hits = sum(pair == (label, label) for pair in pairs)
    true = sum(truth == label for truth, _ in pairs)
    said = sum(predicted == label for _, predicted in pairs)
    if not true + said:
        return None
    precision, recall = hits / said if said else 0, hits / true if true else 0
    return 2 * precision * recall / (precision + recall) if hits else 0.0


@given(PAIRS)
def test_macro_f1_is_the_mean_over_the_classes_that_occur(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    scores = [one for label in range(CLASSES) if (one := f1(pairs, label)) is not None]
    expected = pytest.approx(sum(scores) / len(scores))
    assert multiclass.macro_f1(truth, predicted, CLASSES) == expected


def test_macro_f1_is_scikit_learn_s() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(1)
    truth, predicted = generator.integers(CLASSES, size=(2, 500))
    ours = multiclass.macro_f1(truth, predicted, CLASSES)
    assert ours == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))


@given(PAIRS)
def test_confusion_counts_each_pair(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    counts = multiclass.confusion(truth, predicted, CLASSES)
    assert all(
        counts[row, column] == pairs.count((row, column))
        for row in range(CLASSES)
        for column in range(CLASSES)
    )


def test_an_interval_holds_its_value_and_is_wider_the_fewer_sites_there_are() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(CLASSES, size=400)
    predicted = np.where(generator.random(400) < 0.7, truth, 0)
    value = multiclass.macro_f1(truth, predicted, CLASSES)
    widths = []
    for sites in (400, 20):
        names = [str(page * sites // 400) for page in range(400)]
        low, high = multiclass.macro_f1_interval(truth, predicted, CLASSES, names)
        assert low <= value <= high
        widths.append(high - low)
    # Pages in sites of 20 pages at random are as telling as lone ones; few sites never are more.
    assert widths[1] > widths[0] * 0.7


def planted(temperature: float) -> tuple[multiclass.Ints, multiclass.Floats]:
    """Truth drawn from probabilities, and the same probabilities made too certain."""
    generator = np.random.default_rng(3)
    honest = generator.dirichlet(np.ones(CLASSES), size=5000)
    truth = np.array([generator.choice(CLASSES, p=row) for row in honest])
    return truth, multiclass.tempered(honest, 1 / temperature)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_calibration_finds_the_temperature_that_was_planted(temperature: float) -> None:
    truth, probabilities = planted(temperature)
    found = multiclass.best_temperature(truth, probabilities)
    assert found == pytest.approx(temperature, rel=0.1)
    calibrated = multiclass.tempered(probabilities, found)
    assert multiclass.log_loss(truth, calibrated) <= multiclass.log_loss(truth, probabilities)
    if temperature != 1.0:
        error = multiclass.calibration_error(truth, probabilities)
        assert multiclass.calibration_error(truth, calibrated) < error / 2


@given(PAIRS, st.integers(0, 100))
def test_calibration_never_worsens_the_loss_it_was_fitted_to(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    truth = np.array(pairs)[:, 0]
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(CLASSES) / 5, size=len(truth))
    calibrated = multiclass.tempered(
        probabilities, multiclass.best_temperature(truth, probabilities)
    )
    assert calibrated.sum(axis=1) == pytest.approx(1)
    loss = multiclass.log_loss(truth, probabilities)
    assert multiclass.log_loss(truth, calibrated) <= loss + 1e-12


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.85, 0.15], [0.81, 0.19], [0.4, 0.6], [0.3, 0.7]])
    truth = np.array([0, 1, 1, 1])
    # Bins: .8 to .9 has a mean confidence of .83 and an accuracy of .5; the others one page each.
    expected = (2 * (0.83 - 0.5) + (1 - 0.6) + (1 - 0.7)) / 4
    assert multiclass.calibration_error(truth, probabilities) == pytest.approx(expected)


def test_a_threshold_leaves_the_pages_that_reach_it() -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]])
    truth = np.array([0, 0, 0, 1])
    rows = multiclass.by_threshold(truth, probabilities, (0.0, 0.6, 0.95))
    assert rows[:2] == [(0.0, 1.0, 0.75), (0.6, 0.75, pytest.approx(2 / 3))]
    assert rows[2][:2] == (0.95, 0.0)
    assert np.isnan(rows[2][2])
