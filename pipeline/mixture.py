"""From weights by language and domain to the repeats of a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.errors import UserError

UNKNOWN = "unknown"


def domain_of(host: str, table: Mapping[str, str]) -> str:
    """The domain of the longest suffix of the host that the table names; `unknown` if none.

    Suffixes are whole labels: `b.c` matches `a.b.c`, not `ab.c`.
    """
    labels = host.split(".")
    suffixes = (".".join(labels[start:]) for start in range(len(labels)))
    return next((table[suffix] for suffix in suffixes if suffix in table), UNKNOWN)


@dataclass(frozen=True)
class Weights:
    """Factors by language and by domain; 1 where none is given."""

    languages: Mapping[str, float]
    domains: Mapping[str, float]

    def weight(self, language: str, domain: str) -> float:
        """The language's factor times the domain's."""
        return self.languages.get(language, 1.0) * self.domains.get(domain, 1.0)


def repeats(ids: Sequence[str], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """How often each document is seen: the weight's whole part, and once more by chance.

    The chance is the fraction, the die is a hash of the id: no order and no process matters.

    Raises:
        UserError: A weight is negative or no number.
    """
    if not (weights >= 0).all():
        raise UserError("weight: a weight is negative or no number; weights are 0 or more")
    whole = np.floor(weights)
    dice = np.fromiter(
        (xxhash.xxh64_intdigest(f"repeat:{one}".encode()) for one in ids), np.uint64, len(ids)
    )
    chance = dice.astype(np.float64) / 2.0**64 < weights - whole
    return (whole + chance).astype(np.int32)
