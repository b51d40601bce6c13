"""A tree to blocks: every visible word once and in order, and what each block is."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.maintext.blocks import Block, read_blocks
from pipeline.maintext.containers import PURPOSES, TAGS, Containers
from pipeline.maintext.markup import Limits, parse, strip


def read(html: str, comments: bool = False) -> list[Block]:
    return tree_and_blocks(html, comments)[1]


def tree_and_blocks(
    html: str, comments: bool = False
) -> tuple[etree._Element, list[Block], Containers]:
    root = parse(strip(html.encode()), Limits())
    assert root is not None
    return root, *read_blocks(root, comments)


def plain(*texts: str) -> list[tuple[str, int, str, str]]:
    return [("text", 0, "", text) for text in texts]


TABLE = "<table><tr><th>Name<th>Year</tr><tr><td>Ada<td><a href=x>1815</a></tr></table>"
KATEX = (
    "<span class='katex'><span class='katex-mathml'><math><semantics><mi>x</mi>"
    "<annotation encoding='application/x-tex'>x^2</annotation></semantics></math></span>"
    "<span class='katex-html' aria-hidden='true'>x2</span></span>"
)


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        # Paragraphs.
        ("<p> One\n two\t three </p><p></p>four", plain("One two three", "four")),
        ("<p>one <b>two</b> t<i>hr</i>ee <span>four</span></p>", plain("one two three four")),
        ("<div>a<div>b</div>c<section>d</section></div>e", plain("a", "b", "c", "d", "e")),
        ("<p>one<br>two<br/><br>three", plain("one", "two", "three")),
        ("a<hr>b", plain("a", "b")),
        ("<p>&lt;p&gt; caf&eacute;&nbsp;au&#160;lait", plain("<p> café au lait")),
        # Headings.
        *((f"<h{level}>a</h{level}>", [("heading", level, "", "a")]) for level in range(1, 7)),
        ("<h2><div>a</div><b>b</b></h2>c", [("heading", 2, "", "a"), ("heading", 2, "", "b"),
                                            *plain("c")]),
        # Lists.
        ("<ul><li>a<li>b</ul>c", [("item", 1, "-", "a"), ("item", 1, "-", "b"), *plain("c")]),
        ("<ol><li>a<li>b<li>c</ol><ol><li>d</ol>",
         [("item", 1, "1.", "a"), ("item", 1, "2.", "b"), ("item", 1, "3.", "c"),
          ("item", 1, "1.", "d")]),
        ("<ul><li>a<ol><li>b<li>c<menu><li>d</menu></ol><li>e</ul>",
         [("item", 1, "-", "a"), ("item", 2, "1.", "b"), ("item", 2, "2.", "c"),
          ("item", 3, "-", "d"), ("item", 1, "-", "e")]),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>",
         [("item", 1, "1.", "a"), ("item", 2, "-", "b"), ("item", 1, "2.", "c")]),
        ("<ol><li><p>a</p><p>b</p><li><div>c</div></ol>",
         [("item", 1, "1.", "a"), *plain("b"), ("item", 1, "2.", "c")]),
        ("<ol start=9><li>a<li value='20'>b<li>c<li value=x>d</ol>",
         [("item", 1, "9.", "a"), ("item", 1, "20.", "b"), ("item", 1, "21.", "c"),
          ("item", 1, "22.", "d")]),
        ("<ol start=0><li>a<li>b</ol><ul><li value=3>c</ul>",
         [("item", 1, "0.", "a"), ("item", 1, "1.", "b"), ("item", 1, "-", "c")]),
        ("<ul><li></ul>a", plain("a")),
        ("<li>a", [("item", 1, "-", "a")]),
        ("<ul><li><h3>a</h3>b</ul>", [("heading", 3, "", "a"), *plain("b")]),
        # Quotations and definitions.
        ("<blockquote>a<p>b<br>c</p></blockquote>d",
         [("quote", 0, "", "a"), ("quote", 0, "", "b"), ("quote", 0, "", "c"), *plain("d")]),
        ("<blockquote><blockquote>a</blockquote>b</blockquote>c",
         [("quote", 0, "", "a"), ("quote", 0, "", "b"), *plain("c")]),
        ("<dl><dt>a<dd>b<dt><p>c</p><dd>d</dl>",
         [("term", 0, "", "a"), *plain("b"), ("term", 0, "", "c"), *plain("d")]),
        # Tables.
        (TABLE, [("row", 0, "", "| Name | Year |"), ("row", 0, "", "| Ada | 1815 |")]),
        ("<table><tr><td>a<br>b<td><b>c</b> d<td></tr></table>",
         [("row", 0, "", "| a b | c d |  |")]),
        ("<table><caption>a</caption><tr><td>b<td>c</table>d",
         [*plain("a"), ("row", 0, "", "| b | c |"), *plain("d")]),
        ("<table><tr><td><p>a</p><td>b</table>", plain("a", "b")),
        ("<table><tr><td>a<td><ul><li>b</ul></table>", [*plain("a"), ("item", 1, "-", "b")]),
        ("<table><tr><td>a</table>", plain("a")),
        ("<table><tr><td>a<td></table>", plain("a")),
        ("<table><tr><td>a<td>b<br>c<br>d<br>e<br>f<br>g</table>", plain(*"abcdefg")),
        (f"<table><tr><td>a<td>{'b' * 301}</table>", plain("a", "b" * 301)),
        ("<table><tr><td>a<td>b<center>c</center></tr></table>", [("row", 0, "", "| a | b c |")]),
        ("<table><tr><td>a</td><center>b</center><td>c</td></tr></table>", plain("a", "b", "c")),
        ("<table><tr>a<td>b</td><td>c</td>d</tr></table>", plain("a", "b", "c", "d")),
        ("<table><tr><td>a<td><table><tr><td>b<td>c</table>d</table>",
         [*plain("a"), ("row", 0, "", "| b | c |"), *plain("d")]),
        # Listings.
        ("<pre>\n  a  b\n\n\tc  \n</pre>d", [("pre", 0, "", "  a  b\n\n        c"), *plain("d")]),
        ("<pre><code>def f():\n  pass</code></pre>", [("code", 0, "", "def f():\n  pass")]),
        ("<pre class='brush: js'>a;<br>b;</pre>", [("code", 0, "", "a;\nb;")]),
        ("<div class='highlight'><pre class='Highlight'><span>if</span> <span>a<b>b</b></span>:\n"
         "    <span>c</span></pre></div>", [("code", 0, "", "if ab:\n    c")]),
        ("<table class=code><tr><td><pre>1\n2\n3</pre><td><pre class=code>a\nb\nc</pre></table>",
         [("code", 0, "", "a\nb\nc")]),
        ("<pre><div>if a:</div><div>  b</div></pre>", [("pre", 0, "", "if a:\n  b")]),
        ("<pre><ol class=c><li>a\n</li><li>b</ol>c<button>Copy</button></pre>",
         [("pre", 0, "", "a\nb\nc")]),
        ("<pre>42</pre>", [("pre", 0, "", "42")]),
        ("a<pre> \n </pre>b", plain("a", "b")),
        ("<p>run <code>make  all</code> now", plain("run make all now")),
        # Formulas.
        (f"<p>Let {KATEX} be", plain("Let $x^2$ be")),
        ("<p>Let <math><mi>x</mi></math> be", plain("Let $x$ be")),
        ("<p>Let <span class='MathJax_Preview'>y</span><script type='math/tex'>y_1</script> be",
         plain("Let $y_1$ be")),
        (f"<h2>Of {KATEX}</h2>", [("heading", 2, "", "Of $x^2$")]),
        (f"<table><tr><td>a<td>{KATEX}</table>", [("row", 0, "", "| a | $x^2$ |")]),
        # What is left out.
        ("<p>a<select><option>b</select>c<button>d</button>e<textarea>f</textarea>g",
         plain("aceg")),
        ("<div>a<nav>b<p>c</p></nav>d</div>", plain("ad")),
        ("<p>a<script>b</script>c<style>d</style>e<svg><text>f</text></svg>g", plain("aceg")),
        ("a<script>b", plain("a")),
        ("<noscript>a</noscript>b<iframe>c</iframe>d<object>e</object>f", plain("bdf")),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", plain("漢字")),
        ("<head><title>a</title></head><body>b", plain("b")),
        ("<p>a<!-- b -->c", plain("ac")),
        ("<body><nav>a</nav>", []),
    ],
)  # fmt: skip
def test_blocks_of_a_page(html: str, blocks: list[tuple[str, int, str, str]]) -> None:
    found = read(html)
    assert [(block.kind, block.level, block.marker, block.text) for block in found] == blocks


@pytest.mark.parametrize(
    ("html", "counts"),
    [
        ("<p>ab cd", [(4, 0, 0, 0)]),
        ("<p>ab <a href=x>c d</a> <a>ef</a> g", [(7, 4, 0, 2)]),
        ("<p><b>ab</b> c <em>d</em><i>e</i> <strong>f</strong>", [(6, 0, 5, 0)]),
        ("<p><a href=x><b>a</b>b</a><b><i>c</i></b>", [(3, 2, 2, 1)]),
        ("<a href=x><div>ab</div><div>c</div></a>", [(2, 2, 0, 1), (1, 1, 0, 0)]),
        (TABLE, [(8, 0, 0, 0), (7, 4, 0, 1)]),
        ("<pre>a b\nc</pre>", [(3, 0, 0, 0)]),
        ("<p>a</p><p><a>b</a></p><p>c", [(1, 0, 0, 0), (1, 1, 0, 1), (1, 0, 0, 0)]),
    ],
)
def test_characters_links_and_bold_type_are_counted(
    html: str, counts: list[tuple[int, int, int, int]]
) -> None:
    found = read(html)
    assert [(b.chars, b.link_chars, b.strong_chars, b.links) for b in found] == counts


def test_a_line_knows_the_break_before_it() -> None:
    found = read("<p>a<br>b</p><p>c<br></p><p>d<b>e<br>f</b>")
    assert [(block.text, block.after_break) for block in found] == [
        ("a", False), ("b", True), ("c", False), ("de", False), ("f", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    ["<tr><td>i</td><td><font>a name and a remark. ", "<tr><td>x</td><td><span>"],
)
def test_rows_within_rows_are_read_once(row: str) -> None:
    """Were each read again for every row around it, this would not end."""
    assert "end" in read("<table>" + row * 200 + "end")[-1].text


def test_what_cannot_be_seen_is_no_block() -> None:
    html = "<p>\u200b</p><ul><li>\u200b</li></ul><h2>\ufeff</h2><p>a</p>"
    assert [(block.kind, block.text) for block in read(html)] == [("text", "a")]


def test_depth_of_lists_is_bounded() -> None:
    """A thousand lists within each other would indent every line by two thousand spaces."""
    assert max(block.level for block in read("<ul><li>a" * 1_000)) == 8


@pytest.mark.parametrize(
    "around",
    ["<div class='highlight'>", "<div class='highlight-python'><div class='x'>", "<code>"],
)
def test_a_listing_is_code_by_what_stands_around_it(around: str) -> None:
    (block,) = read(f"{around}<pre>a\n  b</pre>")
    assert (block.kind, block.text) == ("code", "a\n  b")


COMMENTS = [
    "<div class='comments'>{}</div>",
    "<section id='comments'>{}</section>",
    "<ol class='commentlist'><li>{}</ol>",
    "<ul><li class='comment even depth-1'>{}</ul>",
    "<div id='disqus_thread'>{}</div>",
    "<div id='respond'><form>{}</form></div>",
    "<table class='comment-wrap'><tr><td>{}</table>",
]


@pytest.mark.parametrize("section", COMMENTS)
def test_comments_are_left_out_unless_asked_for(section: str) -> None:
    html = f"<p>before</p>{section.format('<p>said</p><p>again</p>')}<p>after</p>"
    assert [block.text for block in read(html)] == ["before", "after"]
    assert [(block.text, block.comment) for block in read(html, comments=True)] == [
        ("before", False), ("said", True), ("again", True), ("after", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "section",
    [
        "<div class='comments-open'>{}</div>",
        "<div class='commentary'>{}</div>",
        "<div class='post no-comments'>{}</div>",
        "<div class='has-comments single'>{}</div>",
        "<div class='blog-post with-comment-form'>{}</div>",
        "<div class='disqus-enabled content'>{}</div>",
        "<div id='respond-to-climate'>{}</div>",
        "<article class='article kommentar'>{}</article>",
        "<div class='nocomment'>{}</div>",
        "<body class='comments'>{}",
        "<p class='comment'>{}",
        "<div class='comments'><h1>Title</h1>{}</div>",
    ],
)
def test_what_holds_the_page_is_no_comments(section: str) -> None:
    for comments in (False, True):
        found = read(section.format("<b>text</b>"), comments)
        assert [block.comment for block in found] == [False] * len(found)
        assert found[-1].text.endswith("text")


def test_containers_are_told_by_their_attributes_and_tags() -> None:
    html = (
        "<article class='post-body' itemprop=x><div style='display: none'><p>a</p></div></article>"
    )
    _, (block,), containers = tree_and_blocks(html)
    parent, depth, own, around, tags, _ = containers.rows[block.container]
    names = list(PURPOSES)
    assert containers.rows[parent][2] == 1 << names.index("hidden")
    assert (depth, own) == (4, 0)
    assert around >> names.index("hidden") & 1
    assert around >> names.index("content") & 1
    assert not around >> names.index("footer") & 1
    assert {tag for bit, tag in enumerate(TAGS) if tags >> bit & 1} == {
        "article", "div", "p", "body",
    }  # fmt: skip


def test_blocks_that_stand_alike_have_the_same_path() -> None:
    html = "<div class=a><p>1</p><p>2</p><p class=b>3</p></div><div class=c><p>4</p></div>"
    _, found, containers = tree_and_blocks(html)
    one, two, three, four = (containers.rows[block.container][5] for block in found)
    assert one == two
    assert len({one, three, four}) == 3


LEFT_OUT = frozenset("head nav select button textarea iframe noscript script style title".split())
BLOCK_TAGS = (
    "div p section article aside h1 h2 h6 ul ol li dl dt dd blockquote table tr td th caption pre "
    "form center header footer figure"
).split()
INLINE_TAGS = "a b em span code br font x-y".split()
CLASSES = ["", "", "", "comments", "respond", "code", "menu", "post", "highlight", "hidden"]


@st.composite
def pages(draw: st.DrawFn) -> str:
    """Markup of nested elements, with a word of its own before, in and after each."""
    moves = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [*BLOCK_TAGS, *BLOCK_TAGS, *INLINE_TAGS, "nav", "select", "button"]
                ),
                st.sampled_from(CLASSES),
                st.sampled_from(["w", " w", "w ", ""]),
                st.integers(0, 2),
            ),
            max_size=40,
        )
    )
    html, opened = ["<body>"], []
    for number, (tag, name, word, closed) in enumerate(moves):
        html.append(f"<{tag} class='{name}'>")
        if tag != "br":
            opened.append(tag)
        html += [word.replace("w", f"w{number}x")]
        for _ in range(min(closed, len(opened))):
            html += [f"</{opened.pop()}>", word.replace("w", f"v{number}x")]
    return "".join(html)


def visible(element: etree._Element) -> Iterator[str]:
    """The text of a tree without what is left out, with a line's end at each tag of a block."""
    if element.tag in LEFT_OUT:
        return
    inline = element.tag in INLINE_TAGS and element.tag != "br"
    yield "" if inline else "\n"
    yield element.text or ""
    for inner in element:
        yield from visible(inner)
        yield inner.tail or ""
    yield "" if inline else "\n"


