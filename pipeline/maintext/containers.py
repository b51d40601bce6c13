"""What stands around a block: the block-level elements, and what their names say they are for."""

import re
from collections.abc import Mapping
from functools import lru_cache

PURPOSES = {
    "main": r"article.?body|(?:article|entry|post|story|page|blog|main).?(?:content|text|body)"
    r"|\bmain\b|hentry|mw-parser|\bprose\b|body.?copy",
    "content": r"article|content|entry|post|text|story|body|blog|main",
    "nav": r"nav|menu|crumb|pag(?:er|inat)|\btabs?\b|skip|\btoc\b|sitemap|toolbar",
    "header": r"head|masthead|logo|topbar|brand|\btop\b",
    "footer": r"foot|copyright|legal|bottom|colophon|disclaimer|imprint",
    "side": r"side|aside|widget|rail|right|left|secondary|module|\bbox",
    "comment": r"comment|repl(?:y|ies)|respond|disqus|discuss|feedback|review",
    "thread": r"forum|thread|topic|message|\bpost_?\d|answer|question",
    "share": r"share|sharing|social|follow|twitter|facebook|addthis|bookmark|print|e-?mail",
    "related": r"relat|recommend|popular|trending|latest|teaser|also|\bmore|promo|taboola|outbrain"
    r"|similar|featured|links?\b",
    "ad": r"\bad(?:s|vert\w*|sense|slot|unit)?\b|advert|sponsor|\bads?[-_]|banner|google_",
    "meta": r"meta|byline|author|date|time|info|\btags?\b|categor|posted|publish|details|credit",
    "notice": r"cookie|consent|gdpr|modal|popup|overlay|newsletter|subscri|login|sign.?(?:in|up)"
    r"|paywall|privacy|alert|notice|warning",
    "caption": r"caption|credit|gallery|photo|image|img|figure|media|video|slide",
    "form": r"form|search|input|field|button|btn",
    "hidden": r"hidden|\bhide\b|invisible|screen.?reader|sr-only|visually|collaps",
}
"""Patterns by purpose, searched in an element's class, id, role and itemprop."""

TAGS = tuple(
    "article main section header footer nav aside form li ul ol table td th dl dd figure "
    "figcaption blockquote a address details center p div body tr".split()
)
"""Elements whose presence around a block is a fact about it."""

_PATTERNS = [re.compile(pattern) for pattern in PURPOSES.values()]
_TAG_BITS = {tag: 1 << index for index, tag in enumerate(TAGS)}
_HIDDEN = 1 << list(PURPOSES).index("hidden")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_COMMENTS = re.compile(
    r"(?<!\bno[-_])(?<!\bhas[-_])(?<!\bwith[-_])(?<!\ballow[-_])(?:"
    r"\bcomments?\b(?![-_ ]?(?:open|closed|off|on|enabled|disabled|allowed|free)\b)"
    r"|comment[-_]?(?:list|area|section|wrap|container|body|content|text|form|thread|entry|meta"
    r"|author|info|data|\d)|commentlist|\bdisqus(?![-_](?:enabled|on|off)\b)"
    r"|(?<![\w-])respond(?![\w-])|\bkommentare\b|leserkommentar|livefyre|\b(?:track|ping)backs?\b)"
)
_NAME_CHARS = 100
_HINT_CHARS = 300


class Containers:
    """The block-level elements of a page, numbered in document order.

    Attributes:
        rows: For each the number of the container around it (-1 for the first), how many are around
            it, the bits of `PURPOSES` by its own attributes, the same of it and all around it, the
            bits of `TAGS` of it and all around it, and a number for its tag and class and those
            of all around it.
        ends: For each the number after the last container within it.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self.ends: list[int] = []
        self._paths: dict[tuple[int, str, str], int] = {}

    def enter(self, tag: str, attributes: Mapping[str, str], parent: int) -> int:
        """Add an element that stands in a container; returns its own number."""
        name = ""
        purpose = 0
        if attributes:
            name, purpose = _purpose(attributes)
        if parent < 0:
            depth, purposes, around, path = 0, purpose, 0, -1
        else:
            _, depth, _, purposes, around, path = self.rows[parent]
            depth += 1
            purposes |= purpose
        around |= _TAG_BITS.get(tag, 0)
        path = self._paths.setdefault((path, tag, name), len(self._paths))
        self.rows.append((parent, depth, purpose, purposes, around, path))
        self.ends.append(0)
        return len(self.rows) - 1

    def leave(self, number: int) -> None:
        """Note that all within a container has been added."""
        self.ends[number] = len(self.rows)


def says_comments(name: str, identity: str) -> bool:
    """Whether a class and an id are those of an element that holds readers' comments."""
    return _says_comments(f"{name} {identity}"[:_HINT_CHARS])


@lru_cache(maxsize=1 << 14)
def _says_comments(hint: str) -> bool:
    return _COMMENTS.search(hint.lower()) is not None


def _purpose(attributes: Mapping[str, str]) -> tuple[str, int]:
    """The class of an element, and the bits of its purposes."""
    get = attributes.get
    name = get("class", "")
    hint = f"{name} {get('id', '')} {get('role', '')} {get('itemprop', '')}"[:_HINT_CHARS]
    bits = _bits_of(hint)
    style = get("style")
    if "hidden" in attributes or (style and _HIDING.search(style)):
        bits |= _HIDDEN
    return name[:_NAME_CHARS], bits


@lru_cache(maxsize=1 << 14)
def _bits_of(hint: str) -> int:
    hint = hint.lower()
    return sum(1 << index for index, pattern in enumerate(_PATTERNS) if pattern.search(hint))
