"""Stage `tokenizer`: a byte-level BPE tokenizer trained on the weighted text."""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.job import Job
from pipeline.stages.graph import RunTasks, WriteFacts
from pipeline.tasks.tokenizing import train_tokenizer


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.tokenizer.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    names = job.part_names("lines")
    sources = (job.folder_of("lines"), job.folder_of("weight"))
    (
        pipeline
        | "Work" >> beam.Create([(*sources, names, job.config.tokenizer, job.folder)])
        | "Train" >> RunTasks(train_tokenizer, job.config.workers, whole_machine=True)
        | "Manifest" >> WriteFacts(job)
    )
