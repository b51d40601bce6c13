"""The pages of dumps, and what is no dump or damaged."""

import re
from pathlib import Path

import pytest

from classifiers.wikipedia import Damage, Site, WikiPage, check_dump, read_pages
from pipeline.errors import UserError
from pipeline.records import Split
from tests.classifiers.dumpfiles import COMPRESS, ENWIKI, UKWIKI, dump, head, page


def read(path: Path) -> list[WikiPage | Damage]:
    return list(read_pages(Split(str(path), 0, path.stat().st_size)))


@pytest.mark.parametrize("extension", COMPRESS)
def test_pages_of_a_dump(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"dump{extension}"
    path.write_bytes(
        COMPRESS[extension](
            dump(
                page("One", "[[a]] & <ref>b</ref>"),
                page("Talk:One", "c", namespace=1),
                page("Old", "#REDIRECT", more='<redirect title="One" />'),
                page("Data", "{}", model="json"),
                page("Empty", ""),
            )
        )
    )
    found = read(path)
    assert {one.site for one in found if isinstance(one, WikiPage)} == {
        Site("fy", ("Kategory", "Category"))
    }
    assert [(one.title, one.wikitext, one.no_article) for one in found] == [
        ("One", "[[a]] & <ref>b</ref>", ""),
        ("Talk:One", "c", "namespace"),
        ("Old", "#REDIRECT", "redirect"),
        ("Data", "{}", "content_model"),
        ("Empty", "", ""),
    ]


def test_of_several_revisions_the_last_is_read(tmp_path: Path) -> None:
    revisions = "".join(f"<revision><text>{n}</text></revision>" for n in (1, 2, 3))
    path = tmp_path / "dump.xml"
    path.write_bytes(dump(f"<page><title>A</title><ns>0</ns>{revisions}</page>"))
    assert [(one.title, one.wikitext) for one in read(path)] == [("A", "3")]


@pytest.mark.parametrize("extension", COMPRESS)
@pytest.mark.parametrize("share", [0.5, 0.999])
def test_of_a_dump_that_was_cut_off_all_whole_pages_are_read(
    tmp_path: Path, extension: str, share: float
) -> None:
    """Uncompressed pages can be counted; compressed ones end where the decompressor gives up."""
    whole = dump(*(page(f"P{n}", f"http://a.org/{n}") for n in range(9999)))
    stored = COMPRESS[extension](whole)
    path = tmp_path / f"dump{extension}"
    path.write_bytes(stored[: int(len(stored) * share)])
    *pages, damage = read(path)
    assert isinstance(damage, Damage)
    assert damage.reason == "truncated"
    assert [one.title for one in pages] == [f"P{n}" for n in range(len(pages))]
    assert f"after page {pages[-1].id} ({pages[-1].title})" in damage.detail
    if extension == ".xml":
        assert len(pages) == path.read_bytes().count(b"</page>")


def test_all_pages_before_broken_xml_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(dump(page("A", "a"), page("B", "b"), "<page></pag", page("C", "c")))
    a, b, damage = read(path)
    assert (a.title, b.title, damage.reason) == ("A", "B", "corrupt")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html></html>", b"not XML", b"<a><page></page></a>", head().encode()[:150]],
)
def test_what_is_no_dump_is_an_error_naming_it(tmp_path: Path, content: bytes) -> None:
    for extension, compress in COMPRESS.items():
        path = tmp_path / f"dump{extension}"
        path.write_bytes(compress(content))
        with pytest.raises(UserError, match=f"^{re.escape(str(path))}: no MediaWiki dump"):
            check_dump(str(path))
        path.write_bytes(b"neither compressed nor XML")
        with pytest.raises(UserError, match=f"^{re.escape(str(path))}: no MediaWiki dump"):
            check_dump(str(path))


def test_a_missing_dump_is_an_error_naming_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.xml: cannot be read \(No such file"):
        check_dump(str(tmp_path / "gone.xml"))


@pytest.mark.parametrize(
    ("path", "site", "counts"),
    [
        (ENWIKI, Site("en", ("Category",)), (106, 100, 0)),
        (UKWIKI, Site("uk", ("Категорія", "Category")), (512, 20, 1)),
    ],
    ids=["en", "uk"],
)
def test_real_dumps(path: Path, site: Site, counts: tuple[int, int, int]) -> None:
    """Counts of articles, other pages and damage: as `grep` counts them, and one cut off."""
    if not path.exists():
        pytest.skip(f"{path} is absent")
    found = read(path)
    pages = [one for one in found if isinstance(one, WikiPage)]
    assert {one.site for one in pages} == {site}
    articles = sum(not one.no_article for one in pages)
    assert (articles, len(pages) - articles, len(found) - len(pages)) == counts


def test_a_page_whose_namespace_is_no_number_is_no_article(tmp_path: Path) -> None:
    strange = page("A", "http://a.org").replace("<ns>0</ns>", "<ns>x</ns>")
    path = tmp_path / "dump.xml"
    path.write_bytes(dump(strange, page("B", "http://b.org")))
    found = list(read_pages(Split(str(path), 0, path.stat().st_size)))
    assert [(one.title, one.namespace) for one in found if isinstance(one, WikiPage)] == [
        ("A", -1),
        ("B", 0),
    ]
