"""Which pages count as cited, against a plain set and the rules in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.labels import Cited, Match
from pipeline.urls import canonical_url

URLS = st.builds(
    lambda host, path, query: canonical_url(f"http://{host}/{'/'.join(path)}{query}"),
    st.sampled_from(["a.org", "www.a.org", "b.org", "c.b.org"]),
    st.lists(st.sampled_from(["x", "y", "xy", "é"]), max_size=3),
    st.sampled_from(["", "?q=1", "?q=2"]),
)


@given(st.lists(URLS), st.lists(URLS))
def test_urls_are_looked_up_as_in_a_set(cited: list[str], asked: list[str]) -> None:
    found = Cited(cited, "url")
    assert len(found) == len(set(cited))
    assert [url in found for url in asked] == [url in set(cited) for url in asked]


@given(st.lists(URLS, max_size=5), URLS)
def test_wider_matches_hold_the_narrower(cited: list[str], url: str) -> None:
    hosts = [one.split("/")[2] for one in cited]
    by_url, by_path = url in Cited(cited, "url"), url in Cited(cited, "path")
    assert by_url <= by_path <= (url in Cited(hosts, "host"))


@given(st.lists(URLS, max_size=5), URLS)
def test_a_path_match_is_the_address_or_a_folder_above(cited: list[str], url: str) -> None:
    path = url.partition("?")[0]
    above = [
        one
        for one in cited
        if one == url
        or ("?" not in one and not one.endswith("/") and f"{path}/".startswith(f"{one}/"))
    ]
    assert (url in Cited(cited, "path")) == bool(above)


@pytest.mark.parametrize(
    ("cited", "page", "match", "is_cited"),
    [
        ("https://a.org/x", "https://a.org/x", "url", True),
        ("https://a.org/x", "https://a.org/x/y", "url", False),
        ("https://a.org/x", "https://a.org/x/y?z=1", "path", True),
        ("https://a.org/x", "https://a.org/x?z=1", "path", True),
        ("https://a.org/x", "https://a.org/xy", "path", False),
        ("https://a.org/x/y", "https://a.org/x", "path", False),
        ("https://a.org/", "https://a.org/", "path", True),
        ("https://a.org/", "https://a.org/x", "path", False),
        ("https://a.org/", "https://a.org/?p=7", "path", False),
        ("https://a.org/x?id=1", "https://a.org/x?id=2", "path", False),
        ("https://a.org/x?id=1", "https://a.org/x", "path", False),
        ("https://a.org:8080/x", "https://a.org/x", "path", False),
        ("a.org", "https://a.org/x", "host", True),
        ("a.org", "https://b.a.org/x", "host", False),
        ("dns:a.org/x", "dns:a.org/x/y", "path", False),
    ],
)
def test_what_counts_as_cited(cited: str, page: str, match: Match, is_cited: bool) -> None:
    assert (page in Cited([cited], match)) == is_cited


def test_nothing_is_cited_by_an_empty_table() -> None:
    assert "https://a.org/" not in Cited([], "path")
