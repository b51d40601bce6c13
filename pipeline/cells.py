"""The documents of `weight`, counted by language and domain: before and after."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schema import WEIGHTS

COLUMNS = [
    *("language", "domain", "n_bytes", "duplicate_of"),
    *("reason", "anneal", "repeats"),
]
"""The columns that `count` reads."""

_KEYS = ["language", "domain"]
COUNTS = (
    *("documents", "bytes"),
    *("quality_documents", "quality_bytes"),
    *("anneal_documents", "anneal_bytes"),
    *("seen_documents", "seen_bytes"),
    *("repeats", "bytes_after"),
)
"""What is counted: documents that are no duplicates and their bytes; of these, what the quality
score removed, what is set aside, what the mixture shows at all; and that with its repeats."""


def count(rows: pa.Table) -> pa.Table:
    """The documents of a part by language and domain.

    Args:
        rows: The columns `COLUMNS` of the part.

    Returns:
        Language, domain and `COUNTS`, sorted; only cells with a document that is no duplicate.
    """
    rows = rows.filter(rows["duplicate_of"].is_null())
    sizes, seen = rows["n_bytes"], pc.greater(rows["repeats"], 0)
    repeats = pc.if_else(rows["anneal"], 0, pc.cast(rows["repeats"], pa.int64()))
    groups = (
        pa.repeat(True, len(rows)),
        pc.fill_null(pc.equal(rows["reason"], "quality"), False),
        rows["anneal"],
        pc.and_not(seen, rows["anneal"]),
    )
    numbers = [
        column for group in groups for column in (pc.cast(group, pa.int64()), _where(group, sizes))
    ]
    numbers += [repeats, pc.multiply(repeats, sizes)]
    return _summed(pa.table([*rows.select(_KEYS).columns, *numbers], names=[*_KEYS, *COUNTS]))


def add(counted: Iterable[pa.Table]) -> pa.Table:
    """The sums of what `count` gave of several parts."""
    empty = pa.schema(
        [*(WEIGHTS.field(name) for name in _KEYS), *((name, pa.int64()) for name in COUNTS)]
    ).empty_table()
    return _summed(pa.concat_tables([empty, *counted], promote_options="permissive"))


def _summed(rows: pa.Table) -> pa.Table:
    sums = rows.group_by(_KEYS, use_threads=False).aggregate([(name, "sum") for name in COUNTS])
    named = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
    return named.select([*_KEYS, *COUNTS]).sort_by([(key, "ascending") for key in _KEYS])


def _where(group: pa.Array, sizes: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(group, sizes, 0)
