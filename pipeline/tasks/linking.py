"""Dedup, from candidate pairs to components: what stands on disk between the graphs.

    work/sent-000/buckets-*.arrow which document lies in which bucket, by range of keys
    work/round-000/edges-*.u64    the candidate pairs, a file a range of keys
    work/round-000.json           how many there are; written last, like every mark
    work/sent-001/ends-*.arrow    within a round, what the large star needs, by partition
    work/sent-001/large-*.arrow   what it makes, and the small star needs, by partition
    work/round-001/edges-*.u64    what that makes, a file a partition
    work/round-001.json           whether the round moved an edge
    components-*.parquet          every document with a candidate, a file a partition of the roots
    components.json               pairs and rounds

Edges are pairs of uint64 in this machine's order, smaller document first. A file depends on the
pairs alone, so whoever writes it again writes the same components in the end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files, stars
from pipeline.components import Edges, components, star_edges
from pipeline.exchange import WORK, receive, send, sent_file, sent_files
from pipeline.files import join
from pipeline.sandbox import Guard
from pipeline.schema import COMPONENTS
from pipeline.stars import Partitions
from pipeline.tasks.buckets import BUCKETS

_FACTS = "components.json"


@dataclass(frozen=True)
class Round:
    """The last whole round.

    Attributes:
        number: Rounds done; 0 if there are only the candidate pairs.
        pairs: Candidate pairs, those that share several buckets as often.
        moved: Whether another round is needed.
    """

    number: int
    pairs: int
    moved: bool


def last_round(folder: str) -> Round | None:
    """The last whole round of a stage's folder; None before the candidate pairs are there."""
    marks = [name for name in files.names(join(folder, WORK)) if name.endswith(".json")]
    if not marks:
        return None
    first, last = (files.read_json(join(folder, WORK, mark)) for mark in (marks[0], marks[-1]))
    return Round(len(marks) - 1, first["pairs"], last["moved"])


def edge_files(folder: str, number: int) -> list[str]:
    """The files of a round."""
    return files.numbered(_round_folder(folder, number), "edges-", ".u64")


def forget_before(folder: str, number: int) -> None:
    """Delete what led to a whole round; the marks stay."""
    if number:
        files.remove_folder(_round_folder(folder, number - 1))
        files.remove_folder(_sent_folder(folder, number))


def read_edges(path: str) -> Iterator[Edges]:
    """The edges of a file, a block at a time."""
    with files.open_read(path) as stream:
        while block := stream.read(stars.BLOCK * _EDGE_BYTES):
            yield np.frombuffer(block, dtype=np.uint64).reshape(-1, 2)


def bucket_file(folder: str, sender: int) -> str:
    """The file of the buckets of some parts."""
    return _sent(folder, 0, "buckets", sender)


def write_pairs(guard: Guard, receiver: int, receivers: int, folder: str) -> int:
    """Write the candidate pairs of a range of keys; returns how many."""
    path = _edge_file(folder, 0, receiver)
    if not files.exists(path):
        sent = sent_files(_sent_folder(folder, 0), "buckets")
        buckets = pa.Table.from_batches(receive(sent, receiver, receivers), schema=BUCKETS)
        with files.open_atomic(path) as out:
            out.write(star_edges(*(column.to_numpy() for column in buckets.columns)).tobytes())
    return files.size(path) // _EDGE_BYTES


def close_pairs(pairs: int, folder: str) -> None:
    """Mark that all candidate pairs are there."""
    files.write_json(_mark(folder, 0), {"pairs": pairs, "moved": True})
    files.remove_folder(_sent_folder(folder, 0))


def send_ends(
    guard: Guard, number: int, paths: list[str], folder: str, round_: int, partitions: Partitions
) -> None:
    """The begin of a round: send the edges of some files to both their ends."""
    ends = (stars.both_ends(edges) for path in paths for edges in read_edges(path))
    _send(_sent(folder, round_, "ends", number), ends, partitions)


def send_large_stars(
    guard: Guard, partition: int, folder: str, round_: int, partitions: Partitions
) -> bool:
    """The middle of a round: send a partition's large stars; returns whether an edge moved."""
    pieces = _Received(folder, round_, "ends", partition, partitions.count)
    moves: list[bool] = []
    made = _noting(stars.large_star(partition, pieces, partitions), moves)
    _send(_sent(folder, round_, "large", partition), made, partitions)
    return any(moves)


def write_small_stars(
    guard: Guard, partition: int, folder: str, round_: int, partitions: Partitions
) -> bool:
    """The end of a round: write a partition's small stars; returns whether an edge moved."""
    pieces = _Received(folder, round_, "large", partition, partitions.count)
    moves: list[bool] = []
    with files.open_atomic(_edge_file(folder, round_, partition)) as out:
        for edges in _noting(stars.small_star(partition, pieces, partitions), moves):
            out.write(edges.tobytes())
    return any(moves)


