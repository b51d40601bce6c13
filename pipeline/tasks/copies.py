"""Lines: which pages are not counted, since they are captures or copies of others.

A page that was fetched five times would make its every line look like boilerplate. Of the captures
of a URL only the newest counts, as only the newest passes `dedup`, and of equal texts one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import files, lines
from pipeline.attempt import attempt
from pipeline.exchange import WORK, receive, receive_with_senders, send, sent_file, sent_files
from pipeline.files import join
from pipeline.hashing import hash64
from pipeline.parts import capture_of, read_rows
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS
from pipeline.urls import canonical_url

_CLAIMS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("date", pa.string(), nullable=False),
        pa.field("page", pa.uint64(), nullable=False),
    ]
)
_COPIES = pa.schema([pa.field("page", pa.uint64(), nullable=False)])


@dataclass(frozen=True)
class Batch:
    """Parts that a task works on.

    Attributes:
        number: The batch's number.
        count: How many batches there are; and partitions.
        names: The parts' names.
        source: The folder of `filter`.
        folder: The stage's folder.
    """

    number: int
    count: int
    names: tuple[str, ...]
    source: str
    folder: str

    @property
    def work(self) -> str:
        """Where the tasks' files for one another stand."""
        return join(self.folder, WORK)

    def documents(self, name: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """The documents of one of its parts."""
        return read_rows(join(self.source, f"part-{name}.parquet"), columns)

    def all_documents(self, columns: list[str]) -> Iterator[dict[str, Any]]:
        """The documents of its parts, one part after the other."""
        return chain.from_iterable(self.documents(name, columns) for name in self.names)


def claim_pages(guard: Guard, batch: Batch) -> None:
    """Write the URLs and texts of a batch's documents, as hashes, for their partitions.

    A document that fails here claims neither; it fails again when it is to be cut, and is stored
    then.
    """
    path = sent_file(batch.work, "claims", batch.number)
    if files.exists(path):
        return
    claims: list[dict[str, Any]] = []
    for step, row in enumerate(batch.all_documents([*CAPTURE_COLUMNS, "text"])):
        keys = attempt(guard, step, capture_of(row), partial(_keys, row["url"], row["text"]))
        if not isinstance(keys, Rejected):
            page = page_hash(row)
            claims += ({"key": key, "date": row["date"], "page": page} for key in keys)
    table = pa.Table.from_pylist(claims, schema=_CLAIMS)
    send(path, [(table, table["key"].to_numpy() % np.uint64(batch.count))], _CLAIMS, batch.count)


def page_hash(row: Mapping[str, Any]) -> int:
    """64 bits that tell a page from all others: ids may repeat, and archives be given twice."""
    return hash64(f"{row['id']} {row['warc']} {row['offset']}")


def _keys(url: str, text: str) -> tuple[int, int]:
    return hash64(canonical_url(url)), lines.text_rank(text)


def find_copies(guard: Guard, partition: int, count: int, work: str) -> None:
    """Write which pages of a partition's claims lose, for their batches.

    The newest page has a claim, and of equally old ones that whose hash is lowest.
    """
    path = sent_file(work, "copies", partition)
    if files.exists(path):
        return
    rows, senders = receive_with_senders(sent_files(work, "claims"), partition, count, _CLAIMS)
    keys, pages = rows["key"].to_numpy(), rows["page"].to_numpy()
    dates = np.array(rows["date"].to_pylist(), dtype=np.str_)
    order = np.lexsort((~pages, dates, keys))
    ends = np.append(keys[order][1:] != keys[order][:-1], True)[: len(keys)]
    winners = pages[order][ends][np.cumsum(ends) - ends]
    lost = order[pages[order] != winners]
    send(path, [(pa.table([pages[lost]], schema=_COPIES), senders[lost])], _COPIES, count)


def copies_of(batch: Batch) -> set[int]:
    """The hashes of a batch's pages that do not count."""
    received = receive(sent_files(batch.work, "copies"), batch.number, batch.count)
    return {page for block in received for page in block["page"].to_pylist()}
