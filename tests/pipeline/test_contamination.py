"""Copies of benchmark items are found in pages, whatever became of case and punctuation."""

import json
import pickle
import random
import re
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contamination import (
    ContaminationIndex,
    Coverage,
    contamination,
    merge,
    rows_of,
    spans,
)
from tests.pipeline.planted import (
    BOUND,
    COPIES,
    ITEMS,
    LAYOUTS,
    LONG,
    SHORT,
    filler,
    index_of,
    laid_out,
)


@pytest.fixture(scope="module")
def index() -> ContaminationIndex:
    return index_of(ITEMS)


@pytest.mark.parametrize("item", range(len(ITEMS)))
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_in_the_middle_of_a_long_page_is_found(
    index: ContaminationIndex, copy: str, item: int
) -> None:
    planted = COPIES[copy](ITEMS[item]["question"])
    before, after = filler(20_000, 1) + ".\n\n", "\n\n" + filler(20_000, 2)
    hits = index.find(before + planted + after)
    assert {hit.item for hit in hits} == {item}
    assert contamination(hits) == 1.0
    first, last = re.search(r"\w", planted), re.search(r"\w\W*$", planted)
    assert first and last
    assert spans(hits, BOUND) == [(len(before) + first.start(), len(before) + last.start() + 1)]


@settings(deadline=None)
@given(
    st.sampled_from([LONG, SHORT]),
    st.lists(st.text("zyx ßé京カ.,'ﬁ\u0301İ", max_size=40), min_size=2, max_size=2),
    st.randoms(use_true_random=False),
)
def test_offsets_cover_the_planted_words_and_nothing_else(
    index: ContaminationIndex, text: str, around: list[str], rng: random.Random
) -> None:
    planted = "".join(rng.choice([c, c.upper(), c + "\u0301"]) for c in text.rstrip("?"))
    before = around[0] + ". "
    (span,) = spans(index.find(f"{before}{planted}. {around[1]}"), BOUND)
    assert span[0] == len(before)
    assert span[1] in (len(before) + len(planted.rstrip("\u0301")), len(before) + len(planted))


def share_by_force(item: list[str], page: list[str], n: int) -> float:
    """The share of an item's words in n-grams that it shares with a page."""
    there = {tuple(page[i : i + n]) for i in range(len(page) - n + 1)}
    seen: set[tuple[str, ...]] = set()
    counting: set[int] = set()
    held: set[int] = set()
    for i in range(len(item) - n + 1):
        ngram = tuple(item[i : i + n])
        if ngram not in seen:
            seen.add(ngram)
            counting |= set(range(i, i + n))
            held |= set(range(i, i + n)) if ngram in there else set()
    return len(held) / len(counting)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcd"), min_size=3, max_size=14), min_size=1, max_size=4),
    st.lists(st.sampled_from("abcd "), max_size=60),
)
def test_the_share_is_that_of_a_plain_count(items: list[list[str]], page: list[str]) -> None:
    """Tiny vocabulary, many repeats within items, between items and in the page."""
    index = index_of([{"question": " ".join(item)} for item in items], ngram=5, short=3)
    found = {row.item: row.covered for row in rows_of(index.find(" ".join(page)), "id", "url")}
    present = [letter for letter in page if letter != " "]
    for number, item in enumerate(items):
        if item not in items[:number]:
            share = share_by_force(item, present, 5 if len(item) >= 10 else 3)
            assert found.get(number, 0.0) == pytest.approx(share)


def test_n_grams_are_of_thirteen_words_and_of_eight_in_short_items() -> None:
    words = filler(1, 0).split() + [f"w{i}" for i in range(25)]
    index = index_of([{"question": " ".join(words)}, {"question": " ".join(words[1:])}])
    assert index.passages[:, 3].tolist() == [13, 8]
    assert [hit.item for hit in index.find(" ".join(words[1:13]))] == [1]
    assert {hit.item for hit in index.find(" ".join(words[:13]))} == {0, 1}
    assert not index.find(" ".join(words[3:10]))


def test_half_an_item_said_twice_is_half_an_item() -> None:
    words = [f"w{i}" for i in range(40)]
    index = index_of([{"question": " ".join(words)}])
    half = " ".join(words[:20])
    assert contamination(index.find(f"{half} and {half}")) == 0.5
    assert contamination(index.find(f"{half} and {' '.join(words[20:])}")) == 1.0
    assert spans(index.find(half), 0.5) == []
    assert spans(index.find(half), 0.49) == [(0, len(half))]


