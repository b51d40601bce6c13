"""The card of a domain model: what it learned from, and how well it does on unseen sites."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from classifiers import domain_scheme, multiclass
from classifiers.domain_pages import Examples, Page
from classifiers.domain_training import Trained, languages
from classifiers.multiclass import Floats

THRESHOLDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SHARES = (0.25, 0.5, 1.0)
_DECIMALS = 4
_WARNING = (
    "All of this is measured on pages like the labelled ones. Where these were balanced by label, "
    "as WebOrganizer's are, a crawl has other shares: the probabilities are calibrated to the "
    "labelled pages, and common labels of a crawl are likelier than they say."
)


def card_of(
    trained: Sequence[Trained], pages: Sequence[Page], sources: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The card as plain values.

    Args:
        trained: What was trained.
        pages: The pages it came from.
        sources: Path and hash of each file read.
    """
    return {
        "sources": [dict(source) for source in sources],
        "pages": len(pages),
        "sites": len({page.site for page in pages}),
        "languages": languages(trained),
        "schemes": {one.scheme: _scheme(one) for one in trained},
        "host_lists": _host_lists(trained, pages),
    }


def _scheme(one: Trained) -> dict[str, Any]:
    truth, raw = one.test.truth, one.made.predict(one.test.pages)
    found = multiclass.tempered(raw, one.temperature)
    thresholds = multiclass.by_threshold(truth, found, THRESHOLDS)
    parts = {"train": one.made.examples, "calibrate": one.calibrate, "test": one.test}
    return {
        "pages": {name: len(part.pages) for name, part in parts.items()},
        "sites": {name: len(set(part.sites)) for name, part in parts.items()},
        "search": [asdict(settings) | {"macro_f1": _round(f1)} for settings, f1 in one.searched],
        "settings": asdict(one.settings),
        "ways": {name: _round(way.macro_f1) for name, way in one.ways.items()},
        "way": one.way,
        "test": _measures(one.test, found),
        "baselines": _baselines(one),
        "learning_curve": [_of_share(one, share) for share in SHARES],
        "temperature": _round(one.temperature),
        "log_loss": {
            "uncalibrated": _round(multiclass.log_loss(truth, raw)),
            "calibrated": _round(multiclass.log_loss(truth, found)),
        },
        "calibration_error": {
            "uncalibrated": _round(multiclass.calibration_error(truth, raw)),
            "calibrated": _round(multiclass.calibration_error(truth, found)),
        },
        "thresholds": [
            {"score": score, "covered": _round(covered), "accuracy": _round(accuracy)}
            for score, covered, accuracy in thresholds
        ],
        "labels": _labels(one.test, found),
    }


def _measures(test: Examples, found: Floats) -> dict[str, Any]:
    """Macro-F1 with its interval, and accuracy."""
    truth, predicted, classes = test.truth, found.argmax(axis=1), found.shape[1]
    low, high = multiclass.macro_f1_interval(truth, predicted, classes, test.sites)
    return {
        "macro_f1": _round(multiclass.macro_f1(truth, predicted, classes)),
        "low": _round(low),
        "high": _round(high),
        "accuracy": _round(float((truth == predicted).mean())),
    }


def _baselines(one: Trained) -> dict[str, Any]:
    """The most frequent label for every page, and models that see the URL or the text alone."""
    most = Counter(one.made.examples.labels).most_common(1)[0][0]
    names = domain_scheme.names(one.scheme)
    majority = np.zeros((len(one.test.pages), len(names)))
    majority[:, names.index(most)] = 1.0
    recipe, pages = one.made.recipe, one.test.pages
    return {
        "majority": _measures(one.test, majority),
        "url": _measures(one.test, recipe(view="url")(pages)),
        "text": _measures(one.test, recipe(view="text")(pages)),
    }


def _of_share(one: Trained, share: float) -> dict[str, Any]:
    """What the first pages alone would have taught."""
    predict = one.made.predict if share == 1 else one.made.recipe(share)
    some = one.made.examples.share(share)
    return {"pages": len(some.pages)} | _measures(one.test, predict(one.test.pages))


def _labels(test: Examples, found: Floats) -> dict[str, Any]:
    """Precision, recall, F1 and number of pages of each label, and what it was taken for."""
    names = domain_scheme.names(test.scheme)
    counts = multiclass.confusion(test.truth, found.argmax(axis=1), len(names))
    scores = multiclass.f1_by_class(counts)
    return {
        name: {
            "pages": int(counts[row].sum()),
            "precision": _share(counts[row, row], counts[:, row].sum()),
            "recall": _share(counts[row, row], counts[row].sum()),
            "f1": _round(scores[row]),
            "predicted": {
                names[column]: int(counts[row, column]) for column in np.flatnonzero(counts[row])
            },
        }
        for row, name in enumerate(names)
    }


