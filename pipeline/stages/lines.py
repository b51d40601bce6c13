"""Stage `lines`: the documents that the filter kept, without what many pages repeat.

The stages that follow read their text here.
"""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.exchange import WORK, batches, documents_a_task
from pipeline.files import join
from pipeline.job import Job
from pipeline.stages.graph import RunTasks, Then, WriteManifest
from pipeline.tasks.copies import Batch, claim_pages, find_copies
from pipeline.tasks.cutting import count_passages, cut_parts, tally_passages


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.lines.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    section, batches = job.config.lines, _batches(job)
    cutting = [(batch, section, job.config.filter) for batch in batches]
    (
        (
            _tallied(pipeline, job, batches, cutting)
            if section.enabled
            else pipeline | beam.Create(cutting, reshuffle=False)
        )
        | "Cut" >> RunTasks(cut_parts, job.config.workers)
        | "Flatten" >> beam.FlatMap(lambda parts: parts)
        | "Manifest" >> WriteManifest(job, job.part_names("filter"), reads="filter")
    )


def _tallied(
    pipeline: beam.Pipeline, job: Job, batches: list[Batch], then: list[Any]
) -> beam.PCollection:
    """Some elements, once all passages are counted."""
    section, workers = job.config.lines, job.config.workers
    count, work = len(batches), join(job.folder, WORK)
    return (
        pipeline
        | "Batches" >> beam.Create([(batch,) for batch in batches], reshuffle=False)
        | "Claim" >> RunTasks(claim_pages, workers)
        | "AllClaimed" >> Then([(number, count, work) for number in range(count)], count)
        | "FindCopies" >> RunTasks(find_copies, workers)
        | "AllFound" >> Then([(batch, section) for batch in batches], count)
        | "Count" >> RunTasks(count_passages, workers)
        | "AllCounted" >> Then([(n, count, section, work) for n in range(count)], count)
        | "Tally" >> RunTasks(tally_passages, workers)
        | "AllTallied" >> Then(then, count)
    )


def _batches(job: Job) -> list[Batch]:
    """The parts in their order, as many together as a task holds."""
    filtered = job.upstream["filter"]
    groups = batches(filtered.parts, documents_a_task(filtered.counts.kept))
    folders = (job.folder_of("filter"), job.folder)
    return [Batch(number, len(groups), names, *folders) for number, names in enumerate(groups)]
