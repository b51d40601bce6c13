"""A page's whole way through a run, from the archive to how often it is seen in training."""

from collections.abc import Callable, Iterator
from typing import Any

from pipeline import files, urls
from pipeline.config import FilterSection
from pipeline.errors import UserError
from pipeline.families import bounds_of
from pipeline.ledger import Manifest
from pipeline.lines import KIND
from pipeline.parts import read_table
from pipeline.rules import RULES
from pipeline.schema import DOMAIN_COLUMNS

_CAPTURE = ("id", "url", "date", "warc", "offset", "length")
_SAID = (
    *(
        "language",
        "language_score",
        "language_second",
        "link_density",
        "title",
        "published",
        "canonical_url",
    ),
    *("declared_language", "licences", "opt_outs"),
)
_EXCERPT = 80

Row = dict[str, Any]


def explain(run: str, page: str) -> Iterator[Row]:
    """What became of each record of a page, stage by stage.

    Args:
        run: The run's folder.
        page: A URL, in any spelling, or a record's id.

    Raises:
        UserError: Nothing is extracted yet.
    """
    manifest = Manifest.read(files.join(run, "extract"))
    if manifest is None:
        raise UserError(f"{run}: nothing extracted yet; run `curate extract` first")
    engine = manifest.settings["settings"]["extract"]["engine"]
    wanted = urls.canonical_url(page)
    for is_it in (
        lambda row: page in (row["id"], row["url"]),
        lambda row: urls.canonical_url(row["url"]) == wanted,
    ):
        found = False
        for part in manifest.parts:
            for row in _rows(run, "extract", part.name, is_it):
                found = True
                yield _story(run, part.name, engine, row)
        if found:
            return


def _story(run: str, part: str, engine: str, row: Row) -> Row:
    story: Row = {key: row[key] for key in _CAPTURE}
    story["part"] = part
    story["extract"] = _outcome(row) | {"engine": engine}
    if "text" in row:
        story["extract"] |= {key: row[key] for key in _SAID} | {"n_chars": row["n_chars"]}
        story["filter"] = _filtered(run, part, row)
    if story.get("filter", {}).get("outcome") == "kept":
        story["lines"] = _cut(run, part, row)
    if (story.get("lines") or {}).get("outcome") == "kept":
        story["dedup"] = _deduplicated(run, part, row["id"])
        story["weight"] = _weighed(run, part, row["id"])
    return {key: value for key, value in story.items() if value is not None}


def _filtered(run: str, part: str, document: Row) -> Row | None:
    manifest = Manifest.read(files.join(run, "filter"))
    if manifest is None:
        return None
    row = next(_rows(run, "filter", part, _with_id(document["id"])), None)
    if row is None:
        return None
    section = FilterSection.model_validate(manifest.settings["settings"]["filter"])
    bounds = bounds_of(section, row["language"])
    statistics = []
    for rule in RULES:
        low, high = bounds.get(rule, (None, None))
        statistics.append({"rule": rule, "value": row[rule], "low": low, "high": high})
    judged = {column: row[column] for column in DOMAIN_COLUMNS}
    return _outcome(row) | judged | {"statistics": statistics, "edits": _edits(document, row)}


def _edits(document: Row, row: Row) -> list[Row]:
    """The edits of a document, with the words of the text as extracted."""
    text = document["text"]
    return [
        {
            "kind": edit["kind"],
            "start": edit["start"],
            "stop": edit["stop"],
            "was": _shortened(text[edit["start"] : edit["stop"]]),
            "is": edit["text"],
        }
        for edit in row["edits"]
    ]


def _deduplicated(run: str, part: str, id_: str) -> Row | None:
    if Manifest.read(files.join(run, "dedup")) is None:
        return None
    path = files.join(run, "dedup", f"duplicates-{part}.parquet")
    for row in read_table(path).to_pylist():
        if row["id"] == id_:
            return {"outcome": "dropped", "reason": row["level"], **row}
    return {"outcome": "kept"}


def _cut(run: str, part: str, document: Row) -> Row | None:
    if Manifest.read(files.join(run, "lines")) is None:
        return None
    row = next(_rows(run, "lines", part, _with_id(document["id"])), None)
    if row is None:
        return None
    taken = [edit for edit in _edits(document, row) if edit["kind"] == KIND]
    return _outcome(row) | {"n_chars": row["n_chars"], "edits": taken}


def _weighed(run: str, part: str, id_: str) -> Row | None:
    if Manifest.read(files.join(run, "weight")) is None:
        return None
    for row in read_table(files.join(run, "weight", f"part-{part}.parquet")).to_pylist():
        if row["id"] == id_:
            shown = ("domain", "quality", "reason", "anneal", "weight", "repeats")
            return {key: row[key] for key in shown}
    return None


def _rows(run: str, stage: str, part: str, is_it: Callable[[Row], bool]) -> Iterator[Row]:
    """The rows of a part, kept and dropped, that are looked for."""
    for prefix in ("part", "dropped"):
        path = files.join(run, stage, f"{prefix}-{part}.parquet")
        if not files.exists(path):
            continue
        places = read_table(path, ["id", "url"]).to_pylist()
        if rows := [number for number, place in enumerate(places) if is_it(place)]:
            yield from read_table(path).take(rows).to_pylist()


def _with_id(id_: str) -> Callable[[Row], bool]:
    return lambda row: row["id"] == id_


def _outcome(row: Row) -> Row:
    if "outcome" not in row:
        return {"outcome": "kept"}
    return {key: row[key] for key in ("outcome", "reason", "value", "detail")}


def _shortened(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
