"""Stage `dedup`: signatures, candidate pairs, components, and a row for every duplicate.

Several graphs, one after the other, each with its outcome on disk: the candidate pairs; their
components, in one graph or, of more edges than one process holds, in one a round; the duplicates.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import apache_beam as beam

from pipeline import files
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.exchange import batches_of, documents_a_task
from pipeline.job import Job
from pipeline.ledger import MANIFEST, Manifest
from pipeline.stages.graph import All, Graph, RunTasks, Then, WriteManifest
from pipeline.stars import Partitions
from pipeline.tasks import linking, resolving
from pipeline.tasks.buckets import send_buckets
from pipeline.tasks.signing import SignedPart, sign_part

# What a task holds of the corpus: a batch of parts, or a partition of nodes.
_DOCUMENTS_A_TASK = 1_000_000
# A document has 16 buckets, of 16 bytes each.
_DOCUMENTS_A_RANGE = 200_000
# A star needs 8 bytes a node and a block of edges.
_NODES_A_STAR_TASK = 4_000_000


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.dedup.model_dump(mode="json", exclude={"max_edges_in_memory"})


def inputs(config: Config) -> tuple[str, ...]:
    """The manifests of earlier runs, which say by hash what stands there.

    Raises:
        UserError: An earlier run has none.
    """
    found = {run: files.join(run, "dedup", MANIFEST) for run in config.dedup.earlier}
    for run, path in found.items():
        if not files.exists(path):
            raise UserError(f"dedup.earlier: {run}: not deduplicated; run `curate dedup` there")
    return tuple(found.values())


def graphs(job: Job, note: Callable[[str], None]) -> Iterator[Graph]:
    """What is still to be done, a graph after the other; each is run before the next is asked for.

    Args:
        job: The stage's job.
        note: Told what a round is about to do.
    """
    if linking.component_facts(job.folder) is None:
        if linking.last_round(job.folder) is None:
            yield partial(pair, job=job)
        yield from _linking(job, note)
    yield partial(remove, job=job)


def _linking(job: Job, note: Callable[[str], None]) -> Iterator[Graph]:
    """From candidate pairs to components."""
    done = linking.last_round(job.folder)
    assert done is not None
    if done.pairs <= job.config.dedup.max_edges_in_memory:
        yield partial(unite, job=job)
        return
    while done.moved:
        linking.forget_before(job.folder, done.number)
        note(f"dedup: {done.pairs} candidate pairs, round {done.number + 1}")
        yield partial(join_stars, job=job, done=done.number)
        done = linking.last_round(job.folder)
        assert done is not None
    yield partial(label, job=job, done=done.number)


def pair(pipeline: beam.Pipeline, job: Job) -> None:
    """Sign the documents and write the candidate pairs."""
    section, folder = job.config.dedup, job.folder
    parts, total = _numbered(job)
    ranges = 1 + total // max(_DOCUMENTS_A_RANGE, documents_a_task(total))
    senders = batches_of(parts, (part.first for part in parts), documents_a_task(total))
    sending = [
        (linking.bucket_file(folder, number), batch, section, ranges)
        for number, batch in enumerate(senders)
    ]
    receiving = [(number, ranges, folder) for number in range(ranges)]
    unsigned = [(part, section) for part in parts if not part.earlier]
    (
        pipeline
        | "Parts" >> beam.Create(unsigned, reshuffle=False)
        | "Sign" >> RunTasks(sign_part, job.config.workers)
        | "AllSigned" >> Then(sending, len(unsigned))
        | "Buckets" >> RunTasks(send_buckets, job.config.workers)
        | "AllSent" >> Then(receiving, len(senders))
        | "Pairs" >> RunTasks(linking.write_pairs, job.config.workers)
        | "Sum" >> beam.CombineGlobally(sum)
        | "Mark" >> beam.Map(linking.close_pairs, folder)
    )


def unite(pipeline: beam.Pipeline, job: Job) -> None:
    """Write the components, found by one process."""
    edges = linking.edge_files(job.folder, 0)
    _, total = _numbered(job)
    (
        pipeline
        | "Pairs" >> beam.Create([(edges, job.folder, _partitions(total, _DOCUMENTS_A_TASK))])
        | "Unite" >> RunTasks(linking.unite, job.config.workers, whole_machine=True)
        | "United" >> All(1)
        | "Mark" >> beam.Map(linking.close_components, job.folder)
    )


def join_stars(pipeline: beam.Pipeline, job: Job, done: int) -> None:
    """A round of large star and small star on the edges that the last one wrote."""
    _, total = _numbered(job)
    workers, partitions = job.config.workers, _partitions(total, _NODES_A_STAR_TASK)
    where = (job.folder, done + 1, partitions)
    every = [(number, *where) for number in range(partitions.count)]
    large = (
        pipeline
        | "Edges" >> beam.Create(_senders(job, done, partitions.count, where), reshuffle=False)
        | "BothEnds" >> RunTasks(linking.send_ends, workers)
        | "AllSent" >> Then(every, partitions.count)
        | "LargeStar" >> RunTasks(linking.send_large_stars, workers)
    )
    small = (
        large
        | "AllJoined" >> Then(every, partitions.count)
        | "SmallStar" >> RunTasks(linking.write_small_stars, workers)
    )
    (
        (large, small)
        | "Moves" >> beam.Flatten()
        | "AllMoves" >> All(2 * partitions.count)
        | "Mark" >> beam.Map(linking.close_round, job.folder, done + 1)
    )


def label(pipeline: beam.Pipeline, job: Job, done: int) -> None:
    """Write the components, of the stars that the last round left."""
    _, total = _numbered(job)
    workers, partitions = job.config.workers, _partitions(total, _DOCUMENTS_A_TASK)
    where = (job.folder, done, partitions)
    (
        pipeline
        | "Edges" >> beam.Create(_senders(job, done, partitions.count, where), reshuffle=False)
        | "ByRoot" >> RunTasks(linking.send_stars, workers)
        | "AllSent" >> Then([(n, *where) for n in range(partitions.count)], partitions.count)
        | "Write" >> RunTasks(linking.write_stars, workers, whole_machine=True)
        | "AllWritten" >> All(partitions.count)
        | "Mark" >> beam.Map(linking.close_components, job.folder)
    )


def _senders(job: Job, done: int, count: int, where: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The files of a round for so many tasks: a receiver opens a file a sender."""
    edges = linking.edge_files(job.folder, done)
    return [(number, edges[number::count], *where) for number in range(count)]


