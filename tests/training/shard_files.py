"""Small folders of shards for the tests of training."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.ledger import Counts, Manifest, Part
from pipeline.shardset import ShardSet
from tokenizer.shards import Shard
from tokenizer.shardwriter import ShardWriter, TokenizedDocument, rows_of

Documents = Sequence[Sequence[int]]


def write_shard(
    path: Path,
    documents: Documents,
    *,
    vocab_size: int = 64,
    tokenizer: str = "ab12",
    bytes_per_token: int = 3,
    row_group_tokens: int = 40,
    domain: str = "web",
    languages: Sequence[str] = ("eng_Latn",),
) -> str:
    """Writes documents, in turn of each language, in row groups of about 40 tokens.

    Returns:
        The path.
    """
    with (
        path.open("wb") as file,
        ShardWriter(
            file,
            vocab_size=vocab_size,
            tokenizer_sha256=tokenizer,
            row_group_tokens=row_group_tokens,
        ) as writer,
    ):
        rows = [
            TokenizedDocument(
                np.asarray(tokens, np.int64),
                f"{path.stem} {number}",
                domain,
                languages[number % len(languages)],
                bytes_per_token * len(tokens),
            )
            for number, tokens in enumerate(documents)
        ]
        writer.write(rows_of(rows, vocab_size), "split")
    return str(path)


def describe(folder: Path, *, vocab_size: int = 64, tokenizer: str = "ab12") -> ShardSet:
    """Writes the manifest of the shards in a folder, named `KIND-DOMAIN-NUMBER.parquet`."""
    facts, entries = {}, {}
    for path in sorted(folder.glob("*.parquet")):
        shard, (kind, domain, _) = Shard(path), path.stem.split("-")
        data = path.read_bytes()
        entries[path.name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        facts[path.name] = {
            "kind": kind,
            "domain": domain,
            "documents": shard.n_documents,
            "tokens": shard.n_tokens,
            "n_bytes": shard.n_bytes,
            "lineage": [],
        }
    about = {"vocab_size": vocab_size, "tokenizer_sha256": tokenizer, "shards": facts}
    part = Part("all", Counts(), entries)
    Manifest.of_parts("shards", {}, {}, [part], about).write(str(folder))
    return ShardSet.read(str(folder))


def write_folder(
    folder: Path,
    domains: Mapping[str, Sequence[Documents]],
    *,
    kind: str = "train",
    vocab_size: int = 64,
    bytes_per_token: int = 3,
    row_group_tokens: int = 40,
) -> ShardSet:
    """Writes the documents of some domains, a shard for each sequence of them."""
    folder.mkdir(exist_ok=True)
    for domain, shards in domains.items():
        for number, documents in enumerate(shards):
            write_shard(
                folder / f"{kind}-{domain}-{number:05d}.parquet",
                documents,
                vocab_size=vocab_size,
                bytes_per_token=bytes_per_token,
                row_group_tokens=row_group_tokens,
            )
    return describe(folder, vocab_size=vocab_size)


def random_documents(
    count: int, *, seed: int = 0, vocab_size: int = 64, longest: int = 30
) -> list[list[int]]:
    """Documents of 1 to `longest` random tokens."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, count)
    return [rng.integers(0, vocab_size, length).tolist() for length in lengths]
