"""Every edit on hand-made lines, C4's rules against a plain restatement, and edits of edits."""

import gzip
import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import ROWS, edit, fences
from pipeline.config import EditsSection
from pipeline.edits import apply, merge
from pipeline.records import Edit

DATA = Path(__file__).resolve().parents[2] / "../shared/data"

NOTHING = EditsSection()
C4 = EditsSection(
    long_word_lines=1000,
    citation_marks=True,
    unterminated_lines=True,
    short_lines=3,
    javascript_lines=True,
    policy_lines=True,
)
REFINED_WEB = EditsSection(
    short_lines=2,
    uppercase_lines=0.5,
    numeric_lines=True,
    counter_lines=True,
    button_lines=True,
)
ALL = EditsSection.model_validate(
    {**C4.model_dump(), **REFINED_WEB.model_dump(exclude_defaults=True), "citation_marks": True}
)
CITATIONS = EditsSection(citation_marks=True)
UNTERMINATED = EditsSection(unterminated_lines=True)
JAVASCRIPT = EditsSection(javascript_lines=True)
BUTTONS = EditsSection(button_lines=True)
COUNTERS = EditsSection(counter_lines=True)


def goes(line: str, section: EditsSection) -> bool:
    """Whether a line is removed from between two that stay."""
    stays = "This line stays as it is, for it is a sentence."
    left = edit(f"{stays}\n{line}\n{stays}", section).text
    assert left in (f"{stays}\n{line}\n{stays}", f"{stays}\n{stays}")
    return left == f"{stays}\n{stays}"


def test_rows_are_the_configured_edits_and_the_marks() -> None:
    """Every key of `filter.edits` is a row, and every other row only counts."""
    assert {row.name for row in ROWS if not row.marks} == set(EditsSection.model_fields)
    assert [row.name for row in ROWS if row.marks] == ["lorem_ipsum", "curly_brackets"]


def test_long_words() -> None:
    """A line goes for a word beyond the limit, not for a long line of words within it."""
    section = EditsSection(long_word_lines=10)
    assert goes("short abcdefghijk short", section)
    assert not goes("abcdefghij abcdefghij abcdefghij", section)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Cheese[1] is old[23].", "Cheese is old."),
        ("Cheese is old.[citation needed]", "Cheese is old."),
        ("[12] Smith, On cheese", "Smith, On cheese"),
        ("[1] [2]  Smith", "Smith"),
        ("## History [edit]", "## History"),
        ("Cheese [1] [2] [3]", "Cheese"),
        ("Cheese [a] and [1a] and [Edit]", "Cheese [a] and [1a] and [Edit]"),
        (r"A root, $\sqrt[3]{x}$, and a source[3]", r"A root, $\sqrt[3]{x}$, and a source"),
        ("It costs $5[1] or $6[2] a piece", "It costs $5 or $6 a piece"),
    ],
)
def test_citation_marks(line: str, left: str) -> None:
    """Marks go, with the white space beside them at the line's ends; formulas stay."""
    assert edit(f"First.\n{line}\nLast.", CITATIONS).text == f"First.\n{left}\nLast."
    assert edit(line, CITATIONS).text == left


@pytest.mark.parametrize("line", ["[edit]", "[1] [2]", "- [12]"])
def test_a_line_of_marks_goes_whole(line: str) -> None:
    """No blank line and no lone bullet is left of a line that is all marks."""
    assert goes(line, CITATIONS)
    assert edit(f"A.\n{line}\nB.", CITATIONS).counts == {"citation_marks": 1}


@pytest.mark.parametrize(
    "line", ["End.", "End?", "End!", 'He said "end."', "'End'", "完。", "「完」", "“完。”", "अंत।"]
)
def test_terminated_lines_stay(line: str) -> None:
    """C4's marks as DataTrove has them, and the sentence ends of other scripts."""
    assert not goes(line, UNTERMINATED)


@pytest.mark.parametrize("line", ["Title", "# Title", "Etc...", "Etc…", "End,", "He said “end”"])
def test_unterminated_lines_go(line: str) -> None:
    """Lines without a mark, and those that end in an ellipsis."""
    assert goes(line, UNTERMINATED)


