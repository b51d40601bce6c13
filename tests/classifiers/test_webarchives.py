"""Addresses in archives, and of what they are copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.webarchives import original

URL = "http://a.org/b?c=d"


@pytest.mark.parametrize(
    "archived",
    [
        "https://web.archive.org/web/20101001000000/http://a.org/b?c=d",
        "http://www.web.archive.org/web/20101001000000id_/http://a.org/b?c=d",
        "//web.archive.org/web/*/http:/a.org/b?c=d",
        "https://web.archive.org/web/20101001000000/a.org/b?c=d",
        "https://web.archive.org/web/20101001000000*/a.org/b?c=d",
        "https://web.archive.org/web/20101001000000/http%3A//a.org/b?c=d",
        "https://web.archive.org/web/20101001000000/http%3A%2F%2Fa.org%2Fb?c=d",
        "https://archive.today/2012.12.05-123456/http://a.org/b?c=d",
        "http://archive.is/20121205123456/http://a.org/b?c=d",
        "http://archive.is/20121205123456/a.org/b?c=d",
        "https://archive.ph/newest/http://a.org/b?c=d",
        "https://archive.fo/o/AbCdE/http://a.org/b?c=d",
        "https://wayback.archive-it.org/123/20101001000000/http://a.org/b?c=d",
        "https://arquivo.pt/wayback/20101001000000/http://a.org/b?c=d",
        "https://webarchive.nationalarchives.gov.uk/20101001000000/http://a.org/b?c=d",
        "https://www.webcitation.org/5abc?url=http%3A%2F%2Fa.org%2Fb%3Fc%3Dd&date=2010-10-01",
        "http://webcitation.org/query?date=2010&url=http://a.org/b?c=d",
        "http://archive.wikiwix.com/cache/index2.php?url=http%3A%2F%2Fa.org%2Fb%3Fc%3Dd",
        "http://archive.wikiwix.com/cache/?url=http://a.org/b?c=d&title=x",
        "http://webcache.googleusercontent.com/search?q=cache:x-5cSXHBvLMJ:a.org/b%3Fc%3Dd+e&hl=en",
        "http://64.233.161.104/search?hl=en&q=cache:http://a.org/b?c=d",
        "https://archive.is/2012/https://web.archive.org/web/2010/http://a.org/b?c=d",
        "https://webcitation.org/x?url=https%3A//web.archive.org/web/2010/http%3A//a.org/b%3Fc%3Dd",
        URL,
    ],
)
def test_archive_links_give_the_archived_address(archived: str) -> None:
    assert original(archived) == URL


@pytest.mark.parametrize(
    "url",
    [
        "https://archive.today/AbCdE",
        "https://archive.org/details/book",
        "https://a.org/2014/05/http-explained",
        "https://a.org/2014/example.com",
        "https://web.archive.org/web/20101001000000/",
        "https://a.org/search?q=cache:memory",
        "https://a.org/?url=http://b.org",
    ],
)
def test_other_addresses_are_left_as_they_are(url: str) -> None:
    assert original(url) == url


@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "//", ""]))
def test_anything_has_an_original_that_is_its_own(rest: str, scheme: str) -> None:
    for host in ("web.archive.org/web/2010/", "webcitation.org/a?url=", "a.org/"):
        found = original(f"{scheme}{host}{rest}")
        assert original(found) == found


@pytest.mark.parametrize("piece", ["/2010/http://", "/1", "?url=", "q=cache:", "/o/", "a."])
def test_hostile_addresses_take_linear_time(piece: str) -> None:
    """A quadratic search would outlast the test's time limit."""
    original("https://web.archive.org/web" + piece * 100_000)
