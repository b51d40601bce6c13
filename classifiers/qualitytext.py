"""A quality classifier's card for people: `card.md`, from what `card.json` holds."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from classifiers.qualitycard import BASELINES

_SHOWN = 20


def markdown(card: Mapping[str, Any]) -> str:
    """The card in Markdown; see `classifiers.qualitycard` for what the figures mean."""
    parts = (_verdict, _data, _judged, _preferences, _languages, _made)
    return "\n".join(line for one in parts for line in (*one(card), "")).rstrip("\n") + "\n"


def _verdict(card: Mapping[str, Any]) -> Iterator[str]:
    yield "# Quality classifier"
    yield ""
    yield (
        "How much a page looks like those that Wikipedia cites. On pages of domains that it never "
        f"saw, a cited page scores above another of its language and length in "
        f"{_estimate(card['auc'])} of pairs (AUC; 0.5 is chance)."
    )
    yield ""
    yield from (f"- {warning}" for warning in card["warnings"])


def _data(card: Mapping[str, Any]) -> Iterator[str]:
    source, matching = card["data"], card["matching"]
    yield "## Data"
    yield ""
    yield (
        f"{source['pages']:,} pages of the run `{source['run']}`, extracted by "
        f"`{source['engine']}`; {source['cited_pages']:,} of them are cited "
        f'(`match = "{source["match"]}"`, {source["cited"]:,} '
        f"{'hosts' if source['match'] == 'host' else 'addresses'} in the table of references)."
    )
    yield ""
    yield "No domain is on two sides."
    yield ""
    names = ("split", "cited", "other", "domains")
    yield from _table(names, ([row[name] for name in names] for row in card["counts"]))
    yield ""
    yield (
        f"Other pages are matched to the cited ones by language and length (a factor of two): "
        f"{matching['taken']:,} of {matching['wanted']:,} wanted were found"
        + ("; too few of:" if matching["short"] else ".")
    )
    if matching["short"]:
        short = sorted(matching["short"], key=lambda row: row["taken"] - row["wanted"])
        yield ""
        yield from _table(
            ("language", "characters", "cited", "wanted", "found"),
            (
                [
                    row["language"],
                    "{:,} to {:,}".format(*row["characters"]),
                    row["cited"],
                    row["wanted"],
                    row["taken"],
                ]
                for row in short[:_SHOWN]
            ),
        )
        yield from _more(short)


def _judged(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## On unseen domains"
    yield ""
    yield "95% intervals, from resampling domains."
    yield ""
    rows = [["this classifier", _estimate(card["auc"]), ""]]
    rows += [
        [
            f"{BASELINES[row['name']]}, {'more' if row['rising'] else 'less'} is better",
            _estimate(row["auc"]),
            _estimate(row["lead"]),
        ]
        for row in card["baselines"]
    ]
    if card["unquantized_auc"]:
        rows.append(
            ["this classifier before it was quantized", _estimate(card["unquantized_auc"]), ""]
        )
    yield from _table(("score", "AUC", "the classifier's lead"), rows)
    yield ""
    yield (
        f"Average precision {_estimate(card['average_precision'])}, where chance is "
        f"{card['share_cited']:.3f}. Matching takes from length most of what it would tell. The "
        f"rank correlation of score and length is {_number(card['length_correlation'])}."
    )
    yield ""
    yield (
        f"Calibration: {card['calibration']}, on {card['calibrated_on']:,} cited pages; at even "
        "odds: 0.5 says nothing, whatever the share of cited pages in the run. Mean error "
        f"{card['calibration_error']:.3f}."
    )
    yield ""
    yield "![reliability](reliability.svg)"


def _preferences(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## What it prefers"
    yield ""
    yield (
        "The words with the greatest weights, of those on five domains at least: the log-odds of a "
        "text of that word alone."
    )
    for title, key in (("For a cited page", "words_for"), ("Against", "words_against")):
        listed = (f"{_code(one['word'])} {one['weight']:+.1f}" for one in card[key])
        yield ""
        yield f"{title}: {', '.join(listed) or 'none'}."


def _languages(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## Languages"
    yield ""
    yield from _table(
        ("language", "cited", "other", "tested cited", "tested other", "AUC"),
        (
            [
                row["language"],
                row["cited"],
                row["other"],
                row["test_cited"],
                row["test_other"],
                _estimate(row["auc"]) if row["auc"] else "too few",
            ]
            for row in card["languages"][:_SHOWN]
        ),
    )
    yield from _more(card["languages"])


def _made(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## How it was made"
    yield ""
    if card["search"]:
        keys = ("epochs", "dim", "learning_rate", "word_ngrams", "bucket")
        rows = (
            [*(row[key] for key in keys), _number(row["auc"]), "yes" if row["chosen"] else ""]
            for row in card["search"]
        )
        yield from _table((*keys, "AUC on tune", "chosen"), rows)
        yield ""
    model = card["model"]
    yield (
        f"Model `{model['file']}`, SHA-256 `{model['sha256']}`; with the examples, "
        f"`{card['fingerprint']}`."
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield "|" + "---|" * len(names)
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row)
        yield f"| {' | '.join(cells)} |"


def _more(rows: list[Any]) -> Iterator[str]:
    if len(rows) > _SHOWN:
        yield ""
        yield f"And {len(rows) - _SHOWN} more: see `card.json`."


def _estimate(found: list[float | None]) -> str:
    value, low, high = map(_number, found)
    return f"{value} [{low}, {high}]"


def _code(word: str) -> str:
    return f"`` {word} ``" if "`" in word else f"`{word}`"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
