"""Stage `filter`: a verdict on every document, its statistics beside it."""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.files import join
from pipeline.job import Job
from pipeline.rules import RULES
from pipeline.stages.graph import RunTasks, WriteManifest
from pipeline.tasks.filtering import filter_part
from pipeline.tasks.quality import MODEL


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    bounds = {name: (config.filter.rules.get(name) or rule) for name, rule in RULES.items()}
    return {
        "languages": sorted(config.filter.languages),
        "rules": {name: {"low": rule.low, "high": rule.high} for name, rule in bounds.items()},
    }


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    model = _model(job)
    elements = [
        (job.folder_of("extract"), name, job.config.filter, model, job.folder)
        for name in job.part_names("extract")
    ]
    (
        pipeline
        | "Parts" >> beam.Create(elements)
        | "Filter" >> RunTasks(filter_part, job.config.workers)
        | "Manifest" >> WriteManifest(job, job.part_names("extract"), reads="extract")
    )


def _model(job: Job) -> str | None:
    """The path of the quality classifier, if there is one."""
    if not job.upstream["quality"].facts:
        return None
    return job.config.quality.model or join(job.folder_of("quality"), MODEL)
