"""Weight: which documents are the best of all, and which are repeated once more, found exactly.

Twice the documents go to the ranges of an order: that of quality, to find what a quantile keeps and
what is set aside; then that of a hash, to find how far each cell is repeated.

    work/rank-*.arrow     documents by quality, a file a batch, for the ranges
    work/rank.json        the cuts, by purpose and group
    work/repeat-*.arrow   documents by hash
    work/repeat.json      of each cell its size, its target and the cut
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import files, mixture, selection
from pipeline.exchange import receive, send, sent_file, sent_files
from pipeline.files import join
from pipeline.mixture import Cell
from pipeline.qualityuse import positions
from pipeline.sandbox import Guard
from pipeline.selection import Cut, Int64s, Request, Rows
from pipeline.tasks.measuring import Batch, Measured
from pipeline.weightconfig import WeightSection

RANK, REPEAT = "rank", "repeat"
_KEEP, _ANNEAL = "keep", "anneal"

Found = list[tuple[Request, Cut]]


@dataclass(frozen=True)
class Corpus:
    """What measuring found of all documents together.

    Attributes:
        cells: The cells there are, sorted; their numbers are their places.
        bounds: What divides the documents into ranges of quality.
    """

    cells: list[Cell]
    bounds: list[Cut]

    @property
    def languages(self) -> list[str]:
        """The languages there are, sorted."""
        return sorted({cell.language for cell in self.cells})

    @classmethod
    def read(cls, work: str) -> "Corpus":
        """What `close_measuring` wrote."""
        content = files.read_json(join(work, "measured.json"))
        cells = [Cell(*cell) for cell in content["cells"]]
        return cls(cells, [Cut(*bound) for bound in content["bounds"]])


@dataclass(frozen=True)
class Repeated:
    """How often the documents of a cell are seen.

    Attributes:
        cell: The cell.
        size: The bytes of its documents, each once.
        target: The bytes that training is to see.
        cut: The documents whose hash is below are seen once more than the others.
    """

    cell: Cell
    size: int
    target: int
    cut: int

    @property
    def weight(self) -> float:
        """How often a byte is seen."""
        return self.target / self.size if self.size else 0.0

    @property
    def whole(self) -> int:
        """How often every document is seen."""
        return self.target // self.size if self.size else 0


def close_measuring(found: list[tuple[list[Cell], list[Cut]]], work: str, ranges: int) -> None:
    """Mark that all parts are measured, given what the tasks returned."""
    cells = sorted({cell for cells, _ in found for cell in cells})
    bounds = selection.bounds_of([cut for _, sampled in found for cut in sampled], ranges)
    files.write_json(join(work, "measured.json"), asdict(Corpus(cells, bounds)))


def send_ranked(guard: Guard, batch: Batch, section: WeightSection, ranges: int) -> None:
    """Send the documents of a batch that have a score to the ranges of quality."""
    path = sent_file(batch.work, RANK, batch.number)
    if not files.exists(path):
        corpus = Corpus.read(batch.work)
        parts = (Measured.read(batch.work, name) for name in batch.names)
        rows = Rows.joined(part.ranked(section, corpus.languages)[1] for part in parts)
        _send(path, rows, corpus.bounds, ranges)


def send_repeated(guard: Guard, batch: Batch, section: WeightSection, ranges: int) -> None:
    """Send the documents of a batch that are in the mixture to the ranges of their hashes."""
    path = sent_file(batch.work, REPEAT, batch.number)
    if not files.exists(path):
        corpus = Corpus.read(batch.work)
        parts = standings(batch.work, batch.names, section, corpus)
        rows = Rows.joined(part.hashed(corpus.cells) for part in parts)
        _send(path, rows, selection.even_bounds(ranges), ranges)


def _send(path: str, rows: Rows, bounds: Sequence[Cut], ranges: int) -> None:
    """Send a batch as one table: a block of each part for each range would be tiny."""
    send(path, [(rows.table(), selection.ranges_of(rows, bounds))], selection.SCHEMA, ranges)


def tally(
    guard: Guard, number: int, kind: str, ranges: int, groups: int, work: str
) -> tuple[int, Int64s]:
    """The bytes of a range by group; with the range's number."""
    blocks = receive(sent_files(work, kind), number, ranges)
    sums = (Rows.of(pa.Table.from_batches([block])).sums(groups) for block in blocks)
    return number, sum(sums, np.zeros(groups, dtype=np.int64))


def find_cuts(
    guard: Guard, number: int, requests: list[Request], kind: str, ranges: int, work: str
) -> Found:
    """The cuts that lie in a range."""
    if not requests:
        return []
    blocks = receive(sent_files(work, kind), number, ranges)
    rows = Rows.of(pa.Table.from_batches(blocks, schema=selection.SCHEMA))
    return list(selection.cuts(rows, requests))


