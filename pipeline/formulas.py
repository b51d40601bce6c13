r"""Formulas in web pages as TeX, between the delimiters that models see elsewhere.

Inline formulas become `$...$`, displayed ones `$$...$$`, as in Markdown and in dumps of arXiv. A
page often holds a formula twice, once to be seen and once to be read by machines: the copy with TeX
is taken, and the others are skipped. Known are

- MathML with a TeX annotation or `alttext` (LaTeXML, Wikipedia), else converted by `mathml`,
- KaTeX: `.katex-display`, `.katex`, whose `.katex-html` repeats the formula as styled letters,
- MathJax 2: `<script type="math/tex">` after its preview and its rendering; MathJax 3 and 4:
  `<mjx-container>` with assistive MathML,
- LaTeXML's tables of equations, a line of the table being a formula,
- text between TeX delimiters that its class calls mathematics (Pandoc, Sphinx, Stack Exchange),
- images whose address holds the TeX (CodeCogs, WordPress, Google Chart, MimeTeX, Zhihu), or whose
  alternative text does (Wikipedia, QuickLaTeX, Moodle, Canvas, LaTeX2HTML).

Text between bare delimiters in ordinary elements is text, and stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qs, unquote

from lxml import etree

from pipeline.mathml import local_name, to_tex

# Renderers put the MathML a few elements into their wrapper, or last.
_NEAR = 8
_MAX_SRC = 8_192
_MAX_CLASS = 500
_MAX_STYLES = 3

_MATHJAX_2 = frozenset(
    {
        "MathJax",
        "MathJax_CHTML",
        "MathJax_Display",
        "MathJax_Preview",
        "MathJax_SVG",
        "MathJax_SVG_Display",
        "MathJax_MathML",
        "MathJax_PHTML",
        "MathJax_PlainSource",
        "MJXc-display",
        "mjx-chtml",
    }
)
_WRAPPERS = _MATHJAX_2 | {"katex", "katex-display", "mwe-math-element"}
_DISPLAY_WRAPPERS = frozenset(
    {"katex-display", "mwe-math-element-block", "MathJax_Display", "MathJax_SVG_Display"}
)
_LITERAL_CLASSES = frozenset({"math", "math-container", "tex", "mathjax", "arithmatex"})
_TABLE_CLASSES = frozenset({"ltx_equation", "ltx_equationgroup", "ltx_eqn_table"})
_IMAGE_CLASSES = frozenset(
    {
        "equation_image",
        "latex",
        "mathtex",
        "mwe-math-fallback-image-display",
        "mwe-math-fallback-image-inline",
        "mwe-math-fallback-png-display",
        "mwe-math-fallback-png-inline",
        "ql-img-displayed-equation",
        "ql-img-inline-formula",
        "tex",
        "texrender",
    }
)
# Classes of images that may as well show a graph; their text has to look like TeX.
_WEAK_IMAGE_CLASSES = frozenset({"equation", "formula", "math"})
_CLASS_MARK = re.compile(r"[Mm]ath|katex|MJX|mjx|\btex\b")
_LOOKS_LIKE_TEX = re.compile(r"[\\^_{}=<>+]|\A\s*\w{1,2}\s*\Z")

_DELIMITED = re.compile(
    r"\s*(?:\\\((?P<round>.*)\\\)|\\\[(?P<square>.*)\\\]|\$\$(?P<two>(?:[^$\\]|\\.)+)\$\$"
    r"|\$(?P<one>(?:[^$\\]|\\.)+)\$"
    r"|\\begin\{(?P<name>displaymath|math|equation\*?)\}(?P<body>.*)\\end\{(?P=name)\})\s*",
    re.DOTALL,
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_STYLED = re.compile(r"\{\\(?:display|text|script)style(?![A-Za-z])(.*)\}", re.DOTALL)
_STYLE = re.compile(r"\\displaystyle(?![A-Za-z])\s*")
_BRACE = re.compile(r"\\.|([{}])", re.DOTALL)

# Addresses of images that are rendered from what follows: all of it, or one parameter.
_RENDERED_REST = re.compile(
    r"(?:codecogs\.com/[\w./-]+|/(?:mimetex|mathtex)[\w.-]*)\?(.*)"
    r"|(?:upmath\.me|s2cms\.ru)/(?:svg|png)/(.*)",
    re.IGNORECASE | re.DOTALL,
)
_RENDERED_PARAMETER = re.compile(
    r"(/latex\.php|/chart|/equation|/render/math|math\.now\.sh/?)\?(.*)", re.DOTALL
)
_PARAMETERS = ("latex", "chl", "tex", "math", "from")
_RENDERER_SETTINGS = re.compile(
    r"(?:\\(?:inline|dpi\s*\{\d+\}|bg_\w+|fn_\w+|tiny|small|large|Large|LARGE|huge|Huge"
    r"|color(?:\[\w+\])?\{[\w., ]*\})(?![A-Za-z])\s*)+"
)


def tex(element: etree._Element) -> str | None:
    """The TeX of a formula with its delimiters; None if the element is no formula.

    An empty string says that the element is another copy of a formula, or shows nothing: it is to
    be skipped like a formula that was read. Other elements are to be walked through.

    Args:
        element: An element whose tag is one of `CANDIDATES`; None is returned for any other.
    """
    read = _READERS.get(element.tag)
    return read(element) if read else None


def _math(element: etree._Element) -> str:
    return _delimit(_source(element), _is_display(element))


def _is_display(math: etree._Element) -> bool:
    return bool(math.get("display") == "block" or math.get("mode") == "display")


def _source(math: etree._Element) -> str:
    """The TeX of a `<math>` without delimiters: annotated, alternative text or converted."""
    for annotation in math.iter("annotation", "m:annotation"):
        if "tex" in (annotation.get("encoding") or "").lower() and annotation.text:
            return _bare(annotation.text)[0]
    alternative = math.get("alttext") or math.get("data-latex") or ""
    # Made for people, the alternative text says the formula in words.
    if alternative and (_LOOKS_LIKE_TEX.search(alternative) or not len(math)):
        return _bare(alternative)[0]
    return _bare(to_tex(math))[0]


def _classed(element: etree._Element) -> str | None:
    """The formula of a `<span>` or `<div>`, known by its class."""
    class_ = element.get("class")
    if not class_ or not (names := _marks(class_[:_MAX_CLASS])):
        return None
    if names & _MATHJAX_2 and _precedes_script(element):
        return ""
    if names & _WRAPPERS:
        return _rendered(element, bool(names & _DISPLAY_WRAPPERS))
    return _literal(element, names) if names & _LITERAL_CLASSES else None


@lru_cache(maxsize=1 << 14)
def _marks(class_: str) -> frozenset[str]:
    """The names in a class attribute, if any may be about formulas."""
    return frozenset(class_.split() if _CLASS_MARK.search(class_) else ())


def _rendered(element: etree._Element, display: bool) -> str | None:
    """The formula of a wrapper with MathML or an image in it; None if there is neither."""
    math = _math_in(element)
    if math is not None and (formula := _source(math)):
        return _delimit(formula, display or _is_display(math))
    for inner in islice(element.iter(), _NEAR):
        if inner.tag == "img" and (image := _image_tex(inner)):
            return _delimit(image[0], display or image[1])
    return "" if math is not None and len(math) else None


def _math_in(element: etree._Element) -> etree._Element | None:
    """The `<math>` among the first elements or at the end; None if there is none."""
    for inner in islice(element.iter(), _NEAR):
        if local_name(inner) == "math":
            return inner
    for _ in range(_NEAR):
        if not len(element):
            return None
        element = element[-1]
        if local_name(element) == "math":
            return element
    return None


def _precedes_script(element: etree._Element) -> bool:
    """Whether MathJax's script with the TeX follows, after at most its other outputs."""
    for _ in range(3):
        if element.tail and not element.tail.isspace():
            return False
        element = element.getnext()
        if element is None:
            return False
        if element.tag == "script":
            return _is_tex_script(element)
    return False


