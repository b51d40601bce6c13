"""A page's HTML to a tree: what carries no text taken out first, hostile markup refused by measure.

The limits are on bytes, elements and depth, never on time, so that what becomes of a page does not
depend on how busy the machine is. libxml2's cost is linear but for attributes (each is compared
with those before it in its tag) and depth (an end tag looks through the open elements).
"""

import re
from dataclasses import dataclass

from lxml import etree

# https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state
_ATTRIBUTE_PATTERN = (
    rb"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?)?"
)
_ATTRIBUTES = rb"(?:[\s/]++|" + _ATTRIBUTE_PATTERN + rb")*+"
_ATTRIBUTE = re.compile(_ATTRIBUTE_PATTERN)
_TAG = re.compile(rb"<[a-zA-Z][^\s/>]*+(" + _ATTRIBUTES + rb")")
# Elements whose content is no markup, or is not read.
_OPAQUE = rb"(?:script|style|svg|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>])"
# The rest of a tag, whose quoted values may hold anything.
_REST = rb"(?:[^=>]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?)*+"
# In lower case.
_NEXT_OPAQUE = re.compile(
    rb"(?:[^<]++|<(?:/?[abcdefghjklmopqruvwyz]"
    + _REST
    + rb"|(?!!--|"
    + _OPAQUE
    + rb")(?:/?[a-z]"
    + _REST
    + rb")?))*+"
    rb"<(?:(" + _OPAQUE + rb")(" + _REST + rb")>|!--)"
)
_STRIPPED = frozenset({b"script", b"style", b"svg", b"--"})
_COMMENT_END = re.compile(rb"--!?>")
_KEPT_SCRIPT = re.compile(rb"ld\+json|math/tex")
_COUNT = etree.XPath("count(//*)")
_TOO_DEEP = "ERR_RESOURCE_LIMIT"
MAX_DEPTH = 2048
"""Elements within each other at which libxml2 gives up."""


@dataclass(frozen=True)
class Limits:
    """How much markup a page may have.

    Attributes:
        max_nodes: Elements of the page.
        max_attributes: Attributes of one element.
    """

    max_nodes: int = 100_000
    max_attributes: int = 5_000


class LimitError(Exception):
    """A page beyond a limit.

    Attributes:
        reason: The limit's name, without `max_`.
        value: The page's measure, or the first value beyond the limit that was seen.
    """

    def __init__(self, reason: str, value: int) -> None:
        super().__init__(f"{reason}: {value}")
        self.reason = reason
        self.value = value


def parse(data: bytes, limits: Limits) -> etree._Element | None:
    """The root element of a page; None if there is no element in it.

    Args:
        data: A page as UTF-8, best stripped.
        limits: What it may have.

    Raises:
        LimitError: It has more.
    """
    _check_attributes(data, limits.max_attributes)
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root: etree._Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        # lxml's word for a document without an element.
        return None
    last = parser.error_log.last_error
    if last is not None and last.type_name == _TOO_DEEP:
        raise LimitError("depth", MAX_DEPTH)
    if root is not None:
        nodes = int(_COUNT(root))
        if nodes > limits.max_nodes:
            raise LimitError("nodes", nodes)
    return root


def _check_attributes(data: bytes, most: int) -> None:
    """Refuse a page with too many attributes in one tag; an attribute takes two bytes at least."""
    if len(data) <= 2 * most:
        return
    for tag in _TAG.finditer(data):
        if tag.end(1) - tag.start(1) > 2 * most:
            attributes = sum(1 for _ in _ATTRIBUTE.finditer(tag[1]))
            if attributes > most:
                raise LimitError("attributes", attributes)


def strip(data: bytes) -> bytes:
    """A page without scripts (but those with data or formulas), styles, drawings and comments.

    One pass, linear in the bytes. An element that is never closed is left to the parser.

    Args:
        data: A page as UTF-8.
    """
    kept: list[bytes] = []
    position = 0
    unclosed: set[bytes] = set()
    lower = data.lower()
    # Beyond the last `>` nothing ends, and each search for an end would go through all of it.
    last = data.rfind(b">") + 1
    while match := _NEXT_OPAQUE.match(lower, position, last):
        name, attributes = match[1] or b"--", match[2]
        inside = match.end()
        start = inside - len(name) - len(attributes or b"") - 2
        kept.append(data[position:start])
        if name == b"svg" and attributes.endswith(b"/"):
            end = inside
        else:
            end = -1 if name in unclosed else _closing(lower, name, inside)
        if end < 0:
            unclosed.add(name)
            end = inside
        elif name in _STRIPPED and not (name == b"script" and _KEPT_SCRIPT.search(attributes)):
            start = end
        kept.append(data[start:end])
        position = end
    kept.append(data[position:])
    return b"".join(kept)


def _closing(lower: bytes, name: bytes, inside: int) -> int:
    """Where an element or comment that opened ends; -1 if it never does."""
    if name == b"--":
        comment = _COMMENT_END.search(lower, max(inside - 2, 0))
        return comment.end() if comment else -1
    end = lower.find(b"</" + name, inside)
    end = lower.find(b">", end) if end >= 0 else -1
    return end + 1 if end >= 0 else -1
