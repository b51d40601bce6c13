"""Language identification: how right, how fast, and how far identifiers agree.

    python benchmarks/language.py --sentences JSONL.gz --documents WARC [--pages WARC ...]
        [--identifiers lid.176 py3langid] [--repeat 3] [--json]

- `sentences`: labelled sentences (`text`, `lang`, `source`), identified as they are: accuracy by
  source over the languages that the identifier knows, macro-F1 over them, by characters, by
  language, the most frequent confusions; and for each two identifiers how often they agree, and how
  often the first is right where they do and where they do not.
- `documents`: labelled pages (`WARC.truth` beside the archive) through our extraction and
  `classifiers.language.identify`: the same figures, and the share that is `und`.
- `mixed`: the beginnings of two such pages in different languages, one after the other, by the
  share of the first: how often the answer is the first, the second, `und`.
- `code` and `menus`: blocks of code of the extracted pages, without their fences; lists of short
  links of `--pages`. The share that is `und`, and beside it that of the pages themselves.
- `speed`: documents a CPU second, in turns: one prediction of the model alone, `identify` with one
  identifier and with two; and pages a second of the whole extraction.

A label is any code or English name; one that is no language ISO knows is left out and counted.
py3langid needs the extra `langid`.
"""

import argparse
import gzip
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import langcodes
import xxhash
from lxml import html
from measure import machine

from classifiers import identifiers, language
from classifiers.config import LanguageConfig
from classifiers.languagetags import UNDETERMINED, WIKIPEDIA, display_name, tags_of
from pipeline import warc
from pipeline.config import ExtractSection
from pipeline.extract import extract
from pipeline.records import Document, Page

_LENGTHS = (0, 20, 40, 80, 160, 10**9)
_SHARES = (0, 0.25, 0.4, 0.6, 0.75, 1)
_BEGINNINGS = (700, 1500, 3000, 6000)
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LEAST_OF_A_LANGUAGE = 10


@dataclass(frozen=True)
class Labelled:
    """A text, where it is from, and the tags it may get."""

    text: str
    source: str
    tags: frozenset[str]

    @property
    def language(self) -> str:
        """Its language of ISO 639-3."""
        return min(self.tags)[:3]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--documents", required=True)
    parser.add_argument("--pages", nargs="*", default=[])
    parser.add_argument("--identifiers", nargs="+", default=[identifiers.LID176])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sentences, left_out = read_sentences(given.sentences)
    pages = [*read_pages(given.documents), *(p for path in given.pages for p in read_pages(path))]
    seconds, texts = extracted(pages)
    truth = read_truth(given.documents)
    documents = [
        Labelled(text, source, tags)
        for page, text in zip(pages, texts, strict=True)
        if text and page.capture.url in truth
        for source, tags in [truth[page.capture.url]]
    ]
    asked: dict[str, Callable[[str], str]] = {
        name: _first(identifiers.load(name).identify) for name in given.identifiers
    }
    result: dict[str, Any] = {
        "sentences": judged(sentences, asked) | {"no_language": left_out},
        "documents": judged(documents, {name: _of_page(name) for name in given.identifiers}),
        "mixed": mixed(documents, _of_page(given.identifiers[0])),
        "undetermined": undetermined(pages, texts, _of_page(given.identifiers[0])),
        "speed": speed(list(filter(None, texts)), given.identifiers, given.repeat)
        | {"extraction": round(len(pages) / seconds, 1)},
        "machine": machine(),
    }
    print(json.dumps(result, indent=1) if given.json else summary(result))


def _first(identify: Callable[[str], tuple[str, float]]) -> Callable[[str], str]:
    return lambda text: identify(text)[0]


def _of_page(name: str) -> Callable[[str], str]:
    section = LanguageConfig(identifier=name)
    return lambda text: language.identify(text, section).language


def tags_meant(label: str) -> frozenset[str]:
    """The tags of a code or an English name; empty if it is none."""
    if tags := tags_of(label):
        return frozenset(tags)
    try:
        return frozenset(tags_of(str(langcodes.find(label))))
    except LookupError:
        return frozenset()


