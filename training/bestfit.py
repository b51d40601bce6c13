"""Best-fit decreasing: pieces of whole lengths into as few bins of one size as is easy.

Ding et al. 2024, "Fewer Truncations Improve Language Modeling", pack documents so.
"""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def best_fit(lengths: Integers, capacity: int) -> Integers:
    """Puts each piece, the longest first, into the bin with the least room that holds it.

    As lengths are small whole numbers, bins are kept by their room, and a bit for each room that
    some bin has tells the best one. Pieces of one length go into bins of one room all at once.

    Args:
        lengths: From 1 to `capacity`, shape `(pieces,)`.
        capacity: Size of a bin.

    Returns:
        The bin of each piece, numbered from 0 as they were opened; shape `(pieces,)`.
    """
    counts = np.bincount(lengths, minlength=1)
    by_room: list[list[int]] = [[] for _ in range(capacity + 1)]
    rooms = 0  # Bit r is set where a bin has room r.
    opened = 0
    placed: list[int] = []
    for length in np.flatnonzero(counts)[::-1].tolist():
        count = int(counts[length])
        while count:
            fitting = rooms >> length
            if fitting:
                room = length + (fitting & -fitting).bit_length() - 1
            else:
                room = capacity
                new = -(-count // (capacity // length))
                by_room[room] = list(range(opened, opened + new))
                rooms |= 1 << room
                opened += new
            bins = by_room[room]
            # What still fits into the best bin fits nowhere better, so it is filled up.
            times = min(room // length, count)
            taken = bins[-(count // times) :]
            del bins[-len(taken) :]
            placed += taken if times == 1 else [bin_ for bin_ in taken for _ in range(times)]
            count -= times * len(taken)
            if not bins:
                rooms ^= 1 << room
            if left := room - times * length:
                by_room[left] += taken
                rooms |= 1 << left
    result = np.empty(len(lengths), np.int64)
    result[np.argsort(-lengths, kind="stable")] = placed
    return result
