"""Stage `quality`: the classifier of pages that look like those Wikipedia cites."""

import logging
from typing import Any

import apache_beam as beam

from classifiers import calibration
from pipeline import files, models
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import MANIFEST, Manifest
from pipeline.stages.graph import RunTasks, Then, WriteFacts
from pipeline.tasks import quality
from pipeline.tasks.referencing import table_files

_LOG = logging.getLogger(__name__)


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    section = config.quality
    if section.model:
        return {"model": section.model}
    if not section.trains:
        return {}
    return section.model_dump(mode="json", exclude={"dumps", "references", "model"})


def inputs(config: Config) -> tuple[str, ...]:
    """The model if one is given, with its calibration, or else the manifest of a table that is.

    Raises:
        UserError: There is no such table, or it cannot be told whether there is a calibration.
    """
    section, access = config.quality, config.input.access
    if section.model:
        beside = filter(None, [calibration.beside(section.model, access)])
        return (*models.inputs(section.model), *beside)
    if not section.references:
        return ()
    if _given_table(section.references, access) is None:
        raise UserError(
            f"quality.references: {section.references}: no finished table there; make it with "
            "`curate classifier references`"
        )
    return (files.join(section.references, MANIFEST),)


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    if job.config.quality.model:
        facts = _taken(pipeline, job)
    elif table := _table(job):
        facts = _trained(pipeline, job, table)
    else:
        facts = pipeline | "Nothing" >> beam.Create([{}])
    facts | "Manifest" >> WriteFacts(job)


def _taken(pipeline: beam.Pipeline, job: Job) -> beam.PCollection:
    """The facts of a model that is given."""
    model, access = job.config.quality.model, job.config.input.access
    if not calibration.beside(model, access):
        _LOG.warning("%s: no calibration beside it; its scores are taken as they are", model)
    return (
        pipeline
        | "Model" >> beam.Create([(model, access)])
        | "Take" >> RunTasks(quality.take_model, job.config.workers, whole_machine=True)
    )


def _trained(pipeline: beam.Pipeline, job: Job, table: list[str]) -> beam.PCollection:
    """The facts of the model that is trained."""
    section, folder, workers = job.config.quality, job.folder, job.config.workers
    # The run's own table stands in the run, which is not read as inputs are.
    access = job.config.input.access if section.references else files.DEFAULT_ACCESS
    sources = [
        files.join(job.folder_of("extract"), f"part-{name}.parquet")
        for name in job.part_names("extract")
    ]
    tries = [(index, section, folder) for index in range(len(quality.candidates(section)))]
    return (
        pipeline
        | "Work" >> beam.Create([(sources, table, section, folder, access)])
        | "Sample" >> RunTasks(quality.sample, workers, whole_machine=True)
        | "Sampled" >> Then(tries, 1)
        | "Try" >> RunTasks(quality.try_candidate, workers, whole_machine=True)
        | "Tried" >> Then([(section, _origin(job), folder)], len(tries))
        | "Finish" >> RunTasks(quality.finish, workers, whole_machine=True)
    )


def _origin(job: Job) -> quality.Origin:
    config = job.config
    given = _given_table(config.quality.references, config.input.access)
    references = given.fingerprint if given else job.upstream_prints["references"]
    return quality.Origin(
        config.run.name, config.extract.engine, job.upstream_prints["extract"], references
    )


def _table(job: Job) -> list[str]:
    """The parts of the table of references: the one that is named, or else the run's own."""
    path = job.config.quality.references
    manifest = _given_table(path, job.config.input.access) or job.upstream["references"]
    return table_files(path or job.folder_of("references"), manifest)


def _given_table(path: str, access: files.Access) -> Manifest | None:
    """The manifest of a finished table of references; None if it is none."""
    manifest = Manifest.read(path, access) if path else None
    return manifest if manifest and manifest.stage == "references" else None
