"""Quantiles of the outlier statistics by language, to propose bounds from.

    python scripts/calibrate_unigrams.py FILE... [--bounds NAME=LOW:HIGH ...] [--show N] [--plant]
        [--json OUT]

FILE is JSONL (also as .gz) or Parquet with a column `text` and, if it has them, `language` (a tag
or code; identified if absent) and `url`. With --bounds the shares below and above are printed;
with --show the N pages at either end of each statistic. With --plant up to 40 pages a language are
also spoilt in known ways, to show where such text falls.
"""

import argparse
import base64
import gzip
import json
import random
import string
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from classifiers import identifiers, unigrams
from classifiers.languagetags import tag_of
from pipeline.textstats import TextStats

QUANTILES = (0.1, 0.5, 1, 50, 99, 99.5, 99.9)
STATISTICS = ("cross_entropy", "compression_ratio")
_LEAST_PAGES = 20
_PLANTED_PAGES = 40
_PLANTED_WORDS = 300
_LEAST_SCORE = 0.65


@dataclass(frozen=True)
class Text:
    """A page's text."""

    text: str
    language: str
    url: str


@dataclass(frozen=True)
class Scored:
    """A page and its statistics."""

    page: Text
    cross_entropy: float | None
    compression_ratio: float | None


@dataclass(frozen=True)
class Row:
    """A line of the table: the quantiles of a statistic over a group of pages."""

    statistic: str
    group: str
    pages: int
    quantiles: list[float]
    below: float | None
    above: float | None


Bounds = dict[str, tuple[float, float]]


