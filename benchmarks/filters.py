"""The filter's rules against DataTrove's on the same text: verdicts rule by rule, and speed.

    python benchmarks/filters.py --pages WARC... [--limit N] [--repeat 3] [--json]

Text is taken from the pages by trafilatura, as FineWeb's was, or by our own engine, and both sides
get the same: DataTrove in a process of its own (`datatrove_filters.py`), with the Python of the
environment that `end_to_end.py` installs, in turns with ours. White space at line ends and lines of
nothing else are taken out first, as `filter` does; DataTrove counts them as repeated lines.

What the figures mean:

- `agreement` is the share of the pages on which both sides keep, or both drop, by rule and by
  family. `same_words`: our statistics on the words of DataTrove's tokenizer, and for
  `sentence_count` on its sentences of the lines that our edits leave. `own_words`: on our own.
  `equal_values` is the share of the pages for which the statistics are the same on the same words.
- DataTrove's tokenizer is that of the page's language, as lid.176 names it and FineWeb-2 chose it;
  where it has none, or asks for more than `datatrove.txt` installs, spaCy's for any language.
  Both sides get the language's stop words. A rule of which `pipeline.families` says that it means
  nothing in a language judges no page there; C4 speaks of English, so its rules judge only that.
- Gopher's `alphabetic_words` is not compared: DataTrove has `alphabetic_tokens` in its place.
- `disagreements` has every one with both values and its `kind`.
- `ratio` is pages per CPU second, ours over theirs. Theirs: FineWeb's filters in its order, each
  with its defaults; what one would drop goes on to the next. Ours: C4's edits, one tokenization,
  every statistic that `pipeline.rules` has on a text, the verdict. What loads once does not count.
"""

import argparse
import gc
import json
import logging
import math
import os
import re
import subprocess
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from end_to_end import HERE, install
from measure import in_turns, machine, summary

from classifiers import unigrams
from pipeline import cleaning, languagebounds, warc
from pipeline.config import EditsSection, ExtractSection
from pipeline.edits import Edited
from pipeline.extract import extract
from pipeline.families import FAMILIES
from pipeline.languagebounds import LANGUAGES
from pipeline.records import Document, Page
from pipeline.rules import Bounds, Measured, judge, measure
from pipeline.textstats import TextStats

# The families, and the languages whose pages they judge; None means all.
_JUDGED: Mapping[str, frozenset[str] | None] = {
    "gopher_quality": None,
    "gopher_repetition": None,
    "c4_datatrove": frozenset({"eng_Latn"}),
    "fineweb": None,
}
_NOT_THEIRS = frozenset({"alphabetic_words"})
_EDITS = EditsSection(
    long_word_lines=1000,
    citation_marks=True,
    unterminated_lines=True,
    short_lines=3,
    javascript_lines=True,
    policy_lines=True,
)
# With these a line is whole for our edits, and not for DataTrove's.
_OTHER_ENDS = re.compile(r"(?m)[。．｡！？」』।॥؟۔።។։”]$")
_C4 = frozenset(FAMILIES["c4_datatrove"].bounds)
# Reasons for which verdicts on the same words differ: the rules, and the texts where they may.
_KINDS: Mapping[str, tuple[frozenset[str], Callable[[str], object]]] = {
    "blank lines are lines for DataTrove": (
        frozenset({"bullet_lines", "ellipsis_lines"}),
        lambda text: "\n\n" in text,
    ),
    "the marks of headings do not count here": (
        frozenset({"hash_ratio"}),
        lambda text: re.search(r"(?m)^#{1,6} ", text),
    ),
    "code between fences is not edited here": (_C4, cleaning.fences),
    "lines may end in another script's marks here": (_C4, _OTHER_ENDS.search),
    "formulas have no citation marks here, and no brackets of programs": (
        _C4,
        lambda text: "$" in text,
    ),
}
_CUTS = ("same_words", "own_words")
_CHARACTERS = 5000
_FEW_PAGES = 20

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Text:
    """A page's text.

    Attributes:
        url: The page.
        language: The code that lid.176 gives.
        text: The text as extracted, tidied.
    """

    url: str
    language: str
    text: str

    @cached_property
    def edited(self) -> Edited:
        """The text after C4's edits."""
        return cleaning.edit(self.text, _EDITS)

    @property
    def stop_words(self) -> frozenset[str]:
        """The language's, if it has any."""
        table = LANGUAGES.get(self.language)
        return table.stop_words if table else frozenset()

    @property
    def bounds(self) -> Mapping[str, Mapping[str, Bounds]]:
        """The rules that judge it, by family."""
        return _bounds(self.language)


