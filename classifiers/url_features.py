"""What a URL tells of a page, as words that stand beside those of its text.

Names and paths say much about a page: `forum.`, `.gov`, `/recipes/`, `?product=` (Baykan et al.
2011, "A comprehensive study of features and algorithms for URL-based topic classification"). Each
word has a mark and a colon before it, as in `path:wiki`. No word of a text has letters beside a
colon, see `classifiers.quality.features`, so the two never mix.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pipeline.urls import canonical_url, registered_domain

_MOST_WORDS = 20
_MOST_CHARACTERS = 2000
_DEEPEST = 6
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_EXTENSION = re.compile(r"[^/.]\.(\w{1,5})$", re.ASCII)


def features(url: str) -> str:
    """The words of a URL: of its first 2,000 characters, in lower case, runs of digits as one 0.

    Args:
        url: Any text.

    Returns:
        Separated by spaces: `host:` the labels before the registered domain, `name:` the domain's
        own words, `suffix:` what follows it, `path:` and `query:` words of each, `depth:` the
        folders of the path, `extension:` of its last name. Empty for what is no web URL.
    """
    try:
        parts = urlsplit(canonical_url(url[:_MOST_CHARACTERS]))
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme != "https" or not host:
        return ""
    return " ".join(f"{mark}:{word}" for mark, word in _marked(host, parts.path, parts.query))


def _marked(host: str, path: str, query: str) -> Iterator[tuple[str, str]]:
    domain = registered_domain(host)
    name, _, suffix = domain.partition(".")
    for mark, text in (("host", host.removesuffix(domain)), ("name", name), ("suffix", suffix)):
        yield from ((mark, word) for word in _words(text))
    yield from (("path", word) for word in _words(path))
    yield from (("query", word) for word in _words(query))
    yield "depth", str(min(path.rstrip("/").count("/"), _DEEPEST))
    if extension := _EXTENSION.search(path):
        yield "extension", extension[1].lower()


def _words(text: str) -> list[str]:
    found = _WORD.findall(unquote(text, errors="replace").lower())
    return [_DIGITS.sub("0", word) for word in found[:_MOST_WORDS]]
