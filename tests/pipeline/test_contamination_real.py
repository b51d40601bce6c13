"""Real benchmark items are found in real pages, and nothing else is."""

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.contamination import ContaminationIndex, Hit, contamination
from tests.pipeline.planted import BOUND, COPIES, LAYOUTS, filler, laid_out

DATA = Path(__file__).resolve().parents[2] / "../shared/data"


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


@pytest.fixture(scope="module")
def real() -> ContaminationIndex:
    folder = DATA / "benchmarks"
    if not folder.exists():
        pytest.skip(f"{folder} is absent")
    return ContaminationIndex.load([str(folder)])


def real_pages() -> list[str]:
    texts = []
    for name, key in [("topics/weborganizer_cc", "text"), ("pages/main-text.truth", "truth")]:
        path = DATA / f"{name}.jsonl.gz"
        if not path.exists():
            pytest.skip(f"{path} is absent")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts += [
                row[key] for line in lines if isinstance((row := json.loads(line)).get(key), str)
            ]
    return texts


def real_questions(step: int) -> list[tuple[str, int, str]]:
    """Benchmark, line and text as it stands there, of every so many real items of 8 words."""
    found = []
    for path in sorted((DATA / "benchmarks").iterdir()):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            texts = [row.get(key) for key in ("query", "prompt", "context")]
            text = next((text for text in texts if text), row.get("context_options", [""])[0])
            asked = text.rpartition("Question:")[2]
            # As many words as n-grams have must be left when marks are deleted.
            if number % step == 0 and len(re.sub(r"[^\w\s]|_", "", asked).split()) >= 8:
                found.append((path.name, number, text))
    return found


@pytest.mark.parametrize(
    "copy", "verbatim upper typographic other_marks marks_deleted marks_blanked line_a_word".split()
)
def test_real_items_in_real_pages_are_found(real: ContaminationIndex, copy: str) -> None:
    pages = [text for text in real_pages() if len(text) > 5000]
    missed = []
    for place, (benchmark, number, text) in enumerate(real_questions(60)):
        page = pages[place % len(pages)]
        middle = page.index(" ", len(page) // 2)
        hits = real.find(f"{page[:middle]}\n{COPIES[copy](text)}\n{page[middle:]}")
        if contamination(hits) < 0.9:
            missed.append((benchmark, number, contamination(hits)))
    assert missed == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_real_short_items_are_found_with_their_choices(
    real: ContaminationIndex, layout: str
) -> None:
    """Every third item with a question of fewer than 8 words, but 8 with all its choices."""
    missed, planted = [], 0
    for name in ("arc_challenge", "arc_easy", "copa", "openbook_qa", "piqa"):
        path = DATA / f"benchmarks/{name}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines()[::3]:
            row = json.loads(line)
            asked = row["query"].rpartition("Question:")[2].strip()
            whole = words_of("\n".join([asked, *row["choices"]]))
            if len(words_of(asked)) < 8 <= len(whole):
                copy = laid_out(asked, row["choices"], layout)
                planted += 1
                if contamination(real.find(f"{filler(99, 7)}\n{copy}\n{filler(99, 8)}")) <= BOUND:
                    missed.append(copy)
    assert planted > 400
    assert missed == []


def test_real_pages_hold_no_benchmark_items(real: ContaminationIndex) -> None:
    hits: list[Hit] = [hit for text in real_pages() for hit in real.find(text)]
    assert hits == []


def test_most_real_items_are_looked_for(real: ContaminationIndex) -> None:
    items = sum(benchmark.items for benchmark in real.benchmarks)
    looked_for = sum(benchmark.indexed + benchmark.repeated for benchmark in real.benchmarks)
    assert looked_for > 0.997 * items
    assert looked_for + len(real.unindexed) == items
    assert (np.diff(real.hashes.astype(object)) >= 0).all()
