"""Line and span edits: what the field takes out of a text before it is judged, as rows of a table.

An edit is a span of the text it was found in, so that it can be counted, shown and undone;
`edits.merge` brings what later steps replace (personal data) into the same coordinates. A row looks
at one line at a time, and at what the rows before it have left of it; lines end at a line feed.

What holds for our Markdown-like texts:

- What stands between fences, closed ones, is neither edited nor counted: a line of code does not
  lack a full stop, and code without some of its lines is broken.
- Elsewhere the marks of a line (`#`, `-`, `|`) belong to it, as they do for DataTrove and DCLM on
  the same text: `- apples` has two words, and a table's row is never numbers alone.
- TeX between `$` has no citation marks, and its curly brackets are none of a program.
- Blank lines are no lines to edit. Those before a removed line go with it.
"""

import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.edits import Edited, Span, apply, merge
from pipeline.records import Edit

if TYPE_CHECKING:
    from pipeline.config import EditsSection

C4 = "Raffel et al. 2020 (C4), section 2.2, as in TFDS's c4_utils and DataTrove's C4QualityFilter"
REFINED_WEB = "Penedo et al. 2023 (RefinedWeb), appendix G.2, as in DCLM's line modifiers"

_FENCE = re.compile(r"(?m)^[ \t]*+```([^`\n]*+)$")
_WORD = re.compile(r"\w")
# After Pandoc's rule for TeX between dollars; `$name` and `${name}` of a shell do not close one.
_FORMULA = re.compile(
    r"(?<!\\)(?:\$\$(?:[^$\\]|\\.)++\$\$|\$(?![\s$])(?:[^$\\]|\\.)++(?<!\s)\$(?![\w({]))"
)
_CITATION = re.compile(r"\[(?:\d*+|edit|citation needed)\]")
_ELLIPSIS = "..."
# DataTrove's marks; TFDS has no apostrophe. C4 is English, so the other scripts' marks are ours.
_TERMINAL = frozenset(".?!\"'。．｡！？」』।॥؟۔။།។։")
_QUOTED_TERMINAL = ("。”", "！”", "？”")
_POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_CAPITALS = string.ascii_uppercase.encode()
_COUNTER = re.compile(
    r"\W*+\d[\d.,]*+[kmb]?\s++(?:like|share|comment|retweet|repost|quote|bookmark|upvote|downvote"
    r"|download|view|follower)s?\W*+",
    re.IGNORECASE,
)
_BUTTON_WORDS = 10
_LABEL = (
    r"(?:add to (?:cart|basket|wishlist)|back to top|continue reading|learn more|load more"
    r"|log ?(?:in|out)|read (?:more|the rest)|register|see (?:all|more)|share(?: this)?|show more"
    r"|sign[ -]?(?:in|out|up)|skip to (?:main )?content|subscribe|view (?:all|cart|more))"
)
_LABELS = re.compile(rf"[^\w#]*+{_LABEL}(?:[\W_]++(?:or[\W_]++)?{_LABEL})*+[\W_]*+", re.IGNORECASE)
_BUTTON_LITERALS = ("sign-in", "read more", "cart")
_BUTTON = re.compile(
    r"^sign-in\b\s*+|\bread more(?:\s?\.\.\.|\s?[…»›→])$|\b(?:\d++ )?items? in (?:your )?cart\b",
    re.IGNORECASE,
)


class _Line:
    """A line while rows work on it.

    Attributes:
        text: The line without white space at its ends.
        left: What edits of spans have left of it.
        edits: Those edits, on `text`.
    """

    __slots__ = ("edits", "left", "text")

    def __init__(self, text: str) -> None:
        self.text = self.left = text
        self.edits: list[Edit] = []

    def has_words(self, count: int) -> bool:
        """Whether white space separates at least so many words, a positive number."""
        return len(self.text.split(maxsplit=count - 1)) == count

    def take(self, kind: str, spans: Sequence[Span]) -> None:
        """Removes spans of what is left."""
        edits = [Edit(start, stop, kind) for start, stop in spans]
        self.edits = merge(self.edits, edits)
        self.left = apply(self.left, edits)


def _is_long_word_line(line: _Line, limit: float) -> bool:
    return len(line.text) > limit and max(map(len, line.text.split())) > limit


