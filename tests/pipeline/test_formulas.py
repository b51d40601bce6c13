r"""Formulas: one copy of each, as the TeX that the page holds or that its MathML says.

MathML of the tables is as KaTeX and MathJax write it for the TeX beside it.
"""

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.formulas import CANDIDATES, tex
from pipeline.mathml import to_tex


def body(html: str) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    return etree.fromstring(f"<html><body>{html}</body></html>".encode("utf-8", "replace"), parser)[
        0
    ]


def walked(html: str) -> str:
    """The text of a page as a walk through it reads it."""

    def read(element: etree._Element) -> str:
        formula = tex(element) if element.tag in CANDIDATES else None
        if formula is None:
            inside = element.text or "" if element.tag != "script" else ""
            formula = inside + "".join(map(read, element))
        return formula + (element.tail or "")

    return read(body(html))


ENERGY = "<mrow><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></mrow>"
ANNOTATED = (
    f"<semantics>{ENERGY}<annotation encoding='application/x-tex'>E = mc^2</annotation></semantics>"
)
KATEX = (
    f"<span class='katex'><span class='katex-mathml'><math>{ANNOTATED}</math></span>"
    "<span class='katex-html' aria-hidden='true'><span class='mord'>E=mc2</span></span></span>"
)
RENDERED = "<span class='MathJax' id='MathJax-Element-1-Frame'><nobr>E=mc2</nobr></span>"
ASSISTIVE = f"<mjx-assistive-mml><math>{ENERGY}</math></mjx-assistive-mml>"
SCRIPT = "<script type='math/tex'>E = mc^2</script>"
WIKI_IMAGE = (
    "<img class='mwe-math-fallback-image-inline' src='/5fc1' alt='{\\displaystyle E = mc^2}'>"
)
WIKI_MATH = (
    "<span class='mwe-math-mathml-inline mwe-math-mathml-a11y' style='display: none;'>"
    f"<math alttext='{{\\displaystyle E = mc^2}}'><semantics>{ENERGY}"
    "<annotation encoding='application/x-tex'>{\\displaystyle E = mc^2}</annotation>"
    "</semantics></math></span>"
)


@pytest.mark.parametrize(
    "html",
    [
        f"<math>{ANNOTATED}</math>",
        f"<m:math>{ANNOTATED}</m:math>",
        "<math alttext='E = mc^2' class='ltx_Math'><mi>E</mi></math>",
        KATEX,
        SCRIPT,
        f"<span class='MathJax_Preview'>[math]</span>{SCRIPT}",
        f"<span class='MathJax_Preview'></span>{RENDERED}\n{SCRIPT}",
        f"<div class='MathJax_Display'>{RENDERED}</div>{SCRIPT}",
        "<script type='math/tex'>% <![CDATA[\nE = mc^2 %]]></script>",
        f"<span class='mwe-math-element'>{WIKI_MATH}{WIKI_IMAGE}</span>",
        f"<span>{WIKI_MATH}{WIKI_IMAGE}</span>",
        f"<span class='mwe-math-element'>{WIKI_IMAGE}</span>",
        WIKI_IMAGE,
        "<img class='latex' src='https://s0.wp.com/latex.php?latex=E+%3D+mc%5E2&bg=fff' alt='x'>",
        "<img src='https://latex.codecogs.com/gif.latex?\\inline&space;E&space;=&space;mc^2'>",
        "<img src='//latex.codecogs.com/svg.image?%5Cdpi%7B120%7D%20E%20%3D%20mc%5E2'>",
        "<img src='http://chart.googleapis.com/chart?cht=tx&chl=E+%3D+mc%5E2&chs=40'>",
        "<img src='https://www.zhihu.com/equation?tex=E+%3D+mc%5E2' alt='[formula]'>",
        "<img src='/cgi-bin/mimetex.cgi?E = mc^2'>",
        "<img class='tex' src='/render.png' alt='E = mc^2'>",
        "<img class='ql-img-inline-formula' alt='E = mc^2'>",
        "<img class='equation_image' alt='LaTeX: E = mc^2'>",
        "<img src='img2.png' alt='$E = mc^2$'>",
        "<span class='math-container'>$E = mc^2$</span>",
        "<span class='math notranslate nohighlight'>\\(E = mc^2\\)</span>",
        "<span class='math inline'>E = mc^2</span>",
    ],
)
def test_an_inline_formula_is_read_once_as_it_was_written(html: str) -> None:
    assert walked(f"so {html} holds").split() == ["so", "$E", "=", "mc^2$", "holds"]


