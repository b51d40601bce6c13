"""Stage `quality`: the classifier of pages that look like those Wikipedia cites."""

from typing import Any

import apache_beam as beam

from pipeline import files, models
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import MANIFEST, Manifest
from pipeline.stages.graph import RunTasks, WriteFacts
from pipeline.tasks.quality import train_quality
from pipeline.tasks.referencing import table_files


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.quality.model_dump(mode="json", exclude={"dumps", "references"})


def inputs(config: Config) -> tuple[str, ...]:
    """The model if one is given, or else the manifest of a table of references that is.

    Raises:
        UserError: There is no such table.
    """
    section = config.quality
    if section.model or not section.references:
        return models.inputs(section.model)
    manifest = Manifest.read(section.references)
    if manifest is None or manifest.stage != "references":
        raise UserError(
            f"quality.references: {section.references}: no finished table there; make it with "
            "`curate classifier references`"
        )
    return (files.join(section.references, MANIFEST),)


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    sources = [
        files.join(job.folder_of("extract"), f"part-{name}.parquet")
        for name in job.part_names("extract")
    ]
    element = (sources, _table(job), job.config.quality, job.folder)
    (
        pipeline
        | "Work" >> beam.Create([element])
        | "Train" >> RunTasks(train_quality, job.config.workers, whole_machine=True)
        | "Manifest" >> WriteFacts(job)
    )


def _table(job: Job) -> list[str]:
    """The parts of the table of references: the one that is named, or else the run's own."""
    given = job.config.quality.references
    manifest = Manifest.read(given) if given else job.upstream["references"]
    assert manifest is not None
    return table_files(given or job.folder_of("references"), manifest)