def test_terminal_marks_are_looked_for_after_citation_marks_are_gone() -> None:
    """As in TFDS and DataTrove: a space left before a mark unterminates the line."""
    both = EditsSection(citation_marks=True, unterminated_lines=True)
    assert edit("It is so.[1]", both).text == "It is so."
    assert edit("It is so. [1]", both).text == ""


@pytest.mark.parametrize(("line", "gone"), [("Two words.", True), ("[1] Two words.", False)])
def test_short_lines_count_citation_marks(line: str, gone: bool) -> None:
    """As DataTrove does: words are counted before citation marks are gone."""
    kept = edit(f"Three words here.\n{line}", C4).text
    assert kept == ("Three words here." if gone else "Three words here.\nTwo words.")


def test_javascript_and_policies() -> None:
    """In any case, anywhere in the line."""
    assert goes("Please enable JavaScript.", JAVASCRIPT)
    policies = EditsSection(policy_lines=True)
    assert goes("This site Uses Cookies, you know.", policies)
    assert goes("Read our PRIVACY POLICY.", policies)
    assert not goes("I like cookies.", policies)


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("ABc", True),
        ("ABcd", False),
        ("BREAKING NEWS", True),
        ("МОСКВА и", True),
        ("МОсква", False),
        ("ÉBcß", False),
    ],
)
def test_uppercase_lines(line: str, gone: bool) -> None:
    """More than the share of all characters, white space included, in any script."""
    assert goes(line, EditsSection(uppercase_lines=0.5)) is gone


@pytest.mark.parametrize(("line", "gone"), [("2024", True), ("12 34", False), ("| 1 | 2 |", False)])
def test_numeric_lines(line: str, gone: bool) -> None:
    """Digits alone; a table's row of numbers is more."""
    assert goes(line, EditsSection(numeric_lines=True)) is gone


@pytest.mark.parametrize(
    "line", ["3 likes", "1,234 Views", "- 2.5k followers", "1 comment", "(12 shares)"]
)
def test_counters_go(line: str) -> None:
    assert goes(line, COUNTERS)


@pytest.mark.parametrize("line", ["3 likes and a comment", "likes", "3 apples", "She likes 3"])
def test_other_numbers_stay(line: str) -> None:
    assert not goes(line, COUNTERS)


@pytest.mark.parametrize(
    "line", ["Read more", "Sign in | Register", "- Log in or sign up", "SHARE THIS"]
)
def test_buttons_go(line: str) -> None:
    assert goes(line, BUTTONS)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("A cheese was found Read more...", "A cheese was found"),
        ("Sign-in the cheese shop", "the cheese shop"),
        ("The shop, 3 items in cart, is open", "The shop, , is open"),
        ("If you like cheese, read more", "If you like cheese, read more"),
        ("## Log in", "## Log in"),
        ("One two three four five six seven eight nine read more...",) * 2,
    ],
)
def test_buttons_are_taken_out_of_short_lines(line: str, left: str) -> None:
    """At the place RefinedWeb names for each, in lines of at most ten words."""
    assert edit(f"A.\n{line}\nB.", BUTTONS).text == f"A.\n{left}\nB."


def test_two_edits_of_spans_share_a_line() -> None:
    """Spans found in what is left are spans of the original."""
    section = EditsSection(citation_marks=True, button_lines=True)
    edited = edit("Old[1] cheese read[2] more...", section)
    assert edited.text == "Old cheese"
    assert edited.edits == [
        Edit(3, 6, "citation_marks"),
        Edit(13, 29, "button_lines"),
    ]


def test_marks_are_counted_where_c4_looks() -> None:
    """Lorem ipsum in lines left by then, also before JavaScript goes; brackets after that."""
    text = (
        "Lorem ipsum\n"
        "It says lorem ipsum.\n"
        "The javascript says lorem ipsum { here.\n"
        "The privacy policy has a { in it."
    )
    edited = edit(text, C4)
    assert edited.marks == {"lorem_ipsum": 2, "curly_brackets": 1}
    assert edited.counts == {"unterminated_lines": 1, "javascript_lines": 1, "policy_lines": 1}
    assert edit(text, NOTHING).marks == {"lorem_ipsum": 3, "curly_brackets": 2}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Let {x} be.", 1),
        (r"Let $\frac{1}{2}$ be.", 0),
        (r"Let $$\frac{1}{2}$$ be.", 0),
        (r"Let $\frac{1}{2}$ and {x} be.", 1),
        ("Use ${HOME} or ${PATH} there.", 1),
        ("It costs $5 {or} $6 there.", 1),
    ],
)
def test_brackets_of_formulas_do_not_count(line: str, count: int) -> None:
    """TeX is no program; a shell's variables and prices are no TeX."""
    assert edit(line, NOTHING).marks["curly_brackets"] == count


