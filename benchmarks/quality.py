"""How well the quality classifier tells pages that Wikipedia cites from others of unseen domains.

    python benchmarks/quality.py --run RUN --truth JSONL --label wikidata_ref --json

Takes the pages that a run has extracted. The trainer is the one of `curate classifier train
quality`, with its matching, its calibration and its default hyper-parameters, each of which is
tried. The domains are cut into five folds in the order of their hashes, each with a fifth of the
positives; each fold is tested once by a model of three others, while the next one calibrates. So
every page is scored once by a model that knows nothing of its domain.

Positives are the pages whose field `--label` is true in the truth, such as `wikidata_ref` or
`wikipedia_cited_host`; pages that are not in the truth do not count.

What the figures mean:

- `rest`: the positives against all other pages; `matched`: against those of their language and
  length only, at most three a positive, as in training.
- `auc`, `average_precision`: with 95% intervals, domains resampled. `lead` is the classifier's AUC
  less the baseline's on the same pages. A baseline's direction is that in which it does better on
  these very pages, which favours it.
- `calibration_error`: of the calibrated probabilities, on the matched pages.
- `shuffled`: the AUC of the same trainer on labels dealt out anew: it ought to be a half.
- `by_source`: the positives against the rest of one collection alone. Where positives and others
  were collected by different people, the classifier may tell the collections apart; within one it
  cannot.
"""

import argparse
import gzip
import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from measure import machine

from classifiers import qualitytraining
from classifiers.calibration import even_odds
from classifiers.matching import match
from classifiers.quality import features
from classifiers.qualitycard import BASELINES, plain
from classifiers.qualitytraining import Hyperparameters
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
from classifiers.splits import Split
from pipeline.config import QualitySection
from pipeline.parts import read_rows
from pipeline.schema import EXAMPLES
from pipeline.tasks.quality import MAX_POSITIVES, candidates, stop_word_share
from pipeline.urls import registered_domain

FOLDS = 5
COLUMNS = ["id", "url", "host", "language", "n_chars", "link_density", "text"]
LEAST_OF_SOURCE = 10

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page that can be matched, and its row."""

    id: str
    domain: str
    language: str
    length: int
    label: bool
    row: Row


@dataclass(frozen=True)
class Turn:
    """The sides of the domains when one fold is tested."""

    folds: Mapping[str, int]
    tested: int

    def side(self, domain: str) -> Split:
        """Where a domain belongs."""
        turn = (self.folds[domain] - self.tested) % FOLDS
        return "test" if turn == 0 else "calibrate" if turn == 1 else "train"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run", required=True, help="a run whose stage `extract` is done")
    parser.add_argument("--truth", required=True, nargs="+", help="gzipped JSON lines")
    parser.add_argument("--label", required=True, help="the field of a positive")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pages = read_pages(given.run, given.truth, given.label)
    settings = candidates(QualitySection())
    scores = {setting: cross_fit(pages, setting) for setting in settings}
    dealt = random.Random(0).sample([page.label for page in pages], len(pages))
    anew = [replace(page, label=label) for page, label in zip(pages, dealt, strict=True)]
    labels = np.array([page.label for page in pages])
    report = plain(
        {
            "pages": len(pages),
            "positives": int(labels.sum()),
            "domains": len({page.domain for page in pages}),
            "settings": [
                {**asdict(setting), "rest_auc": measure(auc, labels, found)}
                for setting, found in scores.items()
            ],
            **figures(pages, scores[settings[0]]),
            "shuffled": _estimate(anew, cross_fit(anew, settings[0])),
            "machine": machine(),
        }
    )
    print(json.dumps(report, indent=1)) if given.json else show(report)


def read_pages(run: str, truth: Sequence[str], label: str) -> list[Page]:
    """The pages of a run that the truth knows."""
    known: dict[str, Row] = {}
    for path in truth:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            known |= {row["url"]: row for row in map(json.loads, lines)}
    pages = []
    for path in sorted(Path(run, "extract").glob("part-*.parquet")):
        for row in read_rows(str(path), COLUMNS):
            if told := known.get(row["url"]):
                domain = registered_domain(told.get("netloc") or row["host"])
                words = features(row.pop("text"))
                row |= {
                    "source": told["source"],
                    "domain": domain,
                    "words": words,
                    "stop_words": stop_word_share(words.split(), row["language"]),
                }
                positive = bool(told.get(label))
                pages.append(
                    Page(row["id"], domain, row["language"], row["n_chars"], positive, row)
                )
    return pages


def folds_of(pages: Sequence[Page]) -> dict[str, int]:
    """The fold of each domain: in the order of their hashes, a fifth of the positives each."""
    positives = Counter(page.domain for page in pages if page.label)
    total, passed = positives.total(), 0
    folds = {}
    for domain in sorted({page.domain for page in pages}, key=_hash):
        folds[domain] = min(FOLDS - 1, int(FOLDS * (passed + positives[domain] / 2) / total))
        passed += positives[domain]
    return folds


def cross_fit(pages: Sequence[Page], setting: Hyperparameters) -> Numbers:
    """A calibrated score for each page, of a model that knows nothing of its domain."""
    folds = folds_of(pages)
    scores = np.zeros(len(pages))
    for tested in range(FOLDS):
        examples = matched(pages, Turn(folds, tested))
        training = qualitytraining.part(examples, "train").to_pylist()
        with tempfile.TemporaryDirectory() as folder:
            classifier = qualitytraining.train(training, setting, f"{folder}/model.bin")
        curve = qualitytraining.calibrate(examples, classifier)
        held = [n for n, page in enumerate(pages) if folds[page.domain] == tested]
        words = pa.table({"words": [pages[n].row["words"] for n in held]})
        scores[held] = curve(qualitytraining.raw_scores(classifier, words))
    return scores


def matched(pages: Sequence[Page], turn: Turn) -> pa.Table:
    """The positives and the negatives matched to them, each in its split."""
    ratio = QualitySection().negatives_per_positive
    found = match(lambda: pages, ratio, MAX_POSITIVES, lambda positives: turn).pages
    rows = [{**page.row, "label": page.label, "split": split} for page, split in found]
    return pa.Table.from_pylist(rows, schema=EXAMPLES)


def figures(pages: Sequence[Page], scores: Numbers) -> dict[str, Any]:
    """What the module's docstring names, of one setting."""
    folds = folds_of(pages)
    place = {page.id: n for n, page in enumerate(pages)}
    tested = sorted(
        place[row["id"]]
        for fold in range(FOLDS)
        for row in qualitytraining.part(matched(pages, Turn(folds, fold)), "test").to_pylist()
    )
    like = [pages[n] for n in tested]
    truth = _labels(like)
    error = calibration_error(bins(truth, scores[tested], even_odds(truth)))
    sources: defaultdict[str, list[int]] = defaultdict(list)
    for n, page in enumerate(pages):
        sources[page.row["source"]].append(n)
    return {
        "rest": against(pages, scores),
        "matched": against(like, scores[tested]) | {"calibration_error": error},
        "by_source": {
            source: _estimate([pages[n] for n in here], scores[here])
            for source, here in sorted(sources.items())
            if _both([pages[n] for n in here])
        },
    }