def rank_requests(
    tallied: list[tuple[int, Int64s]], section: WeightSection
) -> list[tuple[int, list[Request]]]:
    """By range, which cuts of the order of quality are to be found there.

    A quantile keeps at least what is asked for: of a language with one document this one.
    """
    requests = []
    for group, size in enumerate(_totals(tallied)):
        if not size:
            continue
        kept = size
        if section.quality.keep_share is not None:
            kept = ceil(mixture.exact(section.quality.keep_share) * size)
            requests.append(Request(_KEEP, group, kept - 1))
        if section.anneal.share:
            best = int(mixture.exact(section.anneal.share) * kept)
            requests.append(Request(_ANNEAL, group, best))
    return _by_range(tallied, requests)


def repeat_requests(
    tallied: list[tuple[int, Int64s]], section: WeightSection, work: str
) -> list[tuple[int, list[Request]]]:
    """By range, which cells' cuts are to be found there."""
    repeated = _repeated(tallied, section, work)
    requests = [
        Request(REPEAT, group, one.target % one.size)
        for group, one in enumerate(repeated)
        if one.size and one.target % one.size
    ]
    return _by_range(tallied, requests)


def close_ranks(found: list[Found], work: str) -> None:
    """Mark that the cuts of the order of quality are found."""
    cuts: dict[str, dict[str, Cut]] = {_KEEP: {}, _ANNEAL: {}}
    for request, cut in sorted(one for some in found for one in some):
        last = request.name == _KEEP
        cuts[request.name][str(request.group)] = Cut(cut.key, cut.tie + last)
    files.write_json(join(work, "rank.json"), cuts)


def close_repeats(
    found: list[Found], tallied: list[tuple[int, Int64s]], section: WeightSection, work: str
) -> None:
    """Mark that it is known how often every document is seen."""
    cuts = {request.group: cut.key for some in found for request, cut in some}
    repeated = _repeated(tallied, section, work)
    rows = [
        [*one.cell, one.size, one.target, cuts.get(group, 0)] for group, one in enumerate(repeated)
    ]
    files.write_json(join(work, "repeat.json"), rows)


def read_repeated(work: str) -> list[Repeated]:
    """What `close_repeats` wrote, in the order of the cells."""
    rows = files.read_json(join(work, "repeat.json"))
    return [Repeated(Cell(*row[:2]), *row[2:]) for row in rows]


@dataclass(frozen=True)
class Standing:
    """The documents of a part, once the order of quality is known.

    Attributes:
        measured: What is known of each by itself.
        removed: Whether the quantile removes it, shape (documents,).
        anneal: Whether it is set aside, shape (documents,).
    """

    measured: Measured
    removed: npt.NDArray[np.bool_]
    anneal: npt.NDArray[np.bool_]

    @property
    def mixed(self) -> npt.NDArray[np.bool_]:
        """Whether each is in the mixture, shape (documents,)."""
        return self.measured.open & ~self.removed & ~self.anneal

    def hashed(self, cells: Sequence[Cell]) -> Rows:
        """The rows of those in the mixture in the order of their hashes; groups are cells."""
        numbers = {cell: number for number, cell in enumerate(cells)}
        places = np.flatnonzero(self.mixed)
        own = self.measured.cells()
        groups = np.array([numbers[own[place]] for place in places], dtype=np.int32)
        keys = positions(REPEAT, [self.measured.ids[place] for place in places])
        return Rows(groups, keys, np.zeros_like(keys), self.measured.sizes[places])


def standings(
    work: str, names: Iterable[str], section: WeightSection, corpus: Corpus
) -> Iterator[Standing]:
    """The documents of parts, one part at a time, by the cuts that `close_ranks` wrote."""
    found: dict[str, Any] = files.read_json(join(work, "rank.json")) if section.ranks else {}
    keep, anneal = (
        {int(group): Cut(*cut) for group, cut in found.get(purpose, {}).items()}
        for purpose in (_KEEP, _ANNEAL)
    )
    for name in names:
        measured = Measured.read(work, name)
        removed, best = (np.zeros(len(measured.ids), dtype=np.bool_) for _ in range(2))
        if section.ranks:
            places, rows = measured.ranked(section, corpus.languages)
            if section.quality.mode == "quantile":
                removed[places] = ~selection.before(rows, keep)
            best[places] = selection.before(rows, anneal)
        yield Standing(measured, removed, best)


def _repeated(
    tallied: list[tuple[int, Int64s]], section: WeightSection, work: str
) -> list[Repeated]:
    """Sizes and targets of all cells; the cuts are not known yet."""
    sizes = dict(zip(Corpus.read(work).cells, _totals(tallied), strict=True))
    targets = mixture.targets(sizes, section)
    return [Repeated(cell, size, targets[cell], 0) for cell, size in sizes.items()]


def _totals(tallied: list[tuple[int, Int64s]]) -> list[int]:
    return [sum(sizes) for sizes in zip(*(sums.tolist() for _, sums in tallied), strict=True)]


def _by_range(
    tallied: list[tuple[int, Int64s]], requests: list[Request]
) -> list[tuple[int, list[Request]]]:
    ordered = [sums for _, sums in sorted(tallied, key=lambda one: one[0])]
    return list(enumerate(selection.locate(ordered, requests)))
