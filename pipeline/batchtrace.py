"""Which documents made a batch of training, from the order of training back to the archives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from typing import Any

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.shardset import ShardFile, ShardSet
from training.annealing import Annealing
from training.config import TrainConfig
from training.data import Loader, Source

_COLUMNS = ("id", "url", "warc", "offset", "length")


@dataclass(frozen=True)
class TracedTokens:
    """Tokens of one document in a sequence of a batch.

    Attributes:
        sequence: The sequence in the batch, from 0.
        first_token: The first of them, counted in the document, from 0.
        last_token: The last of them.
        shard: The shard's path.
        row: The document's row in it.
        repeat: Which copy of the document it is, from 0.
        domain: The domain that the mixture counts it to.
        language: Its language.
        id: The document's id.
        url: Its URL.
        warc: The archive.
        offset: The record's first byte in the archive.
        length: Its bytes there.
    """

    sequence: int
    first_token: int
    last_token: int
    shard: str
    row: int
    repeat: int
    domain: str
    language: str
    id: str
    url: str
    warc: str
    offset: int
    length: int


def trace_batch(run: str, step: int) -> list[TracedTokens]:
    """The documents of the batch of one step.

    Args:
        run: The run folder.
        step: The step, from 1, as `metrics.jsonl` counts them.

    Raises:
        UserError: There is no training in the run, or no such step in it, or its shards are gone.
    """
    path, folder = files.join(run, "model", "settings.json"), files.join(run, "shards")
    manifest = Manifest.read(folder)
    if manifest is None or not files.exists(path):
        raise UserError(f"{run}: nothing was trained; run `curate train` first")
    made_from = files.read_json(path)
    if made_from["upstream"]["shards"] != manifest.fingerprint:
        raise UserError(f"{folder}: not what was trained on; run `curate train` again")
    config = TrainConfig.model_validate(made_from["settings"]["settings"], strict=False)
    if not 0 < step <= config.steps:
        raise UserError(f"--batch {step}: the training has the steps 1 to {config.steps}")
    shards = ShardSet.of(folder, manifest)
    batch = Loader.configured(shards, config, verify=False).sources(step - 1)
    if config.anneal_share:
        annealing = Annealing(shards, config, verify=False)
        batch = annealing.sources(batch, (step - 1) * config.batch_sequences)
    by_path = {shard.path: shard for shard in shards.shards}
    found = [
        _Place(number, by_path[source.path], row, source)
        for number, sources in enumerate(batch)
        for source in sources
        for row in range(source.first_row, source.last_row + 1)
    ]
    return list(_traced(found, run))


@dataclass(frozen=True)
class _Place:
    """Tokens of one document in a sequence."""

    sequence: int
    shard: ShardFile
    row: int
    source: Source

    @property
    def split(self) -> str:
        """The split that the document comes from."""
        before = 0
        for group in self.shard.lineage:
            for split, rows in group.items():
                before += rows
                if self.row < before:
                    return split
        raise AssertionError(f"{self.shard.path}: no lineage of row {self.row}")


def _traced(places: Iterable[_Place], run: str) -> Iterator[TracedTokens]:
    shards = cache(_rows)
    captures = cache(partial(_captures, run))
    for place in places:
        row = shards(place.shard.path)[place.row]
        yield TracedTokens(
            sequence=place.sequence,
            first_token=max(place.source.first_token - row["start"], 0),
            last_token=min(place.source.last_token - row["start"], row["n_tokens"] - 1),
            shard=place.shard.path,
            row=place.row,
            repeat=row["repeat"],
            domain=row["domain"],
            language=row["language"],
            **captures(place.split)[row["doc_id"]],
        )


def _rows(path: str) -> list[dict[str, Any]]:
    """The rows of a shard without their tokens, and the first token of each."""
    table = read_table(path, ["doc_id", "domain", "language", "n_tokens", "repeat"])
    starts = accumulate(table["n_tokens"].to_pylist(), initial=0)
    return [row | {"start": start} for row, start in zip(table.to_pylist(), starts, strict=False)]


def _captures(run: str, split: str) -> dict[str, dict[str, Any]]:
    """Where the documents of a split stand in their archive, by id."""
    path = files.join(run, "lines", f"part-{split}.parquet")
    if not files.exists(path):
        raise UserError(f"{path}: missing; restore it, for it says where the documents come from")
    return {row["id"]: row for row in read_table(path, list(_COLUMNS)).to_pylist()}
