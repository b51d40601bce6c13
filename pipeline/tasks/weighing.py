"""Weight: how often each document of a part is seen, and why not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import cells, mixture
from pipeline.files import join
from pipeline.ledger import Counts, Part
from pipeline.mixture import Cell
from pipeline.parts import PartWriter, finished, read_table
from pipeline.qualityuse import positions
from pipeline.sandbox import Guard
from pipeline.schema import WEIGHTS
from pipeline.tasks.measuring import DUPLICATE, QUALITY, WEIGHT, Batch
from pipeline.tasks.selecting import REPEAT, Corpus, Repeated, Standing, read_repeated, standings
from pipeline.weightconfig import WeightSection

PREFIXES = ("part",)


def weigh_parts(guard: Guard, batch: Batch, section: WeightSection) -> list[tuple[Part, pa.Table]]:
    """Write a row for each row of the parts of a batch, in the same order.

    Returns:
        Each part, and its documents as `cells.count` counts them.
    """
    missing = [name for name in batch.names if finished(batch.folder, name, PREFIXES) is None]
    if missing:
        corpus, repeated = Corpus.read(batch.work), read_repeated(batch.work)
        parts = standings(batch.work, missing, section, corpus)
        for name, standing in zip(missing, parts, strict=True):
            _write(_weighed(standing, repeated), _part(batch.folder, name))
    found = []
    for name in batch.names:
        done = finished(batch.folder, name, PREFIXES)
        assert done is not None
        rows = read_table(_part(batch.folder, name), cells.COLUMNS)
        found.append((done, cells.count(rows)))
    return found


def _part(folder: str, name: str) -> str:
    return join(folder, f"part-{name}.parquet")


def facts(counted: Iterable[pa.Table], work: str, section: WeightSection) -> dict[str, Any]:
    """What the manifest says of the mixture.

    Args:
        counted: The documents of all parts, as `cells.count` counts them.
        work: Where the targets stand.
        section: What was asked for.
    """
    targets = {one.cell: one.target for one in read_repeated(work)}
    rows = cells.add(counted).to_pylist()
    for row in rows:
        row["target_bytes"] = targets[Cell(row["language"], row["domain"])]
    seen = {Cell(row["language"], row["domain"]): row["bytes_after"] for row in rows}
    missed = [asdict(one) for one in mixture.shortfalls(seen, section)]
    return {"cells": rows, "shortfalls": missed, "anneal": section.anneal.share > 0}


def _weighed(standing: Standing, repeated: list[Repeated]) -> pa.Table:
    """The rows of a part."""
    measured, by_cell = standing.measured, {one.cell: one for one in repeated}
    own = [by_cell[cell] for cell in measured.cells()]
    below = positions(REPEAT, measured.ids) < np.array([one.cut for one in own], dtype=np.uint64)
    weight = np.where(standing.mixed, [one.weight for one in own], 0.0)
    repeats = np.where(standing.mixed, np.array([one.whole for one in own], dtype=int) + below, 0)
    weight[standing.anneal] = repeats[standing.anneal] = 1
    reasons = np.array(measured.table["reason"].to_pylist(), dtype=object)
    reasons[standing.removed] = QUALITY
    reasons[standing.mixed & (repeats == 0)] = WEIGHT
    columns = {name: measured.table[name] for name in measured.table.column_names}
    columns |= {
        "reason": pa.array(reasons, pa.string()),
        "anneal": pa.array(standing.anneal),
        "weight": pa.array(weight),
        "repeats": pa.array(repeats.astype(np.int32)),
    }
    return pa.table(columns, schema=WEIGHTS)


def _write(table: pa.Table, path: str) -> None:
    with PartWriter(path, WEIGHTS) as part:
        for row in table.to_pylist():
            part.write(row)
        reasons = Counter(table["reason"].to_pylist())
        read, kept = len(table) - reasons[DUPLICATE], reasons[None]
        dropped = {reason: reasons[reason] for reason in (QUALITY, WEIGHT) if reasons[reason]}
        facts = {"documents": pc.sum(table["repeats"]).as_py() or 0}
        part.describe(Counts(read, kept, dropped), facts)