def _is_tex_script(element: etree._Element) -> bool:
    return (element.get("type") or "").lower().lstrip().startswith("math/tex")


def _script(element: etree._Element) -> str | None:
    if not _is_tex_script(element):
        return None
    formula, _ = _bare(element.text or "")
    return _delimit(formula, "mode=display" in (element.get("type") or "").lower().replace(" ", ""))


def _container(element: etree._Element) -> str:
    """MathJax 3: the glyphs are no text, so there is nothing but the MathML for readers."""
    # Some sites add the TeX to be copied with the text.
    if len(element) and "mjx-copytext" in (element[-1].get("class") or ""):
        return _delimit(*_bare(element[-1].text or ""))
    math = _math_in(element)
    if math is None:
        return ""
    return _delimit(_source(math), element.get("display") == "true" or _is_display(math))


def _literal(element: etree._Element, names: frozenset[str]) -> str | None:
    """Text that is TeX as it stands, if nothing has rendered it."""
    text = element.text
    if len(element) or not text or not text.strip():
        return None
    if _DELIMITED.fullmatch(text):
        return _delimit(*_bare(text))
    # Pandoc leaves the delimiters to KaTeX.
    if "math" in names and ("inline" in names or "display" in names):
        return _delimit(_bare(text)[0], "display" in names)
    return None


