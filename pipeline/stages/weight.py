"""Stage `weight`: how often each document is seen in training.

Several graphs, one after the other, each with its outcome on disk: what is known of each document
by itself; if it is asked for, the order of quality; how far each cell is repeated; the parts.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton

from pipeline import files
from pipeline.config import Config
from pipeline.exchange import WORK, batches, documents_a_task
from pipeline.files import join
from pipeline.job import Job
from pipeline.stages.graph import All, Graph, RunTasks, Then, WriteManifest
from pipeline.tasks import selecting
from pipeline.tasks.measuring import Batch, measure_parts
from pipeline.tasks.selecting import RANK, REPEAT, Corpus
from pipeline.tasks.weighing import facts, weigh_parts


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    domain = config.domain.model_dump(mode="json", include={"min_score"})
    return {"weight": config.weight.model_dump(mode="json"), "domain": domain}


def graphs(job: Job) -> Iterator[Graph]:
    """What is still to be done, graph by graph; each is run before the next is asked for."""
    steps = [("measured", measure), (REPEAT, repeat)]
    if job.config.weight.ranks:
        steps.insert(1, (RANK, rank))
    for mark, step in steps:
        if not files.exists(join(_work(job), f"{mark}.json")):
            yield partial(step, job=job)
    yield partial(weigh, job=job)


def measure(pipeline: beam.Pipeline, job: Job) -> None:
    """Write what is known of each document by itself."""
    found, decides = _batches(job), (job.config.weight, job.config.domain.min_score)
    (
        pipeline
        | "Batches" >> beam.Create([(batch, *decides) for batch in found], reshuffle=False)
        | "Measure" >> RunTasks(measure_parts, job.config.workers)
        | "AllMeasured" >> All(len(found))
        | "Mark" >> beam.Map(selecting.close_measuring, _work(job), len(found))
    )


def rank(pipeline: beam.Pipeline, job: Job) -> None:
    """Find the documents that are the best of all, and those that are too bad."""
    section, groups = job.config.weight, len(Corpus.read(_work(job)).languages)
    tallied = _tallied(pipeline, job, RANK, selecting.send_ranked, groups)
    requests = tallied | "Requests" >> beam.FlatMap(selecting.rank_requests, section)
    _found(requests, job, RANK) | "Mark" >> beam.Map(selecting.close_ranks, _work(job))


def repeat(pipeline: beam.Pipeline, job: Job) -> None:
    """Find how far the documents of each cell are repeated."""
    section, groups = job.config.weight, len(Corpus.read(_work(job)).cells)
    tallied = _tallied(pipeline, job, REPEAT, selecting.send_repeated, groups)
    requests = tallied | "Requests" >> beam.FlatMap(selecting.repeat_requests, section, _work(job))
    (
        _found(requests, job, REPEAT)
        | "Mark" >> beam.Map(selecting.close_repeats, AsSingleton(tallied), section, _work(job))
    )


def weigh(pipeline: beam.Pipeline, job: Job) -> None:
    """Write the parts and the manifest."""
    section, found = job.config.weight, _batches(job)
    weighed = (
        pipeline
        | "Batches" >> beam.Create([(batch, section) for batch in found], reshuffle=False)
        | "Weigh" >> RunTasks(weigh_parts, job.config.workers)
        | "Flatten" >> beam.FlatMap(lambda parts: parts)
    )
    mixed = (
        weighed
        | "Counts" >> beam.Values()
        | "All" >> All(len(job.part_names("lines")))
        | "Facts" >> beam.Map(facts, _work(job), section)
    )
    (
        weighed
        | "Parts" >> beam.Keys()
        | "Manifest"
        >> WriteManifest(job, job.part_names("lines"), reads="dedup", facts=AsSingleton(mixed))
    )


def _tallied(
    pipeline: beam.Pipeline, job: Job, kind: str, send: Callable[..., None], groups: int
) -> beam.PCollection:
    """Send the documents to the ranges of an order; what they hold by group, as one list."""
    section, found = job.config.weight, _batches(job)
    ranges = len(found)
    sending = [(batch, section, ranges) for batch in found]
    receiving = [(number, kind, ranges, groups, _work(job)) for number in range(ranges)]
    return (
        pipeline
        | "Batches" >> beam.Create(sending, reshuffle=False)
        | "Send" >> RunTasks(send, job.config.workers)
        | "AllSent" >> Then(receiving, len(found))
        | "Tally" >> RunTasks(selecting.tally, job.config.workers)
        | "AllTallied" >> All(ranges)
    )


def _found(requests: beam.PCollection, job: Job, kind: str) -> beam.PCollection:
    """The cuts that are asked for, as one list of what each range found."""
    ranges, work = len(_batches(job)), _work(job)
    return (
        requests
        | "Arguments" >> beam.MapTuple(lambda number, asked: (number, asked, kind, ranges, work))
        | "FindCuts" >> RunTasks(selecting.find_cuts, job.config.workers)
        | "AllFound" >> All(ranges)
    )


def _batches(job: Job) -> list[Batch]:
    """The parts in their order, as many together as a task holds; there are as many ranges."""
    source = job.upstream["lines"]
    names = batches(source.parts, documents_a_task(source.counts.kept))
    folders = (job.folder_of("lines"), job.folder_of("dedup"), job.folder)
    return [Batch(number, some, *folders) for number, some in enumerate(names)]


def _work(job: Job) -> str:
    return join(job.folder, WORK)
