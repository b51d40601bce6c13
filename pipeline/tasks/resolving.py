"""Dedup, from components to duplicates: a row for each, naming what is kept in its stead.

Batches of parts hand their candidates to the partitions of components, and these the duplicates
found back to the batches, through files in the stage's work folder.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import files, minhash
from pipeline.clusters import Candidates, Duplicate, duplicates
from pipeline.config import DedupSection
from pipeline.exchange import WORK, receive, send, sent_file, sent_files
from pipeline.files import join
from pipeline.ledger import Counts, Part
from pipeline.parts import PartWriter, finished, read_table
from pipeline.sandbox import Guard
from pipeline.schema import COMPONENTS, DUPLICATES, SIGNATURES
from pipeline.stars import Partitions
from pipeline.tasks.buckets import matrix, unpack
from pipeline.tasks.signing import SIGNED, SignedPart

PREFIXES = ("duplicates",)
LEVELS = ("url", "exact", "near")

_TEXT = pa.schema([pa.field("text", pa.string(), nullable=False)])
# Shingles are uint64, packed; null where pairs are verified by signatures.
_CANDIDATES = pa.schema([*SIGNATURES, *COMPONENTS, pa.field("shingles", pa.binary())])


def members_of(path: str, firsts: list[int]) -> Iterator[tuple[int, bytes]]:
    """The (root, node) pairs of a file of components, packed, by the batch of the node.

    Args:
        path: The file.
        firsts: The number of the first document of each batch of parts.
    """
    members = np.stack([column.to_numpy() for column in read_table(path)], axis=1)
    batches = _owners(members[:, 1], firsts)
    for batch in np.unique(batches).tolist():
        yield batch, members[batches == batch].tobytes()


def gather(
    guard: Guard,
    batch: int,
    members: list[bytes],
    parts: list[SignedPart],
    partitions: Partitions,
    section: DedupSection,
    folder: str,
) -> None:
    """Write the candidates of a batch of parts, for the partitions of their roots."""
    path = _work(folder, "candidates", batch)
    if files.exists(path):
        return
    pairs = unpack(members).reshape(-1, 2)
    roots, nodes = np.ascontiguousarray(pairs[np.argsort(pairs[:, 1])].T)
    paths = {part: join(part.folder, f"signatures-{part.name}.parquet") for part in parts}
    signed = _taken(nodes, paths, SIGNATURES)
    shingles = pa.nulls(len(nodes), pa.binary())
    if section.near and section.verify != "signature":
        paths = {part: join(part.source, f"part-{part.name}.parquet") for part in parts}
        texts = _taken(nodes, paths, _TEXT)["text"]
        shingles = pa.array([_shingles(text.as_py(), section.ngram) for text in texts], pa.binary())
    columns = [*signed.columns, roots, nodes, shingles]
    table = pa.Table.from_arrays(columns, schema=_CANDIDATES)
    send(path, [(table, partitions.of(roots))], _CANDIDATES, partitions.count)


def resolve(
    guard: Guard,
    partition: int,
    partitions: Partitions,
    section: DedupSection,
    firsts: list[int],
    own: int,
    folder: str,
) -> None:
    """Write the duplicates of the components of a partition, for the batches of their parts.

    Takes the memory of the partition's candidates: whole components, so that of the largest at
    least. The documents of earlier runs are numbered from `own` on.
    """
    path = _work(folder, "found", partition)
    if files.exists(path):
        return
    batches = receive(_work_files(folder, "candidates"), partition, partitions.count)
    table = pa.Table.from_batches(batches, schema=_CANDIDATES)
    candidates = _candidates(table, own)
    urls = table["url"].to_pylist()
    found = list(duplicates(candidates, section))
    where = {int(node): index for index, node in enumerate(candidates.nodes)}
    rows = [_row(one, candidates.ids, urls, where) for one in found]
    owners = _owners(np.array([one.node for one in found], dtype=np.int64), firsts)
    out = pa.Table.from_pylist(rows, schema=DUPLICATES)
    send(path, [(out, owners)], DUPLICATES, len(firsts))


def write_duplicates(
    guard: Guard, batch: int, batches: int, parts: list[SignedPart], folder: str
) -> list[Part]:
    """Write the duplicates of every part of a batch; `row` counts the rows of its own part."""
    found = receive(_work_files(folder, "found"), batch, batches)
    table = pa.Table.from_batches(found, schema=DUPLICATES).sort_by("row")
    bounds = np.searchsorted(table["row"].to_numpy(), [part.first for part in parts]).tolist()
    written = []
    for part, start, stop in zip(parts, bounds, [*bounds[1:], len(table)], strict=True):
        if part.earlier:
            continue
        rows = table.slice(start, stop - start).to_pylist()
        local = [row | {"row": row["row"] - part.first} for row in rows]
        written.append(_write(part, local, folder))
    return written


def _owners(nodes: npt.NDArray[Any], firsts: list[int]) -> npt.NDArray[np.int64]:
    """The batch of each node."""
    return np.searchsorted(np.array(firsts, dtype=nodes.dtype), nodes, side="right") - 1


def _work(folder: str, kind: str, number: int) -> str:
    return sent_file(join(folder, WORK), kind, number)


def _work_files(folder: str, kind: str) -> list[str]:
    return sent_files(join(folder, WORK), kind)


def _taken(
    nodes: npt.NDArray[np.uint64], paths: Mapping[SignedPart, str], schema: pa.Schema
) -> pa.Table:
    """The rows of some documents of a batch of parts, ascending, from a file a part."""
    tables, parts = [], list(paths)
    stops = [part.first for part in parts[1:]] + [np.iinfo(np.int64).max]
    for part, stop in zip(parts, stops, strict=True):
        low, high = np.searchsorted(nodes, np.array([part.first, stop], dtype=np.uint64))
        if low < high:
            rows = (nodes[low:high] - np.uint64(part.first)).astype(np.int64)
            tables.append(read_table(paths[part], schema.names).take(rows))
    return pa.concat_tables(tables or [schema.empty_table()])


def _shingles(text: str, ngram: int) -> bytes:
    """The distinct shingles of a text, sorted."""
    return np.unique(minhash.shingles(minhash.words(text), ngram)).tobytes()


def _candidates(table: pa.Table, own: int) -> Candidates:
    shingles = [
        np.frombuffer(packed, dtype=np.uint64)
        for packed in table["shingles"].drop_null().to_pylist()
    ]
    nodes = table["node"].to_numpy()
    return Candidates(
        nodes=nodes,
        earlier=nodes >= own,
        roots=table["root"].to_numpy(),
        ids=np.array(table["id"].to_pylist(), dtype=np.str_),
        dates=np.array(table["date"].to_pylist(), dtype=np.str_),
        quality=table["quality"].fill_null(-1.0).to_numpy(),
        n_chars=table["n_chars"].to_numpy(),
        canonical_url=matrix(table["canonical_url"], np.dtype("S16"))[:, 0],
        exact=matrix(table["exact"], np.dtype("S16"))[:, 0],
        signatures=matrix(table["signature"], np.dtype(np.uint32)),
        shingles=shingles or None,
    )


def _row(
    one: Duplicate, ids: npt.NDArray[np.str_], urls: list[str], where: dict[int, int]
) -> dict[str, Any]:
    removed, kept = where[one.node], where[one.kept]
    return {
        "row": one.node,
        "id": str(ids[removed]),
        "url": urls[removed],
        "kept_id": str(ids[kept]),
        "kept_url": urls[kept],
        "level": one.level,
        "similarity": one.similarity,
    }


def _write(part: SignedPart, rows: list[dict[str, Any]], folder: str) -> Part:
    if not finished(folder, part.name, PREFIXES):
        read = finished(folder, part.name, SIGNED)
        assert read is not None
        documents = read.files[f"signatures-{part.name}.parquet"]["rows"]
        dropped = {
            level: count
            for level in LEVELS
            if (count := sum(row["level"] == level for row in rows))
        }
        with PartWriter(join(folder, f"duplicates-{part.name}.parquet"), DUPLICATES) as out:
            for row in rows:
                out.write(row)
            out.describe(Counts(documents, documents - len(rows), dropped), read.facts)
    done = finished(folder, part.name, PREFIXES)
    assert done is not None
    return done
