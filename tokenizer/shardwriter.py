"""Token shards are Parquet files whose token bytes are read through a memory map; written here.

One row is a document. The column `tokens` holds the token ids as little-endian integers, stored
uncompressed as `DELTA_LENGTH_BYTE_ARRAY` with one data page a row group. That encoding puts the
lengths of all values first and then their bytes without gaps, so the tokens of a row group are one
array at the end of its page: any window of the corpus is a slice of the mapped file, while every
Parquet reader still sees ordinary rows. The layout follows the Apache Parquet format
specification (Encodings.md, parquet.thrift).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in {
            "tokens": pa.binary(),
            "n_tokens": pa.int32(),
            "doc_id": pa.string(),
            "domain": pa.string(),
            "language": pa.string(),
            "n_bytes": pa.int64(),
            "repeat": pa.int32(),
        }.items()
    ]
)

FOOTER_KEYS = (
    "curate.dtype",
    "curate.tokenizer_sha256",
    "curate.n_tokens",
    "curate.n_documents",
    "curate.n_bytes",
    "curate.lineage",
)

# Larger than any row group, so that a column chunk is never cut into pages.
PAGE_BYTES = 2**30
PAGE_ROWS = 2**31 - 1


def token_dtype(vocab_size: int) -> np.dtype[Any]:
    """The integer type of token ids below `vocab_size`: little-endian uint16 or uint32."""
    return np.dtype("<u2" if vocab_size <= 2**16 else "<u4")


@dataclass(frozen=True, slots=True, eq=False)
class TokenizedDocument:
    """One row of a shard.

    Attributes:
        tokens: The token ids, one-dimensional, with whatever separator the tokenizer adds.
        doc_id: The document's id.
        domain: The domain the mixture counts it to.
        language: Its language code.
        n_bytes: Length of its text in UTF-8 bytes.
        repeat: Which copy of the document this is, from 0.
    """

    tokens: npt.NDArray[Any]
    doc_id: str
    domain: str
    language: str
    n_bytes: int
    repeat: int = 0


def rows_of(documents: Sequence[TokenizedDocument], vocab_size: int) -> pa.Table:
    """Documents as rows of a shard.

    Args:
        documents: The documents.
        vocab_size: Size of the tokenizer's vocabulary; decides the integer type.

    Raises:
        ValueError: A token is outside the vocabulary.
    """
    dtype = token_dtype(vocab_size)
    for document in documents:
        tokens = document.tokens
        if len(tokens) and not 0 <= tokens.min() <= tokens.max() < vocab_size:
            raise ValueError(
                f"document {document.doc_id}: token ids from {tokens.min()} to {tokens.max()}, "
                f"outside the vocabulary of {vocab_size}"
            )
    columns: dict[str, list[Any]] = {
        "tokens": [document.tokens.astype(dtype).tobytes() for document in documents],
        "n_tokens": [len(document.tokens) for document in documents],
    }
    for name in SCHEMA.names[len(columns) :]:
        columns[name] = [getattr(document, name) for document in documents]
    return pa.table(columns, schema=SCHEMA)


class ShardWriter:
    """Writes one shard to an open binary file; a context manager.

    The caller owns the file and gives it its final name. A shard left through an exception has no
    `curate.*` footer entries, so that `Shard` refuses it.

    Attributes:
        n_tokens: Tokens written.
        n_documents: Rows written.
        n_bytes: UTF-8 bytes of their texts.
        lineage: For each row group, how many rows came from which source, in their order.
    """

    def __init__(
        self,
        file: IO[bytes],
        *,
        vocab_size: int,
        tokenizer_sha256: str,
        row_group_tokens: int = 4_000_000,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Starts a shard.

        Args:
            file: Where to write, open for binary writing.
            vocab_size: Size of the tokenizer's vocabulary; decides the integer type.
            tokenizer_sha256: Hex digest of the tokenizer's file.
            row_group_tokens: A row group ends with the document that reaches this many tokens.
            metadata: Further entries of the footer.
        """
        self._metadata = {
            **(metadata or {}),
            "curate.dtype": token_dtype(vocab_size).name,
            "curate.tokenizer_sha256": tokenizer_sha256,
        }
        self._row_group_tokens = row_group_tokens
        self._pending: list[pa.Table] = []
        self._pending_tokens = 0
        self._sources: Counter[str] = Counter()
        self.n_tokens = self.n_documents = self.n_bytes = 0
        self.lineage: list[dict[str, int]] = []
        self._parquet = pq.ParquetWriter(
            file,
            SCHEMA,
            compression="NONE",
            use_dictionary=False,
            column_encoding={"tokens": "DELTA_LENGTH_BYTE_ARRAY"},
            data_page_version="1.0",
            data_page_size=PAGE_BYTES,
            max_rows_per_page=PAGE_ROWS,
            write_page_checksum=True,
            write_statistics=[name for name in SCHEMA.names if name != "tokens"],
            store_schema=False,
        )

    def write(self, rows: pa.Table, source: str) -> None:
        """Appends documents, as `rows_of` makes them.

        Args:
            rows: The documents; their tokens must be of this shard's integer type.
            source: Where they come from, for the lineage.
        """
        # The manifest sorts the keys of the lineage, so their order within a row group is this one.
        if self._sources and source < max(self._sources):
            self._flush()
        ends = np.cumsum(rows["n_tokens"].to_numpy(), dtype=np.int64)
        start, before = 0, 0
        while start < len(rows):
            room = self._row_group_tokens - self._pending_tokens
            stop = min(int(np.searchsorted(ends, before + room)) + 1, len(rows))
            self._pending.append(rows.slice(start, stop - start))
            self._sources[source] += stop - start
            self._pending_tokens += int(ends[stop - 1]) - before
            if self._pending_tokens >= self._row_group_tokens:
                self._flush()
            start, before = stop, int(ends[stop - 1])

    def _flush(self) -> None:
        """Writes the pending documents as one row group."""
        if not self._pending:
            return
        table = pa.concat_tables(self._pending).combine_chunks()
        self._parquet.write_table(table, row_group_size=len(table))
        self.n_tokens += self._pending_tokens
        self.n_documents += len(table)
        self.n_bytes += pc.sum(table["n_bytes"]).as_py()
        self.lineage.append(dict(self._sources))
        self._pending, self._pending_tokens = [], 0
        self._sources.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
            found = {
                "curate.n_tokens": str(self.n_tokens),
                "curate.n_documents": str(self.n_documents),
                "curate.n_bytes": str(self.n_bytes),
                "curate.lineage": json.dumps(self.lineage, ensure_ascii=False),
            }
            self._parquet.add_key_value_metadata(self._metadata | found)
        self._parquet.close()