def _citations(line: _Line, limit: float) -> Sequence[Span]:
    spans = [match.span() for match in _CITATION.finditer(line.left)]
    if spans and "$" in line.left:
        formulas = [match.span() for match in _FORMULA.finditer(line.left)]
        starts = [start for start, _ in formulas]
        ends = [0, *(stop for _, stop in formulas)]
        spans = [span for span in spans if span[0] >= ends[bisect_right(starts, span[0])]]
    return spans


def _is_unterminated(line: _Line, limit: float) -> bool:
    if line.left[-1:] in _TERMINAL:
        return line.left.endswith(_ELLIPSIS)
    return not line.left.endswith(_QUOTED_TERMINAL)


def _has_curly_bracket(line: _Line, limit: float) -> bool:
    return "{" in (_FORMULA.sub("", line.left) if "$" in line.left else line.left)


def _has(*phrases: str) -> Callable[[_Line, float], bool]:
    def predicate(line: _Line, limit: float) -> bool:
        lower = line.left.lower()
        return any(phrase in lower for phrase in phrases)

    return predicate


def _is_uppercase(line: _Line, limit: float) -> bool:
    bound = limit * len(line.left)
    ascii_only = line.left.encode("ascii", "ignore")
    others = len(line.left) - len(ascii_only.translate(None, _CAPITALS))
    # Few lines have so many capitals and characters beyond ASCII that it pays to look at each.
    return others > bound and sum(map(str.isupper, line.left)) > bound


