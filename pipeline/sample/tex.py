"""TeX formulas as pages show them: MathML, KaTeX-like spans, or an image with alternative text.

Covers the TeX of the sample's articles: scripts, fractions and the symbols below.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Literal

MathStyle = Literal["mathml", "katex", "image"]

_SYMBOLS = {
    "\\approx": "≈",
    "\\cdot": "·",
    "\\dots": "…",
    "\\infty": "∞",
    "\\ldots": "…",
    "\\mid": "|",
    "\\sum": "∑",
    "\\,": "\u2009",
}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")


def render_math(tex: str, style: MathStyle, display: bool) -> str:
    """A formula as HTML.

    Args:
        tex: The formula without its dollar signs.
        style: How the page shows formulas.
        display: Whether it stands on a line of its own.

    Raises:
        ValueError: If the formula uses a command not known here.
    """
    source = escape(tex)
    if style == "image":
        return f'<img class="tex" src="/math/render.png?f={len(tex)}" alt="{source}">'
    mathml = (
        f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="{"block" if display else "inline"}">'
        f'<semantics>{_row(_tokens(tex), "")}<annotation encoding="application/x-tex">{source}'
        "</annotation></semantics></math>"
    )
    if style == "mathml":
        return mathml
    spans = "".join(f'<span class="mord">{part}</span>' for part in _visible(tex))
    return (
        f'<span class="katex"><span class="katex-mathml">{mathml}</span>'
        f'<span class="katex-html" aria-hidden="true"><span class="base">{spans}</span></span></span>'
    )


def _tokens(tex: str) -> Iterator[str]:
    return iter(_TOKEN.findall(tex))


def _visible(tex: str) -> list[str]:
    shown = (_SYMBOLS.get(token, token) for token in _tokens(tex))
    return [escape(part) for part in shown if part not in ("{", "}", "^", "_", "\\frac")]


def _row(tokens: Iterator[str], end: str) -> str:
    """The elements up to the token `end`, as one `mrow`."""
    parts: list[str] = []
    for token in tokens:
        if token == end:
            break
        if token in "^_":
            tag = "msup" if token == "^" else "msub"
            parts.append(f"<{tag}>{parts.pop()}{_element(next(tokens), tokens)}</{tag}>")
        else:
            parts.append(_element(token, tokens))
    return f"<mrow>{''.join(parts)}</mrow>"


def _element(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return _row(tokens, "}")
    if token == "\\frac":
        above = _element(next(tokens), tokens)
        return f"<mfrac>{above}{_element(next(tokens), tokens)}</mfrac>"
    if token in _SYMBOLS:
        return f"<mo>{_SYMBOLS[token]}</mo>"
    if token.startswith("\\"):
        raise ValueError(f"no MathML for {token!r}")
    tag = "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"
    return f"<{tag}>{escape(token)}</{tag}>"
