"""Whether a model was trained on a benchmark: does it prefer the order that it is published in?

After Oren et al. 2023, "Proving Test Set Contamination in Black Box Language Models". To a model
that never saw them, items whose order means nothing are as likely in one order as in another. So
the items are cut into runs, here called shards, each is scored in its published order and in random
ones, and where the published order is likelier than chance allows, the model has seen it.

Their test takes a shard's published score less the mean of its shuffled ones and does a t-test over
the shards. Ours is a permutation test of the same statistic: if the order means nothing, each of a
shard's scores might as well be the published one, so the sum over the shards of the published
scores is compared with sums of scores picked at random. It assumes no distribution, and the p-value
is valid for few shards too.

Items do depend on each other in some files: twins that differ by a word, questions about one
passage. Neighbours with a question or a context in common are one unit, which is never cut. What
else there may be, a control tells: the same test by how well zlib compresses a shard.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.benchmarkitems import Item

Unit = TypeVar("Unit")
Values = npt.NDArray[np.float64]

SHARDS = 16
"""Runs of units that are shuffled, if there are enough units."""
SHUFFLES = 15
"""Random orders of each."""
_LEAST_UNITS = 4
_DRAWS = 99_999


def units_of(items: Iterable[Item]) -> list[str]:
    """The texts that are shuffled, in their order; each ends with an empty line.

    Args:
        items: The items of a benchmark in their order.
    """
    items = list(items)
    counts = Counter(text for item in items for text in _heads(item))
    units: list[list[Item]] = []
    before: set[str] = set()
    for item in items:
        # What most items say, such as `Question:`, is a template.
        heads = {text for text in _heads(item) if 2 * counts[text] <= len(items)}
        if heads & before:
            units[-1].append(item)
        else:
            units.append([item])
        before = heads
    return ["".join(map(_text, unit)) for unit in units]


def _heads(item: Item) -> set[str]:
    """What neighbours may have in common: an item's questions and context."""
    return {*item.questions, item.context} - {""}


def _text(item: Item) -> str:
    texts = (item.context, *item.questions, *item.choices)
    return "\n".join(text.strip() for text in texts if text.strip()) + "\n\n"


def cut_shards(lengths: Sequence[int], tokens: int) -> list[range]:
    """Spreads runs of units evenly over a benchmark.

    Args:
        lengths: Tokens of each unit.
        tokens: Tokens of all runs together, at most, unless a run has fewer than four units then.

    Returns:
        The units of each run; none if there are fewer than eight.
    """
    count = min(SHARDS, len(lengths) // _LEAST_UNITS)
    if count < 2:
        return []
    bounds = np.arange(count + 1) * len(lengths) // count
    runs = []
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        sums = np.cumsum(lengths[first:end])
        fit = int(sums.searchsorted(tokens // count, "right"))
        runs.append(range(first, min(end, first + max(_LEAST_UNITS, fit))))
    return runs


def orders(run: range, seed: int) -> list[list[int]]:
    """The published order of a run's units, then random ones."""
    rng = np.random.default_rng([seed, run.start])
    return [list(run), *(rng.permutation(run).tolist() for _ in range(SHUFFLES))]


def order_scores(
    units: Sequence[Unit],
    runs: Sequence[range],
    score: Callable[[Sequence[Sequence[Unit]]], Sequence[float]],
    seed: int,
) -> Values:
    """Scores the runs in their published order and in random ones.

    Args:
        units: All units.
        runs: See `cut_shards`.
        score: The log-likelihoods of sequences of units, or whatever grows with them.
        seed: Another seed gives other orders.

    Returns:
        Shape `(runs, 1 + SHUFFLES)`, the published order first.
    """
    rows = [
        score([[units[number] for number in order] for order in orders(run, seed)]) for run in runs
    ]
    return np.array(rows, np.float64)


def p_value(scores: Values, seed: int) -> float:
    """How often the published scores of all shards together are reached by chance.

    Args:
        scores: As `order_scores` gives them.
        seed: Another seed gives other draws.

    Returns:
        The share of random picks, one score a shard, whose sum is at least that of the published
        ones; the published one counts as a pick (Phipson and Smyth 2010, "Permutation P-values
        Should Never Be Zero").
    """
    rng = np.random.default_rng(seed)
    sums = np.zeros(1 + _DRAWS)
    # Shard by shard, so that equal picks have equal sums to the last bit.
    for row in scores - scores.mean(axis=1, keepdims=True):
        picks = rng.integers(0, len(row), len(sums), np.uint8)
        picks[0] = 0
        sums += row[picks]
    return float((sums >= sums[0]).mean())


def gain(scores: Values) -> float:
    """How much more the published orders score than the mean of the shuffled ones, in all."""
    return float((scores[:, 0] - scores[:, 1:].mean(axis=1)).sum())


def compressibility(arranged: Sequence[Sequence[str]]) -> list[float]:
    """How small zlib makes some texts; the more, the smaller."""
    return [-float(len(zlib.compress("".join(texts).encode(), 9))) for texts in arranged]
