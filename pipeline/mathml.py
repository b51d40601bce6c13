"""Presentation MathML to TeX, for formulas that carry no TeX of their own.

Covers the elements of MathML Core and those MathML 3 elements that TeX converters write. What has
no TeX, such as an unknown character, stands for itself. Nesting deeper than `_MAX_DEPTH` is
flattened to its text.

Source: W3C, MathML Core and Mathematical Markup Language (MathML) Version 3.0, chapter 3.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from lxml import etree

from pipeline.texsymbols import join, symbols

_MAX_DEPTH = 60

_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim "
        "liminf limsup ln log max min Pr sec sin sinh sup tan tanh",
    )
)
_LIMITS = frozenset("∑∏∐⋃⋂⨁⨂⋁⋀∫∬∭∮") | {"lim", "max", "min", "sup", "inf", "limsup", "liminf"}
_OVER = {
    "^": "hat",
    "ˆ": "hat",
    "~": "tilde",
    "˜": "tilde",
    "¯": "bar",
    "ˉ": "bar",
    "‾": "overline",
    "―": "overline",
    "→": "vec",
    "⃗": "vec",
    "˙": "dot",
    "¨": "ddot",
    "ˇ": "check",
    "˘": "breve",
    "´": "acute",
    "`": "grave",
    "⏞": "overbrace",
}
_UNDER = {"_": "underline", "‾": "underline", "¯": "underline", "―": "underline", "⏟": "underbrace"}
_WIDE = {"bar": "overline", "hat": "widehat", "tilde": "widetilde", "vec": "overrightarrow"}
_VARIANTS = {
    "normal": "mathrm",
    "bold": "mathbf",
    "bold-italic": "boldsymbol",
    "double-struck": "mathbb",
    "script": "mathcal",
    "bold-script": "mathcal",
    "fraktur": "mathfrak",
    "sans-serif": "mathsf",
    "monospace": "mathtt",
}
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b\u2060\ufeff\ufe00\ufe0e")
_ASCII = str.maketrans("−–’ʹ∣", "--''|")
_TEXT_SPECIAL = re.compile(r"[{}$%#&_]")
_ONE_TOKEN = re.compile(r"\\[A-Za-z]+|\\?.")
_ONE_BASE = re.compile(r"\\[A-Za-z]+|\\?.|\d+|\\[A-Za-z]+\{[^{}]*\}|\([^()]*\)")
_SPACES = re.compile(r"\s+")
_SPELLED = re.compile(r"(?:\\mathrm\{[A-Za-z]\}){2,}")
_EM = re.compile(r"\s*(\d*\.?\d+)\s*em\s*")
_CLOSING = frozenset(")]}|‖⟩⌋⌉")
_OPENING = frozenset("([{|‖⟨⌊⌈")
_ENVIRONMENTS = {
    ("(", ")"): "pmatrix",
    ("[", "]"): "bmatrix",
    ("{", "}"): "Bmatrix",
    ("|", "|"): "vmatrix",
    ("‖", "‖"): "Vmatrix",
    ("{", ""): "cases",
}


def to_tex(element: etree._Element) -> str:
    """The TeX of a MathML element, without delimiters; empty if it shows nothing."""
    spelled = _SPELLED.sub(
        lambda letters: "\\mathrm{" + letters[0].replace("\\mathrm{", "").replace("}", "") + "}",
        _tex(element, 0),
    )
    return spelled.strip()


def local_name(element: etree._Element) -> str:
    """The element's name without a namespace prefix; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition(":")[2] if isinstance(tag, str) else ""


