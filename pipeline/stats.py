"""What a run holds: the funnel, languages, hosts, the mixture by domain, the quality score."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from pipeline import files, speakers
from pipeline.edits import EDIT
from pipeline.errors import UserError
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.schema import WEIGHTS
from pipeline.statslanguages import (
    LanguageRow,
    LanguageWay,
    characters_of,
    kept_documents,
    language_rows,
    language_ways,
    unless_gone,
)
from pipeline.statsmixture import MixtureRow, Tokens, mixture_rows, read_tokens
from pipeline.statsquality import QualityRow, quality_rows

FUNNEL = ("extract", "filter", "lines", "dedup", "weight", "shards")
_TOP = 20
_NO_SCORES = pa.schema(
    [WEIGHTS.field(name) for name in ("domain", "language", "quality", "duplicate_of", "repeats")]
).empty_table()


@dataclass(frozen=True)
class FunnelRow:
    """A stage's counts; its `read` is the `kept` of the row before."""

    stage: str
    read: int
    kept: int
    dropped: dict[str, int]
    failed: dict[str, int]


@dataclass(frozen=True)
class Stats:
    """All that `curate stats` shows.

    Attributes:
        run: The run folder.
        funnel: Counts by stage.
        languages: Languages that `dedup` kept, or the last stage before, most characters first.
        language_ways: Languages that were extracted: their shares from stage to stage.
        hosts: Documents by host, the most frequent.
        domains: What `weight` made of each domain; empty before.
        mixture: What it made of each language.
        shortfalls: Target shares that it could not reach.
        quality: The quality score, of all documents and by language; empty without scores.
        quality_auc: How well the classifier did on unseen domains, if this run trained it: the AUC
            and the ends of its 95% interval, None where too few pages are tested.
        quality_better: Whether it is shown to do better there than simple baselines.
        edits: Lines and spans that were taken out or replaced in kept documents, by kind.
        transitive_closure: Documents that `dedup` would have removed had it kept one document of
            each connected component of candidate pairs, unverified; None before `dedup`.
        speakers_source: Where the numbers of speakers are from.
        gone: Files that are gone; what is counted from them is None or empty.
    """

    run: str
    funnel: list[FunnelRow]
    languages: list[LanguageRow]
    language_ways: list[LanguageWay]
    hosts: dict[str, int]
    domains: list[MixtureRow]
    mixture: list[MixtureRow]
    shortfalls: list[dict[str, Any]]
    quality: list[QualityRow]
    quality_auc: list[float | None] | None
    quality_better: bool | None
    edits: dict[str, int]
    transitive_closure: int | None
    speakers_source: str
    gone: list[str]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def collect(run: str) -> Stats:
    """Read a run's manifests and columns, but no text.

    Raises:
        UserError: The folder holds no run.
    """
    stages = (*FUNNEL, "quality")
    manifests = {name: Manifest.read(files.join(run, name)) for name in stages}
    done = {name: manifest for name, manifest in manifests.items() if manifest}
    if not done.keys() & set(FUNNEL):
        raise UserError(f"{run}: no finished stage; name the folder of a run, as in runs/NAME")
    gone: list[str] = []
    kept = unless_gone(gone, partial(_kept, run, done))
    shards = done.get("shards")
    tokens = unless_gone(gone, partial(read_tokens, run, shards)) if shards else None
    by_language = _by_language(tokens)
    ways = language_ways(run, done, kept.characters if kept else None, by_language, gone)
    kept = kept or _Kept()
    found = unless_gone(gone, partial(_scores, run, done))
    scores = _NO_SCORES if found is None else found
    trained = done["quality"].facts if "quality" in done else {}
    weighted = done["weight"].facts if "weight" in done else {"cells": [], "shortfalls": []}
    return Stats(
        run=run,
        funnel=[_funnel_row(name, done[name]) for name in FUNNEL if name in done],
        languages=language_rows(kept.documents, kept.characters, by_language),
        language_ways=ways,
        hosts=dict(kept.hosts.most_common(_TOP)),
        domains=mixture_rows("domain", weighted["cells"], scores, tokens),
        mixture=mixture_rows("language", weighted["cells"], scores, tokens),
        shortfalls=weighted["shortfalls"],
        quality=quality_rows(scores),
        quality_auc=trained.get("auc"),
        quality_better=trained.get("better_than_baselines"),
        edits=_edits(done),
        transitive_closure=(done["dedup"].facts["transitive_closure"] if "dedup" in done else None),
        speakers_source=speakers.SOURCE,
        gone=sorted(set(gone)),
    )


@dataclass(frozen=True)
class _Kept:
    """The documents that have come through so far, by language and by host."""

    documents: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)


def _kept(run: str, done: Mapping[str, Manifest]) -> _Kept:
    kept = _Kept()
    for table in kept_documents(run, done, ["language", "host", "n_chars"]):
        kept.documents.update(table["language"].to_pylist())
        kept.characters.update(characters_of(table))
        kept.hosts.update(table["host"].to_pylist())
    return kept


def _scores(run: str, done: Mapping[str, Manifest]) -> pa.Table:
    """The scores of the documents that are no duplicates, and how often each is seen."""
    parts = done["weight"].parts if "weight" in done else ()
    paths = [files.join(run, "weight", f"part-{part.name}.parquet") for part in parts]
    tables = [read_table(path, _NO_SCORES.column_names) for path in paths]
    own = [table.filter(table["duplicate_of"].is_null()) for table in tables]
    return pa.concat_tables([_NO_SCORES, *own])


def _edits(done: dict[str, Manifest]) -> dict[str, int]:
    facts = [done[stage].facts.items() for stage in ("filter", "lines") if stage in done]
    counts = {
        name.removeprefix(EDIT): count
        for name, count in chain.from_iterable(facts)
        if name.startswith(EDIT)
    }
    return dict(sorted(counts.items()))


def _funnel_row(name: str, manifest: Manifest) -> FunnelRow:
    counts = manifest.counts
    return FunnelRow(name, counts.read, counts.kept, dict(counts.dropped), dict(counts.failed))


def _by_language(tokens: Tokens | None) -> dict[str, int] | None:
    if tokens is None:
        return None
    return {name: count for (axis, name), count in tokens.every.items() if axis == "language"}
