"""Parquet parts: named after their split, written whole, their counts in their footer."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.ledger import Counts, Part
from pipeline.records import Capture, Rejected, Split
from pipeline.schema import CAPTURE_COLUMNS

_ROW_GROUP_ROWS = 1000
_ROW_GROUP_CHARS = 8_000_000
_BATCH_ROWS = 256
COUNTS_KEY = "curate.counts"
FACTS_KEY = "curate.facts"


def split_name(split: Split) -> str:
    """A file name that tells the split: the archive's name, a hash of its path, the start."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", split.path.rsplit("/", 1)[-1])[:80]
    digest = hashlib.sha256(split.path.encode()).hexdigest()[:16]
    return f"{stem}-{digest}-{split.start:012d}"


class PartWriter:
    """Writes one Parquet file of rows; it appears when the `with` block ends without an error.

    Args:
        path: Where to write.
        schema: The Arrow schema of the rows.
    """

    def __init__(self, path: str, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []
        self._n_chars = 0
        self._metadata: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        stream = self._stack.enter_context(files.open_atomic(self._path))
        self._writer = pq.ParquetWriter(
            pa.PythonFile(stream, mode="w"), self._schema, compression="zstd", compression_level=3
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._flush()
                self._writer.add_key_value_metadata(self._metadata)
                self._writer.close()
            else:
                self._writer.is_open = False
        except BaseException as late:
            # A writer that is given up must not write its footer when it is collected.
            self._writer.is_open = False
            self._stack.__exit__(type(late), late, late.__traceback__)
            raise
        self._stack.__exit__(kind, error, trace)

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row: a mapping of column to value."""
        self._rows.append(row)
        self._n_chars += len(row.get("text", ""))
        if len(self._rows) == _ROW_GROUP_ROWS or self._n_chars >= _ROW_GROUP_CHARS:
            self._flush()

    def describe(self, counts: Counts, facts: Mapping[str, int]) -> None:
        """Put the part's counts into the footer."""
        self._metadata[COUNTS_KEY] = json.dumps(counts.to_json())
        self._metadata[FACTS_KEY] = json.dumps(dict(sorted(facts.items())))

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()
            self._n_chars = 0


class SplitWriter:
    """The two files of a part: what was kept, and what was dropped or failed.

    The kept file is completed last, so that its presence means that both are complete.
    """

    def __init__(self, folder: str, name: str, kept: pa.Schema, rejected: pa.Schema) -> None:
        self._kept = PartWriter(files.join(folder, f"part-{name}.parquet"), kept)
        self._rejected = PartWriter(files.join(folder, f"dropped-{name}.parquet"), rejected)
        self._n_kept = 0
        self._reasons: Counter[tuple[str, str]] = Counter()
        self.facts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._kept.__enter__()
        self._rejected.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._kept.describe(Counts.of(self._n_kept, self._reasons), self.facts)
        try:
            self._rejected.__exit__(kind, error, trace)
        except BaseException as late:
            self._kept.__exit__(type(late), late, late.__traceback__)
            raise
        self._kept.__exit__(kind, error, trace)

    def keep(self, row: Mapping[str, Any]) -> None:
        """Add a kept record."""
        self._n_kept += 1
        self._kept.write(row)

    def reject(self, record: Rejected, extra: Mapping[str, Any] | None = None) -> None:
        """Add a dropped or failed record, with further columns if the schema has them."""
        self._reasons[record.outcome, record.reason] += 1
        self._rejected.write(rejected_row(record) | dict(extra or {}))


def rejected_row(record: Rejected) -> dict[str, Any]:
    """A dropped or failed record as a row."""
    return asdict(record.capture) | {
        "outcome": record.outcome,
        "reason": record.reason,
        "value": record.value,
        "detail": record.detail,
    }


def capture_of(row: Mapping[str, Any]) -> Capture:
    """Where the record of a row stands."""
    return Capture(*(row[name] for name in CAPTURE_COLUMNS))


def finished(folder: str, name: str, prefixes: Sequence[str]) -> Part | None:
    """The part of that name if it is complete, described from its own files; else None.

    Args:
        folder: The stage's folder.
        name: The part's name.
        prefixes: The files a part consists of, as in `part`, `dropped`; the first holds the
            counts and is the last to be written.
    """
    paths = {f"{prefix}-{name}.parquet": prefix for prefix in prefixes}
    if not files.exists(files.join(folder, next(iter(paths)))):
        return None
    entries: dict[str, dict[str, Any]] = {}
    counts, facts = Counts(), {}
    for file_name, prefix in paths.items():
        described = describe_file(files.join(folder, file_name))
        if described is None:
            return None
        entries[file_name], metadata = described
        if prefix == prefixes[0]:
            counts = Counts.from_json(json.loads(metadata[COUNTS_KEY]))
            facts = json.loads(metadata[FACTS_KEY])
    return Part(name, counts, entries, facts)


def describe_file(path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    """A manifest's entry of a Parquet file (rows, bytes, SHA-256), and its footer's entries.

    None if something took it away or damaged it: it is to be made anew.
    """
    try:
        with files.open_read(path) as stream:
            footer = pq.read_metadata(stream)
    except (pa.ArrowInvalid, FileNotFoundError):
        return None
    entry = {"rows": footer.num_rows, "bytes": files.size(path), "sha256": files.sha256(path)}
    metadata = (footer.metadata or {}).items()
    # Arrow's own entry is no text of ours.
    return entry, {key.decode(): value.decode() for key, value in metadata}


def read_rows(path: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file in order, in bounded memory."""
    with files.open_read(path) as stream:
        batches = pq.ParquetFile(stream).iter_batches(
            _BATCH_ROWS, columns=columns, use_threads=False
        )
        for batch in batches:
            yield from batch.to_pylist()


def read_table(
    path: str, columns: list[str] | None = None, access: files.Access = files.DEFAULT_ACCESS
) -> pa.Table:
    """Some columns of a whole Parquet file."""
    with files.open_read(path, access) as stream:
        # Threads of Arrow's that wait for a Python stream may abort the process as it exits.
        return pq.read_table(stream, columns=columns, use_threads=False, pre_buffer=False)
