"""A page's bytes to text: cheap rejections first, no state, clean Unicode."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import clean, extract
from pipeline.records import Capture, Document, Page, Rejected

PARAGRAPH = (
    "The old lighthouse keeper wrote down the weather every evening, and his notebooks are now "
    "kept in the library of the town, where anyone may read them on request. "
)
HTML = (
    "<html><head><title>T</title></head><body><nav><a href='/'>Home</a></nav><article><h1>Notes"
    f"</h1><p>{PARAGRAPH * 2}</p><p>{PARAGRAPH.replace('weather', 'tides')}</p></article>"
    "<footer>Imprint</footer></body></html>"
)


def page(body: bytes, mime: str = "text/html", status: int = 200, charset: str = "") -> Page:
    capture = Capture("id", "http://A.example/x", "2024-01-01T00:00:00Z", "a.warc", 0, 1)
    return Page(capture, status, mime, charset, body)


def test_an_html_page_becomes_a_document_of_its_main_text() -> None:
    document = extract(page(HTML.encode()))
    assert isinstance(document, Document)
    assert PARAGRAPH.strip() in document.text
    assert "Home" not in document.text
    assert "Imprint" not in document.text
    assert (document.language, document.host) == ("en", "a.example")
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
    document = extract(page(PARAGRAPH.encode(), mime="text/plain"))
    assert isinstance(document, Document)
    assert document.text == PARAGRAPH.strip()


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
