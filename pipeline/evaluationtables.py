"""The answer of `curate evaluate`, on a screen."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from pipeline.richtable import number_table
from training.results import Accuracy, Evaluation, OrderResult, TextFit

_ALARM = 0.05


def show(found: Evaluation, console: Console) -> None:
    """Print how well text is predicted, questions are answered, and which orders are preferred."""
    rows = {"all": found.validation, **found.domains}
    console.print(_fits("Validation, by domain", rows))
    console.print(_fits("Validation, by language", found.languages))
    console.print("±: 95% interval over documents")
    if found.choices:
        console.print(_choices(found.choices))
    if found.order:
        console.print(_order(found.order))
        console.print(
            "p: how likely such a gain is for a model that never saw the items; control: the same "
            "of a compressor. Trained on: p is below "
            f"{_ALARM} over the number of benchmarks, and the control's is not."
        )


def _fits(title: str, rows: Mapping[str, TextFit]) -> Table:
    headings = ("documents", "tokens", "bytes", "perplexity", "bits/byte", "±")
    table = number_table(title, title.rpartition(" ")[2], *headings)
    for name, row in rows.items():
        counts = (f"{row.documents:,}", f"{row.tokens:,}", f"{row.n_bytes:,}")
        margin = "" if row.margin is None else f"{row.margin:.3f}"
        table.add_row(name, *counts, f"{row.perplexity:,.1f}", f"{row.bits_per_byte:.3f}", margin)
    return table


def _choices(rows: Mapping[str, Accuracy]) -> Table:
    table = number_table(
        "Multiple choice", "benchmark", "questions", "accuracy", "95%", "chance", ""
    )
    for name, row in rows.items():
        interval = f"{row.low:.1%} to {row.high:.1%}"
        said = "above" if row.low > row.chance else "below" if row.high < row.chance else ""
        shares = (f"{row.accuracy:.1%}", interval, f"{row.chance:.1%}")
        table.add_row(name, f"{row.questions:,}", *shares, said)
    return table


def _order(rows: Mapping[str, OrderResult]) -> Table:
    headings = ("units", "tokens", "shards", "nats/token", "p", "control", "trained on")
    table = number_table("Preference for the published order", "benchmark", *headings)
    alarm = _ALARM / len(rows)
    for name, row in rows.items():
        counts = (f"{row.units:,}", f"{row.tokens:,}", f"{row.shards}", f"{row.gain:+.4f}")
        fires = row.p_value < alarm
        said = "" if not fires else "yes" if row.control_p_value >= alarm else "cannot tell"
        table.add_row(name, *counts, f"{row.p_value:.2g}", f"{row.control_p_value:.2g}", said)
    return table
