"""A proof on a screen."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from pipeline.proof import Comparison, Proof
from pipeline.richtable import number_table


def show(found: Proof, console: Console) -> None:
    """Print how well each arm's models predict, and how they compare, wins and losses alike."""
    console.print(
        f"{len(found.seeds)} models an arm, of {found.n_parameters:,} parameters and "
        f"{found.tokens:,} tokens each"
    )
    console.print(_arms(found))
    if found.screened:
        console.print(
            f"raw is without {found.screened:,} pages that the screen rejected unread "
            "(extract.screen = false)"
        )
    console.print(_differences("Bits a byte more than raw", found, found.against_raw))
    console.print(
        _differences("Bits a byte more than the step before", found, found.against_before)
    )
    console.print(
        "Below 0 is better. ±: 95% interval over seeds and documents; *: p below .05, adjusted for "
        "all comparisons of the table (Holm)"
    )


def _arms(found: Proof) -> Table:
    headings = [f"{kind} ({count['documents']})" for kind, count in found.held_out.items()]
    table = number_table(
        "Bits a byte on held-out text (documents), mean of the seeds",
        *("arm", "documents", "tokens", "epochs", *headings),
    )
    for arm in found.arms:
        means = [f"{sum(values) / len(values):.4f}" for values in arm.bits_per_byte.values()]
        sizes = (f"{arm.documents:,}", f"{arm.tokens:,}", f"{arm.epochs:.2f}")
        table.add_row(arm.name, *sizes, *means)
    for arm in found.arms:
        if arm.same_as:
            table.caption = f"{table.caption or ''}{arm.name} has the documents of {arm.same_as}. "
    return table


def _differences(title: str, found: Proof, rows: Sequence[Comparison]) -> Table:
    table = number_table(title, "arm", "than", *found.held_out)
    for name, against in dict.fromkeys((one.arm, one.against) for one in rows):
        cells = {one.kind: _cell(one) for one in rows if (one.arm, one.against) == (name, against)}
        table.add_row(name, against, *(cells[kind] for kind in found.held_out))
    return table


def _cell(one: Comparison) -> str:
    margin = (one.high - one.low) / 2
    return f"{one.difference:+.3f} ±{margin:.3f}{' *' if one.verdict else '  '}"