def close_round(moves: list[bool], folder: str, number: int) -> None:
    """Mark that a round is whole, given what its tasks returned."""
    files.write_json(_mark(folder, number), {"moved": any(moves)})


def send_stars(
    guard: Guard, number: int, paths: list[str], folder: str, round_: int, partitions: Partitions
) -> None:
    """After the last round: send the edges of some files to their centres."""
    edges = (block for path in paths for block in read_edges(path))
    _send(_sent(folder, round_, "stars", number), edges, partitions)


def write_stars(
    guard: Guard, partition: int, folder: str, round_: int, partitions: Partitions
) -> Counter[str]:
    """Write the components whose roots lie in a partition; returns `write_components`' counts."""
    pieces = _Received(folder, round_, "stars", partition, partitions.count)
    edges = np.concatenate([*pieces, _NONE])
    roots = np.unique(edges[:, 0])
    members = np.concatenate([np.stack([roots, roots], axis=1), edges])
    return write_components(partition, members, folder)


def unite(guard: Guard, paths: list[str], folder: str, partitions: Partitions) -> Counter[str]:
    """Write the components of all edges of some files; returns `write_components`' counts."""
    edges = np.concatenate([block for path in paths for block in read_edges(path)] or [_NONE])
    nodes, roots = components(edges)
    members = partitions.route(np.stack([roots, nodes], axis=1))
    counts = [write_components(partition, piece, folder) for partition, piece in members]
    return sum(counts, Counter())


def write_components(partition: int, members: Edges, folder: str) -> Counter[str]:
    """Write (root, node) pairs, sorted, if there are any.

    Returns:
        `candidates`: the nodes; `transitive_closure`: those that are not their component's root.
    """
    members = stars.distinct(members)
    if len(members):
        path = join(folder, f"components-{partition:05d}.parquet")
        with files.open_atomic(path) as out:
            pq.write_table(_table(members, COMPONENTS), out, compression="zstd")
    merged = int((members[:, 0] != members[:, 1]).sum())
    return Counter(candidates=len(members), transitive_closure=merged)


def close_components(counts: list[Counter[str]], folder: str) -> None:
    """Mark that all components are there, given what the tasks returned that wrote them."""
    done = last_round(folder)
    assert done is not None
    total = sum(counts, Counter(candidate_pairs=done.pairs, rounds=done.number))
    names = ("candidate_pairs", "candidates", "transitive_closure", "rounds")
    files.write_json(join(folder, _FACTS), {name: total[name] for name in names})


def component_facts(folder: str) -> dict[str, int] | None:
    """What `close_components` wrote; None before all components are there."""
    path = join(folder, _FACTS)
    return files.read_json(path) if files.exists(path) else None


def component_files(folder: str) -> list[str]:
    """The files of components."""
    return files.numbered(folder, "components-", ".parquet")


@dataclass(frozen=True)
class _Received:
    """What was sent to a partition, read anew each time it is gone through."""

    folder: str
    round_: int
    kind: str
    partition: int
    partitions: int

    def __iter__(self) -> Iterator[Edges]:
        paths = sent_files(_sent_folder(self.folder, self.round_), self.kind)
        for batch in receive(paths, self.partition, self.partitions):
            yield np.stack([column.to_numpy() for column in batch.columns], axis=1)


def _noting(found: Iterable[tuple[Edges, bool]], moves: list[bool]) -> Iterator[Edges]:
    """Edges; whether they moved is noted."""
    for edges, moved in found:
        moves.append(moved)
        yield edges


def _send(path: str, made: Iterable[Edges], partitions: Partitions) -> None:
    """Send edges to the partitions of their first nodes."""
    tables = ((_table(edges, _EDGES), partitions.of(edges[:, 0])) for edges in made)
    send(path, tables, _EDGES, partitions.count)


def _table(edges: Edges, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([np.ascontiguousarray(column) for column in edges.T], schema=schema)


_EDGES = pa.schema([pa.field(name, pa.uint64(), nullable=False) for name in ("node", "neighbour")])
_EDGE_BYTES = 16
_NONE = np.empty((0, 2), dtype=np.uint64)


def _round_folder(folder: str, number: int) -> str:
    return join(folder, WORK, f"round-{number:03d}")


def _mark(folder: str, number: int) -> str:
    return f"{_round_folder(folder, number)}.json"


def _edge_file(folder: str, number: int, key: int) -> str:
    return join(_round_folder(folder, number), f"edges-{key:05d}.u64")


def _sent_folder(folder: str, number: int) -> str:
    return join(folder, WORK, f"sent-{number:03d}")


def _sent(folder: str, round_: int, kind: str, number: int) -> str:
    return sent_file(_sent_folder(folder, round_), kind, number)
