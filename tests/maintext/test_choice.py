"""The blocks chosen: best in expectation, the page's own text, the same whatever came before."""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from resiliparse.extract.html2text import extract_plain_text

from pipeline import charset
from pipeline.maintext.blocks import Block, read_blocks
from pipeline.maintext.choice import as_one, choose, join, main_blocks
from pipeline.maintext.containers import Containers
from pipeline.maintext.markdown import render
from pipeline.maintext.markup import Limits, parse, strip
from pipeline.records import Page
from pipeline.warc import plan_splits, read_records

DATA = Path(__file__).resolve().parents[2] / "../shared/data"


def tree(html: str) -> etree._Element:
    root = parse(strip(html.encode("utf-8", "replace")), Limits())
    assert root is not None
    return root


def text_of(html: str, comments: bool = False) -> str:
    return render(main_blocks(tree(html), comments))


def expected_f1(chosen: tuple[int, ...], shares: list[float], chars: list[int]) -> float:
    right = sum(shares[index] * chars[index] for index in chosen)
    size = sum(chars[index] for index in chosen)
    return 2 * right / (size + sum(s * c for s, c in zip(shares, chars, strict=True)))


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1), st.integers(1, 500)),
        min_size=1,
        max_size=9,
    )
)
def test_no_other_blocks_are_better_in_expectation(blocks: list[tuple[float, int]]) -> None:
    shares, chars = [share for share, _ in blocks], [count for _, count in blocks]
    chosen = choose(np.array(shares), np.array(chars)).tolist()
    assert chosen == sorted(set(chosen))
    assert chosen
    ours = expected_f1(tuple(chosen), shares, chars)
    indices = range(len(blocks))
    subsets = chain.from_iterable(combinations(indices, size) for size in range(1, len(blocks) + 1))
    best = max(expected_f1(subset, shares, chars) for subset in subsets)
    assert ours == pytest.approx(best, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("shares", "chars", "chosen"),
    [
        ([1.0, 0.0, 1.0], [10, 10, 10], [0, 2]),
        ([0.9, 0.1], [100, 100], [0]),
        ([0.25, 0.3], [100, 100], [0, 1]),
        ([0.0], [5], [0]),
    ],
)
def test_chosen_blocks(shares: list[float], chars: list[int], chosen: list[int]) -> None:
    assert choose(np.array(shares), np.array(chars)).tolist() == chosen


def block(chars: int, link_chars: int, container: int = 0, row: bool = False) -> Block:
    text, kind = "a" * chars, "row" if row else "item"
    return Block(text, kind, 1, "-", container, chars, link_chars, 1, 2, False, False)


def is_short_link(one: Block) -> bool:
    return one.kind != "row" and one.link_chars == one.chars < 50


any_link = st.integers(1, 60).map(lambda chars: block(chars, chars))
any_text = st.integers(1, 60).map(lambda chars: block(chars, chars - 1))


@given(st.lists(any_link | any_link | any_link | any_text, max_size=25))
def test_units_are_the_blocks_in_order_with_four_or_more_short_links_joined(
    blocks: list[Block],
) -> None:
    units = join(blocks, Containers())
    assert list(map(id, chain.from_iterable(units))) == list(map(id, blocks))
    for number, unit in enumerate(units):
        assert len(unit) == 1 or (len(unit) >= 4 and all(map(is_short_link, unit)))
        beside = units[max(0, number - 1) : number] + units[number + 1 : number + 2]
        if len(unit) >= 4:
            assert not any(is_short_link(other[0]) for other in beside)
    lone = "".join("L" if len(unit) == 1 and is_short_link(unit[0]) else "." for unit in units)
    assert "LLLL" not in lone


def test_the_rows_of_a_table_are_one_unit() -> None:
    containers = Containers()
    body = containers.enter("body", {}, -1)
    tables = [containers.enter("table", {}, body) for _ in range(2)]
    first, second = (
        [block(5, 5, containers.enter("tr", {}, table), row=True) for _ in range(2)]
        for table in tables
    )
    link = block(5, 5, body)
    assert join([*first, *second, link, link], containers) == [first, second, [link], [link]]
    assert as_one(first).kind == "row"


def test_a_unit_is_measured_as_the_sum_of_its_links() -> None:
    unit = [block(3, 3), block(5, 5)]
    together = as_one(unit)
    assert together == replace(
        unit[0], text="aaa aaaaa", kind="links", chars=8, link_chars=8, strong_chars=2, links=4
    )
    assert as_one(unit[:1]) is unit[0]


MENU = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in (
    "Home", "News", "Sport", "Weather", "Opinion", "Culture", "About us", "Contact",
))  # fmt: skip
RELATED = "".join(f"<li><a href='/{n}'>Ten things to see in harbour towns, part {n}</a></li>"
                  for n in range(6))  # fmt: skip