@pytest.mark.parametrize(
    "html",
    [
        f"<math display='block'>{ANNOTATED}</math>",
        f"<math mode='display'>{ANNOTATED}</math>",
        f"<span class='katex-display'>{KATEX}</span>",
        "<script type='math/tex; mode=display'>E = mc^2</script>",
        f"<div class='mwe-math-element mwe-math-element-block'>{WIKI_MATH}</div>",
        "<img class='mwe-math-fallback-image-display' alt='{\\displaystyle E = mc^2}'>",
        "<img class='ql-img-displayed-equation' alt='\\[E = mc^2\\]'>",
        "<img alt='\\begin{displaymath}\nE = mc^2\n\\end{displaymath}'>",
        "<div class='math notranslate'>\\[E = mc^2\\]</div>",
        "<span class='math display'>E = mc^2</span>",
        "<span class='math-container'>$$E = mc^2$$</span>",
        "<table class='ltx_equation ltx_eqn_table'><tr><td></td><td>"
        "<math alttext='\\displaystyle E' display='inline'></math></td><td>"
        "<math alttext='\\displaystyle = mc^2'></math></td></tr></table>",
    ],
)
def test_a_displayed_formula_has_two_dollars(html: str) -> None:
    assert walked(f"so {html} holds").split() == ["so", "$$E", "=", "mc^2$$", "holds"]


def test_a_row_of_equations_keeps_its_words_and_its_number() -> None:
    html = (
        "<table class='ltx_equationgroup'><tr><td><math alttext='x'></math></td><td>"
        "<span class='ltx_text ltx_markedasmath'>if</span></td><td>"
        "<span class='ltx_tag ltx_tag_equation'>(4)</span></td></tr>"
        "<tr><td><math alttext='y'></math></td></tr></table>"
    )
    assert walked(html) == "$$x \\text{if} \\tag{4}$$ $$y$$"


def test_mathjax_3_is_read_from_its_assistive_mathml() -> None:
    glyphs = "<mjx-math>" + "<mjx-mi><mjx-c></mjx-c></mjx-mi>" * 100 + "</mjx-math>"
    assert walked(f"<mjx-container>{glyphs}{ASSISTIVE}</mjx-container>") == "$E=mc^2$"
    shown = f"<mjx-container display='true'>{glyphs}{ASSISTIVE}</mjx-container>"
    assert walked(shown) == "$$E=mc^2$$"
    copied = "<span class='no-mathjax mjx-copytext'>$E = mc^2$</span>"
    assert walked(f"<mjx-container>{glyphs}{ASSISTIVE}{copied}</mjx-container>") == "$E = mc^2$"
    assert walked(f"<mjx-container>{glyphs}</mjx-container>") == ""


def test_mathjax_2_without_its_script_is_read_from_its_mathml() -> None:
    spans = "<span>x</span>" * 100
    assistive = f"<span class='MJX_Assistive_MathML'><math>{ENERGY}</math></span>"
    assert walked(f"<span class='MathJax'><nobr>{spans}</nobr>{assistive}</span>") == "$E=mc^2$"


@pytest.mark.parametrize(
    "html",
    [
        "<span class='text'>price $5</span>",
        "<div class='math-class'><p>We teach mathematics.</p></div>",
        "<span class='math inline'><em>E</em> = <em>mc</em><sup>2</sup></span>",
        "<span class='math-container'>from $5 to $6</span>",
        "<div class='MathJax'>An article of <b>words</b></div>",
        "<span class='MathJax_Preview'>x</span> and <script type='math/tex'></script>",
        "<table><tr><td>1</td></tr></table>",
    ],
)
def test_what_is_no_formula_is_walked_through(html: str) -> None:
    words = "".join(body(html).itertext())
    assert walked(html) == words


