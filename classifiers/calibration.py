"""From a classifier's raw scores to probabilities: Platt's logistic curve, or an isotonic one.

Probabilities are at even odds: both classes weigh the same, however many pages of each there are.
So a score means the same whatever the run and `quality.negatives_per_positive`: among as many
cited as other pages, of the same languages and lengths, the share of cited ones where the score is
`p` is `p`, and 0.5 says nothing. Where one page in n is cited, the odds p / (1 - p) are to be
divided by n - 1.

Both curves rise strictly, so that pages keep the order that quantiles need.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.ranking import Labels, Numbers
from pipeline import files, models
from pipeline.errors import UserError

ISOTONIC_POSITIVES = 1000
"""Positives from which on the isotonic curve is better than Platt's (Niculescu-Mizil and Caruana
2005, section 5)."""
LEAST_PAGES = 10
"""Positives and negatives below which nothing is calibrated."""

# fastText's probabilities end at about 1e-5 and 1 - 1e-5.
_EPSILON = 1e-6
_LEAST_SLOPE = 0.01
# Log-odds are within 14: a steeper curve would reach 1 in double precision before they end.
_GREATEST_SLOPE = 2.0
_END_RISE = 0.01


class Calibration(Protocol):
    """A curve from raw scores, 0 to 1, to probabilities."""

    def __call__(self, scores: Numbers) -> Numbers:
        """The probabilities, of the scores' shape."""


@dataclass(frozen=True)
class Uncalibrated:
    """Leaves scores as they are."""

    def __call__(self, scores: Numbers) -> Numbers:
        """The scores themselves."""
        return scores