def against(pages: Sequence[Page], scores: Numbers) -> dict[str, Any]:
    """The classifier and the baselines on some pages."""
    labels, domains = _labels(pages), [page.domain for page in pages]
    return {
        "positives": int(labels.sum()),
        "others": int((~labels).sum()),
        "auc": estimate(auc, labels, scores, domains),
        "average_precision": estimate(average_precision, labels, scores, domains),
        "baselines": {name: baseline(pages, scores, name) for name in BASELINES},
    }


def baseline(pages: Sequence[Page], scores: Numbers, name: str) -> dict[str, Any]:
    """A baseline in its better direction, where it is known, and the classifier's lead over it."""
    known = [n for n, page in enumerate(pages) if page.row[name] is not None]
    some = [pages[n] for n in known]
    labels, domains = _labels(some), [page.domain for page in some]
    values = np.array([page.row[name] for page in some], dtype=np.float64)
    rising = measure(auc, labels, values) >= 0.5
    values = values if rising else -values
    return {
        "rising": rising,
        "auc": estimate(auc, labels, values, domains),
        "lead": difference(auc, labels, scores[known], values, domains),
    }


def show(report: Mapping[str, Any]) -> None:
    """Print it for a person."""
    print(f"{report['pages']} pages, {report['positives']} positives, {report['domains']} domains")
    for kind in ("rest", "matched"):
        row = report[kind]
        print(f"{kind}: {row['positives']} against {row['others']}")
        print(f"  AUC {_shown(row['auc'])}, average precision {_shown(row['average_precision'])}")
        for name, found in row["baselines"].items():
            print(f"  {name:14} {_shown(found['auc'])}, lead {_shown(found['lead'])}")
    print(f"  calibration error {report['matched']['calibration_error']:.3f}")
    for source, found in report["by_source"].items():
        print(f"within {source}: {_shown(found)}")
    print(f"shuffled: {_shown(report['shuffled'])}")
    for row in report["settings"]:
        print(f"  {row}")


def _estimate(pages: Sequence[Page], scores: Numbers) -> Estimate:
    return estimate(auc, _labels(pages), scores, [page.domain for page in pages])


def _labels(pages: Sequence[Page]) -> Labels:
    return np.array([page.label for page in pages], dtype=np.bool_)


def _both(pages: Sequence[Page]) -> bool:
    positives = sum(page.label for page in pages)
    return min(positives, len(pages) - positives) >= LEAST_OF_SOURCE


def _shown(found: Sequence[float | None]) -> str:
    value, low, high = (f"{one:.3f}" if one is not None else "?" for one in found)
    return f"{value} [{low}, {high}]"


def _hash(domain: str) -> int:
    return xxhash.xxh3_64_intdigest(domain.encode())


if __name__ == "__main__":
    main()
