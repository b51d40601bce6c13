"""Stage `quality`: the classifier of pages that look like those Wikipedia cites."""

from typing import Any

import apache_beam as beam

from pipeline import files
from pipeline.config import Config
from pipeline.job import Job
from pipeline.stages.graph import RunTasks, WriteFacts
from pipeline.tasks.quality import train_quality


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.quality.model_dump(mode="json")


def inputs(config: Config) -> tuple[str, ...]:
    """The dumps, and the model if one is given."""
    return (*config.quality.dumps, *([config.quality.model] if config.quality.model else []))


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    sources = [
        files.join(job.folder_of("extract"), f"part-{name}.parquet")
        for name in job.part_names("extract")
    ]
    element = (sources, job.config.quality, job.folder)
    (
        pipeline
        | "Work" >> beam.Create([element])
        | "Train" >> RunTasks(train_quality, job.config.workers, whole_machine=True)
        | "Manifest" >> WriteFacts(job)
    )
