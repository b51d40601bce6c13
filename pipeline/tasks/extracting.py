"""Extract: the records of a piece of an archive to a part of documents."""

import errno
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from classifiers import identifiers
from classifiers.config import LanguageConfig, unknown
from pipeline import files, warc
from pipeline.attempt import attempt
from pipeline.config import ExtractSection
from pipeline.errors import UserError
from pipeline.extract import extract
from pipeline.ledger import Part
from pipeline.parts import SplitWriter, finished
from pipeline.records import Capture, Document, Page, Rejected
from pipeline.remote import PERMANENT
from pipeline.sandbox import Guard
from pipeline.schema import DOCUMENTS, REJECTED
from pipeline.screen import Screen
from pipeline.tasks.planning import Piece

PREFIXES = ("part", "dropped")


def extract_piece(
    guard: Guard,
    piece: Piece,
    section: ExtractSection,
    language: LanguageConfig,
    screen: Screen | None,
    folder: str,
    access: files.Access,
) -> Part:
    """Write the part of one piece, unless it is there already.

    Args:
        guard: The child process's guard.
        piece: What to read; of a file that cannot be read, the part says why.
        section: How to extract.
        language: What identifies the language.
        screen: What the filter will ask for; None to extract every page.
        folder: Where to write.
        access: How the archive and the identifiers are reached.
    """
    if not finished(folder, piece.name, PREFIXES):
        # trafilatura logs each page it finds nothing in; that page has a row of its own here.
        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        # Here: no page is to blame for how long they take.
        _load_identifiers(language, access)
        with SplitWriter(folder, piece.name, DOCUMENTS, REJECTED) as part:
            work = partial(extract, section=section, screen=screen, language=language)
            for result in _results(guard, piece, work, section.max_body_bytes, access):
                if isinstance(result, Document):
                    part.keep(_row(result))
                    part.facts["characters"] += len(result.text)
                else:
                    part.reject(result)
    part_done = finished(folder, piece.name, PREFIXES)
    assert part_done is not None
    return part_done


def check_identifiers(
    guard: Guard,
    section: LanguageConfig,
    named: Mapping[str, tuple[str, ...]],
    access: files.Access,
) -> None:
    """Load the identifiers that a run will ask.

    Raises:
        UserError: One cannot be loaded, or the first never finds a language that is named.
    """
    _load_identifiers(section, access)
    for problem in unknown(section.identifier, named):
        raise UserError(problem)


def _load_identifiers(section: LanguageConfig, access: files.Access) -> None:
    for name in section.names:
        identifiers.fetch(name, access)
        identifiers.load(name)


def _results(
    guard: Guard,
    piece: Piece,
    work: Callable[[Page], Document | Rejected],
    max_body_bytes: int,
    access: files.Access,
) -> Iterator[Document | Rejected]:
    """What became of each record of a piece.

    Reading a record and extracting it are two guarded steps: a record that kills the reader ends
    its split with one failed row, since nothing after it can be reached. So does an archive that
    is gone or forbidden by now. One that cannot be reached just now fails the task instead: its
    rows would say of good pages that they are lost.
    """
    if piece.reason:
        yield Rejected(_unread(piece, 0), "failed", piece.reason, detail=piece.detail)
        return
    split = piece.split
    reading = _Reading(guard)
    records = _records(piece, max_body_bytes, replace(access, waiting=reading.waiting))
    step, last = 0, split.start
    while True:
        if reason := guard.poison(step):
            yield Rejected(_unread(piece, last), "failed", "killed_reading", detail=reason)
            return
        try:
            with reading.page(step, f"{split.path} after byte {last}"):
                record = next(records, None)
        except PERMANENT as error:
            detail = f"{error.strerror or error}: nothing read after the record at byte {last}"
            yield Rejected(_unread(piece, last), "failed", "unreadable", detail=detail)
            return
        if record is None:
            return
        last = record.capture.offset
        if isinstance(record, Page):
            yield attempt(guard, step + 1, record.capture, partial(work, record))
        else:
            yield record
        step += 2


def _records(piece: Piece, limit: int, access: files.Access) -> Iterator[Page | Rejected]:
    """The records of the archive that was planned, not of another that took its place."""
    path = piece.split.path
    if piece.version and files.stat(path, access)[1] != piece.version:
        raise OSError(errno.ESTALE, "the file changed during the run", path)
    yield from warc.read_records(piece.split, limit, access=access)


class _Reading:
    """Marks the page that is read, but not while the network is waited for: no page is to blame."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._marked = ExitStack()

    @contextmanager
    def page(self, step: int, what: str) -> Iterator[None]:
        """Mark a page while the block runs."""
        self._mark = partial(self._guard.page, step, what)
        with ExitStack() as self._marked:
            self._marked.enter_context(self._mark())
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Take the mark off while the block runs."""
        self._marked.close()
        try:
            yield
        finally:
            self._marked.enter_context(self._mark())


def _unread(piece: Piece, offset: int) -> Capture:
    return Capture(f"{piece.name}:unread", "", "", piece.split.path, offset, 0)


def _row(document: Document) -> dict[str, Any]:
    return asdict(document.capture) | {
        "host": document.host,
        "text": document.text,
        "n_chars": len(document.text),
        "language": document.language,
        "language_score": document.language_score,
        "language_second": document.language_second,
        "link_density": document.link_density,
        **asdict(document.metadata),
    }
