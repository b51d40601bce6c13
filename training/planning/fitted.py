"""The answer of `curate plan fit`: a law of the user's own runs, and what it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console

from pipeline import files
from pipeline.richtable import number_table
from training.planning.fit import RESAMPLES, Fit, fit
from training.planning.isoflop import Extent, drawing
from training.planning.laws import Law
from training.planning.optimum import Setting, best
from training.planning.quantities import short
from training.planning.runs import read_runs

Interval = tuple[float, float]
_CURVES = 5
"""Budgets within the runs for which curves are drawn, where none are asked for."""
_TELLING = ("E", "alpha", "beta", "a")
"""The constants that decide a forecast; A and B go with the exponents, however far they reach."""
_WIDE = 3.0
"""How many times its lower end the upper end of an interval may be, for a constant to be known."""
_BEYOND = (10.0, 100.0, 1000.0)
"""Multiples of the runs' largest budget that are predicted, where none are asked for."""


@dataclass(frozen=True)
class Forecast:
    """The best run for a budget, with 95% intervals.

    Attributes:
        flops: The budget.
        params: The best size.
        tokens: The best tokens.
        loss: What they come to.
        params_interval: By the bootstrap.
        tokens_interval: By the bootstrap.
        loss_interval: By the bootstrap.
        extrapolated: Whether budget, size or tokens are beyond those of the runs.
    """

    flops: float
    params: float
    tokens: float
    loss: float
    params_interval: Interval
    tokens_interval: Interval
    loss_interval: Interval
    extrapolated: bool


@dataclass(frozen=True)
class Fitted:
    """A fitted law.

    Attributes:
        runs: How many.
        extent: What they cover.
        constants: E, A, B, alpha, beta, and `a`, the power of the budget by which the best size
            grows.
        intervals: Of these, 95%, by the bootstrap.
        undetermined: Those of E, alpha, beta and `a` whose interval spans more than a factor of 3:
            the runs agree with too many laws for a forecast.
        error: Root of the mean squared error of log loss.
        failed_resamples: Those that determined no law.
        forecasts: By budget.
        plot: The file drawn, if one was asked for.
    """

    runs: int
    extent: Extent
    constants: dict[str, float]
    intervals: dict[str, Interval]
    undetermined: list[str]
    error: float
    failed_resamples: int
    forecasts: list[Forecast]
    plot: str | None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"extent": self.extent._asdict()}

    def show(self, console: Console) -> None:
        """Print the law and its forecasts for a person."""
        extent = self.extent
        table = number_table(
            f"Law of {self.runs} runs: E + A / N^alpha + B / D^beta", "", "value", "95%"
        )
        for name, value in self.constants.items():
            low, high = self.intervals[name]
            table.add_row(name, f"{value:.5g}", f"{low:.5g} to {high:.5g}")
        table.caption = (
            f"error of the loss {self.error:.2%}; sizes {_range(extent.params)}, tokens "
            f"{_range(extent.tokens)}"
        )
        console.print(table)
        table = number_table(
            "Best runs", "FLOPs", "parameters", "95%", "tokens", "95%", "loss", "95%"
        )
        for one in self.forecasts:
            table.add_row(
                f"{one.flops:.3g}" + (" *" if one.extrapolated else ""),
                short(one.params),
                _range(one.params_interval),
                short(one.tokens),
                _range(one.tokens_interval),
                f"{one.loss:.4f}",
                f"{one.loss_interval[0]:.4f} to {one.loss_interval[1]:.4f}",
            )
        table.caption = "* extrapolated: beyond the sizes, tokens or FLOPs of the runs"
        console.print(table)
        for note in self._notes():
            console.print(f"note: {note}", soft_wrap=True)
        if self.plot:
            console.print(f"curves: {self.plot}")

    def _notes(self) -> list[str]:
        notes = []
        if self.undetermined:
            notes.append(
                f"the runs do not determine {', '.join(self.undetermined)} (the interval spans "
                f"more than a factor of {_WIDE:g}), so the best runs are no advice; add runs of "
                "more sizes and token counts, the largest well above these"
            )
        if self.failed_resamples:
            notes.append(f"{self.failed_resamples} of {RESAMPLES} resamples determined no law")
        return notes


def fit_runs(paths: Sequence[str], budgets: Sequence[float] | None, plot: str | None) -> Fitted:
    """Fit a law to runs, predict budgets, and draw iso-FLOP curves.

    Raises:
        UserError: A run cannot be read, the runs do not determine a law, or the plot cannot be
            written.
    """
    runs = read_runs(paths)
    found = fit(runs)
    extent = Extent.of(runs)
    within = [float(one) for one in np.geomspace(*extent.flops, _CURVES)]
    asked = sorted(budgets or [*within, *(extent.flops[1] * factor for factor in _BEYOND)])
    if plot is not None:
        with files.open_atomic(plot, "choose another --plot") as out:
            out.write(drawing(found.law, runs, sorted({*within, *asked})).encode())
    constants = _constants(found.law)
    drawn = [_constants(law) for law in found.law.drawn]
    intervals = {name: _interval([one[name] for one in drawn]) for name in constants}
    return Fitted(
        runs=len(runs),
        extent=extent,
        constants=constants,
        intervals=intervals,
        undetermined=undetermined(intervals),
        error=found.error,
        failed_resamples=found.failed,
        forecasts=[_forecast(found, budget, extent) for budget in asked],
        plot=plot,
    )


def undetermined(intervals: Mapping[str, Interval]) -> list[str]:
    """Those of E, alpha, beta and `a` that are not known to within a factor of 3."""
    return [name for name in _TELLING if intervals[name][1] > _WIDE * intervals[name][0]]


def _constants(law: Law) -> dict[str, float]:
    return {
        "E": law.floor,
        "A": law.a,
        "B": law.b,
        "alpha": law.alpha,
        "beta": law.beta,
        "a": law.beta / (law.alpha + law.beta),
    }


def _forecast(found: Fit, budget: float, extent: Extent) -> Forecast:
    params, tokens, loss = _best(found.law, budget)
    drawn = [_best(law, budget) for law in found.law.drawn]
    by_params, by_tokens, by_loss = (_interval(values) for values in zip(*drawn, strict=True))
    inside = extent.holds(params, tokens)
    return Forecast(budget, params, tokens, loss, by_params, by_tokens, by_loss, not inside)


def _best(law: Law, budget: float) -> tuple[float, float, float]:
    params, tokens = best(law, budget, Setting())
    return params, tokens, float(law.loss(params, tokens))


def _interval(values: Sequence[float]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _range(interval: Interval) -> str:
    return f"{short(interval[0])} to {short(interval[1])}"
