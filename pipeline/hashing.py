"""The hash by which names are compared, sampled and sent to their partitions: 64-bit XXH3.

Others of its family stand elsewhere. XXH64 where docs/data-format.md promises it, so that anyone
can work out again which documents are kept, repeated or held out (`pipeline.qualityuse`,
`pipeline.tasks.sharding`). XXH3 of 128 bits where two texts or addresses that hash alike count as
one, unseen (`pipeline.minhash`, `pipeline.tasks.signing`).
"""

import xxhash


def hash64(name: str) -> int:
    """64 bits of a string: the same on every machine, in every process."""
    return xxhash.xxh3_64_intdigest(name.encode())
