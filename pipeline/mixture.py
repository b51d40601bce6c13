"""How often a document is seen in training: by its language and by its host's domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.errors import UserError

UNKNOWN = "unknown"
"""The domain of documents whose host no table names, and no classifier knows."""

_MOST_REPEATS = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Weights:
    """Factors by language and by domain; 1 where none is given.

    Attributes:
        languages: Factor by language code.
        domains: Factor by domain name; `unknown` is one.
    """

    languages: Mapping[str, float] = field(default_factory=dict)
    domains: Mapping[str, float] = field(default_factory=dict)

    def weight(self, language: str, domain: str) -> float:
        """The expected number of times a document is seen."""
        return self.languages.get(language, 1.0) * self.domains.get(domain, 1.0)


def domain_of(host: str, table: Mapping[str, str], judged: str = UNKNOWN) -> str:
    """The domain of a document, such as `news` or `code`: its host's, if the host has one.

    Args:
        host: A lower-case host name.
        table: Domain by host or suffix of hosts: `wikipedia.org` also stands for
            `en.wikipedia.org`, but not for `notwikipedia.org`. The longest that fits decides.
        judged: The domain of a document whose host no table names.
    """
    while host:
        if host in table:
            return table[host]
        _, _, host = host.partition(".")
    return judged


def certain(domain: str | None, score: float | None, min_score: float) -> str:
    """A classifier's domain, or `unknown` where its probability is less than `min_score`."""
    return domain if domain and score is not None and score >= min_score else UNKNOWN


def repeats(ids: Sequence[str], weight: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """How often each document is seen: its weight, rounded up or down by the hash of its id.

    A document of weight 2.3 is seen three times if its hash lies in the lowest 30 percent, else
    twice. So the expected number is the weight, and a greater weight never shows a document less.

    Args:
        ids: The documents' ids.
        weight: Their weights, float64, shape (documents,).

    Returns:
        int32, shape (documents,).

    Raises:
        UserError: A weight is negative, no number or too large.
    """
    wrong = np.flatnonzero(~((weight >= 0) & (weight < _MOST_REPEATS)))
    if len(wrong):
        at = wrong[0]
        raise UserError(
            f"weight of document {ids[at]}: {weight[at]} is no number from 0 to below "
            f"{_MOST_REPEATS}; check the factors in [weight.languages] and [weight.domains]"
        )
    whole = np.floor(weight)
    position = np.array([_position(key) for key in ids], dtype=np.float64)
    return (whole + (position < weight - whole)).astype(np.int32)


def _position(key: str) -> float:
    """Where the hash of an id lies between 0 and 1.

    The prefix keeps it independent of the other samples that are drawn by the same id.
    """
    return float(xxhash.xxh64_intdigest(f"repeats:{key}".encode()) / 2**64)
