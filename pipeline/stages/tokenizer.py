"""Stage `tokenizer`: the pre-tokens of the weighted text counted by part, merges learned of all."""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.job import Job
from pipeline.stages.graph import All, RunTasks, Then, WriteFacts
from pipeline.tasks import tokenizing

# How much of the corpus one task adds up, and how many tasks that may be at most: each reads a
# block of every part.
_DOCUMENTS_A_RANGE = 1_000_000
_MOST_RANGES = 64


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.tokenizer.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    section, workers, folder = job.config.tokenizer, job.config.workers, job.folder
    sources = (job.folder_of("lines"), job.folder_of("weight"))
    names = job.part_names("lines")
    documents = job.upstream["lines"].counts.kept
    ranges = min(_MOST_RANGES, 1 + documents // _DOCUMENTS_A_RANGE)
    adding = [(number, ranges, names, section, folder) for number in range(ranges)]
    (
        pipeline
        | "Parts"
        >> beam.Create(
            [(*sources, name, ranges, section, folder) for name in names], reshuffle=False
        )
        | "Count" >> RunTasks(tokenizing.count_part, workers)
        | "AllCounted" >> Then(adding, len(names))
        | "Add" >> RunTasks(tokenizing.add_counts, workers)
        | "AllAdded" >> All(ranges)
        | "Arguments" >> beam.Map(lambda _: (ranges, names, section, folder))
        | "Train" >> RunTasks(tokenizing.train_tokenizer, workers, whole_machine=True)
        | "Manifest" >> WriteFacts(job)
    )
