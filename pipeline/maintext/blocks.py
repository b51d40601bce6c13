"""A page's tree to blocks: runs of text between block-level tags.

A block is a paragraph or the line of one up to a `<br>`, a heading, a list item, a table row, or a
listing. Every visible word of the page is in one block, but for controls, navigation by scripts,
and comments where they are not wanted. Choosing among the blocks is not done here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from lxml import etree

from pipeline.formulas import CANDIDATES, tex
from pipeline.maintext.containers import Containers, says_comments

Kind = Literal["text", "heading", "item", "row", "code", "pre", "quote", "term", "links"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_CONTAINERS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main "
    "menu ol optgroup p pre search section summary table tbody td tfoot th thead tr ul".split()
)
_SKIPPED = frozenset(
    "applet area audio base basefont button canvas col colgroup datalist embed frame head iframe "
    "input link map meta nav noframes noscript object option param progress rp rt script select "
    "source style svg template textarea title track video".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_STRONG = frozenset({"b", "strong", "em", "i"})
# Containers that change how the text in them is read.
_MARKED = frozenset({*_HEADINGS, *_LISTS, "li", "blockquote", "dt", "pre", "tr"})
# Containers that may hold readers' comments and not the page as well.
_THREADS = _CONTAINERS - {"html", "body", "p", "td", "tr", "tbody", "thead"}
_LEFT_OUT = _SKIPPED | CANDIDATES
# Elements that a cell of a data table does not hold.
_LAYOUT = (
    *_HEADINGS,
    *("p", "div", "ul", "ol", "dl", "table", "tr", "pre", "blockquote", "section", "article"),
    "form",
)
# Text in a row that is in no cell.
_LOOSE = etree.XPath("boolean((text() | *[not(self::td or self::th)])[normalize-space()])")
_CELL_CHARS = 300
_CELL_LINES = 5
_CODE = re.compile(r"code|highlight|prettyprint|source|syntax|brush|lang|listing|console|terminal")
_CODE_AROUND = re.compile(r"highlight|code|syntax|listing")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_TAB = 8
_DEEPEST = 8
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"


@dataclass(slots=True)
class Block:
    """A run of text.

    Attributes:
        text: Its words, white space collapsed; of a listing, its lines as they are; of a row, its
            cells between `|`.
        kind: What it is; `pre` is a listing that is not marked as code, `term` a `<dt>`; `links`
            are several links that are judged as one.
        level: Of a heading 1 to 6; of a list item its depth, from 1; else 0.
        marker: What stands before an item: `-`, or its number and a dot.
        container: Index of the container it stands in.
        chars: Characters without white space; at least 1.
        link_chars: Those of them in links.
        strong_chars: Those of them in bold or italic type.
        links: Number of links.
        after_break: Whether a `<br>` came before it.
        comment: Whether it stands among readers' comments.
    """

    text: str
    kind: Kind
    level: int
    marker: str
    container: int
    chars: int
    link_chars: int
    strong_chars: int
    links: int
    after_break: bool
    comment: bool


def read_blocks(root: etree._Element, comments: bool) -> tuple[list[Block], Containers]:
    """The blocks of a page in document order, and what stands around them.

    Args:
        root: The page's root element.
        comments: Whether to read the readers' comments too.
    """
    containers = Containers()
    walk = _Walk(containers, comments)
    walk.through(root)
    return walk.blocks, containers


class _Walk:
    """A walk through a tree, or through a table's cell."""

    def __init__(self, containers: Containers, comments: bool) -> None:
        self.blocks: list[Block] = []
        self._containers = containers
        self._comments = comments
        self._open = [-1]
        # The number of each open list's next item; None where items have none.
        self._lists: list[int | None] = []
        self._heading = 0
        self._quotes = 0
        self._marker = ""
        self._after_break = False
        self._in_link = 0
        self._in_strong = 0
        self._in_term = 0
        self._thread: etree._Element | None = None
        self._clear()

    def _clear(self) -> None:
        self._parts: list[str] = []
        self._link_chars = self._strong_chars = self._links = 0

    def through(self, root: etree._Element) -> None:  # noqa: PLR0912 - one loop, for its speed
        """Walk through an element and what is in it, but not the text after it."""
        left_out = None
        events = etree.iterwalk(root, events=("start", "end"))
        for event, element in events:
            tag = element.tag
            if event == "start":
                if tag in _LEFT_OUT and self._leaves_out(element, tag):
                    left_out = element
                    events.skip_subtree()
                    continue
                if tag in _CONTAINERS:
                    if not self._start(element, tag):
                        events.skip_subtree()
                        continue
                elif tag == "a":
                    self._in_link += 1
                    self._links += 1
                elif tag in _STRONG:
                    self._in_strong += 1
                elif tag == "br":
                    self._flush()
                    self._after_break = True
                if text := element.text:
                    self._add(text)
                continue
            if element is left_out:
                left_out = None
            elif tag in _CONTAINERS:
                self._end(element, tag)
            elif tag == "a":
                self._in_link -= 1
            elif tag in _STRONG:
                self._in_strong -= 1
            if (tail := element.tail) and element is not root:
                self._add(tail)
        self._flush()

    def _leaves_out(self, element: etree._Element, tag: str) -> bool:
        """Whether nothing in an element is text to read; a formula's TeX is taken here."""
        if tag in CANDIDATES and (formula := tex(element)) is not None:
            self._parts.append(formula)
            return True
        return tag in _SKIPPED

    def _start(self, element: etree._Element, tag: str) -> bool:
        """Enter a container; whether its own text is still to be read."""
        if self._parts:
            self._flush()
        attributes = dict(element.items())
        if attributes and self._thread is None and tag in _THREADS:
            name, identity = attributes.get("class", ""), attributes.get("id", "")
            if (name or identity) and says_comments(name, identity):
                self._thread = element if element.find(".//h1") is None else None
        self._open.append(self._containers.enter(tag, attributes, self._open[-1]))
        if tag in _MARKED:
            self._enter(tag, attributes)
        if self._thread is element and not self._comments:
            return False
        if tag == "pre":
            self._listing(element)
            return False
        return tag != "tr" or not self._row(element)

    def _end(self, element: etree._Element, tag: str) -> None:
        """Leave a container."""
        if self._parts:
            self._flush()
        self._containers.leave(self._open.pop())
        self._after_break = False
        if tag in _MARKED:
            self._leave(tag)
        if element is self._thread:
            self._thread = None

    def _enter(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _LISTS:
            first = _number(attributes.get("start", ""), 1)
            self._lists.append(first if tag == "ol" else None)
        elif tag == "li":
            self._marker = self._next_marker(attributes.get("value", ""))
        elif tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "dt":
            self._in_term += 1

    def _leave(self, tag: str) -> None:
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "li":
            self._marker = ""
        elif tag in _HEADINGS:
            self._heading = 0
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag == "dt":
            self._in_term -= 1

    def _next_marker(self, value: str) -> str:
        if not self._lists or (following := self._lists[-1]) is None:
            return "-"
        number = _number(value, following)
        self._lists[-1] = number + 1
        return f"{number}."

    def _add(self, text: str) -> None:
        if text.isspace():
            if self._parts:
                self._parts.append(" ")
            return
        self._parts.append(text)
        if self._in_link or self._in_strong:
            chars = sum(map(len, text.split()))
            if self._in_link:
                self._link_chars += chars
            if self._in_strong:
                self._strong_chars += chars

    def _flush(self) -> None:
        """End the block that was begun, if there is text in it."""
        if not self._parts:
            return
        words = "".join(self._parts).split()
        if not words:
            self._parts.clear()
            return
        kind: Kind = "text"
        level = 0
        if self._heading:
            kind, level = "heading", self._heading
        elif self._marker:
            kind, level = "item", min(max(1, len(self._lists)), _DEEPEST)
        elif self._in_term:
            kind = "term"
        elif self._quotes:
            kind = "quote"
        text = " ".join(words)
        if text.strip(_INVISIBLE):
            self._append(text, kind, level, len(text) - len(words) + 1)
        else:
            self._parts.clear()
        self._marker = ""

    def _append(self, text: str, kind: Kind, level: int, chars: int) -> None:
        block = Block(
            text,
            kind,
            level,
            self._marker if kind == "item" else "",
            self._open[-1],
            chars,
            self._link_chars,
            self._strong_chars,
            self._links,
            self._after_break,
            self._thread is not None,
        )
        self.blocks.append(block)
        self._after_break = False
        self._clear()

    def _listing(self, element: etree._Element) -> None:
        """A `<pre>`, line by line as it is; one of line numbers alone is left out."""
        lines = "".join(_verbatim(element)).expandtabs(_TAB).split("\n")
        text = "\n".join(line.rstrip() for line in lines).strip("\n")
        if chars := sum(map(len, text.split())):
            numbers = "\n" in text and all(line.strip().isdigit() for line in text.split("\n"))
            is_code = _is_named_code(element) or element.find(".//code") is not None
            if not numbers:
                self._append(text, "code" if is_code else "pre", 0, chars)

    def _row(self, row: etree._Element) -> bool:
        """Read a row of a data table; False, with nothing done, where the table is a layout."""
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if len(cells) < 2 or next(row.iterdescendants(*_LAYOUT), None) is not None or _LOOSE(row):
            return False
        texts: list[str] = []
        inside: list[Block] = []
        for cell in cells:
            walk = _Walk(Containers(), comments=False)
            walk.through(cell)
            lines = walk.blocks
            if len(lines) > _CELL_LINES or sum(line.chars for line in lines) > _CELL_CHARS:
                return False
            texts.append(" ".join(line.text for line in lines))
            inside += lines
        if sum(map(bool, texts)) < 2:
            return False
        self._link_chars = sum(line.link_chars for line in inside)
        self._strong_chars = sum(line.strong_chars for line in inside)
        self._links = sum(line.links for line in inside)
        chars = sum(line.chars for line in inside)
        self._append(f"| {' | '.join(texts)} |", "row", 0, chars)
        return True


def _is_named_code(element: etree._Element) -> bool:
    """Whether a `<pre>` or one of the two elements around it is called code."""
    if _CODE.search(element.get("class", "").lower()):
        return True
    around = islice(element.iterancestors(), 2)
    return any(
        one.tag == "code" or _CODE_AROUND.search(one.get("class", "").lower()) for one in around
    )


def _number(value: str, default: int) -> int:
    return int(value) if _INTEGER.fullmatch(value) else default


def _verbatim(element: etree._Element) -> Iterator[str]:
    """The text of a listing; what is a block in it has lines of its own."""
    begun = False
    events = etree.iterwalk(element, events=("start", "end"))
    for event, inner in events:
        tag = inner.tag
        if event == "start" and tag in _SKIPPED:
            events.skip_subtree()
            continue
        if (tag == "br" and event == "start") or (begun and tag in _CONTAINERS):
            yield "\n"
            begun = False
        text = inner.text if event == "start" else inner.tail if inner is not element else None
        if text:
            yield text
            begun = not text.endswith("\n")
