"""Every edit on hand-made lines."""

import pytest

from pipeline.cleaning import ROWS, edit, fences
from pipeline.config import EditsSection
from pipeline.records import Edit
from tests.pipeline.editsections import ALL, C4, CITATIONS

NOTHING = EditsSection()
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
