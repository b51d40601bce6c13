"""Dedup: the buckets that the documents of some parts lie in, sent to who finds their pairs."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import files, minhash
from pipeline.config import DedupSection
from pipeline.exchange import send
from pipeline.files import join
from pipeline.parts import read_table
from pipeline.sandbox import Guard
from pipeline.tasks.signing import SignedPart

BUCKETS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("node", pa.uint64(), nullable=False),
    ]
)


def send_buckets(
    guard: Guard, path: str, parts: list[SignedPart], section: DedupSection, receivers: int
) -> None:
    """Write the bucket keys of some parts' documents, a row a document and bucket.

    Each goes to the receiver of its range of keys. The last buckets are those of texts and URLs.
    """
    if files.exists(path):
        return
    found = [_buckets(part, section) for part in parts]
    keys, nodes = (np.concatenate(column) for column in zip(*found, strict=True))
    owners = (keys >> np.uint64(32)) * np.uint64(receivers) >> np.uint64(32)
    send(path, [(pa.table([keys, nodes], schema=BUCKETS), owners)], BUCKETS, receivers)


def _buckets(
    part: SignedPart, section: DedupSection
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The keys of a part's buckets, and the documents that lie in them, shape (rows,) each."""
    path = join(part.folder, f"signatures-{part.name}.parquet")
    table = read_table(path, ["canonical_url", "exact", "signature"]).combine_chunks()
    valid = table["signature"].is_valid().to_numpy(zero_copy_only=False)
    if part.earlier:
        removed = read_table(join(part.folder, f"duplicates-{part.name}.parquet"), ["row"])["row"]
        valid = np.where(np.isin(np.arange(len(table)), removed.to_numpy()), False, valid)
    table = table.filter(pa.array(valid))
    signed = np.flatnonzero(valid)
    nodes = (signed + part.first).astype(np.uint64)
    columns: list[npt.NDArray[np.uint64]] = []
    if section.near:
        signatures = matrix(table["signature"], np.dtype(np.uint32))
        columns += list(minhash.bands(signatures, section.bands, section.rows).T)
    hashes = {"exact": section.exact, "canonical_url": section.url}
    columns += [
        matrix(table[name], np.dtype(np.uint64))[:, 0] for name, wanted in hashes.items() if wanted
    ]
    keys = np.concatenate([np.empty(0, dtype=np.uint64), *columns])
    return keys, np.tile(nodes, len(columns))


def matrix(column: pa.ChunkedArray, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The values of a binary column that are not null, of equal length, as rows."""
    values = column.drop_null().to_pylist()
    width = len(values[0]) // dtype.itemsize if values else 1
    return np.frombuffer(b"".join(values), dtype=dtype).reshape(len(values), width)


def unpack(pieces: Iterable[bytes]) -> npt.NDArray[np.uint64]:
    """Packed uint64 columns as one."""
    return np.frombuffer(b"".join(pieces), dtype=np.uint64)