@dataclass(frozen=True)
class Platt:
    """A logistic curve of the raw score's log-odds (Platt 1999).

    Attributes:
        slope: What the log-odds are multiplied by.
        intercept: What is added.
    """

    slope: float
    intercept: float

    def __call__(self, scores: Numbers) -> Numbers:
        """The probabilities."""
        inside = self.slope * _log_odds(scores) + self.intercept
        return np.asarray(1 / (1 + np.exp(-inside)), dtype=np.float64)

    @classmethod
    def fit(cls, labels: Labels, scores: Numbers) -> "Platt":
        """The likeliest curve, with Platt's targets, which keep away from 0 and 1.

        The slope is from 0.01 to 2: scores that are no better than chance tell nothing, and those
        that tell all apart nearly everything, but they keep their order.
        """
        x, weights = _log_odds(scores), even_odds(labels)
        # Here, since it takes half a second that whoever only scores pages need not wait for.
        from scipy.optimize import minimize

        target = _targets(labels)

        def loss(parameters: Numbers) -> tuple[float, Numbers]:
            z = parameters[0] * x + parameters[1]
            rest = weights * (1 / (1 + np.exp(-z)) - target)
            value = (weights * (np.logaddexp(0, z) - target * z)).sum()
            return float(value), np.array([(rest * x).sum(), rest.sum()])

        bounds = [(_LEAST_SLOPE, _GREATEST_SLOPE), (None, None)]
        options = {"ftol": 1e-14, "gtol": 1e-9}
        found = minimize(
            loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        return cls(float(found.x[0]), float(found.x[1]))


@dataclass(frozen=True)
class Isotonic:
    """Centred isotonic regression (Oron and Flournoy 2017).

    Isotonic regression gives whole stretches of scores one probability. Here that holds at the
    stretch's mean score, and between the means the curve is straight. Beyond the outermost means it
    is almost level.

    Attributes:
        scores: Raw scores, rising, from 0 to 1.
        probabilities: The probabilities there, rising.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, scores: Numbers) -> Numbers:
        """The probabilities."""
        return np.interp(scores, self.scores, self.probabilities)

    @classmethod
    def fit(cls, labels: Labels, scores: Numbers) -> "Isotonic":
        """The curve of least squares, with Platt's targets."""
        from scipy.optimize import isotonic_regression

        distinct, place = np.unique(scores, return_inverse=True)
        weights = even_odds(labels)
        mass = np.bincount(place, weights)
        share = np.bincount(place, weights * _targets(labels)) / mass
        fitted = isotonic_regression(share, weights=mass).x
        # Its blocks are not these: neighbours may have one value, but for rounding.
        starts = np.flatnonzero(np.diff(fitted, prepend=-1) > _EPSILON)
        centres = np.add.reduceat(distinct * mass, starts) / np.add.reduceat(mass, starts)
        inner = (centres > 0) & (centres < 1)
        levels = fitted[starts]
        first, last = levels[0] * (1 - _END_RISE), levels[-1] + _END_RISE * (1 - levels[-1])
        x = [0.0, *centres[inner].tolist(), 1.0]
        y = [float(first), *levels[inner].tolist(), float(last)]
        return cls(tuple(x), tuple(y))


def even_odds(labels: Labels) -> Numbers:
    """Weights that make each class half of all; they add up to the number of items.

    Args:
        labels: Whether each item is a positive, shape (n,); there are both.
    """
    positives = labels.sum()
    return np.asarray(
        len(labels) / 2 / np.where(labels, positives, len(labels) - positives), dtype=np.float64
    )


def _targets(labels: Labels) -> Numbers:
    """Platt's in place of 1 and 0: what n pages all of a class still leave open."""
    positives = int(labels.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(labels) - positives + 2)
    return np.where(labels, high, low)


def fit(labels: Labels, scores: Numbers) -> Platt | Isotonic | Uncalibrated:
    """The curve that the number of pages allows: with few, Platt's; with very few, none."""
    positives = int(labels.sum())
    if min(positives, len(labels) - positives) < LEAST_PAGES:
        return Uncalibrated()
    return (Platt if positives < ISOTONIC_POSITIVES else Isotonic).fit(labels, scores)


_METHODS: Mapping[str, Any] = {
    "platt": Platt,
    "isotonic": Isotonic,
    "none": Uncalibrated,
}


def name(calibration: Calibration) -> str:
    """`platt`, `isotonic` or `none`."""
    return next(key for key, kind in _METHODS.items() if isinstance(calibration, kind))


def path_for(model: str) -> str:
    """Where the calibration of a model stands: `model.calibration.json` beside `model.bin`."""
    folder, slash, file = models.place(model).rpartition("/")
    return f"{folder}{slash}{file.rpartition('.')[0] or file}.calibration.json"


def content(calibration: Calibration) -> dict[str, Any]:
    """A calibration as JSON holds it; see `of`."""
    values: dict[str, Any] = asdict(calibration)  # type: ignore[call-overload]
    return {"method": name(calibration), **values}


def of(content: Mapping[str, Any]) -> Calibration:
    """The calibration that `content` gave.

    Raises:
        ValueError, KeyError, TypeError: It is none.
    """
    values = {
        key: tuple(map(float, value)) if isinstance(value, list) else float(value)
        for key, value in content.items()
        if key != "method"
    }
    found: Calibration = _METHODS[content["method"]](**values)
    _check(found)
    return found


def write(calibration: Calibration, model: str, features: int) -> None:
    """Write a calibration beside its model, naming the model's hash.

    Args:
        calibration: The calibration.
        model: The model's path.
        features: The version of the words that the model reads.
    """
    made = {"model_sha256": files.sha256(model), "features": features, **content(calibration)}
    files.write_json(path_for(model), made)


def beside(model: str, access: files.Access = files.DEFAULT_ACCESS) -> str:
    """The calibration that stands beside a model; empty if none does.

    Raises:
        UserError: Its server does not tell.
    """
    path = path_for(model)
    try:
        return path if files.exists(path, access) else ""
    except OSError as error:
        raise UserError(
            f"{path}: cannot be told whether it is there ({error.strerror or error}); copy the "
            "model to this machine, and its calibration if it has one"
        ) from error


def read(model: str, features: int, access: files.Access = files.DEFAULT_ACCESS) -> Calibration:
    """The calibration beside a model; of a model without one, `Uncalibrated`.

    Args:
        model: The model's address.
        features: The version of the words that the model is to read.
        access: How both are fetched from elsewhere.

    Raises:
        UserError: The file is no calibration, or another model's, or one's of other words, or its
            server does not tell whether it is there.
    """
    if not (path := beside(model, access)):
        return Uncalibrated()
    try:
        given = json.loads(files.read_input(path, access))
        digest, version = given.pop("model_sha256"), given.pop("features")
        found = of(given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no calibration of a classifier ({error!r}); remove it") from error
    if digest != files.sha256(models.local(model, access)):
        raise UserError(f"{path}: made for another model than {model}; give the model it is of")
    if version != features:
        raise UserError(f"{path}: made by another version of curate; train the model anew")
    return found


def _check(calibration: Calibration) -> None:
    """Refuse a curve that is none.

    Raises:
        ValueError: It falls, or leaves 0 to 1.
    """
    ends = calibration(np.linspace(0, 1, 101))
    if isinstance(calibration, Isotonic) and not (
        len(calibration.scores) == len(calibration.probabilities) > 1
        and (np.diff(calibration.scores) > 0).all()
    ):
        raise ValueError("scores do not rise")
    if not ((ends >= 0) & (ends <= 1)).all() or (np.diff(ends) < 0).any():
        raise ValueError("probabilities fall, or leave 0 to 1")


def _log_odds(scores: Numbers) -> NDArray[np.float64]:
    inside = np.clip(scores, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
