"""The order of the stages: what is done is skipped, what is stale is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import files, model
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Manifest, changed_keys
from pipeline.progress import Progress
from pipeline.stages import dedup, extract, filtering, quality, shards, tokenizer, weight
from pipeline.stages.graph import run_graph
from pipeline.tasks.quality import MODEL
from pipeline.tasks.tokenizing import FILE
from pipeline.tasks.training import steps_done

_SETTINGS = "settings.json"


@dataclass(frozen=True)
class Stage:
    """A step of the run.

    Attributes:
        name: Its name, which is its folder's name.
        command: The name of its command.
        settings: What of a configuration decides its output bytes.
        execute: Does the work and writes the manifest last.
        reads: The stages whose output it reads.
        pieces: How many pieces its work has.
        finished: How many of them are done, by what stands in its folder.
    """

    name: str
    command: str
    settings: Callable[[Config], dict[str, Any]]
    execute: Callable[[Job, PipelineOptions, Progress], None]
    reads: tuple[str, ...]
    pieces: Callable[[Job], int]
    finished: Callable[[str], int]


def _graph(
    build: Callable[[beam.Pipeline, Job], None],
) -> Callable[[Job, PipelineOptions, Progress], None]:
    """A stage whose work is a Beam graph."""
    return lambda job, options, progress: run_graph(partial(_build, build, job), options)


def _build(build: Callable[[beam.Pipeline, Job], None], job: Job, pipeline: beam.Pipeline) -> None:
    build(pipeline, job)


def _parts_of(upstream: str) -> Callable[[Job], int]:
    return lambda job: len(job.upstream[upstream].parts)


def _files(prefix: str) -> Callable[[str], int]:
    """Counts the files of a folder that are complete."""
    return lambda folder: sum(
        name.startswith(prefix) and not name.endswith(".tmp") for name in files.names(folder)
    )


def _one(job: Job) -> int:
    return 1


STAGES = (
    Stage(
        "extract",
        "extract",
        extract.settings,
        _graph(extract.build),
        reads=(),
        pieces=lambda job: len(extract.work(job.config).splits),
        finished=_files("part-"),
    ),
    Stage(
        "quality",
        "train-quality",
        quality.settings,
        _graph(quality.build),
        reads=("extract",),
        pieces=_one,
        finished=_files(MODEL),
    ),
    Stage(
        "filter",
        "filter",
        filtering.settings,
        _graph(filtering.build),
        reads=("extract", "quality"),
        pieces=_parts_of("extract"),
        finished=_files("part-"),
    ),
    Stage(
        "dedup",
        "dedup",
        dedup.settings,
        _graph(dedup.build),
        reads=("filter",),
        pieces=_parts_of("filter"),
        finished=_files("signatures-"),
    ),
    Stage(
        "weight",
        "weight",
        weight.settings,
        _graph(weight.build),
        reads=("filter", "dedup"),
        pieces=_parts_of("filter"),
        finished=_files("part-"),
    ),
    Stage(
        "tokenizer",
        "train-tokenizer",
        tokenizer.settings,
        _graph(tokenizer.build),
        reads=("filter", "weight"),
        pieces=_one,
        finished=_files(FILE),
    ),
    Stage(
        "shards",
        "shard",
        shards.settings,
        _graph(shards.build),
        reads=("filter", "weight", "tokenizer"),
        pieces=_parts_of("filter"),
        finished=_files("train-"),
    ),
    Stage(
        "model",
        "train",
        model.settings,
        model.execute,
        reads=("tokenizer", "shards"),
        pieces=lambda job: job.config.train.steps,
        finished=steps_done,
    ),
)


def run_folder(config: Config) -> str:
    """The folder of a run."""
    return files.join(config.run.output, config.run.name)


def run(
    config: Config,
    options: PipelineOptions,
    progress: Progress,
    only: str | None = None,
    until: str | None = None,
    overwrite: bool = False,
) -> None:
    """Run the stages in order, or one of them.

    Args:
        config: The run.
        options: Beam's options.
        progress: Told what happens.
        only: A stage to run alone, the stages before it being done already.
        until: The last stage to run.
        overwrite: Whether output made with other settings is deleted rather than refused.

    Raises:
        UserError: The input, the configuration or the output folder is at fault; a stage's output
            is stale; or a stage that `only` needs is not done.
    """
    done: dict[str, Manifest] = {}
    for number, stage in enumerate(STAGES):
        job = make_job(stage, config, done)
        if overwrite and stale_keys(job):
            for later in STAGES[number:]:
                files.remove_folder(job.folder_of(later.name))
        manifest = _finished(job)
        if manifest is None and only not in (None, stage.name):
            raise UserError(f"{job.folder}: not there yet; run `curate {stage.command}` first")
        if manifest is None:
            manifest = _execute(stage, job, options, progress)
        else:
            progress.skipped(stage.name)
        done[stage.name] = manifest
        if stage.name in (only, until):
            return


def make_job(stage: Stage, config: Config, done: Mapping[str, Manifest]) -> Job:
    """A stage's job, given the manifests of the stages before it."""
    upstream = {name: done[name] for name in stage.reads}
    return Job(stage.name, config, run_folder(config), stage.settings(config), upstream)


def stale_keys(job: Job) -> Sequence[str]:
    """The keys that differ from those the stage's folder was made with, finished or not."""
    path = files.join(job.folder, _SETTINGS)
    if not files.exists(path):
        return []
    recorded = files.read_json(path)
    if not isinstance(recorded, dict):
        raise UserError(f"{path}: not written by curate; delete {job.folder}")
    if recorded.get("fingerprint") == job.fingerprint:
        return []
    old = {"settings": recorded.get("settings"), "upstream": recorded.get("upstream")}
    new = {"settings": job.settings, "upstream": job.upstream_prints}
    return changed_keys(old, new) or ["the format of curate's files"]


def _finished(job: Job) -> Manifest | None:
    """The stage's manifest if it is done.

    Raises:
        UserError: The stage's output was made with other settings.
    """
    if changed := stale_keys(job):
        raise UserError(
            f"{job.folder}: made with other settings: {'; '.join(changed[:3])}; "
            "pass --overwrite to make it anew, or change run.name"
        )
    return Manifest.read(job.folder)


def _execute(stage: Stage, job: Job, options: PipelineOptions, progress: Progress) -> Manifest:
    files.remove_temporaries(job.folder)
    made_from = {
        "fingerprint": job.fingerprint,
        "settings": job.settings,
        "upstream": job.upstream_prints,
    }
    files.write_json(files.join(job.folder, _SETTINGS), made_from)
    with progress.watch(stage.name, stage.pieces(job), partial(stage.finished, job.folder)):
        stage.execute(job, options, progress)
    manifest = Manifest.read(job.folder)
    assert manifest is not None, f"{job.folder}: the stage ended without a manifest"
    return manifest