ARTICLE = """
<h1>How the lamp of the old lighthouse is lit</h1>
<p>Every evening, shortly before the sun goes down, the keeper climbs the two hundred steps of the
 tower to light the lamp. The stairs are narrow and the wind comes in through the small windows,
 but she has done this for thirty years and knows each step.</p>
<p>The lamp itself is older than the tower. It was built in a workshop on the mainland, carried over
 in parts by a fishing boat, and put together on the floor of the kitchen, where its marks can still
 be seen today.</p>
<h2>What it takes</h2>
<p>Before the lamp can be lit, three things have to be done, and they have to be done in this order,
 since the gas is let in by the same valve that opens the shutters:</p>
<ol>
<li>The lens is wiped with a soft cloth, from the top down, so that no drop runs over
 clean glass.</li>
<li>The clockwork that turns the lens is wound up until the weight hangs right below the floor.</li>
<li>The valve is opened by a quarter of a turn, and not more, however cold the night may be.</li>
</ol>
<p>How far the light is seen depends on the height of the tower. The distance to the horizon is
 about <span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>d</mi></mrow>
<annotation encoding="application/x-tex">d = \\sqrt{2 R h}</annotation></semantics></math></span>
<span class="katex-html" aria-hidden="true">d=2Rh</span></span>, where the height is that of
 the lamp and the radius is that of the earth; a short program gives the same number.</p>
<pre><code class="language-python">def horizon(height):
    radius = 6371000
    return (2 * radius * height) ** 0.5</code></pre>
<p>For the towers along this coast the program gives the distances below, which agree well with what
 the crews of passing ships have written in their books over the years.</p>
<table><tr><th>Tower</th><th>Height in metres</th><th>Distance in kilometres</th></tr>
<tr><td>Old lighthouse</td><td>41</td><td>22.9</td></tr>
<tr><td>Harbour light</td><td>12</td><td>12.4</td></tr></table>
<p>In the morning the keeper closes the valve again, draws the curtains so that the sun does not set
 the tower on fire, and writes one line about the night into the book that lies on the table.</p>
"""
COMMENTS = """
<h3>2 comments</h3>
<ol class="commentlist">
<li class="comment"><p class="author">Ben says:</p><p>My grandfather was a keeper there, and he
 always told us about the winter when the stairs were frozen over.</p>
<a class="reply" href="#">Reply</a></li>
<li class="comment"><p class="author">Cleo says:</p><p>I climbed it last summer with the children,
 and the view from the gallery is worth every single step.</p>
<a class="reply" href="#">Reply</a></li>
</ol>
"""
PAGE = f"""<!DOCTYPE html><html lang="en"><head>
<title>How the lamp of the old lighthouse is lit | Harbour News</title>
<style>p {{ color: red }}</style><script>var tracker = "on";</script></head>
<body>
<div id="cookie-banner" class="cookie-consent"><p>We use cookies to improve your visit. By using
 this site you agree to our cookie policy.</p><button>Accept all</button></div>
<header class="site-header"><a class="logo" href="/">Harbour News</a><div class="menu">
<ul>{MENU}</ul></div></header>
<div class="breadcrumb"><a href="/">Home</a> &raquo; <a href="/culture">Culture</a></div>
<div id="content" class="main-content"><article class="post">
<div class="entry-content">{ARTICLE}</div>
<div class="share-bar"><span>Share this:</span> <a href="#">Facebook</a> <a href="#">Twitter</a>
 <a href="#">Email</a> <a href="#">Print</a></div>
</article>
<div id="comments" class="comments-area">{COMMENTS}</div></div>
<div id="sidebar" class="sidebar widget-area"><h3>Most read</h3><ul>{RELATED}</ul></div>
<footer class="site-footer"><ul>{MENU}</ul>
<p>&copy; 2021 Harbour News. All rights reserved.</p></footer>
</body></html>"""

WANTED = [
    *(" ".join(text.split()) for text in re.findall(r"<p>([^<]*)</p>", ARTICLE)),
    "# How the lamp of the old lighthouse is lit",
    "\n## What it takes\n",
    "\n1. The lens is wiped with a soft cloth, from the top down",
    "\n2. The clockwork that turns the lens",
    "\n3. The valve is opened by a quarter of a turn",
    "horizon is about $d = \\sqrt{2 R h}$, where the height",
    "\n```\ndef horizon(height):\n    radius = 6371000\n"
    "    return (2 * radius * height) ** 0.5\n```\n",
    "\n| Tower | Height in metres | Distance in kilometres |\n| Old lighthouse | 41 | 22.9 |\n"
    "| Harbour light | 12 | 12.4 |\n",
]
UNWANTED = (
    "cookie Accept Weather Culture Facebook Print Share Most harbour_towns rights tracker color "
    "d=2Rh Ben Cleo Reply Harbour_News"
).split()


