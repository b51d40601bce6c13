"""Which documents of an arm the model of a seed reads: as many as it takes, by hash.

The hash is of the seed and the document alone. So of two arms the models of one seed read the same
documents, in so far as both arms have them, and differ by what the arms differ in: common random
numbers (Glasserman and Yao 1992, "Some Guidelines and Guarantees for Common Random Numbers").
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.hashing import hash64

ALL = 2**64
"""The bound that leaves out no document."""
COLUMNS = ["doc_id", "n_tokens", "repeat"]

Hashes = npt.NDArray[np.uint64]


def bound(documents: pa.Table, seed: int, tokens: int) -> int:
    """The least bound on the hashes under which there are so many tokens; `ALL` if there are not.

    Args:
        documents: With `COLUMNS`; `repeat` says how often each is read at most.
        seed: The seed.
        tokens: How many are needed.
    """
    sizes = documents["n_tokens"].to_numpy()
    found = [(hashes, sizes[rows]) for rows, hashes in _copies(documents, seed)]
    if not found:
        return ALL
    hashes, lengths = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(hashes, kind="stable")
    place = int(np.searchsorted(np.cumsum(lengths[order], dtype=np.int64), tokens))
    return int(hashes[order[place]]) + 1 if place < len(order) else ALL


def below(documents: pa.Table, seed: int, most: int) -> pa.Table:
    """The documents whose hashes are below a bound, `repeat` being how many of their copies are."""
    count = np.zeros(len(documents), np.int32)
    for rows, hashes in _copies(documents, seed):
        # In whole numbers of Python's: the bound may be one more than fits.
        count[rows] += np.ones(len(rows), bool) if most == ALL else hashes < np.uint64(most)
    place = documents.schema.get_field_index("repeat")
    counted = documents.set_column(place, documents.schema.field(place), pa.array(count))
    return counted.filter(pa.array(count > 0))


def _copies(documents: pa.Table, seed: int) -> Iterator[tuple[npt.NDArray[np.intp], Hashes]]:
    """Of the first copies, of the second, and so on: the rows that have one, and their hashes."""
    ids, repeats = documents["doc_id"].to_pylist(), documents["repeat"].to_numpy()
    for copy in range(int(repeats.max(initial=0))):
        rows = np.flatnonzero(repeats > copy)
        hashes = [hash64(f"{seed} {copy} {ids[row]}") for row in rows.tolist()]
        yield rows, np.array(hashes, np.uint64)
