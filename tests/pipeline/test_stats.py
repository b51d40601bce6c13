"""The tables of the mixture and of the quality score, from rows counted by hand."""

import io

import pyarrow as pa
import pytest
from rich.console import Console

from pipeline import cells, tables
from pipeline.schema import WEIGHTS
from pipeline.stats import Stats
from pipeline.statsmixture import Tokens, mixture_rows
from pipeline.statsquality import quality_rows

COLUMNS = (
    "language",
    "domain",
    "n_bytes",
    "quality",
    "duplicate_of",
    "reason",
    "anneal",
    "repeats",
)
ROWS = [
    ("en", "news", 100, 0.1, None, None, False, 6),
    ("en", "news", 300, 0.2, None, "quality", False, 0),
    ("en", "books", 50, 0.9, None, None, True, 1),
    ("en", "books", 70, 0.8, "id9", "duplicate", False, 0),
    ("de", "books", 500, None, None, None, False, 1),
    ("fr", "books", 40, 0.0, None, "quality", False, 0),
]


def weighed() -> pa.Table:
    rows = [dict(zip(COLUMNS, row, strict=True)) | {"id": "", "weight": 0.0} for row in ROWS]
    return pa.Table.from_pylist(rows, WEIGHTS)


def own_rows() -> pa.Table:
    table = weighed()
    return table.filter(table["duplicate_of"].is_null())


def stats_of(tokens: Tokens | None) -> Stats:
    counted = cells.add([cells.count(weighed().slice(0, 2)), cells.count(weighed().slice(2))])
    facts = [row | {"target_bytes": row["bytes_after"]} for row in counted.to_pylist()]
    by = {axis: mixture_rows(axis, facts, own_rows(), tokens) for axis in ("domain", "language")}
    return Stats(
        run="", funnel=[], languages=[], language_ways=[], hosts={}, domains=by["domain"],
        mixture=by["language"],
        shortfalls=[{"axis": "domains", "name": "news", "asked": 0.7, "reached": 0.5}],
        quality=quality_rows(own_rows()),
        quality_auc=[0.8, 0.7, 0.9], quality_better=False, edits={},
        transitive_closure=None, speakers_source="", gone=[],
    )  # fmt: skip


def test_the_mixture_is_counted_without_duplicates_and_apart_from_what_is_set_aside() -> None:
    tokens = Tokens({("domain", "news"): 20}, {("domain", "news"): 120})
    news, books = stats_of(tokens).domains
    assert (news.name, news.documents, news.bytes, news.quality_documents) == ("news", 2, 400, 1)
    assert (news.seen_documents, news.seen_bytes, news.bytes_after) == (1, 100, 600)
    assert (news.weight, news.epochs, news.overdone) == (1.5, 6.0, True)
    assert (news.share, news.share_after) == (400 / 990, 600 / 1100)
    assert (news.unique_tokens, news.tokens) == (20, 120)
    assert news.mean_quality == pytest.approx(0.15)
    assert (books.documents, books.anneal_documents, books.anneal_bytes) == (3, 1, 50)
    assert (books.bytes_after, books.epochs, books.overdone) == (500, 1.0, False)


def test_scores_are_shown_by_tenth_and_by_language() -> None:
    every, english, french = quality_rows(own_rows())
    assert (every.language, every.documents, every.mean) == ("all", 4, pytest.approx(0.3))
    assert every.histogram == [1, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    assert (english.language, english.highest, english.seen) == ("en", [0.1, 0.2, 0.9], [1, 0, 1])
    assert (french.language, french.seen) == ("fr", [0])
    assert quality_rows(own_rows().slice(3, 1)) == []


def test_twenty_documents_are_two_a_tenth() -> None:
    scores = pa.array([number / 20 for number in range(20)])
    repeats = pa.array([number % 2 for number in range(20)])
    table = pa.table({"language": ["en"] * 20, "quality": scores, "repeats": repeats})
    row = quality_rows(table)[0]
    assert row.seen == [0.5] * 10
    assert row.highest == [number / 20 for number in range(1, 20, 2)]


def test_a_person_is_warned_of_many_epochs_and_of_languages_that_are_gone() -> None:
    shown = io.StringIO()
    tables.show(stats_of(None), Console(file=shown, width=200))
    assert "6.00!" in shown.getvalue()
    assert "seen more than 4 times" in shown.getvalue()
    assert "training sees nothing of fr: of their documents, the quality score removed 1" in (
        shown.getvalue()
    )
    assert "weight.shares.domains: news has 50.00%, not 70.00%" in shown.getvalue()
    assert (
        "AUC of the classifier on unseen domains 0.800 [0.700, 0.900]; it is not shown to be better"
    ) in shown.getvalue()
    assert "languages with fewer than ten scored documents are left out" in shown.getvalue()
