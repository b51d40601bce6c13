"""The card's figures against plain counts, and the card for people."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import mannwhitneyu, rankdata

from classifiers.matching import Stratum
from classifiers.qualitycard import counts, matching, performance, plain, warnings
from classifiers.qualitytext import markdown
from pipeline.schema import SCORED_EXAMPLES
from tests.classifiers.examples import examples


@pytest.fixture(scope="module")
def scored() -> pa.Table:
    """A score that is right more often than not, and a baseline that is so the other way round."""
    table = examples(800, told=True)
    noise = np.random.default_rng(1).normal(size=(2, 800))
    labels = np.array(table["label"].to_pylist())
    scores = 1 / (1 + np.exp(-(2 * labels - 1 + noise[0])))
    stop_words = pa.array(0.5 - 0.1 * labels + 0.2 * noise[1])
    table = table.drop_columns("words").append_column("score", pa.array(scores))
    place = table.column_names.index("stop_words")
    return table.set_column(place, "stop_words", stop_words).cast(SCORED_EXAMPLES)


@pytest.fixture(scope="module")
def figures(scored: pa.Table) -> dict[str, Any]:
    return performance(scored)


def rank_auc(rows: list[dict[str, Any]], column: str) -> float:
    """By the Mann-Whitney statistic."""
    groups = [[row[column] for row in rows if row["label"] == label] for label in (True, False)]
    return float(mannwhitneyu(*groups).statistic / len(groups[0]) / len(groups[1]))


def of_test(scored: pa.Table) -> list[dict[str, Any]]:
    return [row for row in scored.to_pylist() if row["split"] == "test"]


def test_counts_are_of_the_rows(scored: pa.Table) -> None:
    rows = scored.to_pylist()
    for found in counts(scored):
        here = [row for row in rows if row["split"] == found["split"]]
        assert found["cited"] == sum(row["label"] for row in here)
        assert found["cited"] + found["other"] == len(here)
        assert found["domains"] == len({row["domain"] for row in here})
    assert sum(found["cited"] + found["other"] for found in counts(scored)) == len(rows)


def test_figures_are_of_the_test_pages_alone(scored: pa.Table, figures: dict[str, Any]) -> None:
    rows = of_test(scored)
    assert figures["auc"].value == pytest.approx(rank_auc(rows, "score"))
    assert figures["auc"].low < figures["auc"].value < figures["auc"].high
    assert figures["share_cited"] == sum(row["label"] for row in rows) / len(rows)
    assert sum(one["pages"] for one in figures["reliability"]) == len(rows)
    ranks = [rankdata([row[key] for row in rows]) for key in ("score", "n_chars")]
    assert figures["length_correlation"] == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_baselines_are_turned_as_training_pages_say(
    scored: pa.Table, figures: dict[str, Any]
) -> None:
    found = {row["name"]: row for row in figures["baselines"]}
    assert set(found) == {"n_chars", "link_density", "stop_words"}
    stop_words = found["stop_words"]
    assert not stop_words["rising"]
    assert stop_words["auc"].value == pytest.approx(1 - rank_auc(of_test(scored), "stop_words"))
    lead = figures["auc"].value - stop_words["auc"].value
    assert stop_words["lead"].value == pytest.approx(lead)


def test_a_baseline_counts_where_it_is_known(scored: pa.Table, figures: dict[str, Any]) -> None:
    known = [row for row in of_test(scored) if row["link_density"] is not None]
    found = next(row for row in figures["baselines"] if row["name"] == "link_density")
    assert 0 < found["pages"] == len(known) < len(of_test(scored))
    place = scored.column_names.index("link_density")
    nowhere = scored.set_column(place, "link_density", pa.nulls(len(scored), pa.float64()))
    names = [row["name"] for row in performance(nowhere)["baselines"]]
    assert names == ["n_chars", "stop_words"]


def test_better_is_better_than_every_baseline(scored: pa.Table, figures: dict[str, Any]) -> None:
    assert figures["better_than_baselines"]
    place = scored.column_names.index("n_chars")
    telling = [1000 * row["label"] + index % 7 for index, row in enumerate(scored.to_pylist())]
    found = performance(scored.set_column(place, "n_chars", pa.array(telling)))
    assert not found["better_than_baselines"]


def test_languages_are_told_where_there_are_enough(
    scored: pa.Table, figures: dict[str, Any]
) -> None:
    rows = scored.to_pylist()
    assert [row["language"] for row in figures["languages"]] == ["en", "de"]
    for found in figures["languages"]:
        here = [row for row in of_test(scored) if row["language"] == found["language"]]
        total = sum(row["language"] == found["language"] for row in rows)
        assert found["cited"] + found["other"] == total
        assert found["test_cited"] + found["test_other"] == len(here)
        enough = min(found["test_cited"], found["test_other"]) >= 10
        assert (found["auc"] is not None) == enough
        if enough:
            assert found["auc"].value == pytest.approx(rank_auc(here, "score"))
    assert figures["languages"][0]["auc"]


def test_matching_is_added_up_over_the_splits() -> None:
    positives = {
        Stratum("train", "en", 3): 2,
        Stratum("test", "en", 3): 1,
        Stratum("test", "de", 0): 1,
    }
    wanted = {stratum: 3 * count for stratum, count in positives.items()}
    found = matching(positives, wanted, {Stratum("train", "en", 3): 6, Stratum("test", "en", 3): 1})
    assert (found["wanted"], found["taken"]) == (12, 7)
    assert found["short"] == [
        {"language": "de", "characters": [0, 0], "cited": 1, "wanted": 3, "taken": 0},
        {"language": "en", "characters": [4, 7], "cited": 3, "wanted": 9, "taken": 7},
    ]


def card(scored: pa.Table, figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "data": {
            "run": "r",
            "engine": "careful",
            "pages": 9,
            "cited_pages": 3,
            "match": "url",
            "cited": 7,
        },
        "counts": counts(scored),
        "matching": {"wanted": 10, "taken": 10, "short": []},
        "search": [],
        "searched": True,
        "calibration": "platt",
        "calibrated_on": 30,
        **figures,
        "unquantized_auc": None,
        "words_for": [{"word": "`", "count": 3, "weight": 1.25}],
        "words_against": [],
        "model": {"file": "model.bin", "sha256": "m"},
        "fingerprint": "f",
        **more,
    }
    return plain(content | {"warnings": warnings(content)})


def test_the_card_warns_of_what_is_weak(scored: pa.Table, figures: dict[str, Any]) -> None:
    good = " ".join(card(scored, figures)["warnings"])
    assert "hard cut" in good
    assert "Only" in good
    for more, said in (
        ({"searched": False}, "No hyper-parameters were compared"),
        ({"calibration": "none"}, "scores are fastText's own"),
        ({"matching": {"wanted": 10, "taken": 8, "short": []}}, "Of 10 other pages wanted"),
        ({"better_than_baselines": False}, "not shown to be better"),
    ):
        assert said not in good
        assert said in " ".join(card(scored, figures, **more)["warnings"])


def test_the_card_for_people_tells_the_figures(scored: pa.Table, figures: dict[str, Any]) -> None:
    found = card(scored, figures, length_correlation=float("nan"))
    text = markdown(found)
    value, low, high = figures["auc"]
    assert f"{value:.3f} [{low:.3f}, {high:.3f}]" in text
    assert "score and length is unknown" in text
    assert "`` ` `` +1.2" in text
    for row in found["counts"]:
        assert f"| {row['split']} | {row['cited']} | {row['other']} | {row['domains']} |" in text
    assert json.loads(json.dumps(found, allow_nan=False)) == found
