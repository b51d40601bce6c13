"""What the quality score decides of a document: whether it stays, and its place among the best."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.selection import Uint64s

if TYPE_CHECKING:
    from pipeline.weightconfig import QualityUseSection

_MOST_BYTES = 2**24 - 1


def positions(purpose: str, ids: Sequence[str]) -> Uint64s:
    """A hash of each id, shape (documents,): even, and independent of other purposes' hashes."""
    hashes = (xxhash.xxh64_intdigest(f"{purpose}:{key}".encode()) for key in ids)
    return np.fromiter(hashes, dtype=np.uint64, count=len(ids))


def keep_probability(scores: npt.NDArray[np.float64], alpha: float) -> npt.NDArray[np.float64]:
    """The probability with which `soft` keeps a document: (2 - score) ** -alpha.

    GPT-3's data were kept where `numpy.random.pareto(alpha) > 1 - score`. NumPy's is the Lomax
    distribution, for which P(x > t) = (1 + t) ** -alpha (Brown et al. 2020, appendix A).
    """
    probability: npt.NDArray[np.float64] = (2.0 - scores) ** -alpha
    return probability


def passes(
    ids: Sequence[str], scores: npt.NDArray[np.float64], section: "QualityUseSection"
) -> npt.NDArray[np.bool_]:
    """Whether each document passes what can be said of it by itself: all but the quantile.

    Args:
        ids: The documents' ids; `soft` keeps the same ones in every run.
        scores: Their scores, NaN where there is none; shape (documents,).
        section: What is asked.
    """
    unscored = np.isnan(scores)
    kept = np.ones(len(ids), dtype=np.bool_)
    if section.min_score is not None:
        kept = scores >= section.min_score
    if section.mode == "soft":
        even = positions("quality", ids) / 2.0**64
        kept = even < keep_probability(scores, section.pareto_alpha)
    kept[unscored] = section.mode == "off" or section.unscored == "keep"
    return kept


def best_first(
    ids: Sequence[str], scores: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64]
) -> tuple[Uint64s, Uint64s]:
    """The order of documents by score, then length, then id, as `selection` takes it.

    Args:
        ids: The documents' ids.
        scores: Their scores, from 0; none is NaN.
        sizes: Their bytes; of those with 16 MiB and more none is longer than another.

    Returns:
        Key and tie, shape (documents,) each. Floating-point numbers from 0 are in the order of
        their bits; the tie, below 2**63, is the length and 39 bits of the id's hash.
    """
    length = np.uint64(_MOST_BYTES) - np.minimum(sizes, _MOST_BYTES).astype(np.uint64)
    tie = (length << np.uint64(39)) | (positions("best", ids) >> np.uint64(25))
    # Adding zero makes of -0.0 what equals it.
    return ~(scores + 0.0).view(np.uint64), tie