def _host_lists(trained: Sequence[Trained], pages: Sequence[Page]) -> dict[str, Any] | None:
    """How far host lists agree with labels, and with what the text says on unseen sites."""
    one = next((one for one in trained if one.scheme == "domain"), None)
    listed = [page for page in pages if page.listed]
    if one is None or not listed:
        return None
    labelled = [page for page in listed if page.label("domain")]
    unseen = [page for page in listed if page.split == "test"]
    best = one.made.recipe(view="text")(unseen).argmax(axis=1)
    said = [domain_scheme.names("domain")[label] for label in best]
    return {
        "pages": len(listed),
        "labelled_pages": len(labelled),
        "agree_with_labels": sum(page.listed == page.label("domain") for page in labelled),
        "by_domain": {
            name: {
                "labelled_pages": count,
                "agree": sum(page.label("domain") == name == page.listed for page in labelled),
            }
            for name, count in sorted(Counter(page.listed for page in labelled).items())
        },
        "test_pages": len(unseen),
        "agree_with_text": sum(
            page.listed == label for page, label in zip(unseen, said, strict=True)
        ),
    }


def _share(part: float, whole: float) -> float | None:
    return _round(part / whole) if whole else None


def _round(value: float) -> float | None:
    """To four decimals; None for what is no number."""
    return None if math.isnan(value) else round(float(value), _DECIMALS)


def markdown(card: Mapping[str, Any]) -> str:
    """The card for a person."""
    lines = ["# Domain model", "", f"Of {card['pages']:,} pages of {card['sites']:,} sites.", ""]
    spoken = ", ".join(f"{code} {count:,}" for code, count in card["languages"].items())
    lines += [f"Languages judged, with the pages trained on: {spoken}. Others are not judged.", ""]
    lines += [_WARNING, "", "Test pages are of sites that nothing else was learned from.", ""]
    for scheme, found in card["schemes"].items():
        lines += [f"## {scheme}", "", *_summary(found), ""]
        lines += [*_thresholds(found), "", *_label_rows(found["labels"]), ""]
    if card["host_lists"]:
        lines += ["## Host lists", "", *_list_rows(card["host_lists"]), ""]
    lines += ["## Sources", ""]
    lines += [f"- `{source['path']}`, sha256 {source['sha256']}" for source in card["sources"]]
    return "\n".join(lines) + "\n"


def _summary(found: Mapping[str, Any]) -> list[str]:
    pages, settings = found["pages"], found["settings"]
    rows = [
        ("this model", found["test"]),
        *((f"baseline: {name}", row) for name, row in found["baselines"].items()),
        *((f"of {row['pages']:,} training pages", row) for row in found["learning_curve"][:-1]),
    ]
    loss, error = found["log_loss"], found["calibration_error"]
    return [
        f"Trained on {pages['train']:,} pages, calibrated on {pages['calibrate']:,}, tested on "
        f"{pages['test']:,}; {settings['epochs']} epochs, learning rate "
        f"{settings['learning_rate']:g}, chosen among {len(found['search'])} settings.",
        *_ways(found),
        "",
        "| | macro-F1 | 95% interval | accuracy |",
        "|---|---|---|---|",
        *(
            f"| {name} | {row['macro_f1']:.3f} | {row['low']:.3f} to {row['high']:.3f} "
            f"| {row['accuracy']:.3f} |"
            for name, row in rows
        ),
        "",
        f"Temperature {found['temperature']:.2f}: log loss {loss['uncalibrated']:.3f} before, "
        f"{loss['calibrated']:.3f} after; expected calibration error "
        f"{error['uncalibrated']:.3f} before, {error['calibrated']:.3f} after.",
    ]


def _ways(found: Mapping[str, Any]) -> list[str]:
    if len(found["ways"]) == 1:
        return []
    ways = ", ".join(f"{name} {f1:.3f}" for name, f1 in found["ways"].items())
    return [
        "",
        f"Made from {found['way']}. Macro-F1 of the ways to make it, on other pages: {ways}.",
    ]


def _thresholds(found: Mapping[str, Any]) -> list[str]:
    return [
        "| least score | pages that reach it | their accuracy |",
        "|---|---|---|",
        *(
            f"| {row['score']:.1f} | {row['covered']:.1%} | {_said(row['accuracy'])} |"
            for row in found["thresholds"]
        ),
    ]


def _label_rows(labels: Mapping[str, Any]) -> list[str]:
    lines = ["| label | pages | precision | recall | F1 | taken for |", "|---|---|---|---|---|---|"]
    for name, row in labels.items():
        others = Counter({key: count for key, count in row["predicted"].items() if key != name})
        taken = ", ".join(f"{key} {count}" for key, count in others.most_common(3))
        shown = (_said(row[key]) for key in ("precision", "recall", "f1"))
        lines.append(f"| {name} | {row['pages']} | {' | '.join(shown)} | {taken} |")
    return lines


def _list_rows(found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"Lists name the hosts of {found['pages']:,} pages. Of {found['labelled_pages']:,} that "
        f"are labelled, too, {found['agree_with_labels']:,} have the same domain. A model of the "
        f"text alone agrees with the lists on {found['agree_with_text']:,} of "
        f"{found['test_pages']:,} test pages.",
        "",
    ]
    return [
        *lines,
        "| domain by list | labelled pages | same label |",
        "|---|---|---|",
        *(
            f"| {name} | {row['labelled_pages']} | {row['agree']} |"
            for name, row in found["by_domain"].items()
        ),
    ]


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
