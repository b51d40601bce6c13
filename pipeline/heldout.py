"""The texts that the models of a proof are measured on, and that no arm may hold.

Some come from elsewhere, some from the run itself: the pages of some hosts, as they were extracted
and as curation left them. Of each kind so many are taken, those whose hashes are lowest, and of
each its beginning.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from heapq import nsmallest

import pyarrow as pa

from pipeline import benchmarkitems
from pipeline.benchmarkitems import Item
from pipeline.contamination import ContaminationIndex, contamination
from pipeline.errors import UserError
from pipeline.hashing import hash64
from pipeline.parts import PartWriter, read_table
from pipeline.proveconfig import HeldOutSection, ProveSection

SCHEMA = pa.schema(
    [pa.field(name, pa.string(), nullable=False) for name in ("kind", "id", "language", "text")]
)
_UNKNOWN = "und"


@dataclass(frozen=True)
class HeldOut:
    """A text.

    Attributes:
        kind: What it is an example of.
        id: Its record's id, or its file and number.
        language: Its language's tag.
        text: The text, cut.
    """

    kind: str
    id: str
    language: str
    text: str


def is_held_out(host: str, share: float) -> bool:
    """Whether a host's pages are in no arm: by a hash of its name alone."""
    return hash64(f"held out:{host}") < share * 2**64


def choose(texts: Iterable[HeldOut], section: ProveSection) -> list[HeldOut]:
    """As many of each kind as are measured, each cut; the same whatever their order.

    A text that was chosen from some may be cut and chosen from again: what is chosen of all is
    among what is chosen of each part.
    """
    kinds: dict[str, dict[str, HeldOut]] = {}
    for one in texts:
        cut = HeldOut(one.kind, one.id, one.language, one.text[: section.characters])
        if cut.text.strip():
            kinds.setdefault(one.kind, {})[one.id] = cut
    return [
        one
        for _, found in sorted(kinds.items())
        for one in nsmallest(section.documents, found.values(), key=_place)
    ]


def _place(one: HeldOut) -> tuple[int, str]:
    return hash64(f"{one.id} {one.text}"), one.id


def read_texts(kinds: Mapping[str, HeldOutSection]) -> Iterator[HeldOut]:
    """The texts from elsewhere.

    Raises:
        UserError: A file cannot be read, or a record lacks the field.
    """
    for kind, section in kinds.items():
        for name, number, record in benchmarkitems.records(section.paths):
            text = record.get(section.field) if isinstance(record, Mapping) else None
            if not isinstance(text, str):
                there = ", ".join(map(str, record)) if isinstance(record, Mapping) else "no fields"
                raise UserError(
                    f"prove.held_out.{kind}: {name}, record {number}: no text in "
                    f"{section.field!r}; it has {there}"
                )
            # JSON may hold halves of surrogate pairs, which are no text.
            text = text.encode(errors="replace").decode()
            yield HeldOut(kind, f"{name}:{number}", _UNKNOWN, text)


def write(path: str, texts: Iterable[HeldOut]) -> None:
    """Write texts as Parquet, with the columns `SCHEMA`."""
    with PartWriter(path, SCHEMA) as writer:
        for one in texts:
            writer.write(asdict(one))


def read(path: str) -> list[HeldOut]:
    """The inverse of `write`."""
    return [HeldOut(**row) for row in read_table(path).to_pylist()]


@cache
def index(path: str) -> ContaminationIndex:
    """An index of the texts of a file, made once a process."""
    items = enumerate(read(path))
    return ContaminationIndex.of(Item(one.kind, number, (one.text,)) for number, one in items)


def overlap(text: str, path: str) -> float:
    """The greatest share of one of a file's texts that a text holds; see `contamination`."""
    return contamination(index(path).find(text))
