"""Encoding: the documents of a part to token ids, in blocks of one purpose and domain.

The tasks that write the shards (`sharding`) read these blocks; they are deleted in the end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from pipeline import files
from pipeline.attempt import attempt
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.ledger import Counts, Part
from pipeline.parts import PartWriter, capture_of, finished, rejected_row
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, REJECTED
from pipeline.shardset import ANNEAL, TRAIN, VALID
from pipeline.weighted import weighted_rows
from tokenizer.encode import Encoder, encoder
from tokenizer.shardwriter import SCHEMA, TokenizedDocument, rows_of

PREFIXES = ("dropped",)
BLOCKS = SCHEMA.append(pa.field("kind", pa.string(), nullable=False))
"""A row is a document, once; its `repeat` says how often it is seen."""

_BLOCK_BYTES = 64 << 20

Key = tuple[str, str]
"""What documents are for (see `pipeline.shardset.KINDS`), and their domain."""


@dataclass(frozen=True)
class Sources:
    """What is encoded, and how.

    Attributes:
        lines: The folder of stage `lines`.
        weight: The folder of stage `weight`.
        tokenizer: The tokenizer's file.
        end_of_text: Its special token that ends every document.
        sha256: Its hash, in hex.
        valid_fraction: Share of the documents, by hash of the id, held out for validation.
    """

    lines: str
    weight: str
    tokenizer: str
    end_of_text: str
    sha256: str
    valid_fraction: float


@dataclass(frozen=True)
class Block:
    """Documents of one part that are for the same and of one domain.

    Attributes:
        key: What for, and which domain.
        part: The part's name.
        number: The block's number in the part's file.
        tokens: The tokens of their first copies, of their second ones, and so on.
    """

    key: Key
    part: str
    number: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Encoded:
    """A part that is encoded.

    Attributes:
        part: Its counts, and the file of what could not be encoded.
        blocks: Its documents.
    """

    part: Part
    blocks: tuple[Block, ...]


def encode_part(guard: Guard, sources: Sources, name: str, folder: str) -> Encoded:
    """Encode the documents of one part that training sees, each once."""
    if not (files.exists(_path(folder, name)) and finished(folder, name, PREFIXES)):
        encode = encoder(sources.tokenizer, sources.end_of_text, sources.sha256)
        failed: Counter[str] = Counter()
        # Where the file with the counts is, all is there: it is completed last.
        with PartWriter(join(folder, f"dropped-{name}.parquet"), REJECTED) as dropped:
            documents = _documents(guard, sources, name, encode, dropped, failed)
            kept = write_blocks(folder, name, documents, encode.vocab_size)
            dropped.describe(Counts(kept + failed.total(), kept, {}, dict(failed)), {})
    part = finished(folder, name, PREFIXES)
    assert part is not None
    return Encoded(part, tuple(blocks_of(folder, name)))


def kind_of(row: Mapping[str, Any], valid_fraction: float) -> str:
    """What a document is for; validation has its share of the best documents, too."""
    if is_valid(row["id"], valid_fraction):
        return VALID
    return ANNEAL if row["anneal"] else TRAIN


def is_valid(doc_id: str, fraction: float) -> bool:
    """Whether a document is held out for validation: by a hash of its id alone."""
    return xxhash.xxh64_intdigest(f"valid:{doc_id}".encode()) < fraction * 2**64


def read_block(folder: str, block: Block) -> pa.Table:
    """The documents of a block, with the columns `BLOCKS`."""
    with files.open_read(_path(folder, block.part)) as stream, pa.ipc.open_file(stream) as it:
        return pa.Table.from_batches([it.get_batch(block.number)])


def _documents(
    guard: Guard,
    sources: Sources,
    name: str,
    encode: Encoder,
    dropped: PartWriter,
    failed: Counter[str],
) -> Iterator[tuple[str, TokenizedDocument]]:
    """What each document is for, and its tokens; those that cannot be encoded are set aside."""
    columns = [*CAPTURE_COLUMNS, "text", "language"]
    beside = ["domain", "anneal"]
    for index, row in weighted_rows(sources.lines, sources.weight, name, columns, beside):
        tokens = attempt(guard, index, capture_of(row), partial(encode.encode, row["text"]))
        if isinstance(tokens, Rejected):
            failed[tokens.reason] += 1
            dropped.write(rejected_row(tokens))
            continue
        kind = kind_of(row, sources.valid_fraction)
        yield kind, _document(row, tokens, row["repeats"] if kind == TRAIN else 1)


def _document(
    row: Mapping[str, Any], tokens: npt.NDArray[np.int64], repeats: int
) -> TokenizedDocument:
    n_bytes = len(row["text"].encode())
    return TokenizedDocument(tokens, row["id"], row["domain"], row["language"], n_bytes, repeats)


def write_blocks(
    folder: str, name: str, documents: Iterable[tuple[str, TokenizedDocument]], vocab_size: int
) -> int:
    """Write the documents of a part as blocks, as many at once as memory holds.

    Args:
        folder: The stage's folder.
        name: The part's name.
        documents: What each is for, and its tokens; its `repeat` says how often it is seen.
        vocab_size: Size of the tokenizer's vocabulary.

    Returns:
        How many documents they are.
    """
    waiting: dict[Key, list[TokenizedDocument]] = {}
    waiting_bytes = written = 0
    with files.open_atomic(_path(folder, name)) as out, pa.ipc.new_file(out, BLOCKS) as writer:
        for kind, document in documents:
            waiting.setdefault((kind, document.domain), []).append(document)
            waiting_bytes += document.tokens.nbytes
            written += 1
            if waiting_bytes >= _BLOCK_BYTES:
                _flush(writer, waiting, vocab_size)
                waiting_bytes = 0
        _flush(writer, waiting, vocab_size)
    return written


def write_rows(folder: str, name: str, rows: pa.Table) -> None:
    """Write rows with the columns `BLOCKS`, which are for the same and of one domain, as blocks."""
    with files.open_atomic(_path(folder, name)) as out, pa.ipc.new_file(out, BLOCKS) as writer:
        writer.write_table(rows)


def _flush(writer: Any, waiting: dict[Key, list[TokenizedDocument]], vocab_size: int) -> None:
    for kind, domain in sorted(waiting):
        rows = rows_of(waiting[kind, domain], vocab_size)
        kinds = pa.array([kind] * len(rows), pa.string())
        writer.write_table(rows.append_column(BLOCKS.field("kind"), kinds))
    waiting.clear()


def blocks_of(folder: str, name: str) -> Iterator[Block]:
    """The blocks that were written of a part."""
    with files.open_read(_path(folder, name)) as stream, pa.ipc.open_file(stream) as reader:
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            key = batch["kind"][0].as_py(), batch["domain"][0].as_py()
            sizes, repeats = (batch[column].to_numpy() for column in ("n_tokens", "repeat"))
            copies = range(int(repeats.max()))
            tokens = tuple(int(sizes[repeats > copy].sum(dtype=np.int64)) for copy in copies)
            yield Block(key, name, number, tokens)


def _path(folder: str, name: str) -> str:
    return join(folder, WORK, f"encoded-{name}.arrow")
