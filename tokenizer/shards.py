"""Token shards: Parquet files whose token bytes are read through a memory map.

One row is a document. The column `tokens` holds the token ids as little-endian integers, stored
uncompressed as `DELTA_LENGTH_BYTE_ARRAY` with one data page a row group. That encoding puts the
lengths of all values first and then their bytes without gaps, so the tokens of a row group are one
array at the end of its page: any window of the corpus is a slice of the mapped file, while every
Parquet reader still sees ordinary rows. The layout follows the Apache Parquet format
specification (Encodings.md, parquet.thrift).
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from tokenizer.page_header import MAX_HEADER_BYTES, read_page_header

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

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]


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


@dataclass(frozen=True, slots=True)
class TokenPage:
    """Where the tokens of one row group lie in the file.

    Attributes:
        offset: First byte of its tokens.
        n_tokens: How many tokens follow.
        crc: CRC-32 of the page, as its header has it.
    """

    offset: int
    n_tokens: int
    crc: int


class Shard:
    """A shard, memory-mapped. Only local files can be mapped.

    Attributes:
        path: The file.
        dtype: The integer type of the token ids.
        metadata: The footer's key-value entries.
        n_tokens: Tokens in all documents together.
        n_bytes: UTF-8 bytes of all documents' texts together.
        n_documents: Rows.
        starts: First token of each document and, last, `n_tokens`; int64.
        byte_starts: The same in bytes of text.
        pages: Where the tokens lie, one entry a row group.
    """

    def __init__(self, path: str | Path) -> None:
        """Opens a shard and checks that it has the layout the memory map relies on.

        Raises:
            UserError: If the file cannot be read or is no shard of this layout.
        """
        self.path = Path(path)
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as parquet:
                footer = parquet.metadata
                self._require(parquet.schema_arrow.equals(SCHEMA), "its columns are others")
                index = parquet.read(columns=["n_tokens", "n_bytes"])
            self._map: npt.NDArray[np.uint8] = np.memmap(self.path, np.uint8, mode="r")
            entries = (footer.metadata or {}).items()
            self.metadata: dict[str, str] = {k.decode(): v.decode() for k, v in entries}
        except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise self._error(str(error)) from error
        for key in FOOTER_KEYS:
            self._require(key in self.metadata, f"its footer has no {key}")
        dtype = self.metadata["curate.dtype"]
        self._require(dtype in ("uint16", "uint32"), f"its tokens are {dtype}")
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self.starts = _starts(index["n_tokens"])
        self.byte_starts = _starts(index["n_bytes"])
        self.n_documents = len(index)
        self.n_tokens = int(self.starts[-1])
        self.n_bytes = int(self.byte_starts[-1])
        for key in ("n_tokens", "n_documents"):
            stated, found = self.metadata[f"curate.{key}"], str(getattr(self, key))
            self._require(stated == found, f"its footer states {stated} {key}, its rows {found}")
        self.pages = self._locate(footer)
        self._page_starts = list(accumulate((page.n_tokens for page in self.pages), initial=0))

    @property
    def tokenizer_sha256(self) -> str:
        """Hex digest of the tokenizer's file."""
        return self.metadata["curate.tokenizer_sha256"]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of what training sees: type, tokenizer, page checksums, document lengths.

        The page checksums stand for the tokens, so that no token has to be read.
        """
        digest = hashlib.sha256(f"{self.dtype.name} {self.tokenizer_sha256}".encode())
        for values in (self.starts, self.byte_starts, [page.crc for page in self.pages]):
            digest.update(np.asarray(values, "<i8").tobytes())
        return digest.hexdigest()

    def tokens(self, start: int, stop: int) -> TokenArray:
        """The tokens `start` to `stop` of the shard, counted across its documents.

        Returns:
            Shape `(stop - start,)`: a read-only view of the file where the window lies in one row
            group, else a copy.

        Raises:
            IndexError: If the window is not within the shard.
        """
        if not 0 <= start <= stop <= self.n_tokens:
            raise IndexError(f"{self.path}: window {start} to {stop} of {self.n_tokens} tokens")
        first = bisect_right(self._page_starts, start) - 1
        last = bisect_left(self._page_starts, stop) - 1
        if first == last:
            return self._slice(first, start, stop)
        pieces = [self._slice(page, start, stop) for page in range(first, last + 1)]
        return np.concatenate([np.empty(0, self.dtype), *pieces])

    def document(self, row: int) -> TokenizedDocument:
        """The document in a row, from 0; its tokens as `tokens` gives them."""
        start, stop = self.starts[row : row + 2].tolist()
        n_bytes = int(self.byte_starts[row + 1] - self.byte_starts[row])
        doc_id, domain, language, repeat = (column[row].as_py() for column in self._labels.columns)
        tokens = self.tokens(start, stop)
        return TokenizedDocument(tokens, doc_id, domain, language, n_bytes, repeat)

    def document_at(self, token: int) -> TokenizedDocument:
        """The document that holds a token of the shard.

        Raises:
            IndexError: If the shard has no such token.
        """
        if not 0 <= token < self.n_tokens:
            raise IndexError(f"{self.path}: token {token} of {self.n_tokens}")
        return self.document(int(np.searchsorted(self.starts, token, side="right")) - 1)

    def bytes_before(self, token: int) -> float:
        """Bytes of text that the tokens before `token` stand for.

        Within a document every token counts for the same share of its bytes.
        """
        return float(np.interp(token, self.starts, self.byte_starts))

    def verify(self) -> None:
        """Reads the whole file: page checksums, lengths, and the mapped tokens against the rows.

        Raises:
            UserError: If anything differs, naming the row group.
        """
        with pq.ParquetFile(self.path, page_checksum_verification=True) as parquet:
            for group, start in enumerate(self._page_starts[:-1]):
                try:
                    rows = parquet.read_row_group(group)
                except (OSError, pa.ArrowInvalid) as error:
                    raise self._error(f"row group {group}: {error}") from error
                values = rows["tokens"].to_pylist()
                self._require(
                    [len(value) for value in values]
                    == [n * self.dtype.itemsize for n in rows["n_tokens"].to_pylist()],
                    f"row group {group}: n_tokens differs from the tokens stored",
                )
                mapped = self.tokens(start, self._page_starts[group + 1])
                self._require(
                    b"".join(values) == mapped.tobytes(),
                    f"row group {group}: the mapped tokens differ from the rows",
                )

    @cached_property
    def _labels(self) -> Any:
        """The columns that only single documents need, as an Arrow table."""
        with pq.ParquetFile(self.path, page_checksum_verification=True) as parquet:
            return parquet.read(columns=["doc_id", "domain", "language", "repeat"])

    def _slice(self, page: int, start: int, stop: int) -> TokenArray:
        """The part of the window `start` to `stop` that lies in one row group."""
        first = self._page_starts[page]
        count = self.pages[page].n_tokens
        begin, end = max(start - first, 0), min(stop - first, count)
        return np.frombuffer(
            self._map,
            self.dtype,
            count=end - begin,
            offset=self.pages[page].offset + begin * self.dtype.itemsize,
        )

    def _locate(self, footer: Any) -> list[TokenPage]:
        """Finds the tokens of each row group, checking every assumption about its page."""
        pages = []
        rows = 0
        for group in range(footer.num_row_groups):
            column = footer.row_group(group).column(SCHEMA.get_field_index("tokens"))
            start, size = column.data_page_offset, column.total_compressed_size
            self._require(column.compression == "UNCOMPRESSED", "its tokens are compressed")
            try:
                page = read_page_header(self._map[start : start + MAX_HEADER_BYTES].tobytes())
            except ValueError as error:
                raise self._error(f"row group {group}: {error}") from error
            whole = page.header_bytes + page.page_bytes == size and start + size <= len(self._map)
            self._require(whole, f"row group {group} is not stored as one page")
            whole = 0 <= column.num_values <= self.n_documents - rows
            self._require(whole, f"row group {group} counts other rows than there are")
            n_tokens = int(self.starts[rows + column.num_values] - self.starts[rows])
            n_bytes = n_tokens * self.dtype.itemsize
            self._require(
                n_bytes <= page.page_bytes, f"row group {group} is shorter than its n_tokens"
            )
            pages.append(TokenPage(start + size - n_bytes, n_tokens, page.crc))
            rows += column.num_values
        return pages

    def _require(self, condition: bool, problem: str) -> None:
        if not condition:
            raise self._error(problem)

    def _error(self, problem: str) -> UserError:
        remedy = f"delete {self.path.parent} and run `curate shard`"
        return UserError(f"{self.path} is no readable token shard: {problem}; {remedy}")


def _starts(lengths: Any) -> npt.NDArray[np.int64]:
    """Running sums of an Arrow column of lengths, beginning with 0."""
    return np.concatenate([[0], np.cumsum(lengths.to_numpy(), dtype=np.int64)])