@pytest.mark.parametrize(
    "html",
    [
        "<img alt='A cat'>",
        "<img class='math' alt='Graph of the sine'>",
        "<img src='https://chart.googleapis.com/chart?cht=p&chl=a|b'>",
        "<img src='data:image/png;base64,latex.php?latex=x'>",
        "<script>var latex = 'x';</script>",
        "<script type='application/ld+json'>{}</script>",
    ],
)
def test_other_images_and_scripts_are_no_formulas(html: str) -> None:
    assert tex(body(html)[0]) is None


def test_an_alternative_text_in_words_gives_way_to_the_mathml() -> None:
    html = f"<math alttext='energy is mass times the speed of light'>{ENERGY}</math>"
    assert walked(html) == "$E=mc^2$"


@pytest.mark.parametrize("alt", ["\\(\\)", "\\[ \\]", "\\begin{math}\\end{math}"])
def test_an_empty_formula_is_skipped(alt: str) -> None:
    assert walked(f"a<img class='tex' alt='{alt}'>b") == "ab"


def test_only_braces_that_match_are_taken_off_a_style() -> None:
    assert walked("<img class='tex' alt='{\\textstyle {a}}'>") == "${a}$"
    split = "{\\displaystyle a}+{b}"
    assert walked(f"<img class='tex' alt='{split}'>") == f"${split}$"


CONVERTED = [
    ("<mi>x</mi><mo>+</mo><mn>12</mn>", "x+12"),
    ("<mi>α</mi><mi>x</mi><mo>−</mo><mi>β</mi><mn>2</mn>", "\\alpha x-\\beta2"),
    ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "\\frac{a+b}{2}"),
    ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "\\sqrt{x+1}"),
    ("<mroot><mi>x</mi><mn>3</mn></mroot>", "\\sqrt[3]{x}"),
    ("<msub><mi>x</mi><mn>10</mn></msub>", "x_{10}"),
    ("<msubsup><mi>x</mi><mi>i</mi><mi>α</mi></msubsup><mi>y</mi>", "x_i^\\alpha y"),
    ("<msup><msup><mi>x</mi><mn>2</mn></msup><mn>3</mn></msup>", "{x^2}^3"),
    ("<msup><mi>f</mi><mo>′</mo></msup>", "f'"),
    ("<msubsup><mi>f</mi><mn>1</mn><mrow><mo>′</mo><mo>′</mo></mrow></msubsup>", "f''_1"),
    ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>0</mn></mrow><mi>n</mi></munderover>",
     "\\sum_{i=0}^n"),
    ("<munder><mi>lim</mi><mrow><mi>n</mi><mo>→</mo><mi>∞</mi></mrow></munder>",
     "\\lim_{n\\to\\infty}"),
    ("<mover accent='true'><mi>β</mi><mo>^</mo></mover>", "\\hat{\\beta}"),
    ("<mover><mi>v</mi><mo>→</mo></mover>", "\\vec{v}"),
    ("<mover><mrow><mi>A</mi><mi>B</mi></mrow><mo>¯</mo></mover>", "\\overline{AB}"),
    ("<munder><munder><mi>a</mi><mo>⏟</mo></munder><mi>n</mi></munder>", "\\underbrace{a}_n"),
    ("<mover><mo>=</mo><mtext>def</mtext></mover>", "\\overset{\\text{def}}{=}"),
    ("<mover><mo>→</mo><mi>f</mi></mover>", "\\xrightarrow{f}"),
    ("<mi>sin</mi><mo>\u2061</mo><mi>x</mi>", "\\sin x"),
    ("<mi>rank</mi><mi>A</mi>", "\\mathrm{rank}A"),
    ("<mi mathvariant='double-struck'>R</mi><mi mathvariant='bold'>w</mi>",
     "\\mathbb{R}\\mathbf{w}"),
    ("<mi>ℝ</mi><mi>𝐰</mi><mi>𝒗</mi><mi>𝑥</mi>", "\\mathbb{R}\\mathbf{w}\\boldsymbol{v}x"),
    ("<mi>x</mi><mo>≢</mo><mi>y</mi><mo>∉</mo><mo>{</mo><mn>50%</mn><mo>}</mo>",
     "x\\not\\equiv y\\notin\\{50\\%\\}"),
    ("<mi>d</mi><mtext>for all  x_1</mtext><mspace width='1em'/><mi>y</mi>",
     "d\\text{for all x\\_1}\\quad y"),
    ("<mfenced open='[' close=']' separators=';'><mi>a</mi><mi>b</mi></mfenced>", "[a;b]"),
    ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a,b)"),
    ("<mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi>"
     "</mtd><mtd><mi>d</mi></mtd></mtr></mtable><mo>)</mo><mi>x</mi>",
     "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}x"),
    ("<mi>f</mi><mo>=</mo><mrow><mo>{</mo><mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable></mrow>",
     "f=\\begin{cases} 1 \\end{cases}"),
    ("<mo>(</mo><mfrac linethickness='0px'><mi>n</mi><mi>k</mi></mfrac><mo>)</mo>",
     "\\binom{n}{k}"),
    ("<mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>", "{}_6^{14}C"),
    ("<menclose notation='box'><mi>E</mi></menclose>", "\\boxed{E}"),
    ("<mphantom><mi>x</mi></mphantom><mstyle><mpadded><mi>y</mi></mpadded></mstyle>",
     "\\phantom{x}y"),
    ("<msup><mi>x</mi></msup><mfrac></mfrac>", "x\\frac{}{}"),
    ("<unknown><mi>x</mi></unknown>", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("mathml", "expected"), CONVERTED)
