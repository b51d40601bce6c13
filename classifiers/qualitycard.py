"""What a quality classifier was made from and how well it does: `card.json`.

All figures are of the pages of the split `test`, whose domains the model never saw. Intervals are
of 95%, from resampling these domains.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from classifiers.calibration import even_odds
from classifiers.fasttext_model import WordWeight
from classifiers.matching import Stratum
from classifiers.qualitytraining import labels_of, part
from classifiers.ranking import (
    Estimate,
    Labels,
    Numbers,
    auc,
    average_precision,
    difference,
    estimate,
    measure,
)
from classifiers.reliability import bins, calibration_error
from classifiers.splits import SPLITS

BASELINES = {
    "n_chars": "length in characters",
    "link_density": "share of the text in links",
    "stop_words": "share of stop words",
}
"""What else is known of a page, by column, which the classifier has to beat."""

FEW_POSITIVES = 100
"""Cited pages to test on below which the card warns."""
LANGUAGE_PAGES = 10
"""Cited and other pages of a language below which its AUC is not told."""


def counts(scored: pa.Table) -> list[dict[str, Any]]:
    """Pages and domains of each split."""
    rows = []
    for split in SPLITS:
        pages = part(scored, split)
        labels = labels_of(pages)
        rows.append(
            {
                "split": split,
                "cited": int(labels.sum()),
                "other": int((~labels).sum()),
                "domains": len(set(pages["domain"].to_pylist())),
            }
        )
    return rows


def matching(
    positives: Mapping[Stratum, int], wanted: Mapping[Stratum, int], taken: Mapping[Stratum, int]
) -> dict[str, Any]:
    """How far other pages could be found for the cited ones, by language and length."""
    total: Counter[tuple[str, int]] = Counter()
    found: Counter[tuple[str, int]] = Counter()
    cited: Counter[tuple[str, int]] = Counter()
    for stratum, count in wanted.items():
        key = stratum.language, stratum.bin
        total[key] += count
        found[key] += taken.get(stratum, 0)
        cited[key] += positives[stratum]
    return {
        "wanted": total.total(),
        "taken": found.total(),
        "short": [
            {
                "language": language,
                "characters": [1 << bin_ >> 1, (1 << bin_) - 1],
                "cited": cited[language, bin_],
                "wanted": total[language, bin_],
                "taken": found[language, bin_],
            }
            for language, bin_ in sorted(total)
            if found[language, bin_] < total[language, bin_]
        ],
    }


def performance(scored: pa.Table) -> dict[str, Any]:
    """How well the scores of the test pages do, and against what else is known of these.

    Args:
        scored: Examples with their scores; see `pipeline.schema.SCORED_EXAMPLES`.
    """
    test, train = part(scored, "test"), part(scored, "train")
    labels, scores = labels_of(test), _column(test, "score")
    domains = test["domain"].to_pylist()
    diagram = bins(labels, scores, even_odds(labels))
    baselines = [row for name in BASELINES if (row := _baseline(name, train, test))]
    return {
        "auc": estimate(auc, labels, scores, domains),
        "average_precision": estimate(average_precision, labels, scores, domains),
        "share_cited": float(labels.mean()),
        "calibration_error": calibration_error(diagram),
        "reliability": [one._asdict() for one in diagram],
        "baselines": baselines,
        "better_than_baselines": bool(baselines) and all(row["lead"].low > 0 for row in baselines),
        "length_correlation": _correlation(scores, _column(test, "n_chars")),
        "languages": _languages(scored),
    }


def _baseline(name: str, train: pa.Table, test: pa.Table) -> dict[str, Any] | None:
    """A baseline on the pages where it is known; in which direction is learnt in training."""
    seen, known = (table.filter(pa.compute.is_valid(table[name])) for table in (train, test))
    labels = labels_of(known)
    if labels.all() or not labels.any():
        return None
    rising = not measure(auc, labels_of(seen), _column(seen, name)) < 0.5
    values = _column(known, name) * (1 if rising else -1)
    domains, scores = known["domain"].to_pylist(), _column(known, "score")
    return {
        "name": name,
        "rising": rising,
        "pages": len(labels),
        "auc": estimate(auc, labels, values, domains),
        "lead": difference(auc, labels, scores, values, domains),
    }


def _languages(scored: pa.Table) -> list[dict[str, Any]]:
    """Pages of each language, and the AUC where enough are tested; the largest first."""
    cited: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    columns = (scored[name].to_pylist() for name in ("language", "label"))
    for language, label in zip(*columns, strict=True):
        cited[language] += label
        everything[language] += 1
    rows = []
    test = part(scored, "test")
    spoken = np.array(test["language"].to_pylist(), dtype=object)
    domains = np.array(test["domain"].to_pylist(), dtype=object)
    labels, scores = labels_of(test), _column(test, "score")
    for language, count in sorted(everything.items(), key=lambda pair: (-pair[1], pair[0])):
        here = spoken == language
        tested = int(labels[here].sum()), int((~labels[here]).sum())
        enough = min(tested) >= LANGUAGE_PAGES
        rows.append(
            {
                "language": language,
                "cited": cited[language],
                "other": count - cited[language],
                "test_cited": tested[0],
                "test_other": tested[1],
                "auc": _auc(labels[here], scores[here], domains[here].tolist()) if enough else None,
            }
        )
    return rows


def _auc(labels: Labels, scores: Numbers, domains: Sequence[str]) -> Estimate:
    return estimate(auc, labels, scores, domains)


def _correlation(scores: Numbers, lengths: Numbers) -> float:
    """Spearman's rank correlation; NaN if one of the two is all the same."""
    if min(len(set(scores)), len(set(lengths))) < 2:
        return math.nan
    return float(np.corrcoef(_ranks(scores), _ranks(lengths))[0, 1])


def _ranks(values: Numbers) -> Numbers:
    """The rank of each value, the mean of theirs for equal ones."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def words(found: Iterable[WordWeight]) -> list[dict[str, Any]]:
    """Words and their weights as plain values."""
    return [asdict(one) for one in found]


def warnings(card: Mapping[str, Any]) -> list[str]:
    """What a reader of the figures has to know, in sentences."""
    found = []
    by_split = {row["split"]: row for row in card["counts"]}
    tested = by_split["test"]["cited"]
    if tested < FEW_POSITIVES:
        found.append(f"Only {tested} cited pages are tested: look at the intervals.")
    if not card["searched"]:
        found.append(
            "No hyper-parameters were compared: there was one choice, or too few pages to choose "
            "on."
        )
    if card["calibration"] == "none":
        found.append("Too few pages to calibrate on: scores are fastText's own.")
    if card["matching"]["taken"] < 0.9 * card["matching"]["wanted"]:
        found.append(
            f"Of {card['matching']['wanted']} other pages wanted there were only "
            f"{card['matching']['taken']} of the same languages and lengths."
        )
    if not card["better_than_baselines"]:
        found.append("It is not shown to be better than the simple baselines.")
    found.append(
        "That Wikipedia cites a page is no proof of quality: in DCLM (Li et al. 2024) a hard cut "
        "at the top tenth of such a classifier did worse than none. Weigh with it, and measure "
        "before you cut."
    )
    return found


def plain(value: Any) -> Any:
    """As JSON has it: an estimate as its three numbers, what is undefined as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _column(table: pa.Table, name: str) -> Numbers:
    return np.array(table[name].to_pylist(), dtype=np.float64)
