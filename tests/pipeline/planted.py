"""Benchmark items, the copies of them that tests plant in pages, and an index of such items."""

import json
import random
import re
import string
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.benchmarkitems import read
from pipeline.contamination import ContaminationIndex

BOUND = 0.5

LONG = (
    "A lighthouse-keeper walks 3 miles to the harbour and 2.5 miles back every day, but on Sundays "
    "he doesn't leave the tower. If he wears out a pair of boots in 1,000 miles, how many pairs "
    "does he need in seven years?"
)
SHORT = "Which well-known bird doesn't build a nest of its own?"
CODE = (
    "def drop_every(items: list[int], step: int) -> list[int]:\n"
    '    """Return the list_items without each step-th one, counted from the first_item on.\n'
    "    >>> drop_every([5, 6, 7, 8], 2)\n    [5, 7]\n"
    '    """'
)
ITEMS = [{"question": LONG}, {"question": SHORT}, {"question": CODE}]


def respaced(text: str, replacement: str) -> str:
    return text.translate({ord(mark): replacement for mark in string.punctuation})


COPIES: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "upper": str.upper,
    "title": str.title,
    "swapped": str.swapcase,
    "typographic": lambda t: t.replace("'", "’").replace("-", "–").replace('"', "“"),
    "full_width": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "other_marks": lambda t: re.sub(r"[^\w\s]", "*", t),
    "more_marks": lambda t: re.sub(r"\s+", " … ", t),
    "no_apostrophes": lambda t: t.replace("'", ""),
    "marks_deleted": lambda t: re.sub(r"[^\w\s]", "", t),
    "marks_and_underscores_deleted": lambda t: respaced(t, ""),
    "marks_blanked": lambda t: re.sub(r"[^\w\s]", " ", t),
    "marks_and_underscores_blanked": lambda t: respaced(t, " "),
    "one_line": lambda t: " ".join(t.split()),
    "line_a_word": lambda t: "\n".join(t.split()),
    "windows_lines": lambda t: t.replace("\n", "\r\n").replace(" ", "\u00a0"),
    "soft_hyphens": lambda t: re.sub(r"(\w)(\w)", "\\1\u00ad\\2", t),
}


def index_of(*benchmarks: Sequence[object], ngram: int = 13, short: int = 8) -> ContaminationIndex:
    """An index of benchmarks named a.jsonl, b.jsonl, ... with these records."""
    with tempfile.TemporaryDirectory() as folder:
        for name, records in zip(string.ascii_lowercase, benchmarks, strict=False):
            lines = "\n".join(map(json.dumps, records))
            Path(folder, f"{name}.jsonl").write_text(lines, encoding="utf-8")
        return ContaminationIndex.of(read([folder]), ngram, short)


def filler(n_words: int, seed: int) -> str:
    """Words that no item here has."""
    rng = random.Random(seed)
    return " ".join(rng.choice("zeta iota omega kappa sigma".split()) for _ in range(n_words))


LAYOUTS = ["", "A.", "(A)", "a:", "1)", "1."]


def laid_out(question: str, choices: Sequence[str], first_label: str) -> str:
    """A question and its choices, a line each, with labels such as this first one."""
    lines = [question]
    for place, choice in enumerate(choices):
        following = {ord(label): ord(label) + place for label in "Aa1"}
        lines.append(f"{first_label.translate(following)} {choice}")
    return "\n".join(lines)
