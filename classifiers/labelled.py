"""Pages that people or models have labelled, read from JSON Lines files."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from classifiers import domain_scheme
from classifiers.domain_scheme import SCHEMES
from pipeline.compressedlines import lines
from pipeline.errors import UserError

# JSON can spell halves of UTF-16 pairs, which no text has.
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page to learn from.

    Attributes:
        url: Its URL.
        text: Its text.
        labels: Its label by scheme, of those it has one in.
    """

    url: str
    text: str
    labels: dict[str, str]


def read(paths: Iterable[str]) -> Iterator[LabelledPage]:
    """The pages of files of an object a line, plain or ending in `.bz2`, `.gz`, `.xz` or `.zst`.

    An object has `url` and `text`, and labels under `topic`, `format` and `domain`: names or
    WebOrganizer's ids. Other keys are not looked at; a label may be missing or null. Lone
    surrogates become U+FFFD.

    Raises:
        UserError: A file cannot be read, or a line is no such object.
    """
    for path in paths:
        for number, line in enumerate(lines(path), start=1):
            if line.strip():
                yield _page(line, f"{path}, line {number}")


def _page(line: bytes, where: str) -> LabelledPage:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not JSON ({error})") from error
    except RecursionError as error:
        raise UserError(f"{where}: too deeply nested; write one page a line") from error
    if not isinstance(row, dict):
        raise UserError(f"{where}: no JSON object; write one page a line")
    for key in ("url", "text"):
        if not isinstance(row.get(key), str):
            raise UserError(f"{where}: {key!r} is missing or no string")
    url, text = (_SURROGATE.sub("\ufffd", row[key]) for key in ("url", "text"))
    return LabelledPage(url, text, _labels(row, where))


def _labels(row: dict[str, Any], where: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for scheme in SCHEMES:
        if (given := row.get(scheme)) is None:
            continue
        label = domain_scheme.label_of(scheme, given)
        if label is None:
            known = ", ".join(domain_scheme.names(scheme))
            raise UserError(f"{where}: {given!r} is no {scheme}; these are: {known}")
        labels[scheme] = label
    return labels