@pytest.mark.parametrize(
    ("between", "resumes"), [("and", 21), ("", 21), ("and", 20), ("a b c", 20)]
)
def test_a_changed_lost_or_added_word_parts_hits(between: str, resumes: int) -> None:
    words = [f"w{i}" for i in range(40)]
    index = index_of([{"question": " ".join(words)}])
    first, second = " ".join(words[:20]), " ".join(words[resumes:])
    page = f"{first} {between} {second}"
    hits = [(page[hit.start : hit.stop], hit.first, hit.last) for hit in index.find(page)]
    assert hits == [(first, 0, 20), (second, resumes, 40)]
    assert contamination(index.find(page)) == (60 - resumes) / 40


def test_a_page_without_an_item_has_no_hits(index: ContaminationIndex) -> None:
    turns = "If he wears out a pair of boots. Build a nest of its own."
    for text in ("", "\n", "?!", "one", turns, filler(30_000, 3)):
        assert index.find(text) == []
        assert contamination(index.find(text)) == 0.0
    assert index_of([{"question": "Why?"}]).find(LONG) == []


def test_a_short_question_is_found_with_a_choice_or_after_its_passage() -> None:
    index = index_of(
        [
            {
                "question": "The woman retired, so",
                "choices": ["she was given a pension.", "she ran."],
            },
            {"query": "Passage: " + filler(40, 4) + ".\nQuestion: is that so\nAnswer:"},
            {"question": "Why then?", "choices": ["It rained."]},
            {"question": "Is a co-op a firm or not?", "choices": ["It's neither of them"]},
        ]
    )
    assert [benchmark.indexed for benchmark in index.benchmarks] == [3]
    assert contamination(index.find("is a coop a firm or not its neither of them")) == 1.0
    assert contamination(index.find("The woman retired, so she was given a pension.")) == 1.0
    assert not index.find("The woman retired, so what, and she was given a pension.")
    assert contamination(index.find(filler(40, 4) + ".\nQuestion: is that so, really")) == 1.0
    assert not index.find(filler(40, 4) + ". Is that so")


