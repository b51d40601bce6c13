"""What carries no text is taken out, and hostile markup is refused by measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.maintext.markup import MAX_DEPTH, LimitError, Limits, parse, strip

LIMITS = Limits()


@pytest.mark.parametrize(
    ("html", "stripped"),
    [
        ("a<script>b</script>c", "ac"),
        ("a<script src=x async>\nvar b = '<p>';\n</script >c", "ac"),
        ("a<style media=print>p{}</style>c", "ac"),
        ("a<svg viewBox='0 0 1 1'><title>b</title></svg>c", "ac"),
        ("a<svg class='x'/>c<svg><path/></svg>d", "acd"),
        ("a<!-- b <p> -- -->c", "ac"),
        ("a<!-->c", "ac"),
        ("a<!--->c", "ac"),
        ("a<SCRIPT>b</ScRiPt>c<STYLE>b</style>d<Svg>b</SVG>e", "acde"),
        ("<script>'<!--'</script>a<!-- <script> -->b", "ab"),
        ("a<!-- b --!>c<!-- d -->", "ac"),
        ("a<svg data-x='b>c' />d<svg></svg>e", "ade"),
        ("<scripty>a</scripty><styles>b</styles>", "<scripty>a</scripty><styles>b</styles>"),
        ("<p class=script>a</p> < script>", "<p class=script>a</p> < script>"),
    ],
)
def test_scripts_styles_drawings_and_comments_go(html: str, stripped: str) -> None:
    assert strip(html.encode()) == stripped.encode()


@pytest.mark.parametrize(
    "script",
    [
        '<script type=\'application/ld+json\'>{"a": "<!-- b -->"}</script>',
        "<script type=application/LD+JSON>{}</script>",
        "<script type='math/tex; mode=display'>x<!--y--></script>",
        "<SCRIPT TYPE='MATH/TEX'>x</SCRIPT>",
    ],
)
def test_scripts_with_data_or_formulas_stay_as_they_are(script: str) -> None:
    html = f"a<script>b</script>{script}<script>c</script>d"
    assert strip(html.encode()) == f"a{script}d".encode()


@pytest.mark.parametrize(
    "html",
    [
        "<a title='<!-- x'>a</a>b<!-- end -->",
        '<div data-t="<script>">a</div>b<script></script>',
        "<img alt='use <style> here'>a<style></style>",
        "<div data-t = '<p>\n<svg>'>a</div>b<svg></svg>",
        "<title>How the <script> tag works</title>a<script></script>",
        "<TEXTAREA><!-- paste</TextArea>a<!-- y -->",
        "<iframe><!-- </iframe>a<!-- y -->",
    ],
)
def test_what_only_looks_like_markup_is_none(html: str) -> None:
    root = parse(strip(html.encode()), LIMITS)
    assert root is not None
    assert "".join(root.xpath("//text()")) == "".join(
        parse(html.encode(), LIMITS).xpath("//text()[not(parent::script or parent::style)]")
    )
    assert "a" in root.xpath("string(//body)")


@pytest.mark.parametrize(
    ("html", "stripped"),
    [
        ("a<script>b<style>c</style>d", "a<script>bd"),
        ("a<!-- b <svg>c</svg>d", "a<!-- b d"),
        ("a<style>b", "a<style>b"),
        ("a<script>b</script", "a<script>b</script"),
        ("a<script b", "a<script b"),
        ("<script></script>a<script>b", "a<script>b"),
    ],
)
def test_what_is_never_closed_is_left_to_the_parser(html: str, stripped: str) -> None:
    assert strip(html.encode()) == stripped.encode()


@pytest.mark.parametrize(
    ("piece", "left"),
    [
        (b"<script ", b"<script "),
        (b"<script>", b"<script>"),
        (b"<!--", b"<!--"),
        (b"<!--<svg><style ", b"<!--<svg><style "),
        (b"<style></style ><style></style\n>", b""),
        (b'<p a="<script>">', b'<p a="<script>">'),
        (b"<title>", b"<title>"),
        (b"</script", b"</script"),
        (b"<!-->", b""),
        (b"<svg>x</svg>", b""),
        (b"<script>ld+json</script>", b""),
    ],
)
def test_hostile_repeats_do_not_hold_it_up(piece: bytes, left: bytes) -> None:
    """Each is 200,000 pieces: were a piece's cost to grow with the page, this would not end."""
    assert strip(piece * 200_000) == left * 200_000


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str]:
    """A page of words and of closed elements that are stripped; and the words alone."""
    pieces = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["script", "style", "svg", "SVG", "!--", ""]),
                st.text("abc <>&/=", max_size=12),
            ),
            max_size=30,
        )
    )
    html, kept = [], []
    for number, (tag, inside) in enumerate(pieces):
        if tag == "!--":
            html.append(f"<!-- {inside} -->")
        elif tag:
            html.append(f"<{tag}>{inside}</{tag}>")
        else:
            kept.append(f"word{number} ")
            html.append(kept[-1])
    return "".join(html), "".join(kept)


