"""Which sites train a classifier, and which choose, calibrate and test it.

No site is on two sides, so that its own words cannot help. Sites are registered domains. They stand
in the order of their hashes, which has nothing to do with what is on them, and are cut where each
side has its share of the examples: by the hash alone, of a few hundred examples some side may get
hardly any.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal, Self, get_args

from pipeline.hashing import hash64

Split = Literal["train", "tune", "calibrate", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
SHARES: Mapping[Split, float] = {"train": 0.5, "tune": 0.15, "calibrate": 0.15, "test": 0.2}
"""The share of the examples that each side has, as nearly as whole sites allow."""


TURNS = 5
"""How many rotations there are, so that each site is for testing in one of them."""


class Sides:
    """The side of every site.

    Args:
        stretches: The hash at which a stretch of the sites begins, and its side; in order, the
            first from 0.
    """

    def __init__(self, stretches: Sequence[tuple[int, Split]]) -> None:
        self._starts = [start for start, _ in stretches]
        self._splits = [split for _, split in stretches]

    @classmethod
    def of(
        cls, examples: Mapping[str, int], shares: Mapping[Split, float] = SHARES, rotation: int = 0
    ) -> Self:
        """The cut that shares out the examples.

        A site is on the side where the middle one of its examples comes to lie.

        Args:
            examples: How many of what is shared out each site has.
            shares: The share of them for each side.
            rotation: By how many fifths of the examples the sides are moved on, from 0 to 4.
        """
        total, passed = sum(examples.values()), 0
        middles: list[tuple[float, int]] = []
        for key, site in sorted((hash64(site), site) for site in examples):
            middles.append((passed + examples[site] / 2, key))
            passed += examples[site]

        def first(start: float) -> int:
            beyond = (key for middle, key in middles if middle > start * total)
            return next(beyond, 1 << 64) if start else 0

        return cls([(first(start), split) for start, split in _stretches(shares, rotation)])

    def side(self, site: str) -> Split:
        """Where a site belongs, whether it has examples or not."""
        return self._splits[bisect_right(self._starts, hash64(site)) - 1]


def _stretches(shares: Mapping[Split, float], rotation: int) -> list[tuple[float, Split]]:
    """Where each side begins, as a share of the examples; in order, the first at 0."""
    starts = zip((0.0, *accumulate(shares.values())), shares, strict=False)
    turned = sorted(
        (round((start - rotation / TURNS) % 1, 6) % 1, split) for start, split in starts
    )
    return turned if turned[0][0] == 0 else [(0.0, turned[-1][1]), *turned]
