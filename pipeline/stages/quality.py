"""Stage `quality`: the classifier of pages that look like those Wikipedia cites."""

from importlib.metadata import version
from typing import Any

import apache_beam as beam

from pipeline import files
from pipeline.config import Config
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.stages.graph import RunTasks
from pipeline.tasks.quality import train_quality


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output.

    Raises:
        UserError: A dump or the model is missing.
    """
    section = config.quality
    inputs = files.expand((*section.dumps, *([section.model] if section.model else [])))
    return {
        "quality": section.model_dump(mode="json"),
        "files": {path: files.identity(path) for path in inputs},
        "versions": {"fasttext-community": version("fasttext-community")},
    }


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
        | "Manifest" >> beam.Map(_write_manifest, job.settings, job.upstream_prints, job.folder)
    )


def _write_manifest(
    facts: dict[str, Any], settings: dict[str, Any], upstream: dict[str, str], folder: str
) -> None:
    Manifest.of_parts("quality", settings, upstream, (), facts).write(folder)
