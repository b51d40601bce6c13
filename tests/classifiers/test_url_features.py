"""The words of URLs: what they say, that none is ever one of a text, that nothing breaks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import quality
from classifiers.url_features import features

WORDS = "http:// https:// // a.org [::1] bücher.de % %zz / ? & = # .. : @ __label__x </s> host:a"
PIECES = st.sampled_from([*WORDS.split(), " ", "\n", "\ud800", "\u00a0", "\u2028"])
URLS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join))


def test_each_piece_of_a_url_has_its_mark() -> None:
    url = (
        "http://www.Forum.shop.example.co.uk/Recipes/cakes_2021/p-17.html?product=3&utm_source=x#a"
    )
    assert features(url).split() == [
        *("host:forum", "host:shop", "name:example", "suffix:co", "suffix:uk"),
        *("path:recipes", "path:cakes", "path:0", "path:p", "path:0", "path:html"),
        *("query:product", "query:0", "depth:3", "extension:html"),
    ]


def test_names_in_other_scripts_are_read_as_they_are_meant() -> None:
    assert "path:кухня" in features("https://a.org/%D0%BA%D1%83%D1%85%D0%BD%D1%8F").split()


@pytest.mark.parametrize(
    "url", ["", "a", "urn:uuid:1", "ftp://a.org/b", "mailto:a@b.c", "http://["]
)
def test_what_is_no_web_url_has_no_words(url: str) -> None:
    assert features(url) == ""


@given(URLS, st.text())
def test_no_word_of_a_url_is_one_of_a_text_or_of_fasttext(url: str, text: str) -> None:
    found = features(url)
    assert features(url) == found
    assert "\n" not in found
    words = found.split()
    assert found == " ".join(words)
    assert all(":" in word and not word.startswith(("__label__", "</s>")) for word in words)
    assert not set(words) & set(quality.features(f"{text} {url} {found}").split())


def test_a_url_of_a_million_characters_has_few_words() -> None:
    assert len(features("https://a.org/" + "b/" * 500_000 + "?" + "c=1&" * 500_000).split()) < 50