def read_sentences(path: str) -> tuple[list[Labelled], int]:
    """The sentences, and how many have a label that is no language."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(map(json.loads, lines))
    found = [Labelled(row["text"], row["source"], tags_meant(row["lang"])) for row in rows]
    known = [one for one in found if one.tags]
    return known, len(found) - len(known)


def read_pages(path: str) -> list[Page]:
    """The pages of an archive."""
    split = warc.Split(path, 0, Path(path).stat().st_size)
    return [page for page in warc.read_records(split, 10_000_000) if isinstance(page, Page)]


def read_truth(path: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Source and tags of each page by its URL, but for those that may not be translated."""
    name = path.removesuffix(".warc.gz") + ".truth.jsonl.gz"
    with gzip.open(name, "rt", encoding="utf-8") as lines:
        rows = list(map(json.loads, lines))
    found = {}
    for row in rows:
        code = WIKIPEDIA.get(row["lang"], row["lang"]) if "wiki" in row["source"] else row["lang"]
        tags = tags_meant(code)
        sure = row["status"] != "untranslated?" or row["source"] == "udhr"
        if sure and tags and UNDETERMINED not in tags:
            found[row["url"]] = (row["source"], tags)
    return found


def extracted(pages: Sequence[Page]) -> tuple[float, list[str]]:
    """CPU seconds, and the text of each page; empty where there is none."""
    start = time.process_time()
    found = [extract(page, ExtractSection(), None) for page in pages]
    seconds = time.process_time() - start
    return seconds, [one.text if isinstance(one, Document) else "" for one in found]


def judged(cases: Sequence[Labelled], asked: Mapping[str, Callable[[str], str]]) -> dict[str, Any]:
    """How right each identifier is, and how they agree."""
    answers = {name: [ask(case.text) for case in cases] for name, ask in asked.items()}
    result: dict[str, Any] = {
        name: accuracy(cases, answers[name], identifiers.load(name).tags) for name in asked
    }
    for one, other in combinations(asked, 2):
        both = identifiers.load(one).tags & identifiers.load(other).tags
        rows = [
            (mine == theirs, mine in case.tags)
            for case, mine, theirs in zip(cases, answers[one], answers[other], strict=True)
            if case.tags & both
        ]
        result[f"{one} with {other}"] = {
            "texts": len(rows),
            "agree": share(same for same, _ in rows),
            "right_if_agree": share(right for same, right in rows if same),
            "right_if_not": share(right for same, right in rows if not same),
        }
    return result


def accuracy(
    cases: Sequence[Labelled], answers: Sequence[str], known: frozenset[str]
) -> dict[str, Any]:
    """Figures over the texts whose language an identifier knows."""
    rows = [(c, a) for c, a in zip(cases, answers, strict=True) if c.tags & known]
    right, said, total = Counter[str](), Counter[str](), Counter[str]()
    by_source, by_length = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    confused = Counter[str]()
    for case, answer in rows:
        is_right = answer in case.tags
        total[case.language] += 1
        said[answer[:3]] += 1
        right[case.language] += is_right
        by_source[case.source].append(is_right)
        low, high = next(pair for pair in pairwise(_LENGTHS) if len(case.text) < pair[1])
        by_length[f"{low}-{high}" if high < _LENGTHS[-1] else f"{low}-"].append(is_right)
        if not is_right:
            confused[f"{case.language} as {answer[:3]}"] += 1
    f1 = {code: 2 * right[code] / (total[code] + said[code]) for code in total}
    frequent = [code for code in total if total[code] >= _LEAST_OF_A_LANGUAGE]
    return {
        "texts": len(rows),
        "unknown_language": len(cases) - len(rows),
        "accuracy": share(answer in case.tags for case, answer in rows),
        "macro_f1": round(statistics.fmean(f1[code] for code in frequent), 4),
        "languages": len(frequent),
        "undetermined": share(answer == UNDETERMINED for _, answer in rows),
        "by_source": {key: [len(one), share(one)] for key, one in by_source.items()},
        "by_characters": {key: [len(by_length[key]), share(by_length[key])] for key in by_length},
        "confused": dict(confused.most_common(15)),
        "f1": {code: round(f1[code], 3) for code in sorted(frequent, key=lambda one: f1[one])},
    }


def share(flags: Iterable[bool]) -> float | None:
    """The share that is true; None of nothing."""
    found = list(flags)
    return round(sum(found) / len(found), 4) if found else None


