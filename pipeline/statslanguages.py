"""The languages of a run: against their speakers, and their shares from stage to stage."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from classifiers.languagetags import display_name
from pipeline import files, speakers
from pipeline.languagebounds import LANGUAGES
from pipeline.ledger import Manifest
from pipeline.parts import read_table

_TEXTS = ("lines", "filter", "extract")
_Counted = TypeVar("_Counted")


@dataclass(frozen=True)
class LanguageRow:
    """A language in the kept text, against its speakers.

    Attributes:
        language: Its tag, as in `eng_Latn`; see `classifiers.languagetags`.
        name: Its English name.
        documents: Documents that `dedup` kept, or the last stage before.
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
class LanguageWay:
    """A language's share of the text after each stage; None where that is not known.

    So it is where a stage has not run, or its parts are gone.

    Attributes:
        language: Its tag, as in `eng_Latn`; see `classifiers.languagetags`.
        name: Its English name.
        extracted: Share of the characters that were extracted.
        filtered: Share of those that the filter kept.
        deduplicated: Share of those that `dedup` kept.
        weighted: Share of those that training sees, repeats and the anneal split included.
        tokens: Share of the tokens of the train and validation shards.
        speakers: Share of the world's population that speaks it; None where CLDR names no number.
    """

    language: str
    name: str
    extracted: float | None
    filtered: float | None
    deduplicated: float | None
    weighted: float | None
    tokens: float | None
    speakers: float | None


def unless_gone(gone: list[str], count: Callable[[], _Counted]) -> _Counted | None:
    """What is counted from files; None, and a note of the file, where one of them is gone."""
    try:
        return count()
    except FileNotFoundError as error:
        gone.append(str(error.filename or error))
        return None


def kept_documents(
    run: str, done: Mapping[str, Manifest], columns: list[str]
) -> Iterator[pa.Table]:
    """Columns of the documents that have come through so far, a table a part."""
    source = next(stage for stage in _TEXTS if stage in done)
    for part in done[source].parts:
        table = read_table(files.join(run, source, f"part-{part.name}.parquet"), columns)
        if "dedup" in done:
            path = files.join(run, "dedup", f"duplicates-{part.name}.parquet")
            rows = pa.array(range(len(table)), pa.int64())
            removed = read_table(path, ["row"])["row"]
            table = table.filter(pc.invert(pc.is_in(rows, removed)))
        yield table


def language_rows(
    documents: Counter[str], characters: Counter[str], tokens: Mapping[str, int] | None
) -> list[LanguageRow]:
    """The languages of the kept text, most characters first."""
    rows = []
    for code, count in _by_count(characters):
        share, people = count / (characters.total() or 1), speakers.speakers(code)
        people_share = _speakers_share(code)
        rows.append(
            LanguageRow(
                language=code,
                name=display_name(code),
                documents=documents[code],
                characters=count,
                tokens=None if tokens is None else tokens.get(code, 0),
                share=share,
                speakers=people,
                speakers_share=people_share,
                ratio=share / people_share if people_share else None,
                has_table=code in LANGUAGES,
            )
        )
    return rows


def language_ways(
    run: str,
    done: Mapping[str, Manifest],
    deduplicated: Counter[str] | None,
    tokens: Mapping[str, int] | None,
    gone: list[str],
) -> list[LanguageWay]:
    """The languages of the first stage whose parts are there, most characters first.

    Args:
        run: The run's folder.
        done: The manifests of the stages that are done; without `extract` there are no rows.
        deduplicated: Characters that `dedup` kept, by language, if that is known.
        tokens: Tokens of the shards by language, if there are any.
        gone: Takes the files that are gone.
    """
    if "extract" not in done:
        return []

    def counts(stage: str, count: Callable[[], Counter[str]]) -> Counter[str] | None:
        return unless_gone(gone, count) if stage in done else None

    counted: dict[str, Mapping[str, int] | None] = {
        "extracted": counts("extract", partial(_characters, run, "extract", done)),
        "filtered": counts("filter", partial(_characters, run, "filter", done)),
        "deduplicated": deduplicated if "dedup" in done else None,
        "weighted": counts("weight", partial(_weighted, run, done)),
        "tokens": tokens,
    }
    first = next((found for found in counted.values() if found is not None), {})
    shares = {stage: _shares(counts) for stage, counts in counted.items()}
    return [
        LanguageWay(
            language=code,
            name=display_name(code),
            speakers=_speakers_share(code),
            **{
                stage: None if found is None else found.get(code, 0.0)
                for stage, found in shares.items()
            },
        )
        for code, _ in _by_count(first)
    ]


def _shares(counts: Mapping[str, int] | None) -> dict[str, float] | None:
    if counts is None:
        return None
    total = sum(counts.values()) or 1
    return {code: count / total for code, count in counts.items()}


def _characters(run: str, stage: str, done: Mapping[str, Manifest]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in done[stage].parts:
        path = files.join(run, stage, f"part-{part.name}.parquet")
        total.update(characters_of(read_table(path, ["language", "n_chars"])))
    return total


def _weighted(run: str, done: Mapping[str, Manifest]) -> Counter[str]:
    """Characters by language, each document as often as it is seen."""
    total: Counter[str] = Counter()
    for part in done["weight"].parts:
        name = f"part-{part.name}.parquet"
        table = read_table(files.join(run, "lines", name), ["language", "n_chars"])
        repeats = read_table(files.join(run, "weight", name), ["repeats"])["repeats"]
        seen = pc.multiply(table["n_chars"], pc.cast(repeats, pa.int64()))
        total.update(characters_of(pa.table({"language": table["language"], "n_chars": seen})))
    return total


def characters_of(table: pa.Table) -> dict[str, int]:
    """The sum of the column `n_chars` by language."""
    sums = table.group_by("language", use_threads=False).aggregate([("n_chars", "sum")])
    return dict(zip(sums["language"].to_pylist(), sums["n_chars_sum"].to_pylist(), strict=True))


def _speakers_share(code: str) -> float | None:
    people = speakers.speakers(code)
    return people / speakers.WORLD if people else None


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
