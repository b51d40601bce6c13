"""Token shards are Parquet files whose token bytes are read through a memory map; written here.

One row is a document. The column `tokens` holds the token ids as little-endian integers, stored
uncompressed as `DELTA_LENGTH_BYTE_ARRAY` with one data page a row group. That encoding puts the
lengths of all values first and then their bytes without gaps, so the tokens of a row group are one
array at the end of its page: any window of the corpus is a slice of the mapped file, while every
Parquet reader still sees ordinary rows. The layout follows the Apache Parquet format
specification (Encodings.md, parquet.thrift).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
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


class ShardWriter:
    """Writes one shard to an open binary file; a context manager.

    The caller owns the file and gives it its final name. A shard left through an exception has no
    `curate.*` footer entries, so that `Shard` refuses it.
    """

    def __init__(
        self,
        file: IO[bytes],
        *,
        vocab_size: int,
        tokenizer_sha256: str,
        metadata: Mapping[str, str] | None = None,
        row_group_tokens: int = 4_000_000,
    ) -> None:
        """Starts a shard.

        Args:
            file: Where to write, open for binary writing.
            vocab_size: Size of the tokenizer's vocabulary; decides the integer type.
            tokenizer_sha256: Hex digest of the tokenizer's file.
            metadata: Further footer entries.
            row_group_tokens: A row group ends with the document that reaches this many tokens.
        """
        self._vocab_size = vocab_size
        self._dtype = token_dtype(vocab_size)
        self._metadata = dict(metadata or {}) | {
            "curate.dtype": self._dtype.name,
            "curate.tokenizer_sha256": tokenizer_sha256,
        }
        self._row_group_tokens = row_group_tokens
        self._rows: list[tuple[object, ...]] = []
        self._rows_tokens = 0
        self.n_tokens = 0
        self.n_documents = 0
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

    def describe(self, metadata: Mapping[str, str]) -> None:
        """Adds entries to the footer, up to the end."""
        self._metadata |= metadata

    def write(self, document: TokenizedDocument) -> None:
        """Appends a document.

        Raises:
            ValueError: If a token is outside the vocabulary.
        """
        tokens = document.tokens
        if len(tokens) and not 0 <= tokens.min() <= tokens.max() < self._vocab_size:
            raise ValueError(
                f"document {document.doc_id}: token ids from {tokens.min()} to {tokens.max()}, "
                f"outside the vocabulary of {self._vocab_size}"
            )
        self._rows.append(
            (
                tokens.astype(self._dtype).tobytes(),
                len(tokens),
                document.doc_id,
                document.domain,
                document.language,
                document.n_bytes,
                document.repeat,
            )
        )
        self._rows_tokens += len(tokens)
        if self._rows_tokens >= self._row_group_tokens:
            self._flush()

    def _flush(self) -> None:
        """Writes the buffered documents as one row group."""
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        table = pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
            schema=SCHEMA,
        )
        self._parquet.write_table(table, row_group_size=len(table))
        self.n_tokens += self._rows_tokens
        self.n_documents += len(self._rows)
        self._rows = []
        self._rows_tokens = 0

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
            counts = {
                "curate.n_tokens": str(self.n_tokens),
                "curate.n_documents": str(self.n_documents),
            }
            self._parquet.add_key_value_metadata(self._metadata | counts)
        self._parquet.close()
