"""The token shards of a run, as their manifest describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger import Manifest

TRAIN, VALID, ANNEAL = KINDS = ("train", "valid", "anneal")
"""What a document is for: training, validation, or the end of training."""


@dataclass(frozen=True)
class ShardFile:
    """A shard.

    Attributes:
        path: The file.
        kind: One of `KINDS`.
        domain: The domain of all its documents.
        documents: Its rows; a document that repeats has as many.
        tokens: Their tokens.
        n_bytes: UTF-8 bytes of their texts.
        size: Bytes of the file.
        sha256: Its hash, in hex.
        lineage: For each row group, how many rows come from which split, in their order.
    """

    path: str
    kind: str
    domain: str
    documents: int
    tokens: int
    n_bytes: int
    size: int
    sha256: str
    lineage: tuple[Mapping[str, int], ...]


@dataclass(frozen=True)
class ShardSet:
    """All shards of a run.

    Attributes:
        folder: Their folder.
        vocab_size: Size of the vocabulary.
        tokenizer_sha256: Hash of the tokenizer's file, in hex.
        shards: The shards in the order of their files' names.
    """

    folder: str
    vocab_size: int
    tokenizer_sha256: str
    shards: tuple[ShardFile, ...]

    @classmethod
    def read(cls, folder: str) -> "ShardSet":
        """The shards of a folder.

        Raises:
            UserError: There are none, or their manifest was changed.
        """
        manifest = Manifest.read(folder)
        if manifest is None:
            raise UserError(f"{folder}: no shards; run `curate shard` first")
        if manifest.stage != "shards":
            raise UserError(f"{folder}: has what stage {manifest.stage} wrote, no shards")
        return cls.of(folder, manifest)

    @classmethod
    def of(cls, folder: str, manifest: Manifest) -> "ShardSet":
        """The shards that a manifest describes."""
        facts = manifest.facts
        entries = {name: entry for part in manifest.parts for name, entry in part.files.items()}
        shards = tuple(
            _shard(files.join(folder, name), fact, entries[name])
            for name, fact in sorted(facts["shards"].items())
        )
        return cls(folder, facts["vocab_size"], facts["tokenizer_sha256"], shards)

    def of_kind(self, kind: str) -> list[ShardFile]:
        """The shards of a kind."""
        return [shard for shard in self.shards if shard.kind == kind]


def _shard(path: str, fact: Mapping[str, Any], entry: Mapping[str, Any]) -> ShardFile:
    return ShardFile(
        path,
        **{name: fact[name] for name in ("kind", "domain", "documents", "tokens", "n_bytes")},
        size=entry["bytes"],
        sha256=entry["sha256"],
        lineage=tuple(fact["lineage"]),
    )