@cache
def _bounds(language: str) -> Mapping[str, Mapping[str, Bounds]]:
    families = (name for name, only in _JUDGED.items() if only is None or language in only)
    return {
        name: {
            rule: bounds
            for rule, bounds in FAMILIES[name].of(language).items()
            if rule not in _NOT_THEIRS
        }
        for name in families
    }


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", nargs="+", required=True, metavar="WARC")
    parser.add_argument("--engine", choices=("trafilatura", "careful"), default="trafilatura")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N texts of each")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--venv", type=Path, default=HERE / ".venv-datatrove", metavar="FOLDER")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    python = install(given.venv)
    section = ExtractSection(engine=given.engine)
    texts = [text for path in given.pages for text in read_texts(path, section, given.limit)]
    with datatrove(python, texts) as ask:
        report = verdicts(texts, ask("judge"))
        for text in texts:
            seconds(text)  # loads what loads once
        # What the comparison holds is not for the collector to go through while texts are timed.
        gc.freeze()
        turns = {
            "ours": lambda: list(map(seconds, texts)),
            "theirs": lambda: list(ask("time")),
        }
        times = in_turns(turns, given.repeat)
    report |= speed(texts, times["ours"], times["theirs"])
    report |= {
        "machine": machine(),
        "input": {
            "archives": [Path(path).name for path in given.pages],
            "engine": given.engine,
            "limit": given.limit,
            "repeats": given.repeat,
            "pages": len(texts),
            "characters": sum(len(text.text) for text in texts),
        },
    }
    print(json.dumps(report, indent=1, ensure_ascii=False) if given.json else table(report))


def read_texts(path: str, section: ExtractSection, limit: int | None) -> list[Text]:
    """The texts of an archive's pages."""
    texts: list[Text] = []
    for split in warc.plan_splits(path, 1 << 40):
        for page in warc.read_records(split, 1 << 30):
            if len(texts) == limit:
                return texts
            if isinstance(page, Page):
                found = extract(page, section, None)
                if isinstance(found, Document):
                    texts.append(Text(page.capture.url, found.language, tidy(found.text)))
    return texts


def tidy(text: str) -> str:
    """The text without white space at the ends of its lines, and without lines of nothing else."""
    lines = text.strip().splitlines()
    return "\n".join(line.rstrip() for line in lines if not line.isspace())


