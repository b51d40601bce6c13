"""Edits of any text: C4's rules against a plain restatement, spans of the text, hostile texts."""

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import edit
from pipeline.config import EditsSection
from pipeline.edits import apply, merge
from pipeline.records import Edit
from tests.pipeline.editsections import ALL, C4, CITATIONS

DATA = Path(__file__).resolve().parents[2] / "../shared/data"


# What lines are made of, so that every rule has something to find, and to miss.
FRAGMENTS = st.sampled_from(
    [
        *(
            "[1]",
            "[edit]",
            "[",
            "]",
            "1",
            "23",
            "a",
            "B",
            "word",
            "É",
            "ß",
            " ",
            "  ",
            "\n",
            "\n\n",
        ),
        *(
            ".",
            "...",
            "!",
            '"',
            "'",
            "{",
            "}",
            "#",
            "- ",
            "lorem ipsum",
            "JavaScript",
            "use cookies",
        ),
        *("sign-in ", "read more", "items in cart", "3 likes", "WORD", "x" * 1001, "\t", "。", "|"),
    ]
)
TEXTS = (
    st.lists(FRAGMENTS | st.text(max_size=3), max_size=40)
    .map("".join)
    .map(lambda text: text.replace("```", "").strip())
)
SECTIONS = st.builds(
    EditsSection,
    long_word_lines=st.none() | st.just(1000),
    citation_marks=st.booleans(),
    unterminated_lines=st.booleans(),
    short_lines=st.none() | st.integers(1, 5),
    javascript_lines=st.booleans(),
    policy_lines=st.booleans(),
    uppercase_lines=st.none() | st.floats(0, 1),
    numeric_lines=st.booleans(),
    counter_lines=st.booleans(),
    button_lines=st.booleans(),
)


def c4_lines(text: str) -> list[str]:
    """The lines that C4's rules leave, as its paper and DataTrove's documentation state them."""
    kept = []
    for line in map(str.strip, text.split("\n")):
        left = re.sub(r"\[\d*\]|\[edit\]|\[citation needed\]", "", line)
        ends = (".", "?", "!", '"', "'")
        if (
            all(len(word) <= 1000 for word in line.split())
            and left.endswith(ends)
            and not left.endswith("...")
            and len(line.split()) >= 3
            and "javascript" not in left.lower()
            and not re.search(
                "terms of use|(privacy|cookie) policy|(uses?|use of) cookies", left, re.I
            )
        ):
            kept.append(left.strip())
    return kept


def lines_left(text: str, section: EditsSection) -> list[str]:
    return [line.strip() for line in edit(text, section).text.split("\n") if line.strip()]


@given(TEXTS.filter(lambda text: not re.search(r"[$。]", text)))
def test_c4_as_its_rules_say(text: str) -> None:
    """Line for line what a plain restatement leaves, but for lines without a word."""
    words = re.compile(r"\w")
    assert lines_left(text, C4) == list(filter(words.search, c4_lines(text)))


def test_c4_as_its_rules_say_on_real_pages() -> None:
    """The same on real pages in English, whose scripts have no other sentence ends."""
    path = DATA / "topics/weborganizer_cc.jsonl.gz"
    if not path.exists():
        pytest.skip("the shared data is not here")
    with gzip.open(path, "rt") as lines:
        texts = [json.loads(next(lines))["text"].strip() for _ in range(300)]
    english = [text for text in texts if not re.search(r"[$。।]|```", text)]
    assert len(english) > 200
    for text in english:
        assert lines_left(text, C4) == c4_lines(text)


@given(TEXTS, SECTIONS)
def test_edits_are_spans_of_the_text(text: str, section: EditsSection) -> None:
    """In order, disjoint, not empty; applied to the text they give what is left."""
    edited = edit(text, section)
    assert apply(text, edited.edits) == edited.text
    assert edited.text == edited.text.strip()
    assert all(edit.start < edit.stop and not edit.text for edit in edited.edits)
    stops = [0, *(edit.stop for edit in edited.edits)]
    assert all(edit.start >= stop for edit, stop in zip(edited.edits, stops, strict=False))
    assert 0 <= edited.removed_words <= 1
    assert edited.text.count("\n\n") <= text.count("\n\n")


@given(st.lists(st.sampled_from(["a", "b", "[1]", "\n", "c javascript"])), st.data())
def test_spans_of_the_edited_text_are_found_in_the_original(
    pieces: list[str], data: st.DataObject
) -> None:
    """A span without the edits in it is the stretch; it begins and ends with kept characters."""
    text = "".join(["x", *pieces, "y"])
    edited = edit(text, EditsSection(citation_marks=True, javascript_lines=True))
    start = data.draw(st.integers(0, max(0, len(edited.text) - 1)))
    stop = data.draw(st.integers(start + 1, max(start + 1, len(edited.text))))
    if not edited.text:
        return
    first, last = edited.original(start, stop)
    removed = {i for edit in edited.edits for i in range(edit.start, edit.stop)}
    kept = [i for i in range(first, last) if i not in removed]
    assert "".join(text[i] for i in kept) == edited.text[start:stop]
    assert (kept[0], kept[-1]) == (first, last - 1)


def test_a_hidden_span_hides_what_was_removed_from_it() -> None:
    """An address with a mark in it is found once the mark is gone, and covers the mark."""
    text = "Write to a@b[1].org now"
    edited = edit(text, CITATIONS)
    start, stop = edited.original(9, 16)
    assert text[start:stop] == "a@b[1].org"
    hidden = merge(edited.edits, [Edit(9, 16, "email", "<EMAIL>")])
    assert apply(text, hidden) == "Write to <EMAIL> now"
    assert hidden == [Edit(9, 19, "email", "<EMAIL>")]


@pytest.mark.parametrize(
    "piece",
    [
        *("$", "$a", "$a ", "a\\$ ", "$[1]$ ", "{$", "[", "[1", "[1] ", "x [1] ", "[1]\n"),
        *(
            "```\n",
            "```a\n",
            "`",
            "\n",
            " ",
            " \n",
            "x\n",
            "A",
            "É",
            "1",
            "1,",
            "1 like ",
            "1 like\n",
        ),
        *(
            "sign-in ",
            "read more ",
            "read more or ",
            "share\n",
            "1 items in cart ",
            "lorem ipsum{\n",
        ),
    ],
)
def test_hostile_texts(piece: str) -> None:
    """A megabyte of any repeated piece is edited in linear time: quadratic would not end."""
    text = f"a b {piece * (1_000_000 // len(piece))} c.".strip()
    edited = edit(text, ALL.model_copy(update={"unterminated_lines": False}))
    assert apply(text, edited.edits) == edited.text
