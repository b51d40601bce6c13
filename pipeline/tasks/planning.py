"""Planning: what `[input]` names becomes files, and each file pieces for one task each."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline import files, warc
from pipeline.errors import UserError
from pipeline.parts import split_name
from pipeline.records import Split
from pipeline.remote import PERMANENT
from pipeline.sandbox import Guard


@dataclass(frozen=True, slots=True)
class Piece:
    """What one task of the extract stage reads, or a file that cannot be read.

    Attributes:
        split: The byte range; of a file that cannot be read, all of it.
        version: The file's version when it was planned, as `files.stat` gives it.
        reason: Why the file cannot be read: `not_an_archive` or `unreadable`; empty if it can.
        detail: The same in words.
    """

    split: Split
    version: str = ""
    reason: str = ""
    detail: str = ""

    @property
    def name(self) -> str:
        """The name of its part. A file that can be read one day has other parts then."""
        return split_name(self.split) + (f"-{self.reason}" if self.reason else "")


def is_list(path: str) -> bool:
    """Whether an input is a list of files, as Common Crawl's `warc.paths.gz` is."""
    return path.endswith((".paths", ".paths.gz"))


def list_files(
    guard: Guard, named: Sequence[str], base: str, most: int, access: files.Access
) -> list[str]:
    """The task that finds the files to read; see `input_files`."""
    return input_files(named, base, most, access)


def plan_file(guard: Guard, path: str, split_bytes: int, access: files.Access) -> list[Piece]:
    """The task that plans one file; see `pieces`."""
    return pieces(path, split_bytes, access)


def input_files(named: Iterable[str], base: str, most: int, access: files.Access) -> list[str]:
    """The files to read, once each, sorted.

    A sample is those whose paths, as the lists have them, hash lowest: unbiased, the same whatever
    the order and the base, and part of every larger one.

    Args:
        named: Files and lists, after globs were expanded.
        base: The folder or URL that relative paths in lists belong to.
        most: How many files to take; 0 for all.
        access: How the lists are reached.

    Raises:
        UserError: A list cannot be read, is damaged, or is empty.
    """
    entries: dict[str, str] = {}
    for path in named:
        if not is_list(path):
            entries[path] = path
            continue
        for entry in read_list(path, access):
            alone = "://" in entry or entry.startswith("/")
            entries.setdefault(entry if alone else files.join(base, entry), entry)
    found = files.distinct(entries)
    if most:
        found.sort(key=lambda path: hashlib.sha256(entries[path].encode()).digest())
        found = found[:most]
    return sorted(found)


def read_list(path: str, access: files.Access) -> list[str]:
    """The lines of a list of files, without blank ones.

    Raises:
        UserError: It cannot be read, is damaged, or is empty.
    """
    content = files.read_input(path, access)
    try:
        if path.endswith(".gz"):
            content = gzip.decompress(content)
        lines = content.decode().splitlines()
    except (EOFError, OSError, zlib.error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: no list of paths ({error}); fetch it again") from error
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise UserError(f"{path}: the list is empty; fetch it again")
    return found


def pieces(path: str, split_bytes: int, access: files.Access) -> list[Piece]:
    """The pieces of one file; one with a reason if it cannot be read.

    Raises:
        OSError: The file cannot be read just now.
    """
    size = 0
    try:
        size, version = files.stat(path, access)
        splits = warc.plan_splits(path, split_bytes, access=access)
    except PERMANENT as error:
        return [Piece(Split(path, 0, size), "", "unreadable", error.strerror or str(error))]
    except UserError as error:
        return [Piece(Split(path, 0, size), "", "not_an_archive", str(error))]
    return [Piece(split, version) for split in splits]


def problem(planned: Iterable[Piece]) -> str:
    """What is wrong with a file that cannot be read; empty if it can."""
    return next((_in_words(piece) for piece in planned if piece.reason), "")


def _in_words(piece: Piece) -> str:
    path = piece.split.path
    return piece.detail if piece.detail.startswith(path) else f"{path}: {piece.detail}"
