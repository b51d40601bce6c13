"""A page's bytes to text: cheap rejections first, no state, clean Unicode."""

import unicodedata
from dataclasses import replace

import pytest
import trafilatura
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text

from pipeline import extract as extraction
from pipeline.config import ExtractSection
from pipeline.normalize import clean
from pipeline.records import Capture, Document, Page, Rejected
from pipeline.screen import Screen

PARAGRAPH = (
    "The old lighthouse keeper wrote down the weather every evening, and his notebooks are now "
    "kept in the library of the town, where anyone may read them on request. "
)
HTML = (
    "<html><head><title>T</title></head><body><nav><a href='/'>Home</a></nav><article><h1>Notes"
    f"</h1><p>{PARAGRAPH * 2}</p><p>{PARAGRAPH.replace('weather', 'tides')}</p></article>"
    "<footer>Imprint</footer></body></html>"
)


def page(
    body: bytes, mime: str = "text/html", status: int = 200, charset: str = "", **fields: str
) -> Page:
    capture = Capture("id", "http://A.example/x", "2024-01-01T00:00:00Z", "a.warc", 0, 1)
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return Page(capture, status, mime, charset, body, named)


def extract(record: Page, screen: Screen | None = None, **options: object) -> Document | Rejected:
    return extraction.extract(record, ExtractSection.model_validate(options), screen)


def test_an_html_page_becomes_a_document_of_its_main_text() -> None:
    document = extract(page(HTML.encode()))
    assert isinstance(document, Document)
    assert PARAGRAPH.strip() in document.text
    assert "Home" not in document.text
    assert "Imprint" not in document.text
    assert (document.language, document.host) == ("eng_Latn", "a.example")
    assert document.language_score > 0.8


@pytest.mark.parametrize(
    ("rejected", "reason"),
    [
        (page(HTML.encode(), status=404), "status"),
        (page(b""), "empty_body"),
        (page(b"%PDF-1.4", mime="application/pdf"), "mime"),
        (page(b"\x89PNG", mime=""), "mime"),
        (page(b"<html><body></body></html>"), "no_text"),
        (page(b"\x00" * 100), "no_text"),
    ],
)
def test_what_is_no_text_is_dropped_with_its_reason(rejected: Page, reason: str) -> None:
    result = extract(rejected)
    assert isinstance(result, Rejected)
    assert (result.outcome, result.reason) == ("dropped", reason)


def test_html_without_a_media_type_is_recognized() -> None:
    assert isinstance(extract(page(HTML.encode(), mime="")), Document)


def test_plain_text_is_taken_as_it_is() -> None:
    refusing = {"x-robots-tag": "noai"}
    document = extract(replace(page(PARAGRAPH.encode(), mime="text/plain"), fields=refusing))
    assert isinstance(document, Document)
    assert document.text == PARAGRAPH.strip()
    assert document.metadata.opt_outs == ("noai",)


def test_the_same_page_gives_the_same_text_whatever_came_before() -> None:
    first = extract(page(HTML.encode()))
    for _ in range(5):
        extract(page(HTML.replace("tides", "birds").encode()))
        assert extract(page(HTML.encode())) == first


