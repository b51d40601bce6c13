"""What articles cite, and the rows that are made of it."""

import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.references import MOST_CATEGORIES, MOST_PAGES, references, summary
from classifiers.webarchives import original
from classifiers.wikipedia import WikiPage, read_pages
from classifiers.wikitext import categories
from pipeline.records import Split
from pipeline.urls import canonical_url, host
from tests.classifiers.dumpfiles import ENWIKI, UKWIKI

ARCHIVED = "https://web.archive.org/web/2010/http://a.org/b"


@pytest.mark.parametrize(
    ("wikitext", "found"),
    [
        (
            "[https://WWW.a.org/b/ x] <ref>http://a.org/b</ref> [http://c.org d]",
            [
                ("https://a.org/b", "https://WWW.a.org/b/", 2, True),
                ("https://c.org/", "http://c.org", 1, False),
            ],
        ),
        (
            f"<ref>{{{{cite|url=http://a.org/b|archive-url={ARCHIVED}}}}}</ref>",
            [("https://a.org/b", "http://a.org/b", 1, True)],
        ),
        (
            f"[{ARCHIVED} a] [{ARCHIVED} b] http://a.org/b",
            [("https://a.org/b", "http://a.org/b", 2, False)],
        ),
        ("https://en.wikipedia.org/wiki/Y http://x //b.org https://www.wikidata.org/wiki/Q1", []),
        ("http://xn--80ak6aa92e.com http://аррӏе.com", None),
    ],
)
def test_references_of_an_article(
    wikitext: str, found: list[tuple[str, str, int, bool]] | None
) -> None:
    rows = [(r.canonical_url, r.url, r.citations, r.in_ref) for r in references(wikitext)]
    if found is None:
        assert [(row[0], row[2]) for row in rows] == [("https://xn--80ak6aa92e.com/", 2)]
    else:
        assert rows == found


def citing(page: str, **changed: Any) -> dict[str, Any]:
    row = {"page": page, "url": "http://a.org", "citations": 1, "in_ref": False, "categories": []}
    return row | changed


def test_a_row_adds_up_the_citing_pages() -> None:
    rows = [
        citing("A", categories=["X", "Y"], citations=3, in_ref=True),
        citing("B", categories=["Y", "Z"], url="http://www.a.org/"),
        citing("C", categories=["Z"], url="http://www.a.org/", in_ref=True),
    ]
    assert summary("https://a.org/", "fy", rows) == {
        "canonical_url": "https://a.org/",
        "url": "http://www.a.org/",
        "host": "a.org",
        "domain": "a.org",
        "language": "fy",
        "citations": 5,
        "pages": 3,
        "in_ref": 2,
        "citing_pages": ["A", "B", "C"],
        "categories": ["Y", "Z", "X"],
    }


@given(
    st.lists(
        st.builds(
            citing,
            st.text(max_size=3),
            url=st.sampled_from(["http://a.org", "//a.org", "http://a.org/"]),
            citations=st.integers(1, 5),
            in_ref=st.booleans(),
            categories=st.lists(st.sampled_from("ABCDEFGHIJKLMN"), unique=True),
        ),
        min_size=1,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_a_row_does_not_depend_on_the_order(rows: list[dict[str, Any]], random: Any) -> None:
    found = summary("https://a.org/", "fy", rows)
    titles = {row["page"] for row in rows}
    assert found["citations"] == sum(row["citations"] for row in rows)
    assert len(found["citing_pages"]) == min(MOST_PAGES, len(titles)) <= found["pages"]
    assert titles.issuperset(found["citing_pages"])
    counts = Counter(name for row in rows for name in row["categories"])
    shown = [counts[name] for name in found["categories"]]
    assert shown == sorted(counts.values(), reverse=True)[:MOST_CATEGORIES]
    random.shuffle(rows)
    assert summary("https://a.org/", "fy", rows) == found


def parsed(text: str, namespaces: tuple[str, ...]) -> tuple[Counter[str], set[str], set[str]]:
    """By mwparserfromhell: citations by canonical URL, the URLs in a `<ref>`, the categories."""
    parser = pytest.importorskip("mwparserfromhell")
    # It takes the address within an archive's address for one of its own where no scheme precedes.
    code = parser.parse(re.sub(r"=\s*//", "=https://", text))
    counts: Counter[tuple[str, bool]] = Counter()
    in_ref: set[str] = set()

    def canonical(link: Any) -> tuple[str, bool]:
        # It takes templates and parameters that follow at once for the address's end.
        url = re.split(r"\{\{|\|", str(link.url).replace("&amp;", "&"))[0]
        return canonical_url(original(url)), original(url) != url

    counts.update(map(canonical, code.filter_external_links()))
    for tag in code.filter_tags(matches=lambda tag: str(tag.tag).lower() == "ref"):
        in_ref |= {canonical(link)[0] for link in tag.contents.filter_external_links()}
    citations: Counter[str] = Counter()
    for (url, _), count in counts.items():
        if "." in host(url) and not re.search(r"\bwik\w+\.org|toolforge|mediawiki", host(url)):
            citations[url] = max(citations[url], count)
    links = [str(link.title).partition(":") for link in code.filter_wikilinks()]
    known = [name.lower() for name in namespaces]
    named = {
        " ".join(name.replace("_", " ").split())
        for namespace, _, name in links
        if namespace.strip().lower() in known and name.strip()
    }
    return citations, in_ref & citations.keys(), {name[:1].upper() + name[1:] for name in named}


@pytest.mark.parametrize("path", [ENWIKI, UKWIKI], ids=["en", "uk"])
def test_agrees_with_a_full_parser_on_real_dumps(path: Path) -> None:
    """99.5% of the citations and of those in `<ref>`, and all categories, both ways."""
    if not path.exists():
        pytest.skip(f"{path} is absent")
    everything = read_pages(Split(str(path), 0, path.stat().st_size))
    articles = [one for one in everything if isinstance(one, WikiPage) and not one.no_article]
    ours, theirs = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    our_refs, their_refs = set[tuple[str, str]](), set[tuple[str, str]]()
    for page in islice(articles, 0, None, 4):
        for one in references(page.wikitext):
            ours[page.title, one.canonical_url] = one.citations
            our_refs |= {(page.title, one.canonical_url)} if one.in_ref else set()
        citations, in_ref, named = parsed(page.wikitext, page.site.categories)
        theirs.update({(page.title, url): count for url, count in citations.items()})
        their_refs |= {(page.title, url) for url in in_ref}
        assert set(categories(page.wikitext, page.site.categories)) == named
    assert theirs.total() > 700
    assert (ours & theirs).total() >= 0.995 * max(ours.total(), theirs.total())
    assert len(our_refs & their_refs) >= 0.995 * max(len(our_refs), len(their_refs))