def _buttons(line: _Line, limit: float) -> bool | Sequence[Span]:
    if line.has_words(_BUTTON_WORDS + 1):
        return False
    if _LABELS.fullmatch(line.left):
        return True
    lower = line.left.lower()
    if not any(literal in lower for literal in _BUTTON_LITERALS):
        return False
    return [match.span() for match in _BUTTON.finditer(line.left)]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of edit, or of mark.

    Attributes:
        name: The key in `filter.edits`, the kind of the edits, the key of the counts.
        find: Whether a line goes, or which spans of what is left of it; it is given the limit of
            the configuration. A line of which no word is left goes whole.
        source: Where the rule is from.
        meaning: What it finds, for the documentation.
        needs: Lower-case literals, one of which a page must have for the row to find anything.
        marks: Whether the row only counts the lines in which it finds something; such rows are
            always on.
    """

    name: str
    find: Callable[[_Line, float], bool | Sequence[Span]]
    source: str
    meaning: str
    needs: Sequence[str] = ("",)
    marks: bool = False


ROWS: Sequence[Row] = (
    Row(
        "long_word_lines",
        _is_long_word_line,
        C4,
        "lines with a word of more characters (C4: 1,000)",
    ),
    Row(
        "citation_marks",
        _citations,
        C4,
        "`[12]`, `[]`, `[edit]`, `[citation needed]`, anywhere but in a formula",
        needs=("[",),
    ),
    Row(
        "unterminated_lines",
        _is_unterminated,
        C4,
        "lines that do not end in `.`, `?`, `!`, `\"` or `'` or in the mark of another script, or "
        "that end in `...`; citation marks are gone by then, the space before them is not. The "
        "apostrophe is DataTrove's, the other scripts' marks are ours",
    ),
    Row(
        "short_lines",
        lambda line, limit: not line.has_words(int(limit)),
        C4 + "; with another limit " + REFINED_WEB,
        "lines of fewer words, by white space (TFDS: 5, DataTrove: 3, DCLM: 2); citation marks "
        "count as in DataTrove, not as in TFDS",
    ),
    Row(
        "lorem_ipsum",
        _has("lorem ipsum"),
        C4,
        "lines, of those left, with `lorem ipsum`",
        needs=("lorem ipsum",),
        marks=True,
    ),
    Row(
        "javascript_lines",
        _has("javascript"),
        C4,
        "lines with `javascript` in any case",
        needs=("javascript",),
    ),
    Row(
        "curly_brackets",
        _has_curly_bracket,
        C4,
        "lines, of those left, with `{` outside of a formula; code between fences has none",
        needs=("{",),
        marks=True,
    ),
    Row(
        "policy_lines",
        _has(*_POLICIES),
        C4,
        "lines with " + ", ".join(f"`{policy}`" for policy in _POLICIES) + " in any case",
        needs=_POLICIES,
    ),
    Row(
        "uppercase_lines",
        _is_uppercase,
        REFINED_WEB,
        "lines of which a greater share of the characters is upper case (DCLM: 0.5)",
    ),
    Row(
        "numeric_lines",
        lambda line, limit: line.left.isdigit(),
        REFINED_WEB,
        "lines of digits alone",
    ),
    Row(
        "counter_lines",
        lambda line, limit: _COUNTER.fullmatch(line.left) is not None,
        REFINED_WEB,
        "lines that are a number and what it counts, such as `3 likes`; DCLM's list of nouns, and "
        "their singular",
    ),
    Row(
        "button_lines",
        _buttons,
        REFINED_WEB,
        "in lines of at most 10 words: `sign-in` at the start, `read more...` at the end, `items "
        "in cart` anywhere; and whole lines of such labels, headings apart, which DCLM has not",
    ),
)
"""Every row, in the order in which they work: C4's, then RefinedWeb's."""


def edit(text: str, section: "EditsSection") -> Edited:
    """Applies the configured edits to a text, and counts what is only marked.

    Args:
        text: A page's text, lines separated by line feeds, without white space at its ends.
        section: Which edits, and their limits.
    """
    rows = _rows_for(text, section)
    marks = {row.name: 0 for row in ROWS if row.marks}
    edits: list[Edit] = []
    removed_words = 0
    gone_until = 0  # nothing stays of the text before this
    for start, content in _lines(text) if rows else ():
        line = _Line(content)
        stop = start + len(content)
        if kind := _work(rows, line, marks):
            removed_words += len(content.split())
            edits.append(Edit(*_with_space(text, start, stop, gone_until), kind))
            if edits[-1].start == gone_until:
                gone_until = edits[-1].stop
        elif line.edits:
            removed_words += len(content.split()) - len(line.left.split())
            edits += (
                replace(edit, start=start + edit.start, stop=start + edit.stop)
                for edit in _trimmed(content, line.edits)
            )
    if not edits:
        return Edited(text, (), marks, 0.0)
    return Edited(apply(text, edits), edits, marks, removed_words / len(text.split()))


def _rows_for(text: str, section: "EditsSection") -> list[tuple[Row, float]]:
    """The rows that may find something in the text, and their limits."""
    lower = text.lower()
    rows = []
    for row in ROWS:
        limit = True if row.marks else getattr(section, row.name)
        if limit is not None and limit is not False and any(map(lower.__contains__, row.needs)):
            rows.append((row, limit))
    return rows


def _work(rows: Sequence[tuple[Row, float]], line: _Line, marks: dict[str, int]) -> str:
    """Applies rows to a line and counts marks; the name of the row that removes it, or nothing."""
    for row, limit in rows:
        found = row.find(line, limit)
        if not found:
            continue
        if row.marks:
            marks[row.name] += 1
        elif isinstance(found, bool):
            return row.name
        else:
            line.take(row.name, found)
            if not _WORD.search(line.left):
                return row.name
    return ""


def fences(text: str) -> list[Span]:
    """Blocks of code: from the start of the opening fence's line to the end of the closing one's.

    A line of three backticks opens a block, with or without words after them, and the next such
    line without words closes it. A block that is not closed is none.
    """
    if "```" not in text:
        return []
    spans = []
    opened: int | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match.start()
        elif not match[1].strip():
            spans.append((opened, match.end()))
            opened = None
    return spans


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something on them outside of code, stripped, and where they start."""
    position = 0
    for start, stop in [*fences(text), (len(text), len(text))]:
        for line in text[position:start].split("\n"):
            if content := line.strip():
                yield position + line.index(content), content
            position += len(line) + 1
        position = stop


def _with_space(text: str, start: int, stop: int, gone_until: int) -> Span:
    """A line that goes, with the white space before it, or after it if nothing stays before it."""
    before = _before_space(text, start)
    return (before, stop) if before > gone_until else (gone_until, _after_space(text, stop))


def _trimmed(line: str, edits: Sequence[Edit]) -> list[Edit]:
    """Edits at the ends of a line, some of which stays, widened by the white space beside them."""
    edits = list(edits)
    kept = 0
    for i, edit in enumerate(edits):
        if edit.start != kept:
            break
        kept = _after_space(line, edit.stop)
        edits[i] = replace(edit, stop=kept)
    kept = len(line)
    for i, edit in reversed(list(enumerate(edits))):
        if edit.stop != kept:
            break
        kept = _before_space(line, edit.start)
        edits[i] = replace(edit, start=kept)
    return edits


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _before_space(text: str, position: int) -> int:
    while position > 0 and text[position - 1].isspace():
        position -= 1
    return position
