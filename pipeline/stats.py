"""What a run holds: the funnel, the languages against their speakers, hosts and domains."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import pyarrow.compute as pc

from classifiers.languagetags import display_name
from pipeline import files, speakers
from pipeline.edits import EDIT
from pipeline.errors import UserError
from pipeline.languagebounds import LANGUAGES
from pipeline.ledger import Manifest
from pipeline.parts import read_rows, read_table

FUNNEL = ("extract", "filter", "lines", "dedup", "weight", "shards")
_TOP = 20


@dataclass(frozen=True)
class FunnelRow:
    """A stage's counts; its `read` is the `kept` of the row before."""

    stage: str
    read: int
    kept: int
    dropped: dict[str, int]
    failed: dict[str, int]


@dataclass(frozen=True)
class LanguageRow:
    """A language in the kept text, against its speakers.

    Attributes:
        language: Its tag.
        name: Its English name.
        documents: Documents kept by all stages so far.
        characters: Their characters.
        tokens: Tokens in the train and validation shards, repeats included; None before `shard`.
        share: Share of the characters.
        speakers: People who speak it; None where CLDR names no number.
        speakers_share: Share of the world's population that speaks it.
        ratio: `share` over `speakers_share`: below 1, the language is under-represented.
        has_table: Whether there are stop words and thresholds for it; if not, it was judged by the
            rules that need none.
    """

    language: str
    name: str
    documents: int
    characters: int
    tokens: int | None
    share: float
    speakers: int | None
    speakers_share: float | None
    ratio: float | None
    has_table: bool


@dataclass(frozen=True)
class Stats:
    """All that `curate stats` shows.

    Attributes:
        run: The run folder.
        funnel: Counts by stage.
        languages: Languages, most characters first.
        hosts: Documents by host, the most frequent.
        domains: Documents by domain.
        edits: Lines and spans that were taken out or replaced in kept documents, by kind.
        transitive_closure: Documents that `dedup` would have removed had it kept one document of
            each connected component of candidate pairs, unverified; None before `dedup`.
        speakers_source: Where the numbers of speakers are from.
    """

    run: str
    funnel: list[FunnelRow]
    languages: list[LanguageRow]
    hosts: dict[str, int]
    domains: dict[str, int]
    edits: dict[str, int]
    transitive_closure: int | None
    speakers_source: str

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def collect(run: str) -> Stats:
    """Read a run's manifests and columns, but no text.

    Raises:
        UserError: The folder holds no run.
    """
    manifests = {name: Manifest.read(files.join(run, name)) for name in FUNNEL}
    done = {name: manifest for name, manifest in manifests.items() if manifest}
    if not done:
        raise UserError(f"{run}: no finished stage; name the folder of a run, as in runs/NAME")
    documents: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    hosts: Counter[str] = Counter()
    for language, host, length in _kept(run, done):
        documents[language] += 1
        characters[language] += length
        hosts[host] += 1
    domains = Counter(_column(run, "weight", "domain", done, nonzero="repeats"))
    return Stats(
        run=run,
        funnel=[_funnel_row(name, manifest) for name, manifest in done.items()],
        languages=_languages(documents, characters, _tokens(run, done)),
        hosts=dict(hosts.most_common(_TOP)),
        domains=dict(domains.most_common(_TOP)),
        edits=_edits(done),
        transitive_closure=(done["dedup"].facts["transitive_closure"] if "dedup" in done else None),
        speakers_source=speakers.SOURCE,
    )


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


def _kept(run: str, done: dict[str, Manifest]) -> Iterator[tuple[str, str, int]]:
    """Language, host and characters of each document that has come through so far."""
    source = next(stage for stage in ("lines", "filter", "extract") if stage in done)
    for part in done[source].parts:
        removed: set[int] = set()
        if "dedup" in done:
            path = files.join(run, "dedup", f"duplicates-{part.name}.parquet")
            removed = set(read_table(path, ["row"])["row"].to_pylist())
        rows = read_rows(
            files.join(run, source, f"part-{part.name}.parquet"), ["language", "host", "n_chars"]
        )
        for index, row in enumerate(rows):
            if index not in removed:
                yield row["language"], row["host"], row["n_chars"]


def _column(
    run: str, stage: str, column: str, done: dict[str, Manifest], nonzero: str
) -> Iterator[str]:
    for part in done[stage].parts if stage in done else ():
        path = files.join(run, stage, f"part-{part.name}.parquet")
        table = read_table(path, [column, nonzero])
        yield from table.filter(pc.greater(table[nonzero], 0))[column].to_pylist()


def _tokens(run: str, done: dict[str, Manifest]) -> Counter[str] | None:
    if "shards" not in done:
        return None
    total: Counter[str] = Counter()
    for part in done["shards"].parts:
        for name in part.files:
            if name.startswith("dropped-"):
                continue
            table = read_table(files.join(run, "shards", name), ["language", "n_tokens"])
            sums = table.group_by("language").aggregate([("n_tokens", "sum")])
            total.update(
                dict(
                    zip(
                        *sums.select(["language", "n_tokens_sum"]).to_pydict().values(), strict=True
                    )
                )
            )
    return total


def _languages(
    documents: Counter[str], characters: Counter[str], tokens: Counter[str] | None
) -> list[LanguageRow]:
    rows = []
    for code, count in sorted(characters.items(), key=lambda pair: (-pair[1], pair[0])):
        share = count / characters.total()
        people = speakers.speakers(code)
        people_share = people / speakers.WORLD if people else None
        rows.append(
            LanguageRow(
                language=code,
                name=display_name(code),
                documents=documents[code],
                characters=count,
                tokens=None if tokens is None else tokens[code],
                share=share,
                speakers=people,
                speakers_share=people_share,
                ratio=share / people_share if people_share else None,
                has_table=code in LANGUAGES,
            )
        )
    return rows
