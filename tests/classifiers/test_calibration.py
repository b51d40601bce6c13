"""Calibration against its definitions, and the file it is kept in."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from classifiers.calibration import (
    Calibration,
    Isotonic,
    Platt,
    Uncalibrated,
    even_odds,
    fit,
    name,
    path_for,
    read,
    write,
)
from pipeline.errors import UserError

GRID = np.linspace(0, 1, 1001)


def sample(n: int, seed: int, positives: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and raw scores whose log-odds are too large by 3 and moved by 2."""
    generator = np.random.default_rng(seed)
    labels = generator.random(n) < positives
    evidence = labels * 2 - 1 + generator.normal(size=n)
    return labels, 1 / (1 + np.exp(-(3 * 2 * evidence + 2)))


def test_platt_undoes_what_was_done_to_the_log_odds() -> None:
    """Log-odds of two normal distributions a distance of 2 apart are twice the evidence."""
    labels, scores = sample(40_000, 1)
    found = Platt.fit(labels, scores)
    assert found.slope == pytest.approx(1 / 3, abs=0.02)
    assert found.intercept == pytest.approx(-2 / 3, abs=0.05)


def test_platt_is_the_least_of_its_loss() -> None:
    labels, scores = sample(200, 2)
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    x, weights = np.log(inside / (1 - inside)), even_odds(labels)
    positives = labels.sum()
    target = np.where(labels, (positives + 1) / (positives + 2), 1 / (200 - positives + 2))

    def loss(parameters: np.ndarray) -> float:
        p = 1 / (1 + np.exp(-(parameters[0] * x + parameters[1])))
        return float(-(weights * (target * np.log(p) + (1 - target) * np.log(1 - p))).sum())

    least = minimize(loss, [0.5, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9})
    found = Platt.fit(labels, scores)
    assert (found.slope, found.intercept) == pytest.approx(tuple(least.x), abs=1e-3)


def test_isotonic_has_the_max_min_values_at_its_blocks() -> None:
    """The regression at i is max over j <= i of min over k >= i of the mean from j to k."""
    labels, scores = sample(60, 3)
    found = Isotonic.fit(labels, scores)
    order = np.argsort(scores)
    positives = labels.sum()
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (60 - positives + 2))[order]
    weights = even_odds(labels)[order]

    def mean(j: int, k: int) -> float:
        return float(np.average(targets[j : k + 1], weights=weights[j : k + 1]))

    values = [max(min(mean(j, k) for k in range(i, 60)) for j in range(i + 1)) for i in range(60)]
    levels = sorted(set(np.round(values, 9)))
    assert np.round(found.probabilities[1:-1], 9).tolist() == pytest.approx(levels)
    for level, centre in zip(levels, found.scores[1:-1], strict=True):
        block = np.flatnonzero(np.round(values, 9) == level)
        assert centre == pytest.approx(np.average(scores[order][block], weights=weights[block]))


@given(st.integers(0, 10**6), st.integers(20, 300))
def test_curves_rise_within_0_and_1(seed: int, n: int) -> None:
    labels, scores = sample(n, seed)
    if 0 < labels.sum() < n:
        for kind in (Platt, Isotonic):
            curve = kind.fit(labels, scores)(GRID)
            assert (curve >= 0).all()
            assert (curve <= 1).all()
            assert (np.diff(curve) >= 0).all()
        assert (np.diff(Isotonic.fit(labels, scores)(GRID)) > 0).all()


@pytest.mark.parametrize("kind", [Platt, Isotonic])
def test_probabilities_are_at_even_odds(kind: type[Platt] | type[Isotonic]) -> None:
    """The same curve whether one page in two or in twenty is a positive."""
    curves = [kind.fit(*sample(200_000, 4, share))(GRID) for share in (0.5, 0.05)]
    inside = (GRID > 0.01) & (GRID < 0.99)
    assert np.abs(curves[0] - curves[1])[inside].max() < 0.06


def test_scores_without_information_keep_their_order() -> None:
    generator = np.random.default_rng(5)
    labels, scores = generator.random(100) < 0.5, generator.random(100)
    curve = Platt.fit(labels, np.where(labels, scores / 2, scores))
    assert curve.slope == 0.01
    assert (np.diff(curve(GRID)) > 0).sum() > 990


@pytest.mark.parametrize(
    ("positives", "negatives", "method"),
    [
        (9, 100, "none"),
        (100, 9, "none"),
        (10, 10, "platt"),
        (999, 9, "none"),
        (1000, 10, "isotonic"),
    ],
)
def test_the_number_of_pages_decides_the_curve(positives: int, negatives: int, method: str) -> None:
    labels = np.array([True] * positives + [False] * negatives)
    scores = np.random.default_rng(6).random(len(labels))
    assert name(fit(labels, scores)) == method


@pytest.mark.parametrize(
    "curve", [Platt(0.5, -1.0), Isotonic((0.0, 1.0), (0.1, 0.9)), Uncalibrated()]
)
def test_what_is_written_is_read(tmp_path: Path, curve: Calibration) -> None:
    model = tmp_path / "some.model.bin"
    model.write_bytes(b"model")
    write(curve, str(model), 1)
    assert path_for(str(model)) == str(tmp_path / "some.model.calibration.json")
    assert read(str(model), 1) == curve
    assert read(str(tmp_path / "other.bin"), 1) == Uncalibrated()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        {"method": "magic"},
        {"method": "platt", "slope": 1},
        {"method": "platt", "slope": "steep", "intercept": 0},
        {"method": "platt", "slope": -1, "intercept": 0},
        {"method": "platt", "slope": float("nan"), "intercept": 0},
        {"method": "isotonic", "scores": [0, 1], "probabilities": [0.9, 0.1]},
        {"method": "isotonic", "scores": [0, 1], "probabilities": [0, 2]},
        {"method": "isotonic", "scores": [1, 0], "probabilities": [0, 1]},
        {"method": "isotonic", "scores": [0, 1], "probabilities": [0, 1, 1]},
        {"method": "isotonic", "scores": [], "probabilities": []},
    ],
)
def test_what_is_no_calibration_is_an_error_naming_it(
    tmp_path: Path, content: bytes | dict[str, object]
) -> None:
    model, path = tmp_path / "model.bin", tmp_path / "model.calibration.json"
    model.write_bytes(b"model")
    if isinstance(content, dict):
        digest = hashlib.sha256(b"model").hexdigest()
        content = json.dumps(content | {"model_sha256": digest, "features": 1}).encode()
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"model.calibration.json: no calibration .* remove it"):
        read(str(model), 1)


def test_another_models_or_versions_calibration_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"model")
    write(Platt(1.0, 0.0), str(model), 1)
    with pytest.raises(UserError, match="made by another version of curate; train"):
        read(str(model), 2)
    model.write_bytes(b"another")
    with pytest.raises(UserError, match="made for another model"):
        read(str(model), 1)


@pytest.mark.parametrize("pages", [20, 500])
def test_platt_keeps_the_order_of_scores_that_tell_all_apart(pages: int) -> None:
    labels = np.arange(2 * pages) >= pages
    curve = Platt.fit(labels, np.where(labels, 0.99, 0.01))
    found = curve(np.array([0.0, 1e-5, 0.5, 0.99, 0.999, 0.9999, 0.99999, 1.0]))
    assert (np.diff(found) > 0).all()