@contextmanager
def datatrove(python: Path, texts: Sequence[Text]) -> Iterator[Callable[[str], Iterator[Any]]]:
    """Start DataTrove's process on the texts; gives what asks it, with an answer for each text."""
    with (Path(languagebounds.__file__).parent / "fineweb2.toml").open("rb") as file:
        tokenizers = {code: row["config"] for code, row in tomllib.load(file).items()}
    tokenizers["eng_Latn"] = "eng_Latn"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.jsonl"
        with path.open("w", encoding="utf-8") as lines:
            for text in texts:
                row = {
                    "text": text.text,
                    "tokenizer": tokenizers.get(text.language, ""),
                    "stop_words": sorted(text.stop_words),
                    "edited": text.edited.text,
                }
                print(json.dumps(row), file=lines)
        with subprocess.Popen(
            [str(python), str(HERE / "datatrove_filters.py"), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        ) as process:
            assert process.stdin
            assert process.stdout

            def ask(word: str) -> Iterator[Any]:
                print(word, file=process.stdin, flush=True)
                for _ in texts:
                    line = process.stdout.readline() if process.stdout else ""
                    if not line:
                        raise RuntimeError(f"DataTrove's process ended: {process.wait()}")
                    yield json.loads(line)

            yield ask


def verdicts(texts: Sequence[Text], theirs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Agreement by rule and by family, and every disagreement."""
    agreed: dict[str, dict[str, list[bool]]] = {cut: defaultdict(list) for cut in _CUTS}
    equal: dict[str, list[bool]] = defaultdict(list)
    dropped: dict[str, Counter[str]] = {"ours": Counter(), "theirs": Counter()}
    disagreements: list[dict[str, Any]] = []
    tokenizers: Counter[str] = Counter()
    for text, answer in zip(texts, theirs, strict=True):
        tokenizers[answer["tokenizer"]] += 1
        values = {"same_words": _same_words(text, answer), "own_words": _own_words(text)}
        for family, rules in text.bounds.items():
            # A rule that a filter passed over, for want of words, drops nothing.
            their = {rule: answer["rules"].get(rule, (0.0, False)) for rule in rules}
            drops = {rule for rule, (_, drop) in their.items() if drop}
            ours = {cut: _dropping(values[cut], rules) for cut in _CUTS}
            for cut in _CUTS:
                agreed[cut][family].append(bool(ours[cut]) == bool(drops))
                for rule in rules:
                    agreed[cut][rule].append((rule in ours[cut]) == (rule in drops))
                disagreements += (
                    {
                        "url": text.url,
                        "language": text.language,
                        "rule": rule,
                        "words": cut,
                        "ours": values[cut][rule],
                        "theirs": their[rule][0],
                        "kind": _kind(rule, text, rule in ours["same_words"] ^ drops, answer),
                    }
                    for rule in rules
                    if rule in ours[cut] ^ drops
                )
            for rule, (value, _) in their.items():
                equal[rule].append(math.isclose(values["same_words"][rule] or 0, value))
            dropped["ours"].update(ours["own_words"])
            dropped["theirs"].update(drops)
    return {
        "agreement": {cut: _shares(agreed[cut], equal) for cut in _CUTS},
        "family_agreement": {cut: _shares(agreed[cut], _JUDGED) for cut in _CUTS},
        "equal_values": _shares(equal, equal),
        "judged": {rule: len(found) for rule, found in equal.items()},
        "dropped": dropped,
        "kinds": Counter(f"{row['words']}, {row['rule']}: {row['kind']}" for row in disagreements),
        "tokenizers": tokenizers,
        "disagreements": disagreements,
    }


def _dropping(values: Values, rules: Mapping[str, Bounds]) -> set[str]:
    """The rules that drop a page."""
    return {rule for rule, bounds in rules.items() if judge(values, {rule: bounds})}


def _shares(agreed: Mapping[str, Sequence[bool]], names: Iterable[str]) -> dict[str, float]:
    return {name: sum(agreed[name]) / len(agreed[name]) for name in names if name in agreed}


def _own_words(text: Text) -> Values:
    return _statistics(text, _stats(text), TextStats(text.edited.text, ()).sentence_count)


def _same_words(text: Text, answer: Mapping[str, Any]) -> Values:
    return _statistics(text, TextStats(text.text, answer["words"]), float(answer["sentences"]))


def _stats(text: Text) -> TextStats:
    return TextStats.of(text.text, text.language)


def _statistics(text: Text, stats: TextStats, sentences: float) -> Values:
    measured = Measured(stats, text.stop_words, text.edited.marks)
    return {**measure(measured), "sentence_count": sentences}


def _kind(rule: str, text: Text, structural: bool, answer: Mapping[str, Any]) -> str:
    """Why a verdict differs; `structural` if it does with the same words."""
    if not structural:
        return f"cut otherwise by {answer['tokenizer']}"
    kinds = (kind for kind, (rules, holds) in _KINDS.items() if rule in rules and holds(text.text))
    return next(kinds, "unexplained")


def seconds(text: Text) -> float:
    """CPU seconds that a text takes with us."""
    begun = time.process_time()
    edited = cleaning.edit(text.text, _EDITS)
    stats = _stats(text)
    facts = {
        **edited.marks,
        "unigram_cross_entropy": unigrams.cross_entropy(stats.word_counts, text.language),
        "compression_ratio": unigrams.compression_ratio(stats.text),
    }
    statistics = measure(Measured(stats, text.stop_words, facts))
    statistics["sentence_count"] = TextStats(edited.text, ()).sentence_count
    for bounds in text.bounds.values():
        judge(statistics, bounds)
    return time.process_time() - begun


def speed(
    texts: Sequence[Text], ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]
) -> dict[str, Any]:
    """The ratio over all pages and by language, and our time for 5,000 characters."""

    def ratio(wanted: Sequence[bool]) -> tuple[float, list[float]]:
        pairs = zip(ours, theirs, strict=True)
        return summary([_sum(their, wanted) / _sum(our, wanted) for our, their in pairs])

    characters = sum(len(text.text) for text in texts)
    median, spread = ratio([True] * len(texts))
    ms, ms_spread = summary([1000 * sum(turn) * _CHARACTERS / characters for turn in ours])
    pages = Counter(text.language for text in texts)
    return {
        "ratio": median,
        "ratio_spread": spread,
        "ratio_by_language": {
            language: ratio([text.language == language for text in texts])[0]
            for language, count in pages.most_common()
            if count >= _FEW_PAGES
        },
        "ms_per_5000_characters": ms,
        "ms_spread": ms_spread,
        "pages_per_cpu_second": {
            "ours": summary([len(texts) / sum(turn) for turn in ours])[0],
            "theirs": summary([len(texts) / sum(turn) for turn in theirs])[0],
        },
    }


def _sum(values: Sequence[float], wanted: Sequence[bool]) -> float:
    return sum(value for value, taken in zip(values, wanted, strict=True) if taken)


def table(report: Mapping[str, Any]) -> str:
    """The figures as lines."""
    lines = [f"{report['input']['pages']} pages by {report['input']['engine']}", ""]
    heads = ("same words", "own words", "equal", "judged", "dropped")
    lines.append(" " * 32 + "".join(f"{head:>12}" for head in heads))
    for name, judged in report["judged"].items():
        shares = [report["agreement"][cut][name] for cut in _CUTS] + [report["equal_values"][name]]
        drops = "/".join(str(report["dropped"][side][name]) for side in ("ours", "theirs"))
        cells = "".join(f"{share:12.2%}" for share in shares)
        lines.append(f"{name:32}{cells}{judged:12}{drops:>12}")
    for name in report["family_agreement"]["own_words"]:
        cells = "".join(f"{report['family_agreement'][cut][name]:12.2%}" for cut in _CUTS)
        lines.append(f"{name:32}{cells}")
    lines += ["", *(f"{count:6} {kind}" for kind, count in report["kinds"].most_common()), ""]
    lines.append(
        f"ratio {report['ratio']:.1f} {report['ratio_spread']}, "
        f"{report['ms_per_5000_characters']:.2f} ms per 5,000 characters {report['ms_spread']}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