@settings(max_examples=300, deadline=None)
@given(pages())
def test_every_visible_word_is_in_one_block_and_in_order(html: str) -> None:
    root, found, _ = tree_and_blocks(html, comments=True)
    words = re.findall(r"[^\s|]+", "\n".join(block.text for block in found))
    assert words == "".join(visible(root)).split()


@settings(max_examples=300, deadline=None)
@given(pages())
def test_blocks_count_right_and_comments_are_those_that_go(html: str) -> None:
    _, found, containers = tree_and_blocks(html, comments=True)
    for block in found:
        assert block.chars == len(re.sub(r"[\s|]", "", block.text)) >= 1
        assert 0 <= block.link_chars <= block.chars
        assert 0 <= block.strong_chars <= block.chars
        assert (block.kind in ("heading", "item")) == (block.level > 0)
        assert (block.kind == "item") == bool(block.marker)
        assert 0 <= block.container < len(containers.rows)
    without = [block.text for block in read(html)]
    assert without == [block.text for block in found if not block.comment]


@settings(max_examples=300, deadline=None)
@given(pages(), st.booleans())
def test_containers_nest_and_blocks_stand_in_them_in_order(html: str, comments: bool) -> None:
    _, found, containers = tree_and_blocks(html, comments)
    rows, ends = containers.rows, containers.ends
    assert len(rows) == len(ends)
    assert (rows[0][0], rows[0][1], ends[0]) == (-1, 0, len(rows))
    for number, (parent, depth, own, around, tags, _) in enumerate(rows[1:], 1):
        assert parent < number < ends[number] <= ends[parent]
        assert depth == rows[parent][1] + 1
        assert around == rows[parent][3] | own
        assert tags & rows[parent][4] == rows[parent][4]
    for before, after in pairwise(found):
        number = after.container
        # What comes later stands in a later container, or in one that is still open.
        assert number >= before.container or before.container < ends[number]
