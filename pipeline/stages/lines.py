"""Stage `lines`: the documents that dedup kept, without what many pages repeat.

What it writes is the corpus: the stages that follow read their text there.
"""

from itertools import accumulate, groupby
from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.job import Job
from pipeline.stages.graph import RunTasks, Then, WriteManifest
from pipeline.tasks.cutting import Batch, count_passages, cut_parts, tally_passages

# A task holds the passages of so many documents, more where there would be more tasks than these:
# each of them sends to each.
_DOCUMENTS_A_TASK = 10_000
_MOST_TASKS = 4096


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.lines.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    section, workers, names = job.config.lines, job.config.workers, job.part_names("filter")
    batches = _batches(job)
    cutting = [(batch, section, job.config.filter) for batch in batches]
    if section.enabled:
        counting = [(batch, section) for batch in batches]
        work = join(job.folder, WORK)
        tallying = [(batch.number, batch.count, section, work) for batch in batches]
        ready = (
            pipeline
            | "Batches" >> beam.Create(counting)
            | "Count" >> RunTasks(count_passages, workers)
            | "AllCounted" >> Then(tallying, len(batches))
            | "Tally" >> RunTasks(tally_passages, workers)
            | "AllTallied" >> Then(cutting, len(batches))
        )
    else:
        ready = pipeline | "Batches" >> beam.Create(cutting)
    (
        ready
        | "Cut" >> RunTasks(cut_parts, workers)
        | "Flatten" >> beam.FlatMap(lambda parts: parts)
        | "Manifest" >> WriteManifest(job, names, reads="dedup")
    )


def _batches(job: Job) -> list[Batch]:
    """The parts in their order, as many together as a task holds."""
    parts = job.upstream["dedup"].parts
    size = max(_DOCUMENTS_A_TASK, job.upstream["dedup"].counts.kept // _MOST_TASKS)
    ends = accumulate(part.counts.kept for part in parts)
    numbered = zip(parts, (end // size for end in ends), strict=True)
    groups = [[part.name for part, _ in group] for _, group in groupby(numbered, lambda p: p[1])]
    folders = (job.folder_of("filter"), job.folder_of("dedup"), job.folder)
    return [
        Batch(number, len(groups), tuple(names), *folders) for number, names in enumerate(groups)
    ]
