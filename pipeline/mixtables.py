"""What `curate mix` prints."""

import json
import re

from rich.console import Console

from pipeline.mixcommand import Answer
from pipeline.richtable import number_table
from training.mixlaw.check import Check
from training.mixlaw.mixed import Mixed, Predicted

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def show(found: Answer, console: Console) -> None:
    """Print it for a person."""
    mixed = found.mixed
    _show_quality(mixed, console)
    if mixed.refusal:
        return
    _show_domains(mixed, found.tokens, console)
    _show_metrics(mixed, console)
    if found.check:
        _show_check(found.check, console)
    if found.refusal:
        return
    console.print("For the configuration:\n", soft_wrap=True)
    console.print(toml(found.weights), soft_wrap=True)


def toml(weights: dict[str, float]) -> str:
    """Weights as a configuration has them."""
    rows = [f"{_key(name)} = {share:g}" for name, share in weights.items()]
    return "[train.weights]\n" + "\n".join(rows)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _show_quality(mixed: Mixed, console: Console) -> None:
    rows = number_table(
        f"How well {mixed.proxies} proxies are predicted, held out",
        "metric",
        *("weight", "rank correlation", "95%", "linear", "error"),
    )
    for row in mixed.metrics:
        quality = row.quality
        rows.add_row(
            row.name,
            f"{row.weight:.3f}",
            f"{quality.rank_correlation:.3f}",
            "{:.3f} to {:.3f}".format(*quality.interval),
            f"{quality.linear_rank_correlation:.3f}",
            f"{quality.error:.4f}",
        )
    rows.caption = "linear: rank correlation of linear regression"
    console.print(rows)


def _show_domains(mixed: Mixed, tokens: float, console: Console) -> None:
    rows = number_table(
        f"Proposal for {tokens:,.0f} tokens",
        "domain",
        *("unique tokens", "natural share", "proposal", "factor", "epochs", "tried"),
    )
    for row in mixed.domains:
        assert row.proposal is not None, "shown without a proposal"
        rows.add_row(
            row.name,
            f"{row.unique_tokens:,}",
            f"{row.prior:.2%}",
            f"{row.proposal:.2%}" + (" *" if row.extrapolated else ""),
            f"{row.factor:.2f}",
            f"{row.epochs:.2f}",
            "{:.1%} to {:.1%}".format(*row.tried),
        )
    if any(row.extrapolated for row in mixed.domains):
        rows.caption = "* extrapolated: no proxy had so much, or so little"
    console.print(rows)


def _show_metrics(mixed: Mixed, console: Console) -> None:
    rows = number_table("Predicted", "metric", "natural", "95%", "proposal", "95%", "change", "95%")
    for row in mixed.metrics:
        assert row.prior and row.proposal and row.change, "shown without a proposal"
        rows.add_row(row.name, *_cells(row.prior), *_cells(row.proposal), *_cells(row.change))
    rows.caption = (
        "intervals are over proxies, not over seeds; the proposal was chosen by the same law, "
        "which flatters it"
    )
    console.print(rows)


def _cells(one: Predicted) -> tuple[str, str]:
    return f"{one.value:.4f}", "{:.4f} to {:.4f}".format(*one.interval)


def _show_check(check: Check, console: Console) -> None:
    low, high = check.interval
    console.print(
        f"{check.verdict}: objective {check.prior:.4f} of the natural shares, {check.proposal:.4f} "
        f"of the proposal, change {check.change:.4f} (95%: {low:.4f} to {high:.4f}), of "
        f"{check.seeds} fresh seeds each",
        soft_wrap=True,
    )
