"""Lines: the passages of all pages counted, and the boilerplate among them taken out.

Batches of parts hand what their pages hold to partitions by passage, and these the counts back to
the batches that asked, through files in the stage's work folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import files, lines, minhash
from pipeline.attempt import attempt
from pipeline.config import FilterSection, LinesSection
from pipeline.edits import EDIT, apply, merge
from pipeline.exchange import receive, receive_with_senders, send, sent_file, sent_files
from pipeline.families import bounds_of
from pipeline.ledger import Part
from pipeline.lines import Groups, Keepers, Tallies
from pipeline.parts import SplitWriter, capture_of, finished
from pipeline.records import Edit, Rejected
from pipeline.rules import STATISTICS, UNBOUNDED
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, DOMAIN_COLUMNS, filter_rejected, without_boilerplate
from pipeline.tasks.copies import Batch, copies_of, page_hash
from pipeline.textstats import TextStats

PREFIXES = ("part", "dropped")
LENGTH = "word_count"
"""The rule that judges a page again."""

Row = Mapping[str, Any]
Judged = tuple[Row, Rejected | None]

# No text has a greater rank.
_NO_KEEPER = 2**64 - 1

_COUNTED = pa.schema(
    [pa.field(name, pa.uint64(), False) for name in ("passage", "host", "pages", "keeper")]
)
_TALLIED = pa.schema([pa.field(field.name, pa.uint64(), False) for field in fields(Tallies)])


def count_passages(guard: Guard, batch: Batch, section: LinesSection) -> None:
    """Write on how many pages of a batch its passages stand, for their partitions.

    A document that fails here has none; it fails again when it is to be cut, and is stored then.
    """
    path = sent_file(batch.work, "counted", batch.number)
    if files.exists(path):
        return
    found: list[lines.Hashes] = [np.empty((4, 0), dtype=np.uint64)]
    copies = copies_of(batch)
    for step, row in enumerate(batch.all_documents([*CAPTURE_COLUMNS, "host", "text"])):
        work = partial(_counted, row, section.min_words, page_hash(row) in copies)
        counted = attempt(guard, step, capture_of(row), work)
        if not isinstance(counted, Rejected):
            found.append(counted)
    passages, hosts, pages, keepers = np.concatenate(found, axis=1)
    columns = Groups(passages, hosts).columns(pages, keepers)
    table = pa.Table.from_arrays(columns, schema=_COUNTED)
    send(path, [(table, columns[0] % np.uint64(batch.count))], _COUNTED, batch.count)


def _counted(row: Row, min_words: int, copy: bool) -> lines.Hashes:
    """The rows of a document, shape (4, passages); a copy asks, but is no page that has them."""
    host, text = lines.host_hash(row["host"]), row["text"]
    hashes = {passage.hash for passage in lines.passages(lines.units(text), min_words)} | {host}
    counts = (0, _NO_KEEPER) if copy else (1, lines.text_rank(text))
    rows = np.empty((4, len(hashes)), dtype=np.uint64)
    rows[0] = np.fromiter(hashes, dtype=np.uint64)
    rows[1:] = np.array([[host], *([count] for count in counts)], dtype=np.uint64)
    return rows


def tally_passages(
    guard: Guard, partition: int, count: int, section: LinesSection, work: str
) -> None:
    """Write how often the passages of a partition occur, for the batches that have them."""
    path = sent_file(work, "tallied", partition)
    if files.exists(path):
        return
    rows, senders = receive_with_senders(sent_files(work, "counted"), partition, count, _COUNTED)
    passages, hosts, pages, keepers = (column.to_numpy() for column in rows.columns)
    groups = Groups(passages, hosts)
    tallies = lines.tally(groups.columns(pages, keepers))
    asked = np.flatnonzero(tallies.suspects(section)[groups.of_rows])
    columns = [column[groups.of_rows[asked]] for column in vars(tallies).values()]
    answer = pa.Table.from_arrays(columns, schema=_TALLIED)
    send(path, [(answer, senders[asked])], _TALLIED, count)


def cut_parts(
    guard: Guard, batch: Batch, section: LinesSection, filter_section: FilterSection
) -> list[Part]:
    """Write the documents of a batch without boilerplate; those that it leaves too short drop."""
    keepers: Keepers = {}
    if section.enabled:
        received = receive(sent_files(batch.work, "tallied"), batch.number, batch.count)
        table = pa.Table.from_batches(received, schema=_TALLIED)
        tallies = Tallies(*(column.to_numpy() for column in table.columns))
        keepers = lines.boilerplate(tallies, section)
    work = partial(_judged, keepers=keepers, section=section, filter_section=filter_section)
    return [_write(guard, batch, number, work) for number in range(len(batch.names))]


def _write(guard: Guard, batch: Batch, number: int, work: Callable[[Row], Judged]) -> Part:
    name = batch.names[number]
    if not finished(batch.folder, name, PREFIXES):
        kept, rejected = without_boilerplate(STATISTICS), filter_rejected(STATISTICS)
        with SplitWriter(batch.folder, name, kept, rejected) as part:
            for index, row in enumerate(batch.documents(name)):
                # Unlike in every other part of the batch.
                step = number << 32 | index
                found = attempt(guard, step, capture_of(row), partial(work, row))
                _place(part, *((row, found) if isinstance(found, Rejected) else found))
    part_done = finished(batch.folder, name, PREFIXES)
    assert part_done is not None
    return part_done


def _place(part: SplitWriter, row: Row, rejection: Rejected | None) -> None:
    """Write a document where it belongs."""
    if rejection is not None:
        beside = ("host", "n_chars", "language", "language_score", "edits")
        names = (*beside, *DOMAIN_COLUMNS, *STATISTICS)
        part.reject(rejection, {name: row[name] for name in names})
        return
    part.keep(row)
    cut = sum(edit["kind"] == lines.KIND for edit in row["edits"])
    part.facts.update({"characters": row["n_chars"], f"{EDIT}{lines.KIND}": cut})


def _judged(
    row: Row, keepers: Keepers, section: LinesSection, filter_section: FilterSection
) -> Judged:
    """A document without boilerplate, and why it is dropped if it is."""
    left = _cut(row, keepers, section.min_words)
    return left, None if left["text"] == row["text"] else _too_short(left, filter_section)


def _cut(row: Row, keepers: Keepers, min_words: int) -> Row:
    """A document without boilerplate."""
    before = row["text"]
    edits = lines.cut(before, lines.host_hash(row["host"]), keepers, min_words)
    exact = minhash.exact_hash(before)
    if not edits:
        return {**row, "exact": exact}
    text = apply(before, edits)
    every = merge([Edit(**edit) for edit in row["edits"]], edits)
    return {
        **row,
        "text": text,
        "n_chars": len(text),
        "edits": [asdict(edit) for edit in every],
        "exact": exact,
    }


def _too_short(row: Row, section: FilterSection) -> Rejected | None:
    """Why a document is dropped that has fewer words than the filter asks for, or none."""
    low, _ = bounds_of(section, row["language"]).get(LENGTH, UNBOUNDED)
    n_words = TextStats.of(row["text"], row["language"]).word_count
    if n_words >= max(low or 0, 1):
        return None
    return Rejected(capture_of(row), "dropped", LENGTH, n_words)
