"""Tokenizer: every document's pre-tokens counted as often as its weight says, and merges learned.

Each part is counted by itself. Its counts go, by hash of the pre-token, to the tasks that add up a
range each; what these write is all that training reads.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from pipeline import exchange, files
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.parts import read_rows, read_table
from pipeline.sandbox import Guard
from tokenizer import bpe
from tokenizer.config import TokenizerConfig
from tokenizer.counts import SCHEMA, Counts, normalize

FILE = "tokenizer.json"
TIKTOKEN_FILE = "tokenizer.tiktoken"
_ERROR, _DROPPED = b"curate.count_error", b"curate.dropped"


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
        counts, how = Counts(section.count_mib << 20), section.how
        for text, repeats in weighted_texts(source, weight, [name]):
            if repeats:
                counts.add_text(normalize(text, section.normalization), repeats, how)
        table = counts.table()
        hashes = (xxhash.xxh64_intdigest(pretoken) for pretoken in table["pretoken"].to_pylist())
        receivers = np.fromiter((value % ranges for value in hashes), np.int64, len(table))
        schema = SCHEMA.with_metadata(_noted(counts.error, counts.dropped))
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
        table = counts.table().replace_schema_metadata(_noted(counts.error, counts.dropped))
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
        "count_error": sum(error for error, _ in parts) + max(error for error, _ in added),
        "occurrences_dropped": sum(dropped for _, dropped in [*parts, *added]),
    }
    for file, content in (
        (TIKTOKEN_FILE, model.to_tiktoken()),
        (FILE, model.to_json().encode()),
    ):
        with files.open_atomic(join(folder, file)) as out:
            out.write(content)
    return facts | {"sha256": files.sha256(join(folder, FILE))}


def weighted_texts(source: str, weight: str, names: list[str]) -> Iterator[tuple[str, int]]:
    """Each document's text and its repeats, part by part."""
    for name in names:
        part = f"part-{name}.parquet"
        repeats = read_table(files.join(weight, part), ["repeats"])["repeats"].to_pylist()
        rows = read_rows(files.join(source, part), ["text"])
        yield from ((row["text"], count) for row, count in zip(rows, repeats, strict=True))


def _sent(folder: str, name: str) -> str:
    return join(folder, WORK, f"counts-{name}.arrow")


def _counted(folder: str, number: int) -> str:
    return join(folder, f"counts-{number:05d}.parquet")


def _schema_of(path: str) -> pa.Schema:
    with files.open_read(path) as stream, pa.ipc.open_file(stream) as reader:
        return reader.schema


def _noted(error: int, dropped: int) -> dict[bytes, bytes]:
    return {_ERROR: b"%d" % error, _DROPPED: b"%d" % dropped}


def _notes(schema: pa.Schema) -> tuple[int, int]:
    """The most by which a count is too low, and how many occurrences were dropped."""
    return int(schema.metadata[_ERROR]), int(schema.metadata[_DROPPED])