def _tex(element: etree._Element, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return _text(element)
    name = local_name(element)
    if convert_token := _TOKENS.get(name):
        return convert_token(element)
    return _LAYOUTS.get(name, _row)(element, depth + 1)


def _content(element: etree._Element) -> str:
    text = unicodedata.normalize("NFC", "".join(element.itertext()))
    return " ".join(text.translate(_INVISIBLE).translate(_ASCII).split())


def _identifier(element: etree._Element) -> str:
    text, variant = _content(element), element.get("mathvariant") or ""
    if text in _FUNCTIONS:
        return f"\\{text}"
    style = _VARIANTS.get(variant, "" if len(text) < 2 or variant == "italic" else "mathrm")
    tex = symbols(text)
    # Upright is the only form of most symbols: \mathrm says something of letters alone.
    if style == "mathrm" and not (text.isascii() and text.isalpha()):
        return tex
    return f"\\{style}{{{tex}}}" if style else tex


def _number(element: etree._Element) -> str:
    return symbols(_content(element))


def _sign(element: etree._Element) -> str:
    text = _content(element)
    if text in _FUNCTIONS:
        return f"\\{text}"
    return f"\\operatorname{{{text}}}" if len(text) > 1 and text.isalpha() else symbols(text)


def _text(element: etree._Element) -> str:
    raw = "".join(element.itertext()).translate(_INVISIBLE)
    text = _SPACES.sub(" ", raw).replace("\\", "")
    if not text.strip():
        return "~" if text else ""
    return "\\text{" + _TEXT_SPECIAL.sub(r"\\\g<0>", text) + "}"


def _space(element: etree._Element) -> str:
    if element.get("linebreak") == "newline":
        return "\\\\"
    width = _EM.fullmatch(element.get("width") or "")
    ems = float(width[1]) if width else 0.0
    return "\\qquad" if ems >= 2 else "\\quad" if ems >= 1 else "\\," if ems > 0 else ""


def _nothing(_: etree._Element) -> str:
    return ""


def _row(element: etree._Element, depth: int) -> str:
    """The children side by side; a table or binomial becomes one with the fences around it."""
    parts: list[str] = []
    opening = ""
    children = iter(element)
    for child in children:
        name, closing = local_name(child), _fence(child.getnext())
        if name == "mtable" and opening in _OPENING:
            if closing in _CLOSING:
                next(children)
            parts[-1] = _matrix(child, opening, closing if closing in _CLOSING else "", depth)
            opening = ""
        elif name == "mfrac" and _has_no_bar(child) and (opening, closing) == ("(", ")"):
            next(children)
            parts[-1] = "\\binom{{{}}}{{{}}}".format(*_arguments(child, 2, depth + 1))
            opening = ""
        else:
            parts.append(_tex(child, depth))
            opening = _fence(child)
    return join(parts)


def _fence(element: etree._Element | None) -> str:
    while element is not None and local_name(element) == "mrow" and len(element) == 1:
        element = element[0]
    return _content(element) if element is not None and local_name(element) == "mo" else ""


def _matrix(table: etree._Element, opening: str, closing: str, depth: int) -> str:
    if environment := _ENVIRONMENTS.get((opening, closing)):
        return _environment(table, environment, depth)
    sides = [symbols(side) or "." for side in (opening, closing)]
    return join(["\\left", sides[0], _table(table, depth), "\\right", sides[1]])


def _table(element: etree._Element, depth: int) -> str:
    aligned = (element.get("columnalign") or "").startswith("right")
    return _environment(element, "aligned" if aligned else "matrix", depth)


def _environment(table: etree._Element, name: str, depth: int) -> str:
    rows = []
    for row in table:
        cells = list(row)[1:] if local_name(row) == "mlabeledtr" else list(row)
        rows.append(" & ".join(_row(cell, depth + 2) for cell in cells))
    return f"\\begin{{{name}}} " + " \\\\ ".join(rows) + f" \\end{{{name}}}"


def _fraction(element: etree._Element, depth: int) -> str:
    above, below = _arguments(element, 2, depth)
    if _has_no_bar(element):
        return f"{{{above} \\atop {below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _has_no_bar(fraction: etree._Element) -> bool:
    return (fraction.get("linethickness") or "").strip().startswith("0")


def _square_root(element: etree._Element, depth: int) -> str:
    return f"\\sqrt{{{_row(element, depth)}}}"


def _root(element: etree._Element, depth: int) -> str:
    radicand, index = _arguments(element, 2, depth)
    return f"\\sqrt[{index}]{{{radicand}}}"


def _subscript(element: etree._Element, depth: int) -> str:
    base, below = _arguments(element, 2, depth)
    return _scripted(base, below, "")


def _superscript(element: etree._Element, depth: int) -> str:
    base, above = _arguments(element, 2, depth)
    return _scripted(base, "", above)


def _both_scripts(element: etree._Element, depth: int) -> str:
    return _scripted(*_arguments(element, 3, depth))


def _under(element: etree._Element, depth: int) -> str:
    base, below = _arguments(element, 2, depth)
    if _takes_limits(element) or base.startswith("\\underbrace{"):
        return _scripted(base, below, "")
    return _accented(base, element, _UNDER) or f"\\underset{{{below}}}{{{base}}}"


def _over(element: etree._Element, depth: int) -> str:
    base, above = _arguments(element, 2, depth)
    if _takes_limits(element) or base.startswith("\\overbrace{"):
        return _scripted(base, "", above)
    if base in ("\\to", "\\longrightarrow"):
        return f"\\xrightarrow{{{above}}}"
    return _accented(base, element, _OVER) or f"\\overset{{{above}}}{{{base}}}"


def _under_over(element: etree._Element, depth: int) -> str:
    base, below, above = _arguments(element, 3, depth)
    if _takes_limits(element):
        return _scripted(base, below, above)
    return f"\\underset{{{below}}}{{\\overset{{{above}}}{{{base}}}}}"


def _takes_limits(element: etree._Element) -> bool:
    return len(element) > 0 and _content(element[0]) in _LIMITS


def _accented(base: str, element: etree._Element, accents: Mapping[str, str]) -> str:
    accent = accents.get(_content(element[1]), "") if len(element) > 1 else ""
    if accent and not _ONE_TOKEN.fullmatch(base):
        accent = _WIDE.get(accent, accent)
    return accent and f"\\{accent}{{{base}}}"


def _multiscripts(element: etree._Element, depth: int) -> str:
    """The base, its scripts in pairs, and after `mprescripts` those that stand before it."""
    before, after = "", ""
    target, pair = "after", list[str]()
    for child in list(element)[1:]:
        if local_name(child) == "mprescripts":
            target, pair = "before", []
            continue
        pair.append(_tex(child, depth))
        if len(pair) == 2:
            scripts = _scripts(*pair)
            if target == "after":
                after += ("{}" if after else "") + scripts
            else:
                before += "{}" + scripts
            pair = []
    base = _tex(element[0], depth) if len(element) else ""
    return join([before, _grouped(base), after])


def _fenced(element: etree._Element, depth: int) -> str:
    opening, closing = element.get("open", "("), element.get("close", ")")
    separators = "".join(element.get("separators", ",").split())
    parts = [symbols(opening.strip())]
    for place, child in enumerate(element):
        if place and separators:
            parts.append(symbols(separators[min(place, len(separators)) - 1]))
        parts.append(_tex(child, depth))
    return join([*parts, symbols(closing.strip())])


def _enclosed(element: etree._Element, depth: int) -> str:
    inner, notation = _row(element, depth), element.get("notation") or ""
    for kind, command in (("box", "boxed"), ("diagonalstrike", "cancel"), ("radical", "sqrt")):
        if kind in notation:
            return f"\\{command}{{{inner}}}"
    return inner


def _phantom(element: etree._Element, depth: int) -> str:
    return f"\\phantom{{{_row(element, depth)}}}"


def _first(element: etree._Element, depth: int) -> str:
    return _tex(element[0], depth) if len(element) else ""


def _arguments(element: etree._Element, count: int, depth: int) -> list[str]:
    """The TeX of the first `count` children; missing ones are empty, further ones join the last."""
    parts = [_tex(child, depth) for child in element]
    parts += [""] * (count - len(parts))
    return [*parts[: count - 1], join(parts[count - 1 :])]


def _scripted(base: str, below: str, above: str) -> str:
    return _grouped(base) + _scripts(below, above)


def _scripts(below: str, above: str) -> str:
    primes = above.replace("\\prime", "'")
    if above and set(primes) == {"'"}:
        return primes + (f"_{_script(below)}" if below else "")
    return (f"_{_script(below)}" if below else "") + (f"^{_script(above)}" if above else "")


def _script(tex: str) -> str:
    return tex if _ONE_TOKEN.fullmatch(tex) else f"{{{tex}}}"


def _grouped(base: str) -> str:
    return base if _ONE_BASE.fullmatch(base) else f"{{{base}}}"


_TOKENS: Mapping[str, Callable[[etree._Element], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": _sign,
    "mtext": _text,
    "ms": _text,
    "mspace": _space,
    "annotation": _nothing,
    "annotation-xml": _nothing,
    "none": _nothing,
    "mprescripts": _nothing,
}
_LAYOUTS: Mapping[str, Callable[[etree._Element, int], str]] = {
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "msub": _subscript,
    "msup": _superscript,
    "msubsup": _both_scripts,
    "munder": _under,
    "mover": _over,
    "munderover": _under_over,
    "mmultiscripts": _multiscripts,
    "mtable": _table,
    "mfenced": _fenced,
    "menclose": _enclosed,
    "mphantom": _phantom,
    "maction": _first,
    "semantics": _first,
}
