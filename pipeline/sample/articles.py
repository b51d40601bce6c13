"""Articles in a small strict Markdown: the source texts of the sample crawl."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KINDS = frozenset(
    {"encyclopedia", "news", "recipe", "documentation", "math", "table", "forum", "essay"}
)
SPACELESS = frozenset({"zh", "ja", "th"})
"""Languages whose lines are joined without a space."""

_KEYS = ("title", "kind", "topic")
_FORMULA = re.compile(r"\$\$(.+)\$\$")
_INLINE_MATH = re.compile(r"(?<!\$)\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\d$])")


@dataclass(frozen=True)
class Heading:
    """A section's heading."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; formulas in it stand between `$` signs."""

    text: str


@dataclass(frozen=True)
class Items:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """A listing; `language` is empty if the fence names none."""

    text: str
    language: str


@dataclass(frozen=True)
class Table:
    """A table; every row is as wide as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Formula:
    """A displayed formula in TeX."""

    tex: str


@dataclass(frozen=True)
class Author:
    """The start of a forum post, by this user."""

    name: str


Block = Heading | Paragraph | Items | Code | Table | Formula | Author


@dataclass(frozen=True)
class Article:
    """A text with its structure.

    Attributes:
        slug: The file's name without its ending.
        language: ISO 639-1 code, the name of the file's folder.
        title: The headline.
        kind: One of `KINDS`.
        topic: What it is about, in one word.
        blocks: The body; in a forum thread the first block is an `Author`.
    """

    slug: str
    language: str
    title: str
    kind: str
    topic: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The body as plain text, one line a block, item, row or line of code."""
        return "\n".join(line for block in self.blocks for line in _plain(block))


def load_articles(folder: Path) -> list[Article]:
    """All articles of `folder`, which holds `LANG/slug.md`, sorted by language and slug.

    Raises:
        ValueError: If a file is malformed; names the file.
    """
    paths = sorted(folder.glob("*/*.md"))
    return [parse_article(p.read_text(encoding="utf-8"), p.parent.name, p.stem) for p in paths]


def parse_article(source: str, language: str, slug: str) -> Article:
    """One article from its source: `key: value` lines, `---`, then blocks.

    Raises:
        ValueError: If the source is malformed; names the article.
    """
    try:
        head, separator, body = source.partition("\n---\n")
        if not separator:
            raise ValueError("no line `---` after the header")
        fields = _header(head)
        blocks = tuple(_blocks(body.split("\n"), "" if language in SPACELESS else " "))
        _check_posts(fields["kind"], blocks)
    except ValueError as error:
        raise ValueError(f"{language}/{slug}.md: {error}") from error
    return Article(slug, language, fields["title"], fields["kind"], fields["topic"], blocks)


def split_math(text: str) -> list[tuple[bool, str]]:
    """A paragraph's pieces in order, each with whether it is TeX."""
    pieces = _INLINE_MATH.split(text)
    return [(index % 2 == 1, piece) for index, piece in enumerate(pieces) if piece]


def _header(head: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in head.split("\n"):
        key, colon, value = line.partition(":")
        if not colon or not value.strip():
            raise ValueError(f"header line {line!r} is not `key: value`")
        fields[key] = value.strip()
    if tuple(fields) != _KEYS:
        raise ValueError(f"header keys are {', '.join(fields)}, not {', '.join(_KEYS)}")
    if fields["kind"] not in KINDS:
        raise ValueError(f"unknown kind {fields['kind']!r}")
    return fields


def _blocks(lines: list[str], joint: str) -> Iterator[Block]:
    position = 0
    while position < len(lines):
        line = lines[position].rstrip()
        if not line:
            position += 1
        elif line.startswith("```"):
            stop = _find_fence(lines, position + 1)
            yield Code("\n".join(lines[position + 1 : stop]), line[3:].strip())
            position = stop + 1
        else:
            stop = position
            while stop < len(lines) and _class(lines[stop]) == _class(line):
                stop += 1
                if _class(line) in "#@":
                    break
            yield _block([text.rstrip() for text in lines[position:stop]], joint)
            position = stop


def _find_fence(lines: list[str], start: int) -> int:
    for position in range(start, len(lines)):
        if lines[position].rstrip() == "```":
            return position
    raise ValueError("a code fence is never closed")


def _class(line: str) -> str:
    """What a line belongs to: `#`, `-`, `|`, `@`, `` ` ``, `.` for text, ` ` for a blank line."""
    if not line.strip():
        return " "
    return line[0] if line[0] in "#-|@`" else "."


def _block(lines: list[str], joint: str) -> Block:
    first = lines[0]
    match _class(first):
        case "#":
            return Heading(_after(first, "## "))
        case "@":
            return Author(_after(first, "@"))
        case "-":
            return Items(tuple(_after(line, "- ") for line in lines))
        case "|":
            return _table(lines)
    text = joint.join(line.strip() for line in lines)
    if formula := _FORMULA.fullmatch(text):
        return Formula(formula[1].strip())
    if "$$" in text:
        raise ValueError(f"a displayed formula is not a paragraph of its own: {text[:60]!r}")
    return Paragraph(text)


def _after(line: str, prefix: str) -> str:
    text = line.removeprefix(prefix)
    if text == line or not text.strip():
        raise ValueError(f"line {line!r} is not `{prefix}text`")
    return text.strip()


def _table(lines: list[str]) -> Table:
    rows = []
    for line in lines:
        if len(line) < 2 or not line.endswith("|"):
            raise ValueError(f"table row {line!r} does not end in `|`")
        rows.append(tuple(cell.strip() for cell in line[1:-1].split("|")))
    if len(rows) < 3 or any(cell.strip("-:") for cell in rows[1]):
        raise ValueError(f"table {lines[0]!r} needs a header, a line |---| and rows")
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"table {lines[0]!r} has rows of different widths")
    return Table(rows[0], tuple(rows[2:]))


def _check_posts(kind: str, blocks: tuple[Block, ...]) -> None:
    if not blocks:
        raise ValueError("the body is empty")
    authors = [isinstance(block, Author) for block in blocks]
    if kind == "forum" and not authors[0]:
        raise ValueError("a forum thread must begin with a line `@username`")
    if kind != "forum" and any(authors):
        raise ValueError(f"a line `@username` in an article of kind {kind}")


def _plain(block: Block) -> list[str]:
    match block:
        case Heading(text) | Paragraph(text):
            return [text]
        case Items(items):
            return list(items)
        case Code(text, _):
            return text.split("\n")
        case Table(header, rows):
            return [" ".join(row) for row in (header, *rows)]
        case Formula(tex):
            return [tex]
        case Author():
            return []
