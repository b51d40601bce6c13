"""Weight: what is known of each document by itself, in a file a part that later tasks read.

work/measured-*.arrow   a row for each row of the part of `lines`
work/measured.json      the cells, and places that divide the documents by quality
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files, mixture, selection
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.mixture import Cell
from pipeline.parts import read_table
from pipeline.qualityuse import best_first, passes
from pipeline.sandbox import Guard
from pipeline.schema import WEIGHTS
from pipeline.selection import Cut, Rows
from pipeline.weightconfig import WeightSection

DUPLICATE, QUALITY, WEIGHT = "duplicate", "quality", "weight"
"""Why a document is never seen: a copy of another; its score; its language's or domain's share."""

MEASURED = pa.schema(
    [field for field in WEIGHTS if field.name not in ("anneal", "weight", "repeats")]
)
_SAMPLES = 64
_COLUMNS = ["id", "host", "language", "quality", "domain", "domain_score"]


@dataclass(frozen=True)
class Batch:
    """Parts that a task works on.

    Attributes:
        number: The batch's number.
        names: The parts' names.
        source: The folder of `lines`.
        dedup: The folder of `dedup`.
        folder: The stage's folder.
    """

    number: int
    names: tuple[str, ...]
    source: str
    dedup: str
    folder: str

    @property
    def work(self) -> str:
        """Where the tasks' files for one another stand."""
        return join(self.folder, WORK)


@dataclass(frozen=True)
class Measured:
    """The documents of a part, one an entry of each column, shape (documents,).

    Attributes:
        table: The columns of `MEASURED`.
        ids: Their ids.
        sizes: Their UTF-8 bytes.
        scores: Their quality, NaN where there is none.
        open: Whether nothing speaks against seeing them yet: they have no reason.
    """

    table: pa.Table
    ids: list[str]
    sizes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    open: npt.NDArray[np.bool_]

    @classmethod
    def read(cls, work: str, name: str) -> "Measured":
        """What `measure_parts` wrote of a part."""
        with files.open_read(_measured(work, name)) as stream, pa.ipc.open_file(stream) as reader:
            table = reader.read_all()
        scores = table["quality"].fill_null(np.nan).to_numpy()
        empty = table["reason"].is_null().to_numpy()
        return cls(table, table["id"].to_pylist(), table["n_bytes"].to_numpy(), scores, empty)

    def cells(self) -> list[Cell]:
        """Their languages and domains."""
        names = (self.table[name].to_pylist() for name in ("language", "domain"))
        return [Cell(*pair) for pair in zip(*names, strict=True)]

    def ranked(
        self, section: WeightSection, languages: Sequence[str]
    ) -> tuple[npt.NDArray[np.intp], Rows]:
        """The documents that have a place in the order of quality, and their rows of it.

        A group is a language, by its number among all, if these are compared within themselves.
        """
        places = np.flatnonzero(self.open & ~np.isnan(self.scores))
        groups = np.zeros(len(places), dtype=np.int32)
        if section.quality.within == "language":
            own = self.table["language"].take(places)
            groups = pc.index_in(own, pa.array(languages, pa.string())).to_numpy()
        ids, sizes = [self.ids[place] for place in places], self.sizes[places]
        return places, Rows(groups, *best_first(ids, self.scores[places], sizes), sizes)


def measure_parts(
    guard: Guard, batch: Batch, section: WeightSection, min_domain_score: float
) -> tuple[list[Cell], list[Cut]]:
    """Write what is known of the documents of a batch.

    Returns:
        The cells there are, and places spread over the documents in the order of quality.
    """
    cells: set[Cell] = set()
    sampled: list[Cut] = []
    for name in batch.names:
        path = _measured(batch.work, name)
        if not files.exists(path):
            table = _measure(batch, name, section, min_domain_score)
            with files.open_atomic(path) as out, pa.ipc.new_file(out, MEASURED) as writer:
                writer.write_table(table)
        measured = Measured.read(batch.work, name)
        cells.update(measured.cells())
        if section.ranks:
            languages = sorted({cell.language for cell in cells})
            sampled += selection.samples(measured.ranked(section, languages)[1], _SAMPLES)
    return sorted(cells), sampled


def _measure(batch: Batch, name: str, section: WeightSection, min_domain_score: float) -> pa.Table:
    source = join(batch.source, f"part-{name}.parquet")
    table = read_table(source, [*_COLUMNS, "text"])
    copies = read_table(join(batch.dedup, f"duplicates-{name}.parquet"), ["row", "kept_id"])
    duplicate_of = dict(zip(*copies.to_pydict().values(), strict=True))
    hosts, languages = table["host"].to_pylist(), table["language"].to_pylist()
    judged = zip(hosts, table["domain"].to_pylist(), table["domain_score"].to_pylist(), strict=True)
    domains = [
        mixture.domain_of(host, section.hosts, mixture.certain(domain, score, min_domain_score))
        for host, domain, score in judged
    ]
    ids = table["id"].to_pylist()
    scores = table["quality"].fill_null(np.nan).to_numpy()
    cells = [Cell(*pair) for pair in zip(languages, domains, strict=True)]
    excluded = {cell for cell in set(cells) if not mixture.factor(cell, section)}
    reasons = np.full(len(ids), None, dtype=object)
    reasons[~passes(ids, scores, section.quality)] = QUALITY
    reasons[[cell in excluded for cell in cells]] = WEIGHT
    reasons[list(duplicate_of)] = DUPLICATE
    columns = {
        "id": table["id"],
        "domain": pa.array(domains, pa.string()),
        "language": table["language"],
        "n_bytes": pc.cast(pc.binary_length(table["text"]), pa.int64()),
        "quality": table["quality"],
        "duplicate_of": pa.array([duplicate_of.get(row) for row in range(len(ids))], pa.string()),
        "reason": pa.array(reasons, pa.string()),
    }
    return pa.table(columns, schema=MEASURED)


def _measured(work: str, name: str) -> str:
    return join(work, f"measured-{name}.arrow")
