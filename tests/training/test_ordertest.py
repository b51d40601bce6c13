"""The test fires on what a model was trained on, and is right as often as it says on what not."""

import numpy as np
import pytest
from scipy import stats

from pipeline.benchmarkitems import Item
from tests.training.trained_models import CONFIG, a_trained, learn
from training.ordertest import (
    SHUFFLES,
    compressibility,
    cut_shards,
    gain,
    order_scores,
    orders,
    p_value,
    units_of,
)
from training.runevaluation import order_test
from training.trained import Trained

WORDS = "sun rain wind moon star leaf root bark moss fern pond reed".split()


def items(count: int, seed: int) -> list[Item]:
    """Short questions of random words, in an order that means nothing."""
    rng = np.random.default_rng(seed)
    return [
        Item("b", number, (" ".join(rng.choice(WORDS, 2)) + f" {rng.integers(100)}",))
        for number in range(count)
    ]


def uniform(p_values: list[float]) -> float:
    return float(stats.kstest(p_values, "uniform").pvalue)


@pytest.mark.parametrize("shards", [2, 16])
def test_p_values_of_scores_without_order_are_uniform(shards: int) -> None:
    """Shards of very different spread and level, with heavy tails, as likelihoods have."""
    rng = np.random.default_rng(shards)
    found = []
    for number in range(200):
        levels = rng.normal(0, 1000, (shards, 1))
        scores = levels + rng.standard_t(2, (shards, 1 + SHUFFLES)) * rng.gamma(1, 5, (shards, 1))
        found.append(p_value(scores, number))
    assert uniform(found) > 0.01
    assert np.mean(np.array(found) <= 0.05) <= 0.09


def test_a_published_order_that_is_always_best_has_the_least_p_value() -> None:
    """Sixteen picks reach it with probability 16 ** -16; the published one is one of 100,000."""
    scores = np.zeros((16, 1 + SHUFFLES))
    scores[:, 0] = 1
    assert p_value(scores, 0) == pytest.approx(1e-5)
    assert p_value(-scores, 0) == 1
    assert gain(scores) == 16


def test_equal_scores_prove_nothing() -> None:
    assert p_value(np.full((5, 1 + SHUFFLES), 7.3), 0) == 1


def test_two_shards_by_hand() -> None:
    """The published order is best in one shard and third of 16 in the other.

    Sums of a rank in each, from 0: 15 + 13 or more come of 6 of 256 pairs.
    """
    ranks = np.arange(16.0)
    scores = np.array([np.roll(ranks, 1), np.roll(ranks, 3)])
    assert scores[:, 0].tolist() == [15, 13]
    assert p_value(scores, 0) == pytest.approx(6 / 256, abs=0.002)


def test_runs_are_spread_and_bounded() -> None:
    runs = cut_shards([10] * 1000, 1600)
    assert [len(run) for run in runs] == [10] * 16
    assert [run.start for run in runs] == [number * 1000 // 16 for number in range(16)]
    assert [len(run) for run in cut_shards([10] * 1000, 1)] == [4] * 16
    assert cut_shards([10] * 64, 10**6) == [range(4 * n, 4 * n + 4) for n in range(16)]
    assert len(cut_shards([10] * 9, 10**6)) == 2
    assert cut_shards([10] * 7, 10**6) == []


def test_orders_are_permutations_with_the_published_one_first() -> None:
    found = orders(range(3, 12), 0)
    assert found[0] == list(range(3, 12))
    assert len(found) == 1 + SHUFFLES
    assert all(sorted(order) == found[0] for order in found)
    assert len({tuple(order) for order in found}) == len(found)
    assert orders(range(3, 12), 0) == found


def test_neighbours_with_a_question_or_context_in_common_are_one_unit() -> None:
    found = units_of(
        [
            Item("b", 0, ("A?", "B?"), "", ("x", "y")),
            Item("b", 1, ("B?",)),
            Item("b", 2, ("C?",), "passage"),
            Item("b", 3, ("D?",), "passage"),
            Item("b", 4, ("A?",)),
        ]
    )
    assert found == [
        "A?\nB?\nx\ny\n\nB?\n\n",
        "passage\nC?\n\npassage\nD?\n\n",
        "A?\n\n",
    ]


def test_what_most_items_say_joins_none() -> None:
    items = [Item("b", n, (f"{n}?",), "Question:") for n in range(3)]
    assert units_of(items) == [f"Question:\n{n}?\n\n" for n in range(3)]


def planted() -> Trained:
    """A small model that has learned `items(64, 0)` in their order."""
    trained = a_trained(CONFIG.model_copy(update={"context": 64, "depth": 1}))
    ids = [int(i) for text in units_of(items(64, 0)) for i in trained.ids(text)]
    rows = [ids[start : start + 65] for start in range(0, len(ids) - 65, 32)]
    learn(trained.model, rows, 100, 1e-2)
    return trained


def test_the_test_fires_on_a_planted_benchmark_and_is_quiet_on_clean_ones() -> None:
    trained = planted()
    fired = order_test(trained, items(64, 0), 10**6)
    assert fired is not None
    assert fired.p_value < 0.001
    assert fired.control_p_value > 0.05
    assert fired.gain > 0
    found = [order_test(trained, items(24, seed), 10**6) for seed in range(1, 31)]
    p_values = [one.p_value for one in found if one]
    assert len(p_values) == 30
    assert uniform(p_values) > 0.01
    assert uniform([one.control_p_value for one in found if one]) > 0.01


def test_the_control_fires_on_items_whose_neighbours_resemble_each_other() -> None:
    """Sorted by topic: a compressor, which has seen nothing, prefers that order too."""
    rng = np.random.default_rng(0)
    topics = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 4000)) for _ in range(8)]
    texts = [f"{topic}{number}\n\n" for topic in topics for number in range(8)]
    scores = order_scores(texts * 2, [range(0, 64), range(64, 128)], compressibility, 0)
    assert p_value(scores, 0) < 0.01


def test_few_items_are_not_tested() -> None:
    assert order_test(a_trained(), items(7, 0), 10**6) is None
