"""Stage `filter`: a verdict on every document, its statistics beside it."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import apache_beam as beam

from classifiers import calibration
from classifiers.languagetags import UNDETERMINED
from pipeline import files, models
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.families import bounds_of
from pipeline.files import join
from pipeline.job import Job
from pipeline.languagebounds import LANGUAGES
from pipeline.stages.graph import RunTasks, WriteManifest, call_task
from pipeline.tasks.filtering import Models, check_lists, check_models, filter_part


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    built_in = config.filter.model_copy(update={"rules": {}, "min_language_scores": {}})
    bounds = {code: bounds_of(built_in, code) for code in sorted({*LANGUAGES, UNDETERMINED})}
    digest = hashlib.sha256(json.dumps(bounds, sort_keys=True).encode())
    return {
        "filter": config.filter.model_dump(mode="json"),
        "built_in_bounds": digest.hexdigest(),
        "domain": config.domain.model_dump(mode="json", include={"model"}),
    }


def inputs(config: Config) -> tuple[str, ...]:
    """The lists and benchmarks that documents are compared with, and the domain classifier."""
    section = config.filter
    named = {
        "url_lists": section.url_lists,
        "bad_words": filter(None, [section.bad_words]),
        "benchmarks": section.benchmarks,
    }
    found: list[str] = []
    for key, patterns in named.items():
        try:
            there = [path for pattern in patterns for path in files.matches(pattern)]
            found += files.expand(tuple(path for name in there for path in files.below(name)))
        except UserError as error:
            raise UserError(f"filter.{key}: {error}") from error
    return (*found, *models.inputs(config.domain.model))


def check(config: Config) -> None:
    """Read lists and given models once, so that faults are told before any page is extracted.

    Raises:
        UserError: A list or a model cannot be read.
    """
    section, given = config.filter, (config.quality.model, config.domain.model)
    if any(given):
        call_task(check_models, config.workers, *given, config.input.access)
    if section.url_lists or section.bad_words or section.benchmarks:
        call_task(check_lists, config.workers, config.filter)


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    given = classifiers_of(job)
    elements = [
        (job.folder_of("extract"), name, job.config.filter, given, job.folder)
        for name in job.part_names("extract")
    ]
    (
        pipeline
        | "Parts" >> beam.Create(elements, reshuffle=False)
        | "Filter" >> RunTasks(filter_part, job.config.workers)
        | "Manifest" >> WriteManifest(job, job.part_names("extract"), reads="extract")
    )


def classifiers_of(job: Job) -> Models:
    """The classifiers: for quality the one that is given or was trained, with its curve.

    What was trained stands in the run, which is not read as inputs are.
    """
    config, facts = job.config, job.upstream["quality"].facts
    access = config.input.access
    found = Models("", calibration.Uncalibrated(), config.domain.model, domain_access=access)
    if not facts:
        return found
    found = replace(found, calibrated=calibration.of(facts["curve"]))
    if config.quality.model:
        return replace(found, quality=config.quality.model, quality_access=access)
    own = models.pinned(join(job.folder_of("quality"), facts["file"]), facts["sha256"])
    return replace(found, quality=own)
