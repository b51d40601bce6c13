"""Stage `references`: the web pages that Wikipedia cites, from its dumps."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from classifiers import dumps
from classifiers.wikipedia import check_dump
from pipeline import files
from pipeline.config import Config
from pipeline.job import Job
from pipeline.parts import split_name
from pipeline.records import Split
from pipeline.stages.graph import All, RunTasks, Then, WriteManifest
from pipeline.tasks import referencing

# In enwiki about 350,000 web pages that an article cites.
_DUMP_BYTES_A_PARTITION = 128 << 20


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.input.model_dump(mode="json", include={"split_mib"})


def inputs(config: Config) -> tuple[str, ...]:
    """The dumps, unless a classifier is given that was trained before."""
    return () if config.quality.model else config.quality.dumps


def check(config: Config) -> None:
    """Read the dumps' heads.

    Raises:
        UserError: One cannot be read, or is no dump.
    """
    for path in files.expand(inputs(config), config.input.access):
        check_dump(path, config.input.access)


def count(job: Job) -> int:
    """Parts that there will be."""
    return len(list(_pieces(job))) + _partitions(job)


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    folder, workers = job.folder, job.config.workers
    pieces, partitions = list(_pieces(job)), _partitions(job)
    table = referencing.table_names(partitions)
    whole = referencing.is_whole(folder, partitions)
    reading = [(piece, partitions, folder, job.config.input.access, whole) for piece in pieces]
    writing = [(name, n, partitions, pieces, folder) for n, name in enumerate(table)]
    names = [*map(split_name, pieces), *table]
    read = (
        pipeline
        | "Pieces" >> beam.Create(reading, reshuffle=False)
        | "Read" >> RunTasks(referencing.read_articles, workers)
    )
    written = (
        read
        | "AllRead" >> Then(writing, len(pieces))
        | "Write" >> RunTasks(referencing.write_references, workers)
    )
    (
        (read, written)
        | "Parts" >> beam.Flatten()
        | "AllWritten" >> All(len(names))
        | "Check" >> beam.FlatMap(referencing.check_table)
        | "Manifest" >> WriteManifest(job, names)
    )


def _pieces(job: Job) -> Iterator[Split]:
    section = job.config.input
    for path in sorted(job.settings["files"]):
        yield from dumps.split(path, section.split_mib << 20, section.access)


def _partitions(job: Job) -> int:
    """How many parts the table has: by the dumps' sizes, which are known before they are read."""
    named: dict[str, dict[str, int]] = job.settings["files"]
    size = sum(entry["bytes"] for entry in named.values())
    return 1 + size // _DUMP_BYTES_A_PARTITION if named else 0
