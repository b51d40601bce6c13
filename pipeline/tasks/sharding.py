"""Sharding: encoded documents to shards of one purpose, one domain and about one size.

The documents of a domain stand in a row, in the order of their parts and rows, all of them once
before any of them again, so that copies stand far apart. The row is cut into shards of equal
tokens; a document belongs to the shard in which it starts, as a record belongs to the split in
which it starts. So no document is cut, and no task needs to know more than how many tokens stand
before the blocks it reads.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.files import join, open_atomic, write_json
from pipeline.ledger import Counts, Part
from pipeline.parts import describe_file
from pipeline.sandbox import Guard
from pipeline.shardset import ANNEAL
from pipeline.tasks.encoding import Block, Encoded, Key, read_block
from tokenizer.shardwriter import SCHEMA, ShardWriter, token_dtype

ANNEAL_MANIFEST = "anneal.json"

_TAKEN_ROWS = 1024
_PLAN = "curate.plan"


@dataclass(frozen=True)
class Tokenizer:
    """The tokenizer that a shard's footer names.

    Attributes:
        vocab_size: Size of its vocabulary.
        sha256: Hash of its file, in hex.
    """

    vocab_size: int
    sha256: str


@dataclass(frozen=True)
class ShardPlan:
    """A shard to be written.

    Attributes:
        key: What its documents are for, and their domain.
        number: Its place among the shards of this key, from 0.
        start: The first token, in the row of all documents of this key, that belongs to it.
        stop: The first that no longer does.
        blocks: The blocks that hold its documents: the tokens before each, the block, and which
            copies of its documents these are, from 0.
    """

    key: Key
    number: int
    start: int
    stop: int
    blocks: tuple[tuple[int, Block, int], ...]

    @property
    def name(self) -> str:
        """Its file's name, without the ending."""
        kind, domain = self.key
        return f"{kind}-{_in_file_name(domain)}-{self.number:05d}"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what is to be in it, by blocks and their tokens."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class Sharded:
    """A shard that is written.

    Attributes:
        part: Its file.
        fact: What the manifest says of it; see `pipeline.shardset.ShardFile`.
    """

    part: Part
    fact: dict[str, Any]


