"""What `weight` made of the corpus, by domain or language: before, after, epochs, tokens."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files
from pipeline.cells import COUNTS
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.shardset import ANNEAL, ShardSet

MANY_EPOCHS = 4
"""Up to so many epochs, repeats are almost as good as new text (Muennighoff et al. 2023)."""


@dataclass(frozen=True)
class MixtureRow:
    """A domain or a language. Documents that are duplicates count nowhere.

    Attributes:
        name: The domain or language.
        documents: Documents before.
        bytes: Their UTF-8 bytes.
        share: Share of all bytes before.
        quality_documents: Documents that the quality score removed.
        anneal_documents: Documents that are set aside for the end of training.
        anneal_bytes: Their bytes.
        target_bytes: What the mixture is to show, repeats included.
        seen_documents: Documents that it shows.
        seen_bytes: Their bytes, each once.
        bytes_after: The same, repeats included.
        share_after: Share of all bytes after.
        weight: `bytes_after` over `bytes`.
        epochs: `bytes_after` over `seen_bytes`: how often what is shown is shown.
        mean_quality: Mean score of the documents before; None if none has a score.
        unique_tokens: Tokens of the train and validation shards, each document once; None before
            `shard`.
        tokens: The same, repeats included.
    """

    name: str
    documents: int
    bytes: int
    share: float
    quality_documents: int
    anneal_documents: int
    anneal_bytes: int
    target_bytes: int
    seen_documents: int
    seen_bytes: int
    bytes_after: int
    share_after: float
    weight: float
    epochs: float
    mean_quality: float | None
    unique_tokens: int | None
    tokens: int | None

    @property
    def overdone(self) -> bool:
        """Whether it is repeated more often than serves."""
        return self.epochs > MANY_EPOCHS


@dataclass(frozen=True)
class Tokens:
    """Tokens of the train and validation shards by domain and by language.

    Attributes:
        unique: Each document once, by column and name.
        every: Repeats included, likewise.
    """

    unique: Mapping[tuple[str, str], int]
    every: Mapping[tuple[str, str], int]


def mixture_rows(
    axis: str, cells: Iterable[Mapping[str, Any]], scores: pa.Table, tokens: Tokens | None
) -> list[MixtureRow]:
    """The rows of a table, most bytes after first.

    Args:
        axis: `domain` or `language`.
        cells: The manifest's cells.
        scores: Columns `domain`, `language` and `quality`, of documents that are no duplicates.
        tokens: Tokens, if there are shards.
    """
    sums: dict[str, Counter[str]] = {}
    for cell in cells:
        counts = {name: cell[name] for name in (*COUNTS, "target_bytes")}
        sums.setdefault(cell[axis], Counter()).update(counts)
    before, after = (sum(row[name] for row in sums.values()) for name in ("bytes", "bytes_after"))
    means = scores.group_by(axis, use_threads=False).aggregate([("quality", "mean")])
    quality = dict(zip(means[axis].to_pylist(), means["quality_mean"].to_pylist(), strict=True))
    rows = [
        MixtureRow(
            name=name,
            **{key: row[key] for key in _COPIED},
            share=_over(row["bytes"], before),
            share_after=_over(row["bytes_after"], after),
            weight=_over(row["bytes_after"], row["bytes"]),
            epochs=_over(row["bytes_after"], row["seen_bytes"]),
            mean_quality=quality.get(name),
            unique_tokens=None if tokens is None else tokens.unique.get((axis, name), 0),
            tokens=None if tokens is None else tokens.every.get((axis, name), 0),
        )
        for name, row in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row.bytes_after, -row.bytes, row.name))


def read_tokens(run: str, shards: Manifest) -> Tokens:
    """Add up the tokens of all shards but those of the anneal split."""
    unique: Counter[tuple[str, str]] = Counter()
    every: Counter[tuple[str, str]] = Counter()
    for shard in ShardSet.of(files.join(run, "shards"), shards).shards:
        if shard.kind == ANNEAL:
            continue
        table = read_table(shard.path, ["domain", "language", "n_tokens", "repeat"])
        first = table.filter(pc.equal(table["repeat"], 0))
        for axis in ("domain", "language"):
            every.update(_sums(axis, table))
            unique.update(_sums(axis, first))
    return Tokens(unique, every)


def _sums(axis: str, table: pa.Table) -> dict[tuple[str, str], int]:
    sums = table.group_by(axis, use_threads=False).aggregate([("n_tokens", "sum")])
    pairs = zip(sums[axis].to_pylist(), sums["n_tokens_sum"].to_pylist(), strict=True)
    return {(axis, name): count for name, count in pairs}


_COPIED = (
    *("documents", "bytes", "quality_documents", "anneal_documents", "anneal_bytes"),
    *("target_bytes", "seen_documents", "seen_bytes", "bytes_after"),
)


def _over(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
