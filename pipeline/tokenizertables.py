"""The answer of `curate tokenizer report`, on a screen."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from pipeline.tokenizerreport import OWN, Fertility, TokenizerReport

_LEGEND = (
    "bytes and tokens: of the texts measured; fertility: tokens a word; price: tokens over those "
    "of a tokenizer of the same size for the language alone"
)


def show(report: TokenizerReport, console: Console) -> None:
    """Print what texts cost, the longest and unused tokens, and some texts token by token."""
    names = list(report.vocab_sizes)
    console.print(_fertility("Languages", report.languages, names))
    console.print(_LEGEND)
    console.print(_fertility("Domains", report.domains, names))
    longest = Table("token", "uses", title="Longest tokens", title_justify="left")
    for token, uses in report.longest.items():
        longest.add_row(repr(token), f"{uses:,}")
    console.print(longest)
    share = report.never_used / report.vocab_sizes[OWN]
    examples = " ".join(map(repr, report.never_used_examples))
    console.print(f"never used: {report.never_used:,} tokens ({share:.1%}), such as {examples}")
    for text, pieces in report.pieces.items():
        console.print(repr(text), style="bold")
        for name, tokens in pieces.items():
            shown = " ".join(map(repr, tokens))
            console.print(f"  {name} ({len(tokens)}): {shown}", soft_wrap=True)


def _fertility(title: str, rows: Sequence[Fertility], names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(title.removesuffix("s").lower(), no_wrap=True)
    for heading in ("documents", "bytes", "tokens", "price"):
        table.add_column(heading, justify="right")
    for name in names:
        table.add_column(f"bytes/token\n{name}", justify="right")
        table.add_column(f"fertility\n{name}", justify="right")
    for row in rows:
        costs = (
            f"{costs[name]:.2f}" if name in costs else ""
            for name in names
            for costs in (row.bytes_per_token, row.tokens_per_word)
        )
        price = "" if row.price is None else f"{row.price:.2f}"
        counts = (f"{row.documents:,}", f"{row.n_bytes:,}", f"{row.tokens[OWN]:,}", price)
        table.add_row(row.name, *counts, *costs)
    return table
