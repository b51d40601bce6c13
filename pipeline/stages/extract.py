"""Stage `extract`: splits of archives to documents."""

from dataclasses import dataclass
from typing import Any

import apache_beam as beam

from pipeline import files, warc
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.parts import split_name
from pipeline.records import Split
from pipeline.stages.graph import RunTasks, WriteManifest
from pipeline.tasks.extracting import extract_split


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return {
        "extract": config.extract.model_dump(mode="json"),
        "input": {"split_mib": config.input.split_mib},
    }


@dataclass(frozen=True)
class Work:
    """What the stage reads.

    Attributes:
        splits: Byte ranges of every archive.
        refused: For each input that is no archive, all of it and what is wrong with it.
    """

    splits: list[Split]
    refused: list[tuple[Split, str]]

    @property
    def tasks(self) -> int:
        """Parts that there will be."""
        return len(self.splits) + len(self.refused)


def work(config: Config) -> Work:
    """Tile the inputs. One that is no archive among others becomes a `failed` row.

    Raises:
        UserError: No input is an archive.
    """
    planned = Work([], [])
    for path in files.expand(config.input.paths):
        try:
            planned.splits.extend(warc.plan_splits(path, config.input.split_mib << 20))
        except UserError as error:
            planned.refused.append((Split(path, 0, files.size(path)), str(error)))
    if not planned.splits:
        raise UserError(planned.refused[0][1])
    return planned


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    limit = job.config.extract.max_body_bytes
    planned = work(job.config)
    elements = [(split, limit, job.folder, "") for split in planned.splits]
    elements += [(split, limit, job.folder, problem) for split, problem in planned.refused]
    (
        pipeline
        | "Splits" >> beam.Create(elements)
        | "Extract" >> RunTasks(extract_split, job.config.workers)
        | "Manifest" >> WriteManifest(job, [split_name(element[0]) for element in elements])
    )
