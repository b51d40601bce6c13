"""Which domains train a classifier, and which choose, calibrate and test it.

No domain is on two sides, so that a site's own words cannot help. Domains stand in the order of
their hashes, which has nothing to do with what is on them, and are cut where each side has its
share of the positives: by the hash alone, of a few hundred positives some side may get hardly any.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Literal, Self, get_args

from pipeline.hashing import hash64

Split = Literal["train", "tune", "calibrate", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
SHARES: Mapping[Split, float] = {"train": 0.5, "tune": 0.15, "calibrate": 0.15, "test": 0.2}
"""The share of the positives that each side has, as nearly as whole domains allow."""


class Sides:
    """The side of every domain.

    Args:
        starts: The hashes of the first domains of the second, third and fourth side.
    """

    def __init__(self, starts: tuple[int, int, int]) -> None:
        self._starts = starts

    @classmethod
    def of(cls, positives: Mapping[str, int]) -> Self:
        """The cut that shares out the positives.

        A domain is on the side where the middle one of its positives comes to lie.

        Args:
            positives: How many positives each domain has.
        """
        total, passed = sum(positives.values()), 0
        middles: list[tuple[float, int]] = []
        for key, domain in sorted((hash64(domain), domain) for domain in positives):
            middles.append((passed + positives[domain] / 2, key))
            passed += positives[domain]
        ends = [sum(list(SHARES.values())[: n + 1]) * total for n in range(3)]
        first, second, third = (
            next((key for middle, key in middles if middle > end), 1 << 64) for end in ends
        )
        return cls((first, second, third))

    def side(self, domain: str) -> Split:
        """Where a domain belongs, whether it has positives or not."""
        return SPLITS[bisect_right(self._starts, hash64(domain))]
