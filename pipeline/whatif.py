"""Other bounds, judged from stored statistics: what would be kept, which pages change side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import files
from pipeline.config import Bounds, FilterSection
from pipeline.errors import UserError
from pipeline.families import bounds_of
from pipeline.hashing import hash64
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.rules import RULES, STATISTICS

_COLUMNS = ["id", "url", "language", "language_score", *STATISTICS]
KEPT = "kept"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A document that changes side.

    Attributes:
        id: Its id.
        url: Its URL.
        was: `kept`, or the rule that dropped it.
        now: `kept`, or the rule that would drop it.
        value: Its statistic under the rule that would drop it; None if none would.
    """

    id: str
    url: str
    was: str
    now: str
    value: float | None


@dataclass(frozen=True)
class WhatIf:
    """What other bounds would change.

    Attributes:
        read: Documents the filter read.
        kept: Documents it kept.
        would_keep: Documents it would keep.
        dropped: Documents dropped now, by reason.
        would_drop: Documents it would drop, by reason.
        gained: How many are dropped now and would be kept.
        lost: How many are kept now and would be dropped.
        changes: Some of them, by hash of the id.
        screened: Pages that extraction's screen rejected by the run's own bounds; without a text
            they cannot be judged anew.
    """

    read: int
    kept: int
    would_keep: int
    dropped: Mapping[str, int]
    would_drop: Mapping[str, int]
    gained: int
    lost: int
    changes: list[Change]
    screened: int


def what_if(run: str, changes: Mapping[str, Bounds], samples: int) -> WhatIf:
    """Judge every document of a run anew, from its stored statistics.

    Args:
        run: The run's folder.
        changes: Bounds by rule, in place of the run's own.
        samples: How many of the documents that change side to name, each way.

    Raises:
        UserError: The filter has not run, or did not measure or judge by what is asked for.
    """
    manifest = filter_manifest(run)
    section = FilterSection.model_validate(manifest.settings["settings"]["filter"])
    if "contamination" in changes and section.contaminated == "span":
        raise UserError(
            f"{run}: it takes contaminated spans out and drops no page for contamination"
        )
    changed = section.model_copy(update={"rules": {**section.rules, **changes}})
    now: Counter[str] = Counter()
    then: Counter[str] = Counter()
    moved: dict[bool, list[Change]] = {True: [], False: []}
    sizes = Counter[bool]()
    measured = Counter[str]()
    for part in manifest.parts:
        table = judged_documents(run, part.name)
        reasons, values = judge_table(table, changed)
        was = table["reason"].to_numpy(zero_copy_only=False)
        measured.update({rule: len(table) - table[rule].null_count for rule in changes})
        now.update(was.tolist())
        then.update(reasons.tolist())
        for gain, some in moved.items():
            rows = np.flatnonzero(((was == KEPT) != gain) & ((reasons == KEPT) == gain))
            sizes[gain] += len(rows)
            found = _changes(table.take(rows), reasons[rows], values[rows])
            moved[gain] = nsmallest(samples, [*some, *found], key=_place)
    for rule in changes:
        if now and not measured[rule]:
            raise UserError(
                f"{run}: it measured no {rule}; see docs/filters.md for what that needs"
            )
    return WhatIf(
        read=now.total(),
        kept=now[KEPT],
        would_keep=then[KEPT],
        dropped=_dropped(now),
        would_drop=_dropped(then),
        gained=sizes[True],
        lost=sizes[False],
        changes=[*moved[True], *moved[False]],
        screened=screened(run),
    )


def screened(run: str) -> int:
    """Pages that extraction's screen rejected, so that nothing else is known of them."""
    extracted = Manifest.read(files.join(run, "extract"))
    dropped = extracted.counts.dropped if extracted else {}
    return sum(count for reason, count in dropped.items() if reason.startswith("screen_"))


def filter_manifest(run: str) -> Manifest:
    """The manifest of a run's filter.

    Raises:
        UserError: The filter has not run.
    """
    manifest = Manifest.read(files.join(run, "filter"))
    if manifest is None:
        raise UserError(f"{run}: nothing filtered yet; run `curate filter` first")
    return manifest


def judged_documents(run: str, name: str, columns: Sequence[str] = ()) -> pa.Table:
    """The statistics of a part's documents, kept and dropped, and the reason beside them.

    Args:
        run: The run's folder.
        name: The part's name.
        columns: Further columns.
    """
    wanted = [*_COLUMNS, *columns]
    kept, dropped = (
        read_table(files.join(run, "filter", f"{prefix}-{name}.parquet"), some)
        for prefix, some in (("part", wanted), ("dropped", [*wanted, "reason"]))
    )
    reason = pa.array([KEPT] * len(kept), pa.string())
    kept = kept.append_column(dropped.schema.field("reason"), reason)
    return pa.concat_tables([kept, dropped.select(kept.column_names)])


def judge_table(table: pa.Table, section: FilterSection) -> tuple[npt.NDArray[np.object_], Floats]:
    """Judge documents by other bounds.

    Args:
        table: As of `judged_documents`.
        section: The bounds.

    Returns:
        For each row the first rule that drops it, or `kept`, and the value that decides.
    """
    reasons = np.full(len(table), KEPT, dtype=object)
    values = np.full(len(table), np.nan)
    languages = table["language"].to_numpy(zero_copy_only=False)
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in RULES}
    for language in set(languages.tolist()):
        rows = np.flatnonzero(languages == language)
        for name, (low, high) in bounds_of(section, language).items():
            found = columns[name][rows].astype(np.float64)
            # Comparing with NaN, which stands for null, drops nothing.
            broken = (found < (-np.inf if low is None else low)) | (
                found > (np.inf if high is None else high)
            )
            reasons[rows[broken]] = name
            values[rows[broken]] = found[broken]
            rows = rows[~broken]
    # What is dropped for no statistic stays so.
    was = table["reason"].to_numpy(zero_copy_only=False)
    fixed = ~np.isin(was, [KEPT, *RULES])
    reasons[fixed] = was[fixed]
    return reasons, values


def _changes(table: pa.Table, reasons: npt.NDArray[np.object_], values: Floats) -> list[Change]:
    rows = table.select(["id", "url", "reason"]).to_pylist()
    return [
        Change(row["id"], row["url"], row["reason"], now, None if np.isnan(value) else float(value))
        for row, now, value in zip(rows, reasons.tolist(), values, strict=True)
    ]


def _place(change: Change) -> tuple[int, str]:
    return hash64(change.id), change.id


def _dropped(reasons: Counter[str]) -> dict[str, int]:
    return {reason: count for reason, count in reasons.most_common() if reason != KEPT}