@given(st.text(st.characters(blacklist_categories=[])))
def test_clean_text_has_one_line_end_no_controls_and_is_normalized(text: str) -> None:
    result = clean(text)
    assert not [c for c in result if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not set(result) & set("\u200b\ufeff\u00ad\u2060\u2028\x85")
    assert unicodedata.is_normalized("NFC", result)
    assert clean(result) == result
    result.encode()


def test_a_letter_and_its_accent_become_one_even_across_noise() -> None:
    assert clean("cafe\u0301 cafe\u200b\u0301") == "caf\u00e9 caf\u00e9"


def test_joiners_that_spell_words_stay() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


MATH = """<html><head><title>On squares - Site</title><meta name="robots" content="noai">
<meta property="article:published_time" content="2021-03-04T05:06:07Z"><link rel="canonical"
href="https://a.example/squares"></head><body lang="en"><nav><a href="/">Start</a></nav><article>
<h1>On squares</h1><p>{0}</p><h2>In code</h2><p>A square is easy to compute, as this shows, and
the reader may try it at home:</p><pre><code>def square(x):
    return x * x
</code></pre><ul><li>It is never negative, whatever the number was that one began with.</li><li>It
grows faster than the number, from one on, and ever faster after that.</li></ul><p>In symbols the
square of a number is <script type="math/tex">x^2</script> and no other number has that name.</p>
<table><tr><th>number</th><th>square</th></tr><tr><td>2</td><td>4</td></tr></table>
<blockquote><p>{0}</p></blockquote><div class="share"><a href="#">Tweet this</a></div></article>
<div id="comments"><h3>2 comments</h3><p>{1}</p></div>
<div class="cookie-banner">We use cookies to improve this site. Accept all cookies?</div>
</body></html>"""
COMMENT = "I read this on the train, and I must say that I do not agree with a word of it at all."


def test_structure_is_kept_as_lines_and_boilerplate_is_not() -> None:
    document = extract(page(MATH.format(PARAGRAPH, COMMENT).encode()))
    assert isinstance(document, Document)
    lines = document.text.split("\n")
    for line in (
        "# On squares",
        "## In code",
        "- It is never negative, whatever the number was that one began with.",
        "| number | square |",
        "| 2 | 4 |",
        f"> {PARAGRAPH.strip()}",
    ):
        assert line in lines
    assert "```\ndef square(x):\n    return x * x\n```" in document.text
    assert "square of a number is $x^2$ and no other" in document.text
    for boilerplate in ("Start", "Tweet", "cookies", COMMENT):
        assert boilerplate not in document.text


def test_metadata_and_opt_outs_are_kept() -> None:
    record = page(MATH.format(PARAGRAPH, COMMENT).encode(), x_robots_tag="noindex, noimageai")
    document = extract(record)
    assert isinstance(document, Document)
    metadata = document.metadata
    assert (metadata.title, metadata.published) == ("On squares", "2021-03-04")
    assert metadata.canonical_url == "https://a.example/squares"
    assert metadata.opt_outs == ("noai", "noimageai", "noindex")
    assert document.link_density == 0.0


def test_comments_are_an_option_that_changes_nothing_else() -> None:
    without = extract(page(MATH.format(PARAGRAPH, COMMENT).encode()))
    included = extract(page(MATH.format(PARAGRAPH, COMMENT).encode()), comments=True)
    assert isinstance(without, Document)
    assert isinstance(included, Document)
    assert COMMENT in included.text
    assert included.text.startswith(without.text)


@pytest.mark.parametrize("comments", [False, True])
def test_trafilatura_as_the_engine_gives_exactly_its_text(comments: bool) -> None:
    html = MATH.format(PARAGRAPH, COMMENT)
    document = extract(page(html.encode()), engine="trafilatura", comments=comments)
    assert isinstance(document, Document)
    assert document.text == trafilatura.extract(html, include_comments=comments)


def test_resiliparse_as_the_engine_gives_its_text_cleaned() -> None:
    html = MATH.format(PARAGRAPH, COMMENT)
    document = extract(page(html.encode()), engine="resiliparse")
    assert isinstance(document, Document)
    assert document.text == clean(extract_plain_text(html, main_content=True, comments=False))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<div>" * 100_000 + PARAGRAPH.encode(), "depth"),
        (b"<p>x" * 100_001, "nodes"),
        (b"<p " + b" ".join(b"a%d=1" % n for n in range(1_000_000)) + b">" + PARAGRAPH.encode(),
         "attributes"),
    ],
    ids=["depth", "nodes", "attributes"],
)  # fmt: skip
def test_markup_beyond_a_limit_is_dropped_by_its_name(body: bytes, reason: str) -> None:
    result = extract(page(body))
    assert isinstance(result, Rejected)
    assert (result.outcome, result.reason) == ("dropped", reason)
    assert isinstance(extract(page(HTML.encode())), Document)


@pytest.mark.parametrize(
    "body",
    [
        b"<p>" + PARAGRAPH.encode() * 50_000,
        b"<a href=x>" * 40_000 + PARAGRAPH.encode(),
        b"<div>" * 1_000 + b"</b>" * 500_000 + PARAGRAPH.encode(),
        b"<" * 2_000_000 + PARAGRAPH.encode(),
        b"<!--" * 500_000 + PARAGRAPH.encode(),
        b"<script>" * 300_000 + PARAGRAPH.encode(),
        b"<table><tr><td>" * 600 + PARAGRAPH.encode(),
        b"<li>x<ul>" * 900 + PARAGRAPH.encode(),
        bytes(range(128, 256)) * 20_000 + PARAGRAPH.encode(),
        b"<p>" + b"&" * 2_000_000 + PARAGRAPH.encode(),
        b"<span class=math>" * 20_000 + PARAGRAPH.encode(),
        b"<br>" * 90_000 + PARAGRAPH.encode(),
    ],
    ids=["line", "links", "ends", "angles", "comments", "scripts", "tables", "lists", "bytes",
         "ampersands", "formulas", "breaks"],
)  # fmt: skip
@pytest.mark.timeout(60)
def test_hostile_markup_ends_and_the_next_page_is_fine(body: bytes) -> None:
    before = extract(page(HTML.encode()))
    extract(page(body), screen=Screen(frozenset({"eng_Latn"}), {"eng_Latn": 50}, {"eng_Latn": 2}))
    extract(page(body))
    assert extract(page(HTML.encode())) == before


def test_the_screen_comes_before_the_markup() -> None:
    screen = Screen(frozenset({"deu_Latn"}), {"eng_Latn": 50}, {"deu_Latn": 2})
    result = extract(page(b"<div>" * 3_000 + PARAGRAPH.encode() * 3), screen=screen)
    assert isinstance(result, Rejected)
    assert (result.reason, result.detail) == ("screen_language", "eng_Latn")
