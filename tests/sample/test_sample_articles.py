"""The articles' format: what it means, and that mistakes in it are named."""

import unicodedata

import pytest

from pipeline.sample.articles import (
    Author,
    Code,
    Formula,
    Heading,
    Items,
    Paragraph,
    Table,
    load_articles,
    parse_article,
    split_math,
)
from pipeline.sample.builder import ARTICLES

_HEAD = "title: A title\nkind: essay\ntopic: science\n---\n"


def test_every_block_is_parsed() -> None:
    body = (
        "One line\nand the next.\n\n## A heading\n\n- first\n- second\n\n"
        "```python\nx = 1\n\n# a comment\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x^2$$\n"
    )
    assert parse_article(_HEAD + body, "en", "slug").blocks == (
        Paragraph("One line and the next."),
        Heading("A heading"),
        Items(("first", "second")),
        Code("x = 1\n\n# a comment", "python"),
        Table(("a", "b"), (("1", "2"),)),
        Formula("x^2"),
    )


def test_lines_of_languages_without_spaces_are_joined_without_one() -> None:
    assert parse_article(_HEAD + "一二\n三四\n", "zh", "slug").blocks == (Paragraph("一二三四"),)


def test_a_thread_is_split_into_posts() -> None:
    source = _HEAD.replace("essay", "forum") + "@ann\nHello.\n\nMore.\n\n@bob\nHi.\n"
    assert parse_article(source, "en", "slug").blocks == (
        Author("ann"),
        Paragraph("Hello."),
        Paragraph("More."),
        Author("bob"),
        Paragraph("Hi."),
    )


def test_money_is_no_formula() -> None:
    assert split_math("from $5 to $9") == [(False, "from $5 to $9")]
    assert split_math("let $x$ be") == [(False, "let "), (True, "x"), (False, " be")]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("title: A\nkind: essay\ntopic: t\n", "no line `---`"),
        ("title: A\nkind: essay\n---\nText.\n", "header keys"),
        ("title: A\nkind: essay\ntopic:\n---\nText.\n", "is not `key: value`"),
        ("title: A\nkind: novel\ntopic: t\n---\nText.\n", "unknown kind 'novel'"),
        (_HEAD, "the body is empty"),
        (_HEAD + "#Heading\n", "is not `## text`"),
        (_HEAD + "-item\n", "is not `- text`"),
        (_HEAD + "```\ncode\n", "never closed"),
        (_HEAD + "| a | b |\n| 1 | 2 |\n| 3 | 4 |\n", "needs a header"),
        (_HEAD + "| a | b |\n|---|---|\n| 1 |\n", "different widths"),
        (_HEAD + "Text $$x$$ goes on.\n", "not a paragraph of its own"),
        (_HEAD + "@ann\nHello.\n", "in an article of kind essay"),
        (_HEAD.replace("essay", "forum") + "Hello.\n", "must begin with a line `@username`"),
    ],
)
def test_a_malformed_article_is_an_error_naming_the_file(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as error:
        parse_article(source, "en", "slug")
    assert str(error.value).startswith("en/slug.md: ")


def test_the_articles_span_many_languages_and_scripts() -> None:
    articles = load_articles(ARTICLES)
    letters = {char for article in articles for char in article.text if char.isalpha()}
    scripts = {unicodedata.name(char).split()[0] for char in letters}
    assert len({article.language for article in articles}) >= 12
    assert scripts >= {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "DEVANAGARI", "HANGUL", "HIRAGANA"}
