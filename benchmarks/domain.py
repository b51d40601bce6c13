"""How well domains, topics and formats are told on unseen sites, by what, and how fast.

Every site is for testing once, in five rounds; in each a classifier is trained by the project's own
code on seven tenths of the pages. The settings are those that most searches chose: a search in each
round would take an hour and change little.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import domain, labelled, multiclass
from classifiers.domain_card import SHARES, THRESHOLDS
from classifiers.domain_pages import Examples, Page, View, prepare
from classifiers.domain_training import Predict, Recipe, Settings, direct, fit
from classifiers.multiclass import Floats, Ints, tempered
from pipeline import files
from pipeline.domaintraining import listed_in

TOPICS = Path(__file__).resolve().parents[1] / "../shared/data/topics"
LISTS = TOPICS.parent / "lists/ut1"
SETTINGS = {
    "topic": Settings(60, 1.0, 0.1),
    "format": Settings(60, 1.0, 1.0),
    "domain": Settings(60, 1.0, 0.1),
}
MADE, OWN = "domain, of topic and format", "domain, of its own labels"
VIEWS: tuple[View, ...] = ("both", "text", "url")


@dataclass
class Tested:
    """Predictions on the test pages of all rounds.

    Attributes:
        truth: Label numbers.
        found: Probabilities.
        sites: Sites.
    """

    truth: list[Ints]
    found: list[Floats]
    sites: list[str]

    def row(self) -> dict[str, Any]:
        """What they come to."""
        truth, found = np.concatenate(self.truth), np.concatenate(self.found)
        best, classes = found.argmax(axis=1), found.shape[1]
        low, high = multiclass.macro_f1_interval(truth, best, classes, self.sites)
        return {
            "pages": len(truth),
            "macro_f1": multiclass.macro_f1(truth, best, classes),
            "low": low,
            "high": high,
            "accuracy": float((truth == best).mean()),
            "log_loss": multiclass.log_loss(truth, found),
            "calibration_error": multiclass.calibration_error(truth, found),
            "thresholds": multiclass.by_threshold(truth, found, THRESHOLDS),
        }


def tested(
    rows: Sequence[labelled.LabelledPage], rounds: int, vary: bool
) -> dict[str, dict[str, Any]]:
    """Every way, and each view and share of the pages if asked to, on the sites of some rounds."""
    found_by: dict[str, Tested] = {}
    for rotation in range(rounds):
        pages = prepare(rows, lambda url: None, rotation)
        recipes, temperatures = {}, {}
        for scheme, settings in SETTINGS.items():
            recipes[scheme] = direct(Examples.of(pages, scheme, "train", "tune"), settings)
            temperatures[scheme] = temperature_of(pages, scheme, recipes[scheme]())
        for name, view, share in variants() if vary else variants()[:1]:
            for scheme, found in predictions(pages, recipes, temperatures, view, share).items():
                own = Examples.of(pages, scheme.split(",")[0], "test")
                one = found_by.setdefault(f"{scheme}: {name}", Tested([], [], []))
                one.truth.append(own.truth)
                one.found.append(found)
                one.sites += own.sites
        print(f"round {rotation + 1} of {rounds}", file=sys.stderr)
    return {name: one.row() for name, one in found_by.items()}


def variants() -> list[tuple[str, View, float]]:
    """What is varied: a name, what is seen of each page, and the share of the training pages."""
    views: list[tuple[str, View, float]] = [(f"sees {view}", view, 1.0) for view in VIEWS]
    return views + [(f"{share:.0%} of the pages", "both", share) for share in SHARES[:-1]]


def temperature_of(pages: Sequence[Page], scheme: str, predict: Predict) -> float:
    """The temperature that a round's calibration part asks for."""
    part = Examples.of(pages, scheme, "calibrate")
    return multiclass.best_temperature(part.truth, predict(part.pages))


