"""The quality classifier: features, sampling, training, and its report."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.fasttext_model import load, train_supervised
from classifiers.quality import (
    MAX_WORDS,
    Example,
    HashSample,
    QualitySettings,
    features,
    score,
    split_of,
    train,
)
from classifiers.ranking import auc
from pipeline.errors import UserError

SETTINGS = QualitySettings(epochs=20, dim=8, bucket=1000)
GOOD = ["survey", "archive", "described", "history", "river", "valley", "century", "record"]
BAD = ["buy", "cheap", "shoes", "best", "price", "online", "click", "here", "now"]


def example(number: int, label: bool) -> Example:
    host = f"www.domain{number % 60}.org"
    source = random.Random(number)
    words = source.choices(GOOD if label else BAD, k=30) + source.choices(GOOD + BAD, k=30)
    return Example(f"id-{number}", f"http://{host}/{number}", host, " ".join(words), label)


EXAMPLES = [example(number, number % 5 == 0) for number in range(600)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Don't  PANIC,\nplease!", "don ' t panic , please !"),
        ("In 1984: ٣ and ½", "in 0000 : 0 and 0"),
        ("漢字かな and ภาษา", "漢 字 か な and ภ า ษ า"),
        ("हिन्दी में", "हिन्दी में"),
        ("__label__cited </s>", "_ _ label _ _ cited < / s >"),
        ("", ""),
    ],
)
def test_features(text: str, line: str) -> None:
    assert features(text) == line


@given(st.text())
def test_features_are_one_line_that_no_page_can_label(text: str) -> None:
    words = features(text * 3).split(" ")
    assert len(words) <= MAX_WORDS
    assert not any(word.startswith("__label__") or word == "</s>" for word in words)
    assert "".join(words) == "".join("".join(words).split())


def test_features_are_bounded() -> None:
    assert len(features("word " * 5000).split()) == MAX_WORDS


def test_hosts_of_a_domain_are_on_one_side_and_a_fifth_of_the_domains_tests() -> None:
    sides = {
        number: {split_of(f"{sub}domain{number}.co.uk") for sub in ("", "a.", "b.c.")}
        for number in range(1000)
    }
    assert all(len(side) == 1 for side in sides.values())
    assert 150 < sum(side == {"test"} for side in sides.values()) < 250


@given(st.permutations(EXAMPLES[:40]), st.integers(1, 50))
def test_sample_is_the_same_in_any_order_and_grows_at_its_end(
    examples: list[Example], size: int
) -> None:
    shuffled, everything = HashSample(size), HashSample(100)
    for one in examples:
        shuffled.offer(one)
    for one in EXAMPLES[:40]:
        everything.offer(one)
    assert shuffled.lowest(size) == everything.lowest(size)
    assert everything.lowest(size) == everything.lowest(100)[:size]


def test_report_counts_and_quality_on_unseen_domains(tmp_path: Path) -> None:
    report = train(EXAMPLES, replace(SETTINGS, negatives_per_positive=4.0), str(tmp_path))
    testing = [one for one in EXAMPLES if split_of(one.host) == "test"]
    cited = sum(one.label for one in testing)
    assert (report.test_positives, report.test_negatives) == (cited, len(testing) - cited)
    assert (report.train_positives, report.train_negatives) == (
        120 - cited,
        480 - report.test_negatives,
    )
    assert report.test_domains == len({one.host for one in testing})
    assert report.auc > 0.95
    assert report.auc_low <= report.auc <= report.auc_high <= 1
    assert report.average_precision > 0.9
    lengths = np.array([float(len(one.text)) for one in testing])
    assert report.length_auc == auc(np.array([one.label for one in testing]), lengths)


def test_negatives_are_sampled_to_their_ratio(tmp_path: Path) -> None:
    report = train(EXAMPLES, replace(SETTINGS, negatives_per_positive=1.5), str(tmp_path))
    assert report.train_positives + report.test_positives == 120
    assert report.train_negatives + report.test_negatives == 180


def test_model_scores_cited_looking_text_higher(tmp_path: Path) -> None:
    train(EXAMPLES, SETTINGS, str(tmp_path))
    model = load(str(tmp_path / "model.bin"))
    good, bad = score(model, " ".join(GOOD)), score(model, " ".join(BAD))
    assert 0 <= bad < 0.2
    assert 0.8 < good <= 1


def test_labels_without_a_difference_give_no_better_than_chance(tmp_path: Path) -> None:
    """The test pages are unseen: what was learnt by heart does not help."""
    shuffled = [replace(e, text=example(i, i % 2 == 0).text) for i, e in enumerate(EXAMPLES)]
    report = train(shuffled, SETTINGS, str(tmp_path))
    assert report.auc_low < 0.5 < report.auc_high


def test_same_pages_in_any_order_give_the_same_model_and_report(tmp_path: Path) -> None:
    first = train(EXAMPLES, SETTINGS, str(tmp_path / "a"))
    second = train(reversed(EXAMPLES), SETTINGS, str(tmp_path / "b"))
    assert first == second
    written = [(tmp_path / name / "model.bin").read_bytes() for name in "ab"]
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "cites 0 pages to train on and 0 of other domains"),
        (EXAMPLES[:30], r"cites \d pages to train on"),
        ([e for e in EXAMPLES if split_of(e.host) == "train"], "and 0 of other domains"),
        ([e for e in EXAMPLES if e.label], "all pages to train or to test on are cited"),
    ],
)
def test_too_few_pages_are_a_plain_error_and_no_model(
    tmp_path: Path, examples: list[Example], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        train(examples, SETTINGS, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_model_for_something_else_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "model.bin")
    lines = ["__label__cat a", "__label__dog b"]
    model = train_supervised(
        lines, path, epochs=1, dim=2, learning_rate=0.1, word_ngrams=1, bucket=0, min_count=1
    )
    with pytest.raises(UserError, match="has no label __label__cited"):
        score(model, "text")
