"""What a wikitext says of the web: the addresses in it, and the categories it puts its page into.

The text is scanned for them: parsing it in full would cost a hundred times as much and, as
templates are not expanded, find the same. Addresses are found wherever they stand: in `<ref>`, in a
template's parameter, whatever its name, in brackets or bare. Where one ends follows MediaWiki's own
parser (`Parser::EXT_LINK_URL_CLASS`, `makeFreeExternalLink`). Categories that a template puts the
page into are not seen.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Both are linear: an unclosed comment or tag reaches to the end.
_COMMENT = r"<!--.*?(?:-->|\Z)"
_RAW = r"""
    <(?P<raw>(?i:nowiki|pre|syntaxhighlight|source|math))\b[^<>]*(?<!/)>
    .*?(?:</(?i:(?P=raw))\s*>|\Z)
"""
# Each alternative begins with one of two characters, outside of any group, so that `re` looks for
# these first: ten times as fast as a search for `http`.
_TOKEN = re.compile(
    rf"""
    {_COMMENT} | {_RAW}
    | <(?P<open>(?i:ref)\b[^<>]*(?<!/)>)
    | <(?P<close>/(?i:ref)\s*>)
    | //(?:(?<=(?i:\bhttps://))|(?<=(?i:\bhttp://))|(?<=[\[=|]//)|(?<==\s//))
      (?P<rest>[^\s<>\[\]"{{}}|']+(?:'(?!')[^\s<>\[\]"{{}}|']*)*)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE = re.compile(r"(?P<delimiter>[\[=|]\s*)?(?P<scheme>https?:)?\Z", re.IGNORECASE)
_BEFORE_LENGTH = 20

_SPACES = re.compile(r"[\s_]+")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a wikitext.

    Attributes:
        url: The address as it is written; without a scheme, `//a.org`, if it has none.
        in_ref: Whether it stands in a `<ref>`.
    """

    url: str
    in_ref: bool


def links(wikitext: str) -> Iterator[Link]:
    """Every web address in a wikitext, in time linear in the text, well-formed or not."""
    in_ref = False
    for token in _TOKEN.finditer(wikitext):
        if token["rest"]:
            yield Link(_address(token).replace("&amp;", "&"), in_ref)
        elif token["open"]:
            in_ref = True
        elif token["close"]:
            in_ref = False


def _address(token: re.Match[str]) -> str:
    """The whole address; in running text it ends before punctuation and a parenthesis around."""
    start = token.start()
    before = _BEFORE.search(token.string, max(0, start - _BEFORE_LENGTH), start)
    assert before is not None  # It matches the empty string.
    url = (before["scheme"] or "") + token[0]
    if before["delimiter"]:
        return url
    return url.rstrip(",;.:!?" if "(" in url else ",;.:!?)")


def categories(wikitext: str, namespaces: Sequence[str]) -> list[str]:
    """The categories that a page says it is in, once each, in its order.

    Args:
        wikitext: The page's text.
        namespaces: What the wiki calls the namespace of categories, as in `Category`.
    """
    found = (token["name"] for token in _category(tuple(namespaces)).finditer(wikitext))
    return list(dict.fromkeys(_title(name) for name in found if name))


@lru_cache(maxsize=256)
def _category(namespaces: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(r"[\s_]+".join(map(re.escape, name.split())) for name in namespaces)
    return re.compile(
        rf"""
        {_COMMENT} | {_RAW}
        | \[\[[\s_]*(?i:{names})[\s_]*:[\s_]*
          (?P<name>[^\s_\[\]{{}}|<>\#][^\[\]{{}}|<>\#\n]*)(?=\||\]\])
        """,
        re.VERBOSE | re.DOTALL,
    )


def _title(name: str) -> str:
    """A page's name as MediaWiki spells it, with a capital if its first letter has one."""
    name = _SPACES.sub(" ", html.unescape(name)).strip()
    # Title case and not upper case: letters of Georgian are their own title case.
    first = name[:1].title()
    return (first if len(first) == 1 else name[:1]) + name[1:]