@pytest.mark.parametrize("copy", ["verbatim", "upper", "marks_blanked", "more_marks", "one_line"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "choices", [["a gull", "a wren", "a crow"], ["a stork, which is white and tall", "a wren"]]
)
def test_a_short_question_is_found_with_its_choices_in_any_layout(
    layout: str, copy: str, choices: list[str]
) -> None:
    """Choices of which none makes 8 words with the question, and of which one does."""
    index = index_of([{"question": "Who nests here?", "choices": choices}])
    planted = COPIES[copy](laid_out("Who nests here?", choices, layout))
    page = f"{filler(2000, 1)}.\n\n{planted}\n\n{filler(2000, 2)}"
    assert contamination(index.find(page)) == 1.0


def test_labels_do_not_make_an_item_long_enough() -> None:
    index = index_of(
        [
            {"question": "Who nests here?", "choices": ["gull", "wren", "crow", "rook"]},
            {"question": "Who sings there?", "choices": ["stork", "owl", "teal", "tit", "jay"]},
        ]
    )
    assert [benchmark.indexed for benchmark in index.benchmarks] == [1]
    assert not index.find("Who nests here? A. gull B. wren C. crow D. rook")
    assert contamination(index.find("Who sings there? A stork B owl C teal D tit E jay")) == 1


def test_every_item_that_is_not_looked_for_is_told() -> None:
    formula = filler(14, 6)
    asked = [{"question": f"{formula} {filler(4, seed)} q{seed}"} for seed in range(11)]
    short = {"question": "Why?"}
    index = index_of([short, *asked, {"question": formula}], [short, asked[3], {"question": SHORT}])
    told = [("a.jsonl", 0), ("a.jsonl", 12), ("b.jsonl", 0)]
    assert list(index.unindexed) == [Coverage(*item, 0, 0.0, 0, "", "") for item in told]
    counts = [(b.items, b.indexed, b.repeated) for b in index.benchmarks]
    assert counts == [(13, 11, 0), (3, 1, 1)]


def test_a_passage_that_a_question_is_about_is_no_contamination() -> None:
    passage = filler(50, 5)
    index = index_of(
        [
            {"context": passage, "question": SHORT},
            {"context": passage, "question": "Is that so?"},
            {"query": f"Passage: {passage}\nQuestion: {LONG}\nAnswer:"},
        ]
    )
    assert not index.find(passage)
    assert {hit.item for hit in index.find(SHORT + LONG)} == {0, 2}
    assert {hit.item for hit in index.find(f"{passage} Is that so?")} == {1}


def test_formulas_prove_nothing() -> None:
    formula = "which of the following sentences about the planets in our system is most likely true"

    def asked(count: int) -> list[object]:
        return [{"question": f"{formula} {filler(12, seed)} q{seed}"} for seed in range(count)]

    assert contamination(index_of(asked(10)).find(formula)) > 0.4
    index = index_of(asked(11))
    assert index.find(formula) == []
    assert index.benchmarks[0].indexed == 11
    assert contamination(index.find(f"{formula} {filler(12, 3)} q3")) == 1.0


def test_a_formula_does_not_part_a_hit() -> None:
    formula = filler(14, 6)
    index = index_of([{"question": f"{filler(15, s)} q{s} {formula} {s}"} for s in range(100, 112)])
    page = f"{filler(15, 105)} q105 {formula} 105"
    hits = [hit for hit in index.find(page) if hit.item == 5]
    assert [(hit.start, hit.stop) for hit in hits] == [(0, len(page))]


def test_copies_of_a_benchmark_do_not_make_formulas_of_its_items() -> None:
    index = index_of(*[[{"question": LONG}]] * 12)
    hits = index.find(LONG)
    assert ({hit.benchmark for hit in hits}, contamination(hits)) == ({"a.jsonl"}, 1.0)
    counts = [(b.name, b.items, b.indexed, b.repeated) for b in index.benchmarks]
    assert counts[:2] == [("a.jsonl", 1, 1, 0), ("b.jsonl", 1, 0, 1)]


def test_a_character_counts_half_in_scripts_without_spaces() -> None:
    question = "如果一只乌龟每小时爬行三十米，那么它需要多少天才能走完七公里的路程？"
    index = index_of([{"question": question}, {"question": "下列哪一项是正确的描述呢？"}])
    assert index.benchmarks[0].indexed == 1
    page = "今天天气很好。" * 50
    assert contamination(index.find(page + re.sub("[，？]", "\n", question) + page)) == 1.0
    assert not index.find(page + question[:15] + page)


def test_the_same_index_whatever_the_order_of_paths(tmp_path: Path) -> None:
    paths = []
    for number, item in enumerate([*ITEMS, ITEMS[0]]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps([item, *ITEMS[:number]]))
        paths.append(str(path))
    first, *others = (ContaminationIndex.load(order) for order in permutations(paths))
    for other in [*others, ContaminationIndex.load([str(tmp_path), paths[0]])]:
        assert pickle.dumps(other) == pickle.dumps(first)


def test_an_index_survives_pickling(index: ContaminationIndex) -> None:
    assert pickle.loads(pickle.dumps(index)).find(LONG) == index.find(LONG) != []


def test_a_page_that_repeats_one_word_does_not_outgrow_memory() -> None:
    index = index_of([{"question": "ha " * 1000}, {"question": "ha " * 25}])
    hits = index.find("ha " * 2000)
    assert len(hits) <= 2 * 2000
    assert contamination(hits) == 1.0


coverages = st.builds(
    Coverage,
    st.sampled_from(["a", "b"]),
    st.integers(0, 2),
    st.integers(8, 9),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.integers(1, 3),
    st.sampled_from(["p", "q"]),
    st.sampled_from(["u", "v"]),
)


@given(st.lists(coverages), st.randoms(use_true_random=False), st.integers(0, 20))
def test_rows_merge_the_same_in_any_order_and_in_parts(
    rows: list[Coverage], rng: random.Random, cut: int
) -> None:
    merged = merge(rows)
    assert merged == merge(rng.sample(rows, len(rows)))
    assert merged == merge([*merge(rows[:cut]), *merge(rows[cut:])])
    assert sum(row.pages for row in merged) == sum(row.pages for row in rows)
    for row in merged:
        same = [
            other for other in rows if (other.benchmark, other.item) == (row.benchmark, row.item)
        ]
        assert row.covered == max(other.covered for other in same)


def test_rows_tell_how_much_of_an_item_a_page_holds() -> None:
    words = [f"w{i}" for i in range(40)]
    index = index_of([{"question": " ".join(words)}, {"question": SHORT}])
    (row,) = rows_of(index.find(" ".join(words[:20] * 2)), "id", "http://host/")
    assert row == Coverage("a.jsonl", 0, 40, 0.5, 1, "id", "http://host/")
    full = rows_of(index.find(" ".join(words) + SHORT), "full", "")
    assert [(r.item, r.page_id, r.pages) for r in merge([row, *full])] == [
        (0, "full", 2),
        (1, "full", 1),
    ]
    assert rows_of([], "id", "") == []
