"""Signals by which a page refuses to be indexed or to train models.

Read are the directives of `<meta name="robots">` and of the header field `X-Robots-Tag`, for
everyone or for CCBot, whose archives are the input here. `none` implies `noindex`; `noml` (Mojeek)
says the same as `noai` (DeviantArt). What is said to another bot counts only if that bot collects
for training: any refusal to it is `noai`, since the page wants no trainer to read it.

Rights are reserved by the TDM Reservation Protocol (W3C community group, final report of 2024) if
either the header field or the `<meta>` named `tdm-reservation` says 1. Where they contradict each
other, the refusal counts.
"""

import re
from collections.abc import Mapping, Sequence

_EVERYONE = frozenset({"robots", "ccbot"})
_TRAINERS = frozenset(
    {
        "ai2bot",
        "amazonbot",
        "anthropic-ai",
        "applebot-extended",
        "bytespider",
        "claudebot",
        "cohere-training-data-crawler",
        "google-extended",
        "gptbot",
        "meta-externalagent",
    }
)
_ADDRESSED = sorted(_EVERYONE | _TRAINERS)
_SIGNALS = {
    "noindex": "noindex",
    "none": "noindex",
    "noai": "noai",
    "noml": "noai",
    "noimageai": "noimageai",
}
_AGENT = re.compile(r"\s*([a-z][\w.-]*)\s*:")
# Directives with a value; that of max-image-preview may be `none`.
_WITH_VALUE = re.compile(r"\b(?:unavailable_after|max-[a-z]+(?:-preview)?)\s*:[^,]*")
_SEPARATORS = re.compile(r"[\s,;]+")


def read_opt_outs(names: Mapping[str, Sequence[str]], fields: Mapping[str, str]) -> tuple[str, ...]:
    """The signals of a page, sorted: `noai`, `noimageai`, `noindex`, `tdm-reservation`.

    Args:
        names: The contents of the page's `<meta>` elements by lower-case name.
        fields: The HTTP header fields, as in `Page.fields`.
    """
    found: set[str] = set()
    for agent in _ADDRESSED:
        for content in names.get(agent, ()):
            found |= _refusals(agent, content)
    for line in fields.get("x-robots-tag", "").lower().split("\n"):
        agent = "robots"
        for part in _WITH_VALUE.sub("", line).split(","):
            # A name holds for the directives after it, up to the next name.
            directives = part
            if named := _AGENT.match(part):
                agent, directives = named[1], part[named.end() :]
            found |= _refusals(agent, directives)
    reserved = [*names.get("tdm-reservation", ()), fields.get("tdm-reservation", "")]
    if any("1" in _SEPARATORS.split(value) for value in reserved):
        found.add("tdm-reservation")
    return tuple(sorted(found))


def _refusals(agent: str, directives: str) -> set[str]:
    said = _SEPARATORS.split(_WITH_VALUE.sub("", directives.lower()))
    signals = {_SIGNALS[directive] for directive in said if directive in _SIGNALS}
    if agent in _EVERYONE:
        return signals
    if agent in _TRAINERS:
        return {"noai" if signal == "noindex" else signal for signal in signals}
    return set()
