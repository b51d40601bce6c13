"""References: the articles of dumps to a table of the web pages that they cite.

    work/references-*.arrow   what the articles of a piece cite, by partition of the table
    dropped-*.parquet         the pages of a piece that are no articles, or failed; its counts
    part-*.parquet            the table, a file a partition of the canonical URLs

A piece's dropped file is completed after what it sends, so that its presence means that both are
complete; `work` is deleted when the whole table is there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classifiers.references import references, summary
from classifiers.wikipedia import Damage, WikiPage, read_pages
from classifiers.wikitext import categories
from pipeline import files
from pipeline.attempt import attempt
from pipeline.exchange import WORK, receive, send
from pipeline.files import join
from pipeline.hashing import hash64
from pipeline.ledger import Counts, Manifest, Part
from pipeline.parts import PartWriter, finished, split_name
from pipeline.records import Capture, Rejected, Split
from pipeline.sandbox import Guard
from pipeline.schema import CITING_PAGES, DROPPED_PAGES, REFERENCES

READ = ("dropped",)
WRITTEN = ("part",)
_ROWS_SENT = 50_000
_BATCH_ROWS = 1000
_KEY = ("canonical_url", "language")


def table_names(partitions: int) -> list[str]:
    """The names of the parts of the table."""
    return [f"{partition:05d}" for partition in range(partitions)]


def is_whole(folder: str, partitions: int) -> bool:
    """Whether the whole table is there."""
    return all(files.exists(_part(folder, name)) for name in table_names(partitions))


def table_files(folder: str, manifest: Manifest) -> list[str]:
    """The files of a finished table."""
    names = sorted(name for part in manifest.parts for name in part.files)
    return [join(folder, name) for name in names if name.startswith("part-")]


def read_articles(
    guard: Guard, piece: Split, partitions: int, folder: str, access: files.Access, whole: bool
) -> Part:
    """Send what the articles of a piece of a dump cite, unless that is done already.

    Args:
        guard: The child process's guard.
        piece: What to read.
        partitions: Of how many parts the table consists.
        folder: Where to write.
        access: How the dump is reached.
        whole: Whether the whole table is there, so that nothing need be sent any more.
    """
    name = split_name(piece)
    sent = _sent(folder, piece)
    if not finished(folder, name, READ) or not (whole or files.exists(sent)):
        with PartWriter(join(folder, f"dropped-{name}.parquet"), DROPPED_PAGES) as dropped:
            reading = _Reading(guard, piece, dropped)
            send(sent, _addressed(reading.citing(access), partitions), CITING_PAGES, partitions)
            dropped.describe(reading.counts(), reading.facts)
    done = finished(folder, name, READ)
    assert done is not None
    return done


def write_references(
    guard: Guard, name: str, partition: int, partitions: int, pieces: list[Split], folder: str
) -> Part:
    """Write a part of the table, from what all pieces sent, unless it is there already."""
    if not finished(folder, name, WRITTEN):
        blocks = receive([_sent(folder, piece) for piece in pieces], partition, partitions)
        rows = _rows(pa.Table.from_batches(blocks, CITING_PAGES))
        facts = Counter(rows=0, urls=0, citations=0)
        last = None
        with PartWriter(_part(folder, name), REFERENCES) as part:
            for (canonical, language), citing in groupby(rows, itemgetter(*_KEY)):
                row = summary(canonical, language, citing)
                part.write(row)
                facts.update(rows=1, urls=canonical != last, citations=row["citations"])
                last = canonical
            part.describe(Counts(), facts)
    done = finished(folder, name, WRITTEN)
    assert done is not None
    return done


def check_table(parts: list[Part]) -> list[Part]:
    """The parts of a table and of what it was read from, if no citation was lost.

    Raises:
        AssertionError: The table holds more or fewer citations than were read.
    """
    read, written = (
        sum(part.facts.get(key, 0) for part in parts) for key in ("citations_read", "citations")
    )
    if read != written:
        raise AssertionError(f"references: read {read} citations and wrote {written}")
    return parts


class _Reading:
    """Reads the pages of a piece; says what became of each."""

    def __init__(self, guard: Guard, piece: Split, dropped: PartWriter) -> None:
        self._guard = guard
        self._piece = piece
        self._dropped = dropped
        self._kept = 0
        self._reasons: Counter[tuple[str, str]] = Counter()
        self.facts: Counter[str] = Counter(citations_read=0)

    def citing(self, access: files.Access) -> Iterator[dict[str, Any]]:
        """A row of `CITING_PAGES` for each web page that each article cites."""
        for step, page in enumerate(read_pages(self._piece, access)):
            if isinstance(page, Damage):
                self._drop("failed", page.reason, page.detail)
            elif reason := page.no_article:
                self._drop("dropped", reason, "", page)
            else:
                yield from self._cited_by(page, step)

    def _cited_by(self, page: WikiPage, step: int) -> list[dict[str, Any]]:
        capture = Capture(page.id, page.title, "", self._piece.path, self._piece.start, 0)
        rows = attempt(self._guard, step, capture, lambda: _citing_rows(page))
        if isinstance(rows, Rejected):
            self._drop(rows.outcome, rows.reason, rows.detail, page)
            return []
        self._kept += 1
        self.facts["citations_read"] += sum(row["citations"] for row in rows)
        return rows

    def _drop(self, outcome: str, reason: str, detail: str, page: WikiPage | None = None) -> None:
        self._reasons[outcome, reason] += 1
        self._dropped.write(
            {
                "dump": self._piece.path,
                "id": page.id if page else "",
                "title": page.title if page else "",
                "namespace": page.namespace if page else None,
                "outcome": outcome,
                "reason": reason,
                "detail": detail,
            }
        )

    def counts(self) -> Counts:
        """The counts so far."""
        return Counts.of(self._kept, self._reasons)


def _citing_rows(page: WikiPage) -> list[dict[str, Any]]:
    named = categories(page.wikitext, page.site.categories)
    return [
        {
            "canonical_url": reference.canonical_url,
            "language": page.site.language,
            "url": reference.url,
            "page": page.title,
            "citations": reference.citations,
            "in_ref": reference.in_ref,
            "categories": named,
        }
        for reference in references(page.wikitext)
    ]


def _addressed(
    rows: Iterable[dict[str, Any]], partitions: int
) -> Iterator[tuple[pa.Table, npt.NDArray[np.uint64]]]:
    """Rows as tables, each with its partition: by the hash of the canonical URL."""
    rows = iter(rows)
    while batch := list(islice(rows, _ROWS_SENT)):
        hashes = [hash64(row["canonical_url"]) for row in batch]
        table = pa.Table.from_pylist(batch, CITING_PAGES)
        yield table, np.array(hashes, dtype=np.uint64) % np.uint64(partitions)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a table, those of one web page and language together, some in memory at once."""
    for batch in table.sort_by([(name, "ascending") for name in _KEY]).to_batches(_BATCH_ROWS):
        yield from batch.to_pylist()


def _part(folder: str, name: str) -> str:
    return join(folder, f"part-{name}.parquet")


def _sent(folder: str, piece: Split) -> str:
    return join(folder, WORK, f"references-{split_name(piece)}.arrow")
