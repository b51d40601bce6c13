"""Pages that a rule dropped, or that were kept, for people to read."""

from collections.abc import Mapping
from heapq import nsmallest
from typing import Any

from pipeline import files
from pipeline.errors import UserError
from pipeline.hashing import hash64
from pipeline.parts import read_table
from pipeline.whatif import filter_manifest


def samples(run: str, reason: str | None, count: int) -> list[Mapping[str, Any]]:
    """Some documents of the filter with their text, chosen by hash of the id.

    Args:
        run: The run's folder.
        reason: The rule that dropped them; None for documents kept.
        count: How many.

    Returns:
        For each its id, url, language, domain (the classifier's) and its score, value (the number
        that decided) and text: of a dropped document as extracted, of a kept one what is left.

    Raises:
        UserError: The filter has not run, or dropped nothing for that reason.
    """
    manifest = filter_manifest(run)
    counts = manifest.counts
    if reason is not None and reason not in {**counts.dropped, **counts.failed}:
        reasons = ", ".join(sorted({**counts.dropped, **counts.failed})) or "none"
        raise UserError(f"{run}: the filter dropped nothing for {reason!r}; its reasons: {reasons}")
    prefix = "part" if reason is None else "dropped"
    columns = ["id", "url", "language", "domain", "domain_score"]
    columns += [] if reason is None else ["reason", "value"]
    chosen: list[tuple[int, str, dict[str, Any]]] = []
    for part in manifest.parts:
        table = read_table(files.join(run, "filter", f"{prefix}-{part.name}.parquet"), columns)
        rows = [row for row in table.to_pylist() if row.pop("reason", None) == reason]
        ranked = [(hash64(row["id"]), part.name, row) for row in rows]
        chosen = nsmallest(count, [*chosen, *ranked], key=lambda one: (one[0], one[2]["id"]))
    folder = "filter" if reason is None else "extract"
    return [
        {**row, "text": _text(files.join(run, folder, f"part-{part}.parquet"), row["id"])}
        for _, part, row in chosen
    ]


def _text(path: str, id_: str) -> str:
    table = read_table(path, ["id", "text"])
    text: str = table["text"][table["id"].index(id_).as_py()].as_py()
    return text