def plan_shards(parts: Iterable[Encoded], target_bytes: int, vocab_size: int) -> list[ShardPlan]:
    """Which shards there are, and what is in them.

    Args:
        parts: All encoded parts.
        target_bytes: Bytes of tokens that a shard has at most, but for its last document's.
        vocab_size: Size of the vocabulary, which decides the bytes of a token.
    """
    most = max(1, target_bytes // token_dtype(vocab_size).itemsize)
    blocks: dict[Key, list[Block]] = {}
    for encoded in sorted(parts, key=lambda encoded: encoded.part.name):
        for block in encoded.blocks:
            blocks.setdefault(block.key, []).append(block)
    return [plan for key in sorted(blocks) for plan in _cut(key, blocks[key], most)]


def _cut(key: Key, blocks: list[Block], most: int) -> Iterator[ShardPlan]:
    """The shards of one purpose and domain: as few as can be, of equal size."""
    most_copies = max(len(block.tokens) for block in blocks)
    passes = [
        (block, copy) for copy in range(most_copies) for block in blocks if copy < len(block.tokens)
    ]
    sizes = [block.tokens[copy] for block, copy in passes]
    ends = np.cumsum(sizes)
    total = int(ends[-1])
    count = -(-total // most) or 1
    bounds = [total * number // count for number in range(count)]
    # A document without a token may start where all others end.
    for number, (start, stop) in enumerate(pairwise([*bounds, total + 1])):
        first = int(np.searchsorted(ends, start, side="left"))
        last = int(np.searchsorted(ends, stop, side="left"))
        held = range(first, min(last + 1, len(passes)))
        inside = tuple((int(ends[at]) - sizes[at], *passes[at]) for at in held)
        yield ShardPlan(key, number, start, stop, inside)


def write_shard(
    guard: Guard, plan: ShardPlan, row_group_tokens: int, tokenizer: Tokenizer, folder: str
) -> Sharded:
    """Write one shard, unless it is there, made by the same plan.

    Parts that are encoded once more may differ, if a document failed then and does no more.
    """
    path = join(folder, f"{plan.name}.parquet")
    there = describe_file(path)
    if there is None or there[1].get(_PLAN) != plan.digest:
        with (
            open_atomic(path) as out,
            ShardWriter(
                out,
                vocab_size=tokenizer.vocab_size,
                tokenizer_sha256=tokenizer.sha256,
                row_group_tokens=row_group_tokens,
                metadata={_PLAN: plan.digest},
            ) as writer,
        ):
            for before, block, copy in plan.blocks:
                for rows in _within(read_block(folder, block), copy, before, plan):
                    writer.write(rows, block.part)
    described = describe_file(path)
    assert described is not None
    entry, footer = described
    kind, domain = plan.key
    counts = {name: int(footer[f"curate.n_{name}"]) for name in ("documents", "tokens", "bytes")}
    fact = {
        "kind": kind,
        "domain": domain,
        "documents": counts["documents"],
        "tokens": counts["tokens"],
        "n_bytes": counts["bytes"],
        "lineage": json.loads(footer["curate.lineage"]),
    }
    sums = {f"{kind}_{name}": counts[name] for name in ("documents", "tokens")}
    return Sharded(Part(plan.name, Counts(), {f"{plan.name}.parquet": entry}, sums), fact)


def _within(block: pa.Table, copy: int, before: int, plan: ShardPlan) -> Iterator[pa.Table]:
    """The rows of a block that start within a shard, those that have so many copies."""
    rows = np.flatnonzero(block["repeat"].to_numpy() > copy)
    sizes = block["n_tokens"].to_numpy().astype(np.int64)[rows]
    starts = before + np.cumsum(sizes) - sizes
    held = rows[(starts >= plan.start) & (starts < plan.stop)]
    place = SCHEMA.get_field_index("repeat")
    for at in range(0, len(held), _TAKEN_ROWS):
        taken = block.select(SCHEMA.names).take(held[at : at + _TAKEN_ROWS])
        repeat = pa.array(np.full(len(taken), copy, np.int32))
        yield taken.set_column(place, SCHEMA.field(place), repeat)


def shard_facts(
    folder: str, sharded: Iterable[Sharded], tokenizer: Tokenizer, anneal: bool
) -> dict[str, Any]:
    """What the manifest says of the shards beside their sums.

    Where there is an anneal split, its shards get a manifest of their own.
    """
    found = sorted(sharded, key=lambda one: one.part.name)
    if anneal:
        content = anneal_manifest(one.part for one in found)
        write_json(join(folder, ANNEAL_MANIFEST), content)
    return {
        "shards": {f"{one.part.name}.parquet": one.fact for one in found},
        "anneal": anneal,
        "vocab_size": tokenizer.vocab_size,
        "tokenizer_sha256": tokenizer.sha256,
        "dtype": token_dtype(tokenizer.vocab_size).name,
    }


def anneal_manifest(parts: Iterable[Part]) -> dict[str, Any]:
    """What the anneal shards are, for whoever trains on them alone."""
    found = [part for part in parts if f"{ANNEAL}_tokens" in part.facts]
    entries = {name: entry for part in found for name, entry in part.files.items()}
    return {
        "documents": sum(part.facts[f"{ANNEAL}_documents"] for part in found),
        "tokens": sum(part.facts[f"{ANNEAL}_tokens"] for part in found),
        "files": dict(sorted(entries.items())),
    }


def _in_file_name(domain: str) -> str:
    """A domain as it stands in file names: if that is not all of it, with a hash of it."""
    plain = re.sub(r"[^a-z0-9_.-]", "_", domain)[:40]
    digest = hashlib.sha256(domain.encode()).hexdigest()[:8]
    return plain if plain == domain else f"{plain}-{digest}"
