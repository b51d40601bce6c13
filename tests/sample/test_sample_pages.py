"""The pages' HTML: the article is in it, whatever the design, and formulas keep their TeX."""

import lxml.html
import pytest

from pipeline.sample.articles import Article, Author, Code, Items, Paragraph, Table
from pipeline.sample.chrome import Sheet
from pipeline.sample.sites import HERALD
from pipeline.sample.templates import dress
from pipeline.sample.tex import MathStyle, render_math

_DESIGNS = ("newspaper", "wiki", "blog", "manual", "plain", "print")
_TEX = r"\sum_{k=0}^{\infty} ar^k = \frac{a}{1-r} < 2.5"


def _sheet(article: Article) -> Sheet:
    url = "https://host.example/page"
    return Sheet(HERALD, url, article, "2024-05-01", "katex", ((url, "Other"),), "utf-8", "")


@pytest.mark.parametrize("design", _DESIGNS)
def test_every_design_holds_the_whole_article(design: str) -> None:
    blocks = (
        Paragraph("Tom & Jerry < 3."),
        Items(("first item",)),
        Code("if a < b:\n    go()", "python"),
        Table(("head",), (("cell",),)),
    )
    page = dress(_sheet(Article("s", "en", "A & B", "essay", "t", blocks)), design)
    tree = lxml.html.fromstring(page)
    text = tree.text_content()
    for part in ("A & B", "Tom & Jerry < 3.", "first item", "if a < b:\n    go()", "head", "cell"):
        assert part in text
    assert tree.findtext(".//pre/code") == "if a < b:\n    go()\n"


@pytest.mark.parametrize("design", ["board", "print"])
def test_threads_show_posts_with_their_authors(design: str) -> None:
    blocks = (Author("ann"), Paragraph("Question?"), Author("bob"), Paragraph("Answer."))
    page = dress(_sheet(Article("s", "en", "Thread", "forum", "t", blocks)), design)
    text = lxml.html.fromstring(page).text_content()
    positions = [text.index(part) for part in ("ann", "Question?", "bob", "Answer.")]
    assert positions == sorted(positions)


@pytest.mark.parametrize("style", ["mathml", "katex", "image"])
def test_formulas_keep_their_tex(style: MathStyle) -> None:
    tree = lxml.html.fromstring(f"<p>{render_math(_TEX, style, display=False)}</p>")
    found = tree.findtext(".//annotation") or tree.xpath("string(.//img/@alt)")
    assert found == _TEX


def test_mathml_nests_scripts_and_fractions() -> None:
    markup = render_math(r"a\frac{1-r^n}{2}", "mathml", display=True)
    assert (
        "<mi>a</mi><mfrac><mrow><mn>1</mn><mo>-</mo><msup><mi>r</mi><mi>n</mi></msup></mrow>"
        "<mrow><mn>2</mn></mrow></mfrac>" in markup
    )


def test_unknown_tex_is_refused() -> None:
    with pytest.raises(ValueError, match="no MathML"):
        render_math(r"\unknown", "mathml", display=False)


def test_arabic_pages_run_from_right_to_left() -> None:
    page = dress(_sheet(Article("s", "ar", "عنوان", "essay", "t", (Paragraph("نص"),))), "blog")
    assert '<html lang="ar" dir="rtl">' in page
