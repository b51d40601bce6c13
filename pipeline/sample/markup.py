"""Articles as HTML content, without the page around it."""

import re
from html import escape

from pipeline.sample.articles import (
    Article,
    Author,
    Block,
    Code,
    Formula,
    Heading,
    Items,
    Paragraph,
    Table,
    split_math,
)
from pipeline.sample.tex import MathStyle, render_math

_INLINE_CODE = re.compile(r"`([^`]+)`")


def render_blocks(blocks: tuple[Block, ...], math: MathStyle) -> str:
    """The blocks as HTML elements, one a line."""
    return "\n".join(_render(block, math) for block in blocks)


def split_posts(article: Article) -> list[tuple[str, tuple[Block, ...]]]:
    """The posts of a thread: the author's name and the post's blocks."""
    posts: list[tuple[str, list[Block]]] = []
    for block in article.blocks:
        if isinstance(block, Author):
            posts.append((block.name, []))
        else:
            posts[-1][1].append(block)
    return [(name, tuple(blocks)) for name, blocks in posts]


def _render(block: Block, math: MathStyle) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text):
            return f"<p>{_inline(text, math)}</p>"
        case Items(items):
            return "<ul>" + "".join(f"<li>{_inline(item, math)}</li>" for item in items) + "</ul>"
        case Code(text, language):
            mark = f' class="language-{language}"' if language else ""
            return f"<pre><code{mark}>{escape(text)}\n</code></pre>"
        case Table(header, rows):
            head = "".join(f"<th>{_inline(cell, math)}</th>" for cell in header)
            body = "\n".join(
                "<tr>" + "".join(f"<td>{_inline(cell, math)}</td>" for cell in row) + "</tr>"
                for row in rows
            )
            return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>\n</table>"
        case Formula(tex):
            return f'<div class="formula">{render_math(tex, math, display=True)}</div>'
        case Author():
            raise ValueError("a post is rendered by its page, not among other blocks")


def _inline(text: str, math: MathStyle) -> str:
    return "".join(
        render_math(piece, math, display=False)
        if is_tex
        else _INLINE_CODE.sub(r"<code>\1</code>", escape(piece, quote=False))
        for is_tex, piece in split_math(text)
    )
