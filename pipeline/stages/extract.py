"""Stage `extract`: archives to documents.

Which files there are, and how they are cut into pieces, is found out in the graph: a job names
lists of files, not the files that the lists name.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam

from classifiers import identifiers, main_text
from classifiers.config import LanguageConfig
from pipeline import files
from pipeline.config import Config
from pipeline.configerrors import languages_named
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.screen import Screen
from pipeline.stages.graph import RunTasks, WriteManifest, call_task
from pipeline.tasks.extracting import check_identifiers, extract_piece
from pipeline.tasks.planning import Piece, is_list, list_files, plan_file, problem


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    screen = _screen(config)
    return {
        "extract": config.extract.model_dump(mode="json"),
        "screen": screen.to_json() if screen else None,
        "language": config.language.model_dump(mode="json"),
        "models": {main_text.MODEL.name: files.sha256(str(main_text.MODEL))}
        | {name: identifiers.version(name) for name in config.language.names},
        "input": config.input.model_dump(mode="json", include={"split_mib", "base", "max_files"}),
    }


def _screen(config: Config) -> Screen | None:
    asked = config.extract.screen and config.extract.engine == "careful"
    return Screen.of(config.filter, config.language.identifier) if asked else None


def check(config: Config) -> None:
    """Load language identifiers of the user's own, before any archive is read.

    Raises:
        UserError: One cannot be loaded, or never finds a language that is named.
    """
    if config.language != LanguageConfig():
        named, access = languages_named(config), config.input.access
        call_task(check_identifiers, config.workers, config.language, named, access)


def count(job: Job) -> int | None:
    """Parts that there will be if all inputs are archives; None if that is not known yet."""
    named: dict[str, dict[str, int]] = job.settings["files"]
    if job.config.input.max_files or any(map(is_list, named)):
        return None
    split_bytes = job.config.input.split_mib << 20
    return sum(max(1, -(-entry.get("bytes", 0) // split_bytes)) for entry in named.values())


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    section, workers = job.config.input, job.config.workers
    named = sorted(job.settings["files"])
    to_plan = (section.split_mib << 20, section.access)
    to_extract = (
        job.config.extract,
        job.config.language,
        _screen(job.config),
        job.folder,
        section.access,
    )
    planned = (
        pipeline
        | "Inputs" >> beam.Create([(named, section.base, section.max_files, section.access)])
        | "List" >> RunTasks(list_files, workers)
        | "Files" >> beam.FlatMap(_each_with, to_plan)
        | "Plan" >> RunTasks(plan_file, workers)
    )
    refusal = planned | "Problems" >> beam.Map(problem) | "Refusal" >> beam.CombineGlobally(_least)
    pieces = planned | "Pieces" >> beam.FlatMap(_unless, beam.pvalue.AsSingleton(refusal))
    names = pieces | "Names" >> beam.Map(_name)
    (
        pieces
        | "Work" >> beam.Map(_with, to_extract)
        | "Extract" >> RunTasks(extract_piece, workers)
        | "Manifest" >> WriteManifest(job, beam.pvalue.AsList(names))
    )


def _with(element: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return (element, *arguments)


def _each_with(elements: Iterable[Any], arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    return (_with(element, arguments) for element in elements)


def _least(problems: Iterable[str]) -> str:
    """Empty, which is the least, if any file can be read; else what is wrong with one."""
    return min(problems, default="")


def _unless(pieces: list[Piece], refusal: str) -> list[Piece]:
    """A file's pieces, unless no file can be read."""
    if refusal:
        raise UserError(refusal)
    return pieces


def _name(piece: Piece) -> str:
    return piece.name
