"""Rows that go from many tasks to many others through files: a file a sender, blocks by receiver.

A shuffle of so many rows would hold all of them in the memory of a local runner. A receiver reads
its own blocks alone: Arrow's footer says where each stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from math import isqrt
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import files
from pipeline.files import join
from pipeline.ledger import Part

WORK = "work"
"""The folder within a stage's of what is deleted in the end."""

_LEAST_DOCUMENTS = 2_000

_Part = TypeVar("_Part")

Addressed = tuple[pa.Table, npt.NDArray[np.integer]]
"""Rows, and the receiver of each, from 0; shape (rows,)."""


def send(path: str, tables: Iterable[Addressed], schema: pa.Schema, receivers: int) -> None:
    """Write a sender's rows.

    Args:
        path: The sender's file, an Arrow file: for each table a block a receiver.
        tables: The rows, as many at once as memory holds.
        schema: Their schema.
        receivers: How many receivers there are.
    """
    with files.open_atomic(path) as out, pa.ipc.new_file(out, schema) as writer:
        for table, addresses in tables:
            # Small integers are sorted by radix.
            small = addresses.astype(np.min_scalar_type(receivers))
            order = np.argsort(small, kind="stable")
            rows = pa.RecordBatch.from_arrays(
                [_whole(column) for column in table.take(order).columns], schema=schema
            )
            bounds = np.searchsorted(small[order], np.arange(receivers + 1)).tolist()
            for start, stop in pairwise(bounds):
                writer.write_batch(rows.slice(start, stop - start))


def receive(paths: Iterable[str], receiver: int, receivers: int) -> Iterator[pa.RecordBatch]:
    """A receiver's rows of all senders, in the order of the paths, a block at a time."""
    for path in paths:
        with files.open_read(path) as stream, pa.ipc.open_file(stream) as reader:
            for block in range(receiver, reader.num_record_batches, receivers):
                yield reader.get_batch(block)


def documents_a_task(documents: int) -> int:
    """Documents for a task that sends to all others: both their number and their size grow."""
    return max(_LEAST_DOCUMENTS, 10 * isqrt(documents))


def batches_of(parts: Iterable[_Part], firsts: Iterable[int], size: int) -> list[list[_Part]]:
    """The parts of a task each, in their order.

    Args:
        parts: All parts.
        firsts: The number of the first document of each.
        size: About how many documents a task is for.
    """
    numbered = zip(parts, (first // size for first in firsts), strict=True)
    return [[part for part, _ in group] for _, group in groupby(numbered, itemgetter(1))]


def batches(parts: Sequence[Part], documents: int) -> list[tuple[str, ...]]:
    """The names of the parts in their order, as many together as hold so many documents."""
    *firsts, _ = accumulate((part.counts.kept for part in parts), initial=0)
    names = (part.name for part in parts)
    return [tuple(batch) for batch in batches_of(names, firsts, documents)]


def receive_with_senders(
    paths: Iterable[str], receiver: int, receivers: int, schema: pa.Schema
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """All rows of a receiver, and for each the sender's place among the paths, shape (rows,)."""
    blocks: list[pa.RecordBatch] = []
    senders = [np.array([], dtype=np.int64)]
    for sender, path in enumerate(paths):
        received = list(receive([path], receiver, receivers))
        blocks += received
        senders.append(np.full(sum(map(len, received)), sender))
    return pa.Table.from_batches(blocks, schema=schema), np.concatenate(senders)


def sent_file(folder: str, kind: str, sender: int) -> str:
    """The path of a sender's file in a folder."""
    return join(folder, f"{kind}-{sender:05d}.arrow")


def sent_files(folder: str, kind: str) -> list[str]:
    """The complete files of a kind, in the order of their senders."""
    return files.numbered(folder, f"{kind}-", ".arrow")


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