def _equations(element: etree._Element) -> str | None:
    """A table of LaTeXML: a displayed formula a row, of the formulas and words in its cells."""
    classes = frozenset((element.get("class") or "").split())
    if not _TABLE_CLASSES & classes or element.find(".//table") is not None:
        return None
    formulas = []
    for row in element.iter("tr"):
        parts, number = [], ""
        for inner in row.iter("math", "span"):
            names = inner.get("class") or ""
            if inner.tag == "math":
                parts.append(_source(inner))
            elif "ltx_markedasmath" in names:
                parts.append(f"\\text{{{_collapse(''.join(inner.itertext()))}}}")
            elif "ltx_tag_equation" in names:
                label = _collapse("".join(inner.itertext())).strip("()")
                number = f" \\tag{{{label}}}" if label else ""
        if formula := " ".join(filter(None, parts)):
            formulas.append(_delimit(formula + number, display=True))
    return " ".join(formulas) or None


def _image(element: etree._Element) -> str | None:
    if _repeats_math(element):
        return ""
    found = _image_tex(element)
    return _delimit(*found) if found else None


def _repeats_math(image: etree._Element) -> bool:
    """Whether a Wikipedia image stands after the MathML that it is a picture of."""
    if "mwe-math-fallback" not in (image.get("class") or ""):
        return False
    before = image.getprevious()
    return before is not None and "mwe-math-mathml" in (before.get("class") or "")


def _image_tex(image: etree._Element) -> tuple[str, bool] | None:
    """The TeX an image shows and whether it is displayed; None if it is no formula."""
    names = frozenset((image.get("class") or "").split())
    display = any("display" in name for name in names)
    if formula := _renderer_input(image.get("src") or ""):
        return _bare(formula)[0], display
    alternative = (image.get("alt") or "").removeprefix("LaTeX:")
    if not alternative.strip():
        return None
    is_tex = names & _IMAGE_CLASSES or (
        names & _WEAK_IMAGE_CLASSES and _LOOKS_LIKE_TEX.search(alternative)
    )
    if not is_tex and not _DELIMITED.fullmatch(alternative):
        return None
    formula, delimited_display = _bare(alternative)
    return formula, display or delimited_display


def _renderer_input(src: str) -> str:
    """The TeX in the address of a service that renders it; empty if there is none."""
    if len(src) > _MAX_SRC or src.startswith("data:"):
        return ""
    if rest := _RENDERED_REST.search(src):
        raw = unquote(rest[1] or rest[2] or "")
        raw = raw.replace("&space;", " ").replace("&plus;", "+")
        return _RENDERER_SETTINGS.sub("", raw, count=1) if raw.startswith("\\") else raw
    if query := _RENDERED_PARAMETER.search(src):
        values = parse_qs(query[2])
        if query[1] == "/chart" and values.get("cht") != ["tx"]:
            return ""
        return next((values[name][0] for name in _PARAMETERS if name in values), "")
    return ""


def _bare(text: str) -> tuple[str, bool]:
    """TeX on one line, without delimiters and styles around it; and whether they display it."""
    text = _collapse(_COMMENT.sub("", text))
    display = False
    if found := _DELIMITED.fullmatch(text):
        display = found["square"] is not None or found["two"] is not None
        display = display or found["name"] not in (None, "math")
        parts = found.group("round", "square", "two", "one", "body")
        text = next(filter(None, parts), "").strip()
    for _ in range(_MAX_STYLES):
        if (styled := _STYLED.fullmatch(text)) and _is_balanced(styled[1]):
            text = styled[1].strip()
    return _STYLE.sub("", text, count=1) if text.startswith("\\displaystyle") else text, display


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(brace[1], 0)
        if depth < 0:
            return False
    return depth == 0


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _delimit(formula: str, display: bool) -> str:
    if not formula:
        return ""
    return f"$${formula}$$" if display else f"${formula}$"


_READERS: Mapping[str, Callable[[etree._Element], str | None]] = {
    "div": _classed,
    "img": _image,
    "m:math": _math,
    "math": _math,
    "mjx-container": _container,
    "script": _script,
    "span": _classed,
    "table": _equations,
}

CANDIDATES = frozenset(_READERS)
"""The tags of elements that may be formulas."""