def remove(pipeline: beam.Pipeline, job: Job) -> None:
    """Write the duplicates of all components, and the manifest."""
    folder, section, workers = job.folder, job.config.dedup, job.config.workers
    own = sum(part.counts.kept for part in job.upstream["lines"].parts)
    every_part, total = _numbered(job)
    numbers = (part.first for part in every_part)
    batches = batches_of(every_part, numbers, _DOCUMENTS_A_TASK)
    partitions = _partitions(total, _DOCUMENTS_A_TASK)
    firsts = [parts[0].first for parts in batches]
    resolving_ = [
        (number, partitions, section, firsts, own, folder) for number in range(partitions.count)
    ]
    writing = [(number, len(batches), parts, folder) for number, parts in enumerate(batches)]
    components = pipeline | "Components" >> beam.Create(linking.component_files(folder))
    members = components | "Members" >> beam.FlatMap(resolving.members_of, firsts)
    every = pipeline | "Batches" >> beam.Create(
        [(number, b"") for number in range(len(batches))], reshuffle=False
    )
    (
        (members, every)
        | "EachBatch" >> beam.Flatten()
        | "GroupByBatch" >> beam.GroupByKey()
        | "Arguments"
        >> beam.MapTuple(lambda n, found: (n, list(found), batches[n], partitions, section, folder))
        | "Gather" >> RunTasks(resolving.gather, workers, whole_machine=True)
        | "AllGathered" >> Then(resolving_, len(batches))
        | "Resolve" >> RunTasks(resolving.resolve, workers, whole_machine=True)
        | "AllResolved" >> Then(writing, partitions.count)
        | "Write" >> RunTasks(resolving.write_duplicates, workers, whole_machine=True)
        | "Flatten" >> beam.FlatMap(lambda written: written)
        | "Manifest"
        >> WriteManifest(job, job.part_names("lines"), "lines", linking.component_facts(folder))
    )


def _numbered(job: Job) -> tuple[list[SignedPart], int]:
    """This run's parts and those of earlier runs, with their first documents' numbers; the total.

    Raises:
        UserError: An earlier run's signatures are none that this run's can be compared with.
    """
    parts, first = [], 0
    for part in job.upstream["lines"].parts:
        parts.append(SignedPart(part.name, first, job.folder_of("lines"), job.folder, False))
        first += part.counts.kept
    for run in job.config.dedup.earlier:
        folder, source = files.join(run, "dedup"), files.join(run, "lines")
        for part in _comparable(run, folder, job).parts:
            parts.append(SignedPart(part.name, first, source, folder, True))
            first += part.counts.read
    return parts, first


def _comparable(run: str, folder: str, job: Job) -> Manifest:
    manifest = Manifest.read(folder)
    assert manifest is not None
    made, asked = manifest.settings["settings"], settings(job.config)
    for key in ("ngram", "bands", "rows"):
        if made[key] != asked[key]:
            raise UserError(
                f"dedup.earlier: {run}: signed with {key} = {made[key]}, not {asked[key]}; "
                f"set dedup.{key} = {made[key]}"
            )
    return manifest


def _partitions(total: int, size: int) -> Partitions:
    return Partitions(total, 1 + total // size)
