"""How the quality score lies by language, and which share of each tenth training sees."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ALL = "all"
_TENTHS = 10


@dataclass(frozen=True)
class QualityRow:
    """The scores of a language's documents, or of all; duplicates do not count.

    Attributes:
        language: The language; `all` for all together.
        documents: Documents with a score.
        mean: Their mean score.
        histogram: How many score from 0 to 0.1, 0.1 to 0.2, and so on.
        highest: The highest score of each tenth of them, the lowest scores first; of fewer than
            ten documents each is a tenth.
        seen: Share that training sees of each tenth; the anneal split included.
    """

    language: str
    documents: int
    mean: float
    histogram: list[int]
    highest: list[float]
    seen: list[float]


def quality_rows(scores: pa.Table) -> list[QualityRow]:
    """A row for all documents, and one a language, most documents first.

    Args:
        scores: Columns `language`, `quality` and `repeats`, of documents that are no duplicates.

    Returns:
        The rows; none if no document has a score.
    """
    scored = scores.filter(scores["quality"].is_valid())
    if not len(scored):
        return []
    counts = Counter(scored["language"].to_pylist())
    ordered = sorted(counts, key=lambda language: (-counts[language], language))
    each = [_row(name, scored.filter(pc.equal(scored["language"], name))) for name in ordered]
    return [_row(ALL, scored), *each]


def _row(language: str, scored: pa.Table) -> QualityRow:
    quality, repeats = scored["quality"].to_numpy(), scored["repeats"].to_numpy()
    bins = np.clip((quality * _TENTHS).astype(np.int64), 0, _TENTHS - 1)
    order = np.argsort(quality, kind="stable")
    tenths = [tenth for tenth in np.array_split(order, _TENTHS) if len(tenth)]
    return QualityRow(
        language=language,
        documents=len(scored),
        mean=float(quality.mean()),
        histogram=np.bincount(bins, minlength=_TENTHS).tolist(),
        highest=[float(quality[tenth[-1]]) for tenth in tenths],
        seen=[float((repeats[tenth] > 0).mean()) for tenth in tenths],
    )
