"""The documents that training sees: rows of `lines`, beside what `weight` says of each."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.files import join
from pipeline.parts import read_rows, read_table


def weighted_rows(
    lines: str, weight: str, name: str, columns: Sequence[str], weights: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The documents of a part that are seen at all, with their row's number.

    Args:
        lines: The folder of stage `lines`.
        weight: The folder of stage `weight`.
        name: The part's name.
        columns: Columns of `lines` to read.
        weights: Columns of `weight` to read, beside `repeats`.
    """
    part = f"part-{name}.parquet"
    beside = read_table(join(weight, part), [*weights, "repeats"]).to_pylist()
    rows = read_rows(join(lines, part), list(columns))
    for index, (row, own) in enumerate(zip(rows, beside, strict=True)):
        if own["repeats"]:
            yield index, row | own
