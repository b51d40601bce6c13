"""URLs: one spelling, hosts, registered domains."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.urls import canonical_url, host, registered_domain

PIECES = st.text("aA%2e./;?&=#:@[]\\ é。ｗｗｗ\t_~jsessionid", max_size=12)


@st.composite
def web_urls(draw: st.DrawFn) -> str:
    """Well-formed and slightly broken web URLs."""
    scheme = draw(st.sampled_from(["http://", "HTTPS://", "//"]))
    name = draw(
        st.sampled_from(
            ["example.com", "WWW.Example.com.", "www.www.a.org", "bücher.de", "[::1]", "1.2.3.4"]
        )
        | PIECES
        | st.text(max_size=6)
    )
    port = draw(st.sampled_from(["", ":80", ":443", ":8080", ":", ":x"]))
    path = draw(
        st.lists(st.sampled_from(["", ".", "..", "%2E", "a", "ä", ";jsessionid=1"]) | PIECES)
    )
    query = draw(st.lists(st.sampled_from(["b=2", "a=1", "utm_source=x", "", "%7e=%c3"]) | PIECES))
    return scheme + name + port + "".join(f"/{part}" for part in path) + "?" + "&".join(query)


@pytest.mark.parametrize(
    ("spellings", "canonical"),
    [
        (
            [
                "http://example.com",
                "https://example.com/",
                "  HTTPS://WWW.Example.COM.:443/#top \n",
                "//example.com:80",
                "http://user:secret@example.com/?",
                "http://example.com/a/..",
            ],
            "https://example.com/",
        ),
        (
            [
                "http://example.com/a%7Eb/%c3%a4?b=2&a=1",
                "https://example.com/a~b/ä/?a=1&b=2&utm_source=feed&UTM_Medium=x",
                "http://example.com/x/../a~b/./ä?&b=2&a=1&PHPSESSID=abc&fbclid=Iw",
                "http://example.com/a~b/%C3%A4;jsessionid=1F.node?a=1&&b=2",
                "http://example.com/a~b/%C3%A4?a=1&amp;utm_medium=x&b=2&_ga_X1=2&gad_source=1",
                "http://example.com/a~b/%C3%A4?sid=0123456789abcdef0123456789ABCDEF&a=1&b=2",
            ],
            "https://example.com/a~b/%C3%A4?a=1&b=2",
        ),
        (
            ["http://bücher.example/", "http://BÜCHER.example", "http://xn--bcher-kva.example"],
            "https://xn--bcher-kva.example/",
        ),
        (["http://[2001:DB8::1]:8080/a"], "https://[2001:db8::1]:8080/a"),
        (["http://example.com/100%?q=a b"], "https://example.com/100%25?q=a%20b"),
        (["http://example.com/?b=2&a=9&b=1"], "https://example.com/?a=9&b=2&b=1"),
    ],
)
def test_spellings_of_one_page_have_one_canonical_url(spellings: list[str], canonical: str) -> None:
    assert [canonical_url(url) for url in spellings] == [canonical] * len(spellings)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("http://example.com/A", "http://example.com/a"),
        ("http://example.com/?id=1", "http://example.com/?id=2"),
        ("http://example.com/?a=1&a=2", "http://example.com/?a=2&a=1"),
        ("http://example.com/a%2Fb", "http://example.com/a/b"),
        ("http://example.com/?q=a%26b", "http://example.com/?q=a&b"),
        ("http://example.com:8080/", "http://example.com/"),
        ("http://blog.example.com/", "http://example.com/"),
    ],
)
def test_different_pages_stay_different(left: str, right: str) -> None:
    assert canonical_url(left) != canonical_url(right)


@pytest.mark.parametrize(
    "url",
    ["", "urn:uuid:1", "mailto:a@b.c", "ftp://example.com/a/", "http://[::1", "http://a:b/", "a/b"],
)
def test_what_is_no_web_url_is_only_stripped(url: str) -> None:
    assert canonical_url(f" {url}\n") == url


@given(web_urls() | st.text())
@example("http://ｗｗｗ。example。com/")
@example("http://www.com/")
@example("http://.é?")
@example("http://www..é.é")
def test_canonical_urls_stay_as_they_are(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical


@given(web_urls())
def test_canonical_web_urls_are_ascii_without_fragment(url: str) -> None:
    canonical = canonical_url(url)
    if canonical != url.strip():
        parts = urlsplit(canonical)
        assert parts.scheme == "https"
        assert (parts.path + parts.query).isascii()
        assert "#" not in canonical
        assert not re.search(r"\s", parts.path + parts.query)


@given(web_urls())
def test_host_is_the_canonical_urls_host(url: str) -> None:
    assert host(url) == host(canonical_url(url))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.Example.com:8080/a", "example.com"),
        ("http://münchen.de/", "xn--mnchen-3ya.de"),
        ("http://www.com/", "www.com"),
        ("http://awww.www.example.com/", "awww.www.example.com"),
        ("dns:example.com", ""),
        ("http://[bad", ""),
        ("", ""),
    ],
)
def test_host(url: str, name: str) -> None:
    assert host(url) == name


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("example.com", "example.com"),
        ("someone.blogspot.com", "blogspot.com"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("localhost", "localhost"),
        ("co.uk", "co.uk"),
        ("", ""),
    ],
)
def test_registered_domain(name: str, domain: str) -> None:
    assert registered_domain(name) == domain