def mixed(documents: Sequence[Labelled], ask: Callable[[str], str]) -> dict[str, Any]:
    """What is said of pages put together from two."""
    long = [
        case
        for case in documents
        if len(case.text) > 1200
        and ask(case.text) in case.tags
        and ask(case.text[len(case.text) // 2 :]) in case.tags
    ]
    long.sort(key=lambda case: _hash(case.text))
    found = defaultdict[str, Counter[str]](Counter)
    for number, (one, other) in enumerate(zip(long, long[1:] + long[:1], strict=True)):
        if one.tags & other.tags:
            continue
        first = one.text[: _BEGINNINGS[number % 4]]
        second = other.text[: _BEGINNINGS[number // 4 % 4]]
        part = len(first) / (len(first) + len(second))
        low, high = next(pair for pair in pairwise(_SHARES) if part < pair[1])
        answer = ask(f"{first}\n{second}")
        name = "first" if answer in one.tags else "second" if answer in other.tags else answer
        found[f"{low:g}-{high:g}"][name if name in ("first", "second", "und") else "other"] += 1
    return {key: dict(found[key]) for key in sorted(found)}


def _hash(text: str) -> int:
    return xxhash.xxh64_intdigest(text.encode())


def undetermined(
    pages: Sequence[Page], texts: Sequence[str], ask: Callable[[str], str]
) -> dict[str, Any]:
    """The share of code, menus and whole pages that is said to be in no language."""
    code = [block for text in texts for block in _FENCED.findall(text) if len(block) >= 200]
    lists = [menu for page in pages for menu in menus(page)]
    kinds = {"code": code, "menus": lists, "pages": [text for text in texts if len(text) >= 400]}
    return {
        name: {"texts": len(kind), "und": share(ask(text) == UNDETERMINED for text in kind)}
        for name, kind in kinds.items()
    }


def menus(page: Page) -> list[str]:
    """At most two lists of at least eight short links and little else."""
    try:
        root = html.fromstring(page.body.decode("utf-8", "replace"))
    except (ValueError, html.etree.ParserError):
        return []
    found = []
    for element in root.iter("ul", "nav"):
        links = [" ".join(link.text_content().split()) for link in element.iter("a")]
        links = list(filter(None, links))
        words = sum(len(link.split()) for link in links)
        whole = len(" ".join(element.text_content().split()))
        if len(links) >= 8 and words <= 3.5 * len(links) and sum(map(len, links)) >= 0.85 * whole:
            found.append("\n".join(links))
    return found[:2]


def speed(texts: Sequence[str], names: Sequence[str], repeat: int) -> dict[str, Any]:
    """Documents a CPU second: median, least, greatest."""
    model = identifiers.fasttext_model.load(str(identifiers.MODEL))
    ways: dict[str, Callable[[str], Any]] = {
        "model alone": lambda text: model.predict(" ".join(text[:4000].split())[:1000])
    }
    for name in names:
        ways[name] = _of_page(name)
    for name in names[1:]:
        both = LanguageConfig(identifier=names[0], second=name)
        ways[f"{names[0]} and {name}"] = lambda text, both=both: language.identify(text, both)
    rates = defaultdict[str, list[float]](list)
    for _ in range(repeat):
        for name, way in ways.items():
            start = time.process_time()
            for text in texts:
                way(text)
            rates[name].append(len(texts) / (time.process_time() - start))
    return {
        name: [round(one) for one in (statistics.median(found), min(found), max(found))]
        for name, found in rates.items()
    }


def summary(result: Mapping[str, Any]) -> str:
    """The figures without those of each language."""
    lines = []
    for kind in ("sentences", "documents"):
        for name, found in result[kind].items():
            if isinstance(found, dict):
                worst = list(found.get("f1", {}).items())[:12]
                shown = {key: value for key, value in found.items() if key != "f1"}
                lines.append(f"{kind}, {name}: {json.dumps(shown)}")
                lines.append(", ".join(f"{display_name(code)} {value}" for code, value in worst))
    rest = {key: result[key] for key in ("mixed", "undetermined", "speed")}
    return "\n".join([*lines, json.dumps(rest, indent=1)])


if __name__ == "__main__":
    main()
