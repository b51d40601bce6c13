"""References of Wikipedia articles: what is found in wikitext, and how dumps are read."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from classifiers.wikipedia import cited_urls, links, original, references
from pipeline.errors import UserError
from pipeline.urls import canonical_url

DATA = Path(__file__).resolve().parents[2] / "../shared/data/wikipedia"
ENWIKI = DATA / "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
UKWIKI = DATA / "ukwiki-truncated-100k.xml.xz"

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".xml": bytes,
    ".bz2": bz2.compress,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


def page(title: str, text: str, namespace: int = 0, more: str = "") -> str:
    return (
        f"<page><title>{title}</title><ns>{namespace}</ns>{more}"
        f"<revision><text>{escape(text)}</text></revision></page>"
    )


def dump(*pages: str) -> bytes:
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><dbname>fywiki'
        "</dbname><base>https://fy.wikipedia.org/wiki/Haadside</base></siteinfo>"
        f"{''.join(pages)}</mediawiki>"
    ).encode()


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
            [("http://a.org/b", False), ("HTTP://a.org/b", False)],
        ),
    ],
)
def test_links_of_wikitext(wikitext: str, found: list[tuple[str, bool]]) -> None:
    assert list(links(wikitext)) == found


@pytest.mark.parametrize(
    "archived",
    [
        "https://web.archive.org/web/20101001000000/http://a.org/b?c=d",
        "http://www.web.archive.org/web/20101001000000id_/http://a.org/b?c=d",
        "//web.archive.org/web/*/http:/a.org/b?c=d",
        "https://archive.today/2012.12.05-123456/http://a.org/b?c=d",
        "http://archive.is/20121205123456/http://a.org/b?c=d",
        "https://wayback.archive-it.org/123/20101001000000/http://a.org/b?c=d",
        "https://www.webcitation.org/5abc?url=http%3A%2F%2Fa.org%2Fb%3Fc%3Dd&date=2010-10-01",
        "http://webcitation.org/query?date=2010&url=http://a.org/b?c=d",
        "https://archive.is/2012/https://web.archive.org/web/2010/http://a.org/b?c=d",
        "http://a.org/b?c=d",
    ],
)
def test_archive_links_give_the_archived_address(archived: str) -> None:
    assert original(archived) == "http://a.org/b?c=d"


@pytest.mark.parametrize(
    "url",
    [
        "https://archive.today/AbCdE",
        "https://archive.org/details/book",
        "https://a.org/2014/05/http-explained",
    ],
)
def test_other_addresses_are_left_as_they_are(url: str) -> None:
    assert original(url) == url


@given(
    st.lists(
        st.sampled_from(
            ["<!--", "<ref>", "<ref", "<nowiki>", "//a", "http:", "[", "=", " ", "'", "</ref>"]
        ),
        max_size=30,
    )
)
def test_broken_wikitext_yields_only_addresses(tokens: list[str]) -> None:
    for url, _ in links("".join(tokens)):
        assert re.match(r"(https?:)?//[^\s<>\[\]]+\Z", url)


@pytest.mark.parametrize("opening", ["<ref ", "<!-", "<nowiki", "[=", "http:", "//", "'//a'"])
def test_scanning_takes_linear_time(opening: str) -> None:
    """A quadratic scan of this text would outlast the test's time limit."""
    assert len(list(links(opening * 300_000))) <= 1


@pytest.mark.parametrize("extension", COMPRESS)
def test_references_of_a_dump(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"dump{extension}"
    path.write_bytes(
        COMPRESS[extension](
            dump(
                page("One", "[https://WWW.a.org/b/ x] <ref>http://a.org/b</ref> [http://c.org d]"),
                page("Talk:One", "http://talk.org", namespace=1),
                page("Old", "http://redirect.org", more='<redirect title="One" />'),
                page("Two", "http://c.org/?utm_source=x https://en.wikipedia.org/wiki/Y http://x"),
                page("Three", ""),
            )
        )
    )
    found = list(references(str(path)))
    assert [(r.url, r.canonical, r.citing_page, r.in_ref) for r in found] == [
        ("https://WWW.a.org/b/", "https://a.org/b", "One", True),
        ("http://c.org", "https://c.org/", "One", False),
        ("http://c.org/?utm_source=x", "https://c.org/", "Two", False),
    ]
    assert {r.wiki for r in found} == {"fy"}
    assert cited_urls([str(path)]) == {"https://a.org/b": 1, "https://c.org/": 2}


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_dump_that_was_cut_off_is_an_error_naming_it(tmp_path: Path, extension: str) -> None:
    whole = COMPRESS[extension](dump(*(page(f"P{i}", f"http://a.org/{i}") for i in range(999))))
    path = tmp_path / f"dump{extension}"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(UserError, match=re.escape(str(path))):
        cited_urls([str(path)])


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"not XML"])
def test_what_is_no_dump_is_an_error_naming_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        list(references(str(path)))
    with pytest.raises(UserError, match="no such file"):
        list(references(f"{path}.bz2"))


@pytest.mark.parametrize("path", [ENWIKI, UKWIKI], ids=["en", "uk"])
def test_agrees_with_a_full_parser_on_real_dumps(path: Path) -> None:
    """At least 99% of the addresses that mwparserfromhell finds, and no more than 1% others."""
    if not path.exists():
        pytest.skip(f"{path} is absent")
    parser = pytest.importorskip("mwparserfromhell")
    from classifiers.wikipedia import _articles

    ours, theirs = set(), set()
    articles = _articles(str(path))
    for _, title, text in [next(articles) for _ in range(40)]:
        ours |= {(title, canonical_url(url)) for url, _ in links(text)}
        code = parser.parse(text)
        found = [str(link.url) for link in code.filter_external_links()]
        for template in code.filter_templates():
            found += [str(parameter.value).strip() for parameter in template.params]
        theirs |= {
            (title, canonical_url(original(url.replace("&amp;", "&"))))
            for url in found
            if re.fullmatch(r"(https?:)?//[^\s{]+", url, re.IGNORECASE)
        }
    assert len(theirs) > 100
    assert len(ours & theirs) >= 0.99 * max(len(ours), len(theirs))
