"""Stage `weight`: how often each document is seen in training."""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.job import Job
from pipeline.stages.graph import RunTasks, WriteManifest
from pipeline.tasks.weighing import weigh_part


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.weight.model_dump(mode="json") | {"min_domain_score": config.domain.min_score}


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    sources = (job.folder_of("lines"), job.folder_of("dedup"))
    decides = (job.config.weight, job.config.domain.min_score)
    elements = [(*sources, name, *decides, job.folder) for name in job.part_names("lines")]
    (
        pipeline
        | "Parts" >> beam.Create(elements)
        | "Weigh" >> RunTasks(weigh_part, job.config.workers)
        | "Manifest" >> WriteManifest(job, job.part_names("lines"), reads="dedup")
    )
