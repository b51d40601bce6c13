"""Filter: the verdict on every document of a part, its statistics beside it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from classifiers import fasttext_model, quality
from pipeline.attempt import attempt
from pipeline.config import FilterSection
from pipeline.files import join
from pipeline.ledger import Part
from pipeline.parts import SplitWriter, capture_of, finished, read_rows
from pipeline.records import Rejected
from pipeline.rules import RULES, Measured, judge, measure
from pipeline.sandbox import Guard
from pipeline.schema import filter_rejected, filtered
from pipeline.textstats import TextStats

PREFIXES = ("part", "dropped")
# Stored by the extract stage already, under the same name.


STATISTICS = [name for name in RULES if name != "language_score"]


def filter_part(
    guard: Guard, source: str, name: str, section: FilterSection, model: str | None, folder: str
) -> Part:
    """Write the verdicts on one part of `extract`, unless they are there already."""
    if not finished(folder, name, PREFIXES):
        kept, rejected = filtered(STATISTICS), filter_rejected(STATISTICS)
        with SplitWriter(folder, name, kept, rejected) as part:
            for index, row in enumerate(read_rows(join(source, f"part-{name}.parquet"))):
                statistics, rejection = _verdict(guard, index, row, section, model)
                if rejection is None:
                    part.keep(row | statistics)
                    part.facts["characters"] += row["n_chars"]
                else:
                    beside = {
                        key: row[key] for key in ("host", "n_chars", "language", "language_score")
                    }
                    part.reject(rejection, beside | statistics)
    part_done = finished(folder, name, PREFIXES)
    assert part_done is not None
    return part_done


def _verdict(
    guard: Guard, index: int, row: Mapping[str, Any], section: FilterSection, model: str | None
) -> tuple[dict[str, float | None], Rejected | None]:
    """A document's statistics, and why it is rejected; None if it is kept."""
    capture = capture_of(row)
    statistics = attempt(guard, index, capture, partial(_measure, row, model))
    if isinstance(statistics, Rejected):
        return dict.fromkeys(STATISTICS), statistics
    stored = {key: statistics[key] for key in STATISTICS}
    if section.languages and row["language"] not in section.languages:
        return stored, Rejected(capture, "dropped", "language", detail=row["language"])
    if broken := judge(statistics, section.rules):
        return stored, Rejected(capture, "dropped", *broken)
    return stored, None


def _measure(row: Mapping[str, Any], model: str | None) -> dict[str, float | None]:
    score = quality.score(fasttext_model.load(model), row["text"]) if model else None
    stats = TextStats(row["text"], row["language"])
    return measure(Measured(stats, row["language_score"], score))
