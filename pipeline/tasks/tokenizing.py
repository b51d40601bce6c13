"""Tokenizer: every document's pre-tokens counted as often as its weight says, and merges learned.

Each part is counted by itself. Its counts go, by hash of the pre-token, to the tasks that add up a
range each; what these write is all that training reads. A document that cannot be counted cannot be
encoded either: it is left out here, and stored as failed with the shards.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from pipeline import exchange, files
from pipeline.attempt import attempt
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.parts import capture_of, read_table
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS
from pipeline.weighted import weighted_rows
from tokenizer import bpe
from tokenizer.config import TokenizerConfig
from tokenizer.counts import SCHEMA, Counts, normalize

FILE = "tokenizer.json"
TIKTOKEN_FILE = "tokenizer.tiktoken"
_NOTES = (b"curate.count_error", b"curate.dropped", b"curate.failed")


def count_part(
    guard: Guard,
    source: str,
    weight: str,
    name: str,
    ranges: int,
    section: TokenizerConfig,
    folder: str,
) -> str:
    """Count the pre-tokens of one part for the tasks that add them up; gives the part's name."""
    path = _sent(folder, name)
    if not files.exists(path):
        counts, failed = Counts(section.count_mib << 20), 0
        columns = [*CAPTURE_COLUMNS, "text"]
        for index, row in weighted_rows(source, weight, name, columns):
            work = partial(_count, counts, row, section)
            failed += isinstance(attempt(guard, index, capture_of(row), work), Rejected)
        table = counts.table()
        hashes = (xxhash.xxh64_intdigest(pretoken) for pretoken in table["pretoken"].to_pylist())
        receivers = np.fromiter((value % ranges for value in hashes), np.int64, len(table))
        schema = SCHEMA.with_metadata(_noted(counts.error, counts.dropped, failed))
        exchange.send(path, [(table, receivers)], schema, ranges)
    return name


def add_counts(
    guard: Guard, number: int, ranges: int, names: list[str], section: TokenizerConfig, folder: str
) -> int:
    """Add up what all parts counted of one range of pre-tokens; gives the range's number."""
    path = _counted(folder, number)
    if not files.exists(path):
        limit = section.count_mib << 20
        counts = Counts(limit)
        for block in exchange.receive((_sent(folder, name) for name in names), number, ranges):
            counts.add_table(block)
        counts.shrink(limit // ranges)
        table = counts.table().replace_schema_metadata(_noted(counts.error, counts.dropped, 0))
        with files.open_atomic(path) as out:
            pq.write_table(table, out, compression="zstd")
    return number


def train_tokenizer(
    guard: Guard, ranges: int, names: list[str], section: TokenizerConfig, folder: str
) -> dict[str, Any]:
    """Learn from all counts, and write the tokenizer for `tokenizers` and for `tiktoken`."""
    tables = [read_table(_counted(folder, number), SCHEMA.names) for number in range(ranges)]
    counts = pa.concat_tables(table.replace_schema_metadata() for table in tables)
    model = bpe.train(
        counts,
        section.vocab_size,
        section.min_frequency,
        section.special_tokens,
        section.how,
        section.normalization,
    )
    parts = [_notes(_schema_of(_sent(folder, name))) for name in names]
    added = [_notes(table.schema) for table in tables]
    facts = {
        "vocab_size": len(model),
        "pattern": section.how.pattern,
        "pretokens": len(counts),
        "occurrences": int(counts["count"].to_numpy().sum()),
        "count_error": sum(error for error, *_ in parts) + max(error for error, *_ in added),
        "occurrences_dropped": sum(dropped for _, dropped, _ in [*parts, *added]),
        "documents_failed": sum(failed for *_, failed in parts),
    }
    for file, content in (
        (TIKTOKEN_FILE, model.to_tiktoken()),
        (FILE, model.to_json().encode()),
    ):
        with files.open_atomic(join(folder, file)) as out:
            out.write(content)
    return facts | {"sha256": files.sha256(join(folder, FILE))}


def _count(counts: Counts, row: Mapping[str, Any], section: TokenizerConfig) -> None:
    text = normalize(row["text"], section.normalization)
    counts.add_text(text, row["repeats"], section.how)


def _sent(folder: str, name: str) -> str:
    return join(folder, WORK, f"counts-{name}.arrow")


def _counted(folder: str, number: int) -> str:
    return join(folder, f"counts-{number:05d}.parquet")


def _schema_of(path: str) -> pa.Schema:
    with files.open_read(path) as stream, pa.ipc.open_file(stream) as reader:
        return reader.schema


def _noted(*numbers: int) -> dict[bytes, bytes]:
    return {key: b"%d" % number for key, number in zip(_NOTES, numbers, strict=True)}


def _notes(schema: pa.Schema) -> tuple[int, int, int]:
    """The greatest error of a count, occurrences that were dropped, documents that failed."""
    error, dropped, failed = (int(schema.metadata[key]) for key in _NOTES)
    return error, dropped, failed
