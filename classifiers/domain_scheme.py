"""The domains that documents are weighed by, and what is known to be of which: `domains.toml`."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

SCHEMES = ("topic", "format", "domain")
"""What a page can be labelled by: WebOrganizer's topics and formats, and our domains."""


def names(scheme: str) -> tuple[str, ...]:
    """The labels of a scheme; of topics and formats in the order of WebOrganizer's ids."""
    return tuple(_table()[f"{scheme}s"])


def label_of(scheme: str, given: object) -> str | None:
    """A label as we spell it.

    Args:
        scheme: One of `SCHEMES`.
        given: Its name in any of WebOrganizer's spellings, or its id there.

    Returns:
        The label; None for what is none of the scheme's.
    """
    known = names(scheme)
    if isinstance(given, int) and not isinstance(given, bool) and scheme != "domain":
        return known[given] if 0 <= given < len(known) else None
    if not isinstance(given, str):
        return None
    words = re.sub(r"<[^<>]*>", " ", given.lower()).replace("&", " and ")
    name = "_".join(re.findall(r"[a-z0-9]+", words))
    name = _table()["also"].get(name, name)
    return name if name in known else None


def domain_of(topic: str, format_: str) -> str:
    """The domain of the pages of a topic and a format."""
    row: dict[str, str] = next(row for row in _table()["rows"] if _fits(row, topic, format_))
    return row["domain"]


def _fits(row: dict[str, Any], topic: str, format_: str) -> bool:
    return topic in row.get("topics", (topic,)) and format_ in row.get("formats", (format_,))


def domain_of_list(category: str) -> str | None:
    """The domain of the hosts in a category of host lists, if they are of one."""
    domain: str | None = _table()["hosts"].get(category)
    return domain


@cache
def _table() -> dict[str, Any]:
    text = files("classifiers").joinpath("domains.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
