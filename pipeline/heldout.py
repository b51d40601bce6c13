"""The texts that the models of a proof are measured on, and that no arm may hold.

Some come from elsewhere, some from the run itself: the pages of some sites, as they were extracted
and as curation left them. Of each kind so many are taken, of as many sites as there are, by hash,
and of each its beginning.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from typing import Any

import pyarrow as pa

from pipeline import files
from pipeline.benchmarkitems import Item
from pipeline.compressedlines import lines
from pipeline.contamination import ContaminationIndex, contamination
from pipeline.errors import UserError
from pipeline.hashing import hash64
from pipeline.parts import PartWriter, read_rows, read_table
from pipeline.proveconfig import HeldOutSection, ProveSection
from pipeline.urls import registered_domain

SCHEMA = pa.schema(
    [
        pa.field(name, pa.string(), nullable=False)
        for name in ("kind", "id", "site", "language", "text")
    ]
)
_UNKNOWN = "und"


@dataclass(frozen=True)
class HeldOut:
    """A text.

    Attributes:
        kind: What it is an example of.
        id: Its record's id, or its file and place there.
        site: What it shares with texts like it: its page's site; a text by others is its own.
        language: Its language's tag.
        text: The text, cut.
    """

    kind: str
    id: str
    site: str
    language: str
    text: str


def is_held_out(host: str, share: float) -> bool:
    """Whether a host's pages are in no arm: by a hash of its registered domain alone."""
    return hash64(f"held out:{registered_domain(host)}") < share * 2**64


def choose(texts: Iterable[HeldOut], section: ProveSection) -> list[HeldOut]:
    """As many of each kind as are measured, each cut; the same whatever their order.

    First one text of each site, then a second one, and so on; the sites, and the texts of each, in
    the order of their hashes. So what is chosen of all is among what is chosen of each part: there
    no site has more texts before one that is chosen.
    """
    kinds: dict[str, dict[tuple[str, str], HeldOut]] = {}
    for one in texts:
        text = one.text[: section.characters]
        if text.strip():
            cut = HeldOut(one.kind, one.id, one.site, one.language, text)
            found = kinds.setdefault(one.kind, {})
            key = (one.site, text)
            found[key] = min(cut, found.get(key, cut), key=lambda one: one.id)
            # No more are held in memory than can be chosen, and some.
            if len(found) > 4 * section.documents:
                kinds[one.kind] = {(one.site, one.text): one for one in _first(found, section)}
    return [one for _, found in sorted(kinds.items()) for one in _first(found, section)]


def _first(found: Mapping[tuple[str, str], HeldOut], section: ProveSection) -> list[HeldOut]:
    ordered = sorted(found.values(), key=lambda one: (hash64(one.site), one.site, _place(one)))
    turns = [turn for _, group in groupby(ordered, key=_site) for turn, _ in enumerate(group)]
    # Stable: within a turn the sites stay in their order.
    places = sorted(range(len(ordered)), key=turns.__getitem__)
    return [ordered[place] for place in places[: section.documents]]


def _site(one: HeldOut) -> str:
    return one.site


def _place(one: HeldOut) -> tuple[int, str]:
    return hash64(one.text), one.text


def read_texts(kinds: Mapping[str, HeldOutSection]) -> Iterator[HeldOut]:
    """The texts from elsewhere.

    Raises:
        UserError: A file cannot be read, or a record lacks the field.
    """
    for kind, section in kinds.items():
        for path in files.expand(section.paths):
            for number, record in enumerate(_records(path), start=1):
                text = record.get(section.field) if isinstance(record, Mapping) else None
                if not isinstance(text, str):
                    there = ", ".join(record) if isinstance(record, Mapping) else "no fields"
                    raise UserError(
                        f"prove.held_out.{kind}: {path}, record {number}: no text in "
                        f"{section.field!r}; it has {there}"
                    )
                # JSON may hold halves of surrogate pairs, which are no text.
                text = text.encode(errors="replace").decode()
                yield HeldOut(kind, f"{path}:{number}", f"{hash64(text):016x}", _UNKNOWN, text)


def _records(path: str) -> Iterator[Any]:
    """The records of a file: Parquet, or an object a line."""
    if path.endswith(".parquet"):
        try:
            yield from read_rows(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise UserError(f"{path}: cannot be read ({error})") from error
        return
    for number, line in enumerate(lines(path), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON ({error})") from error


def write(path: str, texts: Iterable[HeldOut]) -> None:
    """Write texts as Parquet, with the columns `SCHEMA`."""
    with PartWriter(path, SCHEMA) as writer:
        for one in texts:
            writer.write(asdict(one))


def read(path: str) -> list[HeldOut]:
    """The inverse of `write`."""
    return [HeldOut(**row) for row in read_table(path).to_pylist()]


def sites_of(path: str) -> dict[tuple[str, str], str]:
    """The sites of a file's texts, by kind and id."""
    return {(one.kind, one.id): one.site for one in read(path)}


@cache
def index(path: str) -> ContaminationIndex:
    """An index of the texts of a file, made once a process.

    No n-gram counts as a formula: where many texts are alike, a page like them all is like each.
    """
    items = (Item(one.kind, number, (one.text,)) for number, one in enumerate(read(path)))
    return ContaminationIndex.of(items, most_items=math.inf)


def overlap(text: str, path: str) -> float:
    """The greatest share of one of a file's texts that a text holds; see `contamination`."""
    return contamination(index(path).find(text))