@pytest.mark.parametrize("wanted", WANTED)
def test_what_the_article_says_is_kept(wanted: str) -> None:
    assert wanted in text_of(PAGE)


@pytest.mark.parametrize("unwanted", UNWANTED)
def test_what_is_around_the_article_is_not(unwanted: str) -> None:
    assert unwanted.replace("_", " ") not in text_of(PAGE)


def test_comments_are_added_where_they_stand_and_nothing_else_changes() -> None:
    without, found = text_of(PAGE), text_of(PAGE, comments=True)
    assert found.startswith(without)
    said = found.removeprefix(without).strip().split("\n")
    assert [line.split(" ")[0] for line in said] == ["My", "I"]
    assert said[0].endswith("frozen over.")


WORDS = ["Home", "Reply", "Ben says:", "A line of some words, which ends here. " * 2, "2 Comments"]
TAGS = "div p ul ol li h2 blockquote a b br table tr td pre article details".split()
CLASSES = ["", "", "comments", "comment", "respond", "post", "menu"]


@st.composite
def pages(draw: st.DrawFn) -> str:
    html, opened = ["<body>"], []
    pieces = st.tuples(
        st.sampled_from(TAGS),
        st.sampled_from(CLASSES),
        st.sampled_from(["", *WORDS]),
        st.integers(0, 2),
    )
    for tag, name, words, closed in draw(st.lists(pieces, max_size=30)):
        html += [f"<{tag} class='{name}'>", words]
        opened += [tag]
        for _ in range(min(closed, len(opened))):
            html += [f"</{opened.pop()}>"]
    return "".join(html)


@settings(max_examples=200, deadline=None)
@given(pages())
def test_comments_change_nothing_else_on_any_page(html: str) -> None:
    root = tree(html)
    without, found = main_blocks(root, comments=False), main_blocks(root, comments=True)
    assert [one for one in found if not one.comment] == without
    said = [one.text for one in found if one.comment]
    rest = iter([one.text for one in read_blocks(root, comments=True)[0] if one.comment])
    assert all(text in rest for text in said)


@settings(max_examples=50, deadline=None)
@given(st.lists(pages(), max_size=3))
def test_a_page_gives_the_same_whatever_came_before(others: list[str]) -> None:
    first = main_blocks(tree(PAGE), comments=True)
    for other in others:
        main_blocks(tree(other), comments=False)
    assert main_blocks(tree(PAGE), comments=True) == first


@pytest.mark.parametrize(
    "html", ["<html>", "<body><nav>a</nav>", "<div class=comments>a</div>", "<p> </p>"]
)
def test_a_page_without_text_has_no_main_text(html: str) -> None:
    assert main_blocks(tree(html), comments=False) == []


def test_a_page_of_one_line_is_that_line() -> None:
    assert text_of("<p>Only this.") == "Only this."


def marked_pages() -> Iterator[tuple[str, str]]:
    """Every tenth page whose whole main text was marked by hand, and that text."""
    if not (DATA / "pages/main-text.warc.gz").exists():
        pytest.skip("the shared pages are not here")
    with gzip.open(DATA / "pages/main-text.truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["kind"] == "fulltext"]
    wanted = {row["html_sha1"]: row["truth"] for row in sorted(rows, key=_digest)[::10]}
    (split,) = plan_splits(str(DATA / "pages/main-text.warc.gz"), 1 << 40)
    for page in read_records(split, 1 << 30):
        if isinstance(page, Page):
            digest = hashlib.sha1(page.body, usedforsecurity=False).hexdigest()
            if digest in wanted:
                yield charset.decode(page.body, page.charset)[0], wanted[digest]


def _digest(row: dict[str, str]) -> str:
    return row["html_sha1"]


def token_f1(text: str, truth: str) -> float:
    found, true = (Counter(re.findall(r"\w+", one.lower())) for one in (text, truth))
    both = (found & true).total()
    return 2 * both / (found.total() + true.total()) if both else 0.0


def test_the_main_text_of_real_pages_is_that_which_people_marked() -> None:
    """A guard against breakage, no measure of quality: the model was trained on these very pages.

    How good it is on pages from elsewhere, scripts/train_main_text.py and docs/log.md say.
    """
    ours, theirs = [], []
    for html, truth in marked_pages():
        ours.append(token_f1(text_of(html), truth))
        theirs.append(token_f1(extract_plain_text(html, main_content=True), truth))
    assert len(ours) >= 50
    assert np.mean(ours) >= 0.9
    assert np.mean(ours) > np.mean(theirs)