def main() -> None:
    """Score the pages; print the tables; write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--bounds", nargs="*", default=[], metavar="NAME=LOW:HIGH")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("--plant", action="store_true")
    parser.add_argument("--json", metavar="OUT")
    arguments = parser.parse_args()
    bounds = dict(map(_bounds, arguments.bounds))
    pages = [score(page) for name in arguments.files for page in read(Path(name))]
    groups = defaultdict(list, {"all": pages})
    for page in pages:
        groups[page.page.language].append(page)
    rows = table(groups, bounds, _LEAST_PAGES)
    if arguments.plant:
        rows += table(plant(groups), bounds, 1)
    print_rows(rows)
    if arguments.show:
        for statistic in STATISTICS:
            show(pages, statistic, arguments.show)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([asdict(row) for row in rows], indent=1))


def _bounds(argument: str) -> tuple[str, tuple[float, float]]:
    name, _, limits = argument.partition("=")
    low, _, high = limits.partition(":")
    return name, (float(low), float(high))


def read(path: Path) -> Iterator[Text]:
    """The texts of a file, but for those whose language is in doubt."""
    for row in _parquet(path) if path.suffix == ".parquet" else _jsonl(path):
        code, probability = tag_of(row.get("language") or ""), 1.0
        if code is None:
            code, probability = identifiers.load(identifiers.LID176).identify(row["text"])
        if probability >= _LEAST_SCORE:
            yield Text(row["text"], code, row.get("url", ""))


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    file = pq.ParquetFile(path)
    wanted = [name for name in ("text", "language", "url") if name in file.schema_arrow.names]
    for batch in file.iter_batches(columns=wanted):
        yield from batch.to_pylist()


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def score(page: Text) -> Scored:
    """Both statistics of a page, with words cut as the filter cuts them."""
    words = TextStats.of(page.text, page.language).word_counts
    return Scored(
        page,
        unigrams.cross_entropy(words, page.language),
        unigrams.compression_ratio(page.text),
    )


def table(groups: dict[str, list[Scored]], bounds: Bounds, least: int) -> list[Row]:
    """Quantiles by statistic and group, the largest first, of groups with enough pages."""
    rows = []
    for statistic in STATISTICS:
        low, high = bounds.get(statistic, (None, None))
        for group, pages in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            values = np.array([v for p in pages if (v := getattr(p, statistic)) is not None])
            if len(values) >= least:
                rows.append(
                    Row(
                        statistic,
                        group,
                        len(values),
                        np.percentile(values, QUANTILES).round(4).tolist(),
                        None if low is None else float(np.mean(values < low)),
                        None if high is None else float(np.mean(values > high)),
                    )
                )
    return rows


def print_rows(rows: Iterable[Row]) -> None:
    """The table as text."""
    heads = "".join(f"{quantile:>8}%" for quantile in QUANTILES)
    for statistic in STATISTICS:
        print(f"\n{statistic:26}{'pages':>8}{heads}{'below':>9}{'above':>9}")
        for row in rows:
            if row.statistic == statistic:
                values = "".join(f"{value:9.3f}" for value in row.quantiles)
                shares = "".join(f"{s:9.2%}" for s in (row.below, row.above) if s is not None)
                print(f"{row.group:26}{row.pages:8}{values}{shares}")


def show(pages: list[Scored], statistic: str, count: int) -> None:
    """The pages at either end, by the middle of their text."""
    ranked = sorted(
        (page for page in pages if getattr(page, statistic) is not None),
        key=lambda page: getattr(page, statistic),
    )
    for name, chosen in (("lowest", ranked[:count]), ("highest", ranked[: -count - 1 : -1])):
        print(f"\n{statistic}, {name}")
        for page in chosen:
            text = " ".join(page.page.text.split())
            middle = text[len(text) // 2 :][:120]
            value = getattr(page, statistic)
            print(f"{value:7.3f} {page.page.language:3} {page.page.url[-60:]:60} {middle}")


def plant(groups: dict[str, list[Scored]]) -> dict[str, list[Scored]]:
    """Pages spoilt in known ways, by the way; one way is to be taken for another language."""
    generator = random.Random(0)
    samples = {
        code: [words[:_PLANTED_WORDS] for p in pages if len(words := p.page.text.split()) > 200]
        for code, pages in sorted(groups.items())
        if unigrams.has_model(code)
    }
    samples = {code: texts[:_PLANTED_PAGES] for code, texts in samples.items() if texts}
    planted = defaultdict(list)
    for code, texts in samples.items():
        vocabulary = sorted({word for words in texts for word in words if word.isalpha()})
        others = [other for other in samples if other != code]
        for number, words in enumerate(texts):
            for name, spoil in SPOILERS.items():
                text = spoil(words, vocabulary, generator)
                planted[f"planted: {name}"].append(score(Text(text, code, "")))
            if others:
                other = others[number % len(others)]
                planted["planted: wrong language"].append(score(Text(" ".join(words), other, "")))
    return planted


def _base64(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return base64.encodebytes(generator.randbytes(4 * len(words))).decode()


def _keys(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    alphabet = string.ascii_letters + string.digits
    return " ".join("".join(generator.choices(alphabet, k=12)) for _ in words)


def _keyboard(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return " ".join("".join(generator.choices("asdfghjkl", k=len(word))) for word in words)


def _keywords(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return " ".join(generator.choices(vocabulary, k=len(words)))


def _shuffled(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return " ".join("".join(generator.sample(word, len(word))) for word in words)


def _misread(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    letters = string.ascii_lowercase
    text = " ".join(words)
    return "".join(
        generator.choice(letters) if c.isalpha() and generator.random() < 0.2 else c for c in text
    )


def _counter(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return " ".join(str(generator.randrange(1, 32)) for _ in words)


def _repeated(words: list[str], vocabulary: list[str], generator: random.Random) -> str:
    return " ".join(words[:15] * 50)


SPOILERS: dict[str, Callable[[list[str], list[str], random.Random], str]] = {
    "base64": _base64,
    "random keys": _keys,
    "keyboard noise": _keyboard,
    "list of any words": _keywords,
    "letters shuffled": _shuffled,
    "20% misread letters": _misread,
    "days of the month": _counter,
    "one sentence 50 times": _repeated,
}


if __name__ == "__main__":
    main()
