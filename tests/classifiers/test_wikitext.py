"""Addresses and categories in a wikitext."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.wikitext import categories, links


@pytest.mark.parametrize(
    ("wikitext", "found"),
    [
        (
            "<ref>http://a.org/1</ref> http://b.org",
            [("http://a.org/1", True), ("http://b.org", False)],
        ),
        (
            '<ref name="x/y">{{cite web|url = http://a.org/1?x=1&amp;y |a=b}}</ref>',
            [("http://a.org/1?x=1&y", True)],
        ),
        (
            "<ref>{{Literatur |Online=https://a.org/1 |Archiv-URL=//b.org/2}}</ref>",
            [("https://a.org/1", True), ("//b.org/2", True)],
        ),
        ("{{x|archive-url = //a.org/2010/http://b.org}}", [("//a.org/2010/http://b.org", False)]),
        ("{{Cite web/uk|посилання=http://a.org/стаття}}", [("http://a.org/стаття", False)]),
        ("<REF name=x /> [https://a.org/b title]", [("https://a.org/b", False)]),
        ("<references>[//a.org b]</references>", [("//a.org", False)]),
        ("{{x|chapter-url=http://a.org/c.}}", [("http://a.org/c.", False)]),
        (
            "See http://a.org/b, http://a.org/c). (http://a.org/d_(e))!",
            [("http://a.org/b", False), ("http://a.org/c", False), ("http://a.org/d_(e))", False)],
        ),
        (
            "[http://a.org/b''italic'' x] http://a.org/it's",
            [("http://a.org/b", False), ("http://a.org/it's", False)],
        ),
        ("<!-- http://a.org --><nowiki>http://b.org</NOWIKI><pre>http://c.org", []),
        ("a//b.org xhttp://c.org [[File:x.jpg]] http:// ", []),
        (
            "{{x|archive-url=https://web.archive.org/web/2010/http://a.org/b|url=HTTP://a.org/b}}",
            [
                ("https://web.archive.org/web/2010/http://a.org/b", False),
                ("HTTP://a.org/b", False),
            ],
        ),
    ],
)
def test_links_of_wikitext(wikitext: str, found: list[tuple[str, bool]]) -> None:
    assert [(link.url, link.in_ref) for link in links(wikitext)] == found


@pytest.mark.parametrize(
    ("wikitext", "found"),
    [
        ("[[Категорія:Міста]] [[Category:towns|*]]", ["Міста", "Towns"]),
        ("[[ категорія : Старі_міста  України|ключ]]", ["Старі міста України"]),
        ("[[CATEGORY:AT&amp;T]][[Category:AT&T]]", ["AT&T"]),
        ("[[:Category:Towns]] [[Категорії:Міста]] [[Category talk:A]] [[Category:]]", []),
        ("<!-- [[Category:A]] --><nowiki>[[Category:B]]</nowiki>[[Category:C]]", ["C"]),
        ("[[Category:{{PAGENAME}}]] [[Category:A [[b]]", []),
        ("[[Category:ქალაქები]] [[Category:ßa]] [[Category:ñu]]", ["ქალაქები", "ßa", "Ñu"]),
    ],
)
def test_categories_of_wikitext(wikitext: str, found: list[str]) -> None:
    assert categories(wikitext, ("Категорія", "Category")) == found


def test_the_name_of_the_namespace_may_have_spaces() -> None:
    text = "[[Thể_loại:Sông]] [[thể loại:Núi]] [[Thểloại:Hồ]]"
    assert categories(text, ("Thể loại",)) == ["Sông", "Núi"]


MARKS = ["<!--", "<ref>", "<ref", "<nowiki>", "//a", "http:", "[", "=", " ", "'", "</ref>", "]]"]


@given(st.lists(st.sampled_from([*MARKS, "[[Category:", "A", "|"]), max_size=30))
def test_broken_wikitext_yields_only_addresses_and_names(tokens: list[str]) -> None:
    text = "".join(tokens)
    for link in links(text):
        assert re.match(r"(https?:)?//[^\s<>\[\]]+\Z", link.url)
    for name in categories(text, ("Category",)):
        assert re.fullmatch(r"[^\[\]{}|<>]+", name)


OPENINGS = ["<ref ", "<!-", "<nowiki", "[=", "http:", "//", "'//a'", "[[", "[[Category:", "[[ _"]


@pytest.mark.parametrize("opening", OPENINGS)
def test_scanning_takes_linear_time(opening: str) -> None:
    """A quadratic scan of this text would outlast the test's time limit."""
    assert len(list(links(opening * 300_000))) <= 1
    assert categories(opening * 300_000, ("Category",)) == []