@given(documents())
def test_text_outside_stays_in_order(document: tuple[str, str]) -> None:
    html, words = document
    assert strip(html.encode()).decode() == words


PARTS = [
    b"<script",
    b"<style>",
    b"<svg ",
    b"<!--",
    b"-->",
    b"</script>",
    b"</style",
    b"</SVG>",
    b">",
]


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=5)).map(b"".join))
def test_any_bytes_are_stripped_to_a_subsequence_of_them(data: bytes) -> None:
    rest = iter(data)
    stripped = strip(data)
    assert all(byte in rest for byte in stripped)
    if b"<" not in data:
        assert stripped == data


def refused(data: bytes, limits: Limits = LIMITS) -> tuple[str, int]:
    with pytest.raises(LimitError) as caught:
        parse(data, limits)
    return caught.value.reason, caught.value.value


def test_a_page_may_have_as_many_elements_as_the_limit_says() -> None:
    page = b"<html><body>" + b"<p>x</p>" * 8
    assert parse(page, Limits(max_nodes=10)) is not None
    assert refused(page, Limits(max_nodes=9)) == ("nodes", 10)
    assert refused(b"<br>" * 100_000)[0] == "nodes"


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote", "x-y"])
def test_elements_nested_too_deep_are_refused(tag: str) -> None:
    assert refused(f"<{tag}>".encode() * 100_000 + b"x") == ("depth", MAX_DEPTH)


def test_deep_but_possible_nesting_is_read() -> None:
    root = parse(b"<div>" * 1_000 + b"x", LIMITS)
    assert root is not None
    assert len(list(root.iter("div"))) == 1_000
    assert "".join(root.itertext()) == "x"


FORMS = ["a{} ", "a{}=1 ", "a{}='1 2' ", "a{}\n=\n'x' ", "a{}='>' ", 'a{}="<p" ', "a{}/", "a{}='1'"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", ["", '" ', "'' ' "])
def test_an_element_with_too_many_attributes_is_refused_before_it_is_parsed(
    form: str, before: str
) -> None:
    """libxml2 compares each attribute with those before it: a million take it half an hour."""
    attributes = "".join(form.format(number) for number in range(100_000))
    limit, found = refused(f"<p>x<a {before}{attributes}>y</a>".encode())
    assert limit == "attributes"
    assert found - 100_000 in range(len(before.split()) + 1)


def test_the_limit_on_attributes_is_kept_in_long_tags() -> None:
    names = [f"{'n' * 100}{number}" for number in range(1_000)]
    tag = f"<a {' '.join(names)}>x</a>".encode()
    assert parse(tag, Limits(max_attributes=1_000)) is not None
    assert refused(tag, Limits(max_attributes=999)) == ("attributes", 1_000)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_words_in_a_quoted_value_are_no_attributes(quote: str) -> None:
    value = "word " * 100_000
    root = parse(f"<p title={quote}{value}{quote} lang=en>x</p>".encode(), LIMITS)
    assert root is not None
    assert next(root.iter("p")).get("title") == value
    assert next(root.iter("p")).get("lang") == "en"


@pytest.mark.parametrize("data", [b"", b" \n\t", b"<!-- a -->", b"<!DOCTYPE html>", b"<?php ?>"])
def test_a_document_without_an_element_is_none(data: bytes) -> None:
    assert parse(data, LIMITS) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<p>caf\xc3\xa9</p>", "café"),
        ("<p>中文 🙂</p>".encode(), "中文 🙂"),
        (b"<p>one</p><p>a\xff\xfeb</p><p>two</p>", "two"),
        (b"<meta charset=latin1><p>caf\xc3\xa9</p>", "café"),
        (b"<p>a<!-- b -->c<?d e?>f</p>", "acf"),
        (b"<p>a\x00b</p><p>two", "two"),
    ],
)
def test_bytes_are_read_as_utf_8_whatever_they_are(data: bytes, text: str) -> None:
    root = parse(data, LIMITS)
    assert root is not None
    assert "".join(root.itertext()).endswith(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_have_no_element(data: bytes) -> None:
    root = parse(data, LIMITS)
    assert root is None or root.tag is not None
