"""The hash by which names are compared, sampled and sent to their partitions."""

import xxhash


def hash64(name: str) -> int:
    """64 bits of a string: the same on every machine, in every process."""
    return xxhash.xxh3_64_intdigest(name.encode())