CODE = "```\nif (x) { javascript() }\n\nlorem ipsum\na[1]\n42\n```"


def test_code_is_left_alone() -> None:
    """Nothing between fences is edited or counted; everything around them is."""
    edited = edit(f"Title\n{CODE}\nUntitled", ALL)
    assert edited.text == CODE
    assert not any(edited.marks.values())
    assert fences(f"A\n{CODE}\nB\n```python\n1\n  ```") == [
        (2, 2 + len(CODE)),
        (len(CODE) + 5, len(CODE) + 22),
    ]


def test_a_fence_that_never_closes_is_none() -> None:
    """Else a stray one would save all the rest of a page."""
    assert fences("```\njavascript\n```python\nA ``` b\n```` ") == []
    assert edit("```\njavascript\nA sentence.", JAVASCRIPT).text == "```\nA sentence."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x\nA.\nB.", "A.\nB."),
        ("A.\nx\nB.", "A.\nB."),
        ("A.\nB.\nx", "A.\nB."),
        ("A.\n\nx\n\nB.", "A.\n\nB."),
        ("x\n\n  - A.\n  - B.", "- A.\n  - B."),
        ("A.  \n\nx", "A."),
        ("x\ny", ""),
        ("", ""),
    ],
)
def test_removed_lines_leave_no_blank_line(text: str, left: str) -> None:
    """A line goes with the white space before it, or after it at the text's start."""
    assert edit(text, UNTERMINATED).text == left


def test_share_of_removed_words() -> None:
    """Words of removed lines and of removed spans, over all words; none of none is 0."""
    section = EditsSection(citation_marks=True, javascript_lines=True)
    assert edit("One two [1] four.\nUse javascript now please.", section).removed_words == 5 / 8
    assert edit("One two.", section).removed_words == 0
    assert edit("", section).removed_words == 0


def test_text_without_edits_is_returned_itself() -> None:
    """No copy is made where nothing is taken out."""
    text = "".join(["A sentence.\n", "Title"])
    assert edit(text, NOTHING).text is text
    assert edit(text, JAVASCRIPT).text is text


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


@st.composite
def disjoint_edits(draw: st.DrawFn, length: int) -> list[Edit]:
    points = st.lists(st.integers(0, length), max_size=12, unique=True)
    cuts = sorted(draw(points))
    spans = itertools.pairwise(cuts)
    texts = st.sampled_from(["", "", "x", "<NAME>"])
    return [Edit(*span, "kind", draw(texts)) for span in spans if draw(st.booleans())]


@given(st.data())
def test_merged_edits_do_the_same_in_one_step(data: st.DataObject) -> None:
    """Whatever the later edits touch: kept text, removed stretches, parts of replacements."""
    text = "abcdefghijklmnopqrstuvwxyz"
    first = data.draw(disjoint_edits(len(text)))
    between = apply(text, first)
    later = data.draw(disjoint_edits(len(between)))
    merged = merge(first, later)
    assert apply(text, merged) == apply(between, later)
    stops = [0, *(edit.stop for edit in merged)]
    assert all(edit.start >= stop for edit, stop in zip(merged, stops, strict=False))
    assert all(edit.start < edit.stop for edit in merged)


def test_merged_edits_keep_their_kinds() -> None:
    """Edits that do not meet stay apart, also where they are neighbours."""
    first = [Edit(0, 2, "short_lines"), Edit(5, 7, "citation_marks")]
    later = [Edit(0, 3, "email", "<E>"), Edit(4, 5, "phone", "<P>")]
    assert merge(first, later) == [
        Edit(0, 2, "short_lines"),
        Edit(2, 5, "email", "<E>"),
        Edit(5, 7, "citation_marks"),
        Edit(8, 9, "phone", "<P>"),
    ]


def test_a_replacement_changed_in_part_stays_one_edit() -> None:
    first = [Edit(2, 4, "email", "<EMAIL>")]
    assert merge(first, [Edit(3, 8, "upper", "mail")]) == [Edit(2, 4, "email", "<mail>")]


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
