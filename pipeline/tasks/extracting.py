"""Extract: the records of a split to a part of documents."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from pipeline import warc
from pipeline.attempt import attempt
from pipeline.extract import extract
from pipeline.ledger import Part
from pipeline.parts import SplitWriter, finished, split_name
from pipeline.records import Capture, Document, Page, Rejected, Split
from pipeline.sandbox import Guard
from pipeline.schema import DOCUMENTS, REJECTED

PREFIXES = ("part", "dropped")


def extract_split(
    guard: Guard, split: Split, max_body_bytes: int, folder: str, problem: str
) -> Part:
    """Write the part of one split, unless it is there already.

    Args:
        guard: The child process's guard.
        split: What to read.
        max_body_bytes: A longer body is dropped.
        folder: Where to write.
        problem: Why the file cannot be read; then that is all the part says.
    """
    name = split_name(split)
    if not finished(folder, name, PREFIXES):
        # trafilatura logs each page it finds nothing in; that page has a row of its own here.
        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        with SplitWriter(folder, name, DOCUMENTS, REJECTED) as part:
            unreadable = Rejected(_unread(split, 0), "failed", "not_an_archive", detail=problem)
            results = [unreadable] if problem else _results(guard, split, max_body_bytes)
            for result in results:
                if isinstance(result, Document):
                    part.keep(_row(result))
                    part.facts["characters"] += len(result.text)
                else:
                    part.reject(result)
    part_done = finished(folder, name, PREFIXES)
    assert part_done is not None
    return part_done


def _results(guard: Guard, split: Split, limit: int) -> Iterator[Document | Rejected]:
    """What became of each record of a split.

    Reading a record and extracting it are two guarded steps: a record that kills the reader ends
    its split with one failed row, since nothing after it can be reached.
    """
    records = warc.read_records(split, limit)
    step, last = 0, split.start
    while True:
        if reason := guard.poison(step):
            yield Rejected(_unread(split, last), "failed", "killed_reading", detail=reason)
            return
        with guard.page(step, f"{split.path} after byte {last}"):
            record = next(records, None)
        if record is None:
            return
        last = record.capture.offset
        if isinstance(record, Page):
            yield attempt(guard, step + 1, record.capture, partial(extract, record))
        else:
            yield record
        step += 2


def _unread(split: Split, offset: int) -> Capture:
    return Capture(f"{split_name(split)}:unread", "", "", split.path, offset, 0)


def _row(document: Document) -> dict[str, Any]:
    return asdict(document.capture) | {
        "host": document.host,
        "text": document.text,
        "n_chars": len(document.text),
        "language": document.language,
        "language_score": document.language_score,
    }