def predictions(
    pages: Sequence[Page],
    recipes: dict[str, Recipe],
    temperatures: dict[str, float],
    view: View,
    share: float,
) -> dict[str, Floats]:
    """Calibrated probabilities of a round's test pages, by scheme and way."""
    test = Examples.of(pages, "domain", "test").pages
    found = {
        scheme: tempered(recipe(share, view)(test), temperatures[scheme])
        for scheme, recipe in recipes.items()
    }
    made = domain.derived(found["topic"], found["format"])
    return {"topic": found["topic"], "format": found["format"], OWN: found["domain"], MADE: made}


def by_lists(rows: Sequence[labelled.LabelledPage]) -> dict[str, tuple[int, int]]:
    """By the domain that host lists give: how many labelled pages have it, and how many agree."""
    listed = listed_in(str(LISTS))
    counts: dict[str, tuple[int, int]] = {}
    for page in prepare(rows, listed):
        if page.listed:
            pages, agree = counts.get(page.listed, (0, 0))
            counts[page.listed] = pages + 1, agree + (page.listed == page.label("domain"))
    return dict(sorted(counts.items()))


def speed(rows: Sequence[labelled.LabelledPage]) -> dict[str, float]:
    """Pages a second on one core: URL and text to labels, and of that the words alone."""
    pages = prepare(rows, lambda url: None)
    with tempfile.TemporaryDirectory() as folder:
        heads = {"domain": domain.Head(1.0)}
        for scheme in ("topic", "format"):
            path = Path(folder, f"{scheme}.bin")
            reader = fit(Examples.of(pages, scheme, "train"), SETTINGS[scheme], str(path))
            sha256 = files.sha256(str(path))
            heads[scheme] = domain.Head(1.0, path.name, sha256, tuple(sorted(reader.common)))
        domain.write(["en"], heads, folder)
        model = domain.load(str(Path(folder, domain.MODEL)))
        judge = rate(rows, lambda row: model.judge(row.url, row.text, "en"))
    return {"labels": judge, "words": rate(rows, lambda row: domain.words(row.url, row.text))}


def rate(
    rows: Sequence[labelled.LabelledPage], work: Callable[[labelled.LabelledPage], object]
) -> float:
    """The median of three goes, in pages a second of CPU time."""
    rates = []
    for _ in range(3):
        begun = time.process_time()
        for row in rows:
            work(row)
        rates.append(len(rows) / (time.process_time() - begun))
    return statistics.median(rates)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, choices=range(1, 6), default=5, help="of the five")
    parser.add_argument("--vary", action="store_true", help="also what is seen, and of how many")
    path = TOPICS / "weborganizer_cc.jsonl.gz"
    if not path.exists():
        parser.exit(0, f"{path}: not here; nothing measured\n")
    parsed = parser.parse_args()
    rows = list(labelled.read([str(path)]))
    found: dict[str, Any] = {
        "tested": tested(rows, parsed.rounds, parsed.vary),
        "lists": by_lists(rows),
        "pages_per_second": speed(rows),
    }
    if parsed.json:
        json.dump(found, sys.stdout, indent=1)
        return
    for name, row in found["tested"].items():
        print(
            f"{name:45} macro-F1 {row['macro_f1']:.3f} [{row['low']:.3f}, {row['high']:.3f}]  "
            f"accuracy {row['accuracy']:.3f}  log loss {row['log_loss']:.3f}  "
            f"calibration error {row['calibration_error']:.3f}"
        )
    for threshold, covered, accuracy in found["tested"][f"{MADE}: sees both"]["thresholds"]:
        print(f"domain from {threshold:.1f}: {covered:.1%} of the pages, {accuracy:.1%} right")
    for name, (pages, agree) in found["lists"].items():
        print(f"lists say {name}: {pages} labelled pages, {agree} agree")
    print("pages a second:", {name: round(one) for name, one in found["pages_per_second"].items()})


if __name__ == "__main__":
    main()
