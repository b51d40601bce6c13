"""Stage `extract`: splits of archives to documents."""

from importlib.metadata import version
from typing import Any

import apache_beam as beam

from pipeline import files, warc
from pipeline.config import Config
from pipeline.job import Job
from pipeline.records import Split
from pipeline.stages.graph import RunTasks, WriteManifest
from pipeline.tasks.extracting import extract_split

_LIBRARIES = ("trafilatura", "lxml", "fasttext-community", "resiliparse")


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output.

    Raises:
        UserError: The input is missing.
    """
    paths = files.expand(config.input.paths)
    return {
        "extract": config.extract.model_dump(mode="json"),
        "input": {
            "split_mib": config.input.split_mib,
            "files": {path: files.identity(path) for path in paths},
        },
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def splits(config: Config) -> list[Split]:
    """The work: byte ranges of every input.

    Raises:
        UserError: An input is empty or is no archive.
    """
    size = config.input.split_mib << 20
    return [
        split for path in files.expand(config.input.paths) for split in warc.plan_splits(path, size)
    ]


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    limit = job.config.extract.max_body_bytes
    elements = [(split, limit, job.folder) for split in splits(job.config)]
    (
        pipeline
        | "Splits" >> beam.Create(elements)
        | "Extract" >> RunTasks(extract_split, job.config.workers)
        | "Manifest" >> WriteManifest(job)
    )
