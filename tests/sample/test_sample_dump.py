"""The MediaWiki dump: well-formed, and citing only pages of the crawl that deserve it."""

import bz2
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

_MW = "{http://www.mediawiki.org/xml/export-0.11/}"
_BAD = {"spam", "shop", "parked", "thin", "redirect", "not_found", "noindex", "truncated"}


@pytest.fixture(scope="module")
def pages(folder: Path) -> list[tuple[str, str, str]]:
    """Title, namespace and wikitext of every page."""
    root = ElementTree.fromstring(bz2.decompress((folder / "wiki-sample.xml.bz2").read_bytes()))
    assert root.tag == f"{_MW}mediawiki"
    return [
        (
            page.findtext(f"{_MW}title", ""),
            page.findtext(f"{_MW}ns", ""),
            page.findtext(f"{_MW}revision/{_MW}text", ""),
        )
        for page in root.iter(f"{_MW}page")
    ]


def _cited(text: str) -> list[str]:
    found = re.findall(r"https?://[^\s|}\]<]+", text)
    return [re.sub(r"^https://web\.archive\.org/web/\d{14}/", "", url) for url in found]


def test_there_are_articles_and_pages_that_are_none(pages: list[tuple[str, str, str]]) -> None:
    texts = [text for _, namespace, text in pages if namespace == "0"]
    assert len([text for text in texts if not text.startswith("#REDIRECT")]) == 25
    assert {namespace for _, namespace, _ in pages} == {"0", "1", "10"}
    assert len({title for title, _, _ in pages}) == len(pages)


def test_the_dump_cites_the_pages_marked_as_cited(
    pages: list[tuple[str, str, str]], truth: list[dict[str, Any]]
) -> None:
    cited = {url for _, _, text in pages for url in _cited(text)}
    assert cited == {page["url"] for page in truth if page["cited"]}
    assert len(cited) >= 60


def test_nothing_bad_is_cited(truth: list[dict[str, Any]]) -> None:
    cited = [page for page in truth if page["cited"]]
    assert not {page["kind"] for page in cited} & _BAD
    assert not [page for page in cited if page["duplicate_of"] or page["near_duplicate_of"]]


def test_links_take_every_form(pages: list[tuple[str, str, str]]) -> None:
    text = "\n".join(text for _, _, text in pages)
    assert re.search(r"<ref>\{\{cite web \|url=https://(?!web\.archive)", text)
    assert re.search(r"\|url=https://web\.archive\.org/web/2020\d{10}/https://", text)
    assert re.search(r"\| archive-url = https://web\.archive\.org", text)
    assert re.search(r"^\* \[https://\S+ [^\]]+\]$", text, re.MULTILINE)
