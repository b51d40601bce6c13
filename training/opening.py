"""Opens the shards that a manifest names, and refuses what is not as it says."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline import files
from pipeline.errors import UserError
from pipeline.shardset import ShardFile, ShardSet
from tokenizer.pages import PageCache
from tokenizer.shards import Shard
from tokenizer.shardwriter import token_dtype
from training.stream import Stream


def open_streams(
    shards: ShardSet,
    kind: str,
    *,
    verify: bool = True,
    cache: PageCache | None = None,
    threads: int = 1,
) -> list[Stream]:
    """The tokens of each domain, in the order of the domains' names.

    Args:
        shards: What there is.
        kind: Shards of which kind.
        verify: Whether every file is read and its SHA-256 compared; else only sizes are. Wherever
            a shard is, its layout and counts are checked.
        cache: Where row groups of shards elsewhere are kept.
        threads: Shards opened at the same time.

    Raises:
        UserError: There are no shards of the kind, or one is missing, was changed, or was made
            with another tokenizer than the manifest says.
    """
    chosen = shards.of_kind(kind)
    if not chosen:
        raise UserError(
            f"{shards.folder}: no {kind} shards; give the corpus more documents, or set aside "
            "another share for validation (shards.valid_fraction)"
        )
    cache = cache or PageCache()
    with ThreadPoolExecutor(threads) as pool:
        opened = list(pool.map(lambda shard: _open(shards, shard, verify, cache), chosen))
    domains = sorted({shard.domain for shard in chosen})
    return [
        Stream(name, [opened[at] for at, shard in enumerate(chosen) if shard.domain == name])
        for name in domains
    ]


def fingerprint(shards: Sequence[ShardFile]) -> str:
    """SHA-256 (hex) of what decides the order of training: domains and files, in order.

    The files' names and places do not count.
    """
    content = [(shard.domain, shard.sha256) for shard in shards]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _open(shards: ShardSet, stated: ShardFile, verify: bool, cache: PageCache) -> Shard:
    again = f"restore it, or delete {shards.folder} and run `curate shard`"
    try:
        size = files.size(stated.path)
    except FileNotFoundError as error:
        raise UserError(f"{stated.path}: missing; {again}") from error
    except OSError as error:
        raise UserError(f"{stated.path}: cannot be read ({error.strerror or error})") from error
    if size != stated.size:
        raise UserError(
            f"{stated.path}: has {size} bytes, the manifest says {stated.size}; {again}"
        )
    if verify and (found := files.sha256(stated.path)) != stated.sha256:
        raise UserError(
            f"{stated.path}: its SHA-256 is {found}, the manifest says {stated.sha256}; {again}"
        )
    shard = Shard(stated.path, cache)
    if shard.tokenizer_sha256 != shards.tokenizer_sha256:
        raise UserError(
            f"{stated.path}: made with the tokenizer {shard.tokenizer_sha256}, the manifest says "
            f"{shards.tokenizer_sha256}; {again}"
        )
    if shard.dtype != (dtype := token_dtype(shards.vocab_size)):
        raise UserError(
            f"{stated.path}: tokens are {shard.dtype.name}, a vocabulary of {shards.vocab_size} "
            f"takes {dtype.name}; {again}"
        )
    counts = (shard.n_documents, shard.n_tokens, shard.n_bytes)
    if counts != (stated.documents, stated.tokens, stated.n_bytes):
        raise UserError(
            f"{stated.path}: documents, tokens and bytes are {counts}, the manifest says "
            f"{(stated.documents, stated.tokens, stated.n_bytes)}; {again}"
        )
    return shard