def test_mathml_becomes_the_tex_that_shows_the_same(mathml: str, expected: str) -> None:
    assert to_tex(body(f"<math>{mathml}</math>")[0]) == expected


def test_depth_is_bounded_and_keeps_the_text() -> None:
    deep = "<mrow>" * 150 + "<mi>x</mi>" + "</mrow>" * 150
    assert to_tex(body(f"<math>{deep}</math>")[0]) == "\\text{x}"


def test_nested_wrappers_without_a_formula_are_walked_through() -> None:
    html = "<span class='katex MathJax'>" * 150 + "words" + "</span>" * 150
    assert walked(html) == "words"


TAGS = [
    *sorted(CANDIDATES - {"m:math"}),
    *["mrow", "mi", "mo", "mtext", "mfrac", "msup", "munderover", "mover", "mtable", "mtr", "mtd"],
    *["mmultiscripts", "mprescripts", "mfenced", "msqrt", "semantics", "annotation", "mspace"],
]
VALUES = [
    *[
        "katex",
        "katex-display",
        "MathJax",
        "math inline",
        "mwe-math-element",
        "tex",
        "ltx_equation",
    ],
    *["math/tex; mode=display", "application/x-tex", "$x$", "{\\displaystyle x}", "\\[", "%", "∑"],
    *["https://latex.codecogs.com/x?%", "/latex.php?latex=%ff", "{", "(", "1em", "0", "bold"],
]
values = st.text(max_size=10) | st.sampled_from(VALUES)
attributes = st.dictionaries(
    st.sampled_from(["class", "type", "alt", "src", "alttext", "encoding", "width", "open"]), values
)
elements = st.builds(
    lambda tag, attributes, text: "<{} {}>{}".format(
        tag, " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items()), text
    ),
    st.sampled_from(TAGS),
    attributes,
    values,
)
closings = st.sampled_from(TAGS).map("</{}>".format)


@settings(max_examples=300, deadline=None)
@given(st.lists(elements | closings, max_size=30))
def test_any_markup_gives_formulas_between_delimiters(markup: list[str]) -> None:
    for element in body("".join(markup)).iter():
        found = tex(element)
        assert found is None or found == "" or (found[0] == found[-1] == "$" and len(found) > 2)
        to_tex(element)
