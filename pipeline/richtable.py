"""Tables of numbers on a screen."""

from rich.table import Table


def number_table(title: str, first: str, *others: str) -> Table:
    """A table without rows: names in the first column, numbers to the right in the others."""
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table
