"""The address that a web archive's or a cache's address is a copy of.

Archives name a copy by the time of capture and the address, as the Wayback Machine does
(https://archive.org/help/wayback_api.php), or by the address as a parameter. Their short forms,
such as `archive.today/AbCdE`, do not tell what they are copies of.
"""

import re
from urllib.parse import unquote

# On any host what follows the time must be an address with a scheme, or with `www.`. Some citations
# lost a slash of it, or have it percent-encoded.
_CAPTURE = re.compile(
    r"/(?:[\d.-]{4,}(?:[a-z]{2}_)?\*?|\*)/(?=https?(?::|%3A)/|https?%3A%2F|www\.)", re.IGNORECASE
)
# Of these hosts it is known that nothing else follows.
_KNOWN_CAPTURE = re.compile(
    r"(?:https?:)?//(?:"
    r"(?:www\.)?web\.archive\.org/web/[\d*]+(?:[a-z]{2}_)?\*?"
    r"|(?:www\.)?archive\.(?:today|is|ph|li|fo|vn|md)/(?:[\d.-]{4,}|newest|oldest|o/\w+)"
    r")/(?=[\w-]+(?:\.[\w-]+)+(?:[:/?]|\Z)|https?:)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"(?:https?:)?//(?:www\.)?(?:webcitation\.org|archive\.wikiwix\.com)/"
    r"[^?]*\?(?:[^#]*&)?url=([^&#]+)",
    re.IGNORECASE,
)
# Google's cache: an id of its own, the address, and words that were searched for.
_CACHE = re.compile(
    r"(?:https?:)?//[\w.-]+/search\?(?:[^#]*&)?q=cache(?::|%3A)"
    r"(?:[\w-]{12}(?::|%3A))?(?=[^&#+]*\.)([^&#+]+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?:(https?):)?/*", re.IGNORECASE)


def original(url: str) -> str:
    """The address of the page that an archive's address is a copy of; others as they are."""
    while True:
        if quoted := _PARAMETER.match(url) or _CACHE.match(url):
            url = _with_scheme(unquote(quoted[1]))
        elif known := _KNOWN_CAPTURE.match(url):
            url = _with_scheme(url[known.end() :])
        else:
            break
    captures = list(_CAPTURE.finditer(url))
    if not captures:
        return url
    rest = url[captures[-1].end() :]
    return _with_scheme(unquote(rest) if rest[4:].lower().startswith(("%3a", "s%3a")) else rest)


def _with_scheme(url: str) -> str:
    found = _SCHEME.match(url)
    assert found is not None  # It matches the empty string.
    return f"{found[1] or 'http'}://{url[found.end() :]}"
