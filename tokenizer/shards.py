"""Token shards, read: any window of tokens as a slice of a mapped row group; see `shardwriter`."""

import os
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.errors import UserError
from tokenizer.page_header import MAX_HEADER_BYTES, read_page_header
from tokenizer.pages import (
    FetchedPages,
    MappedPages,
    PageCache,
    Pages,
    TokenArray,
    TokenPage,
)
from tokenizer.shardwriter import FOOTER_KEYS, SCHEMA, TokenizedDocument


class Shard:
    """A shard, here or elsewhere; see `pages` for how its tokens are reached.

    Attributes:
        path: The file, a path or URL.
        dtype: The integer type of the token ids.
        metadata: The footer's key-value entries.
        n_tokens: Tokens in all documents together.
        n_bytes: UTF-8 bytes of all documents' texts together.
        n_documents: Rows.
        starts: First token of each document and, last, `n_tokens`; int64.
        byte_starts: The same in bytes of text.
        pages: Where the tokens lie, one entry a row group.
    """

    def __init__(self, path: str | Path, cache: PageCache | None = None) -> None:
        """Opens a shard and checks that it has the layout that reading relies on.

        Args:
            path: Its path or URL.
            cache: Where fetched row groups are kept if it is elsewhere; by default `PageCache()`.

        Raises:
            UserError: If the file cannot be read or is no shard of this layout.
        """
        self.path = str(path)
        try:
            with files.open_read(self.path) as file, _parquet(file) as parquet:
                footer = parquet.metadata
                self._require(parquet.schema_arrow.equals(SCHEMA), "its columns are others")
                entries = (footer.metadata or {}).items()
                self.metadata: dict[str, str] = {k.decode(): v.decode() for k, v in entries}
                self._read_counts(parquet.read(columns=["n_tokens", "n_bytes"]))
                self.pages = self._locate(footer, file)
        except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise self._error(str(error)) from error
        self._page_starts = list(accumulate((page.n_tokens for page in self.pages), initial=0))
        self._pages: Pages = (
            MappedPages(files.filesystem(self.path)[1], self.dtype, self.pages)
            if files.is_local(self.path)
            else FetchedPages(self.path, self.dtype, self.pages, cache or PageCache())
        )

    def _read_counts(self, index: Any) -> None:
        """Takes over what footer and rows say of type and sizes, and compares them."""
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
        for key in ("n_tokens", "n_documents", "n_bytes"):
            stated, found = self.metadata[f"curate.{key}"], str(getattr(self, key))
            self._require(stated == found, f"its footer states {stated} {key}, its rows {found}")

    @property
    def tokenizer_sha256(self) -> str:
        """Hex digest of the tokenizer's file."""
        return self.metadata["curate.tokenizer_sha256"]

    def tokens(self, start: int, stop: int) -> TokenArray:
        """The tokens `start` to `stop` of the shard, counted across its documents.

        Returns:
            Shape `(stop - start,)`: a read-only view of the mapped row group where the window lies
            in one, else a copy.

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

    def row_group(self, number: int) -> TokenArray:
        """All tokens of a row group, a read-only view of the mapped file."""
        return self._pages.tokens(number)

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
        with files.open_read(self.path) as file, _parquet(file) as parquet:
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
        with files.open_read(self.path) as file, _parquet(file) as parquet:
            return parquet.read(columns=["doc_id", "domain", "language", "repeat"])

    def release(self) -> None:
        """Lets go of the memory that tokens read so far take."""
        self._pages.release()

    def _slice(self, page: int, start: int, stop: int) -> TokenArray:
        """The part of the window `start` to `stop` that lies in one row group."""
        first = self._page_starts[page]
        return self._pages.tokens(page)[max(start - first, 0) : stop - first]

    def _locate(self, footer: Any, file: IO[bytes]) -> list[TokenPage]:
        """Finds the tokens of each row group, checking every assumption about its page."""
        file_bytes = file.seek(0, os.SEEK_END)
        pages = []
        rows = 0
        for group in range(footer.num_row_groups):
            column = footer.row_group(group).column(SCHEMA.get_field_index("tokens"))
            start, size = column.data_page_offset, column.total_compressed_size
            self._require(column.compression == "UNCOMPRESSED", "its tokens are compressed")
            file.seek(start)
            try:
                page = read_page_header(file.read(MAX_HEADER_BYTES))
            except ValueError as error:
                raise self._error(f"row group {group}: {error}") from error
            whole = page.header_bytes + page.page_bytes == size and start + size <= file_bytes
            self._require(whole, f"row group {group} is not stored as one page")
            whole = 0 <= column.num_values <= self.n_documents - rows
            self._require(whole, f"row group {group} counts other rows than there are")
            n_tokens = int(self.starts[rows + column.num_values] - self.starts[rows])
            n_bytes = n_tokens * self.dtype.itemsize
            self._require(
                n_bytes <= page.page_bytes, f"row group {group} is shorter than its n_tokens"
            )
            end = start + size
            pages.append(
                TokenPage(
                    end - page.page_bytes, end - n_bytes, n_tokens, column.num_values, page.crc
                )
            )
            rows += column.num_values
        return pages

    def _require(self, condition: bool, problem: str) -> None:
        if not condition:
            raise self._error(problem)

    def _error(self, problem: str) -> UserError:
        remedy = f"delete {self.path.rpartition('/')[0]} and run `curate shard`"
        return UserError(f"{self.path} is no readable token shard: {problem}; {remedy}")


def _parquet(file: IO[bytes]) -> Any:
    return pq.ParquetFile(file, page_checksum_verification=True)


def _starts(lengths: Any) -> npt.NDArray[np.int64]:
    """Running sums of an Arrow column of lengths, beginning with 0."""
    return np.concatenate([[0], np.cumsum(lengths.to_numpy(), dtype=np.int64)])
