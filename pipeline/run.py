"""The order of the stages: what is done is skipped, what is stale is refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
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
from pipeline.tasks.planning import is_list
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
        libraries: The packages that decide them too.
        execute: Does the work and writes the manifest last.
        reads: The stages whose output it reads.
        pieces: How many pieces its work has; None if only the work itself finds out.
        finished: How many of them are done, by what stands in its folder.
        inputs: Paths and globs of files it reads from outside the run.
        check: Looks for what is wrong with these before any stage runs.
    """

    name: str
    command: str
    settings: Callable[[Config], dict[str, Any]]
    libraries: tuple[str, ...]
    execute: Callable[[Job, PipelineOptions, Progress], None]
    reads: tuple[str, ...]
    pieces: Callable[[Job], int | None]
    finished: Callable[[str], int]
    inputs: Callable[[Config], tuple[str, ...]] = lambda config: ()
    check: Callable[[Config], None] = lambda config: None


_Graph = Callable[[beam.Pipeline, Job], None]


def _graph(build: _Graph) -> Callable[[Job, PipelineOptions, Progress], None]:
    """A stage whose work is a Beam graph."""
    return _graphs(lambda job, note: iter([build]))


def _graphs(
    graphs: Callable[[Job, Callable[[str], None]], Iterator[_Graph]],
) -> Callable[[Job, PipelineOptions, Progress], None]:
    """A stage whose work is several: which is next is seen from what the last one wrote."""

    def execute(job: Job, options: PipelineOptions, progress: Progress) -> None:
        for build in graphs(job, progress.note):
            run_graph(partial(_build, build, job), options)

    return execute


def _build(build: _Graph, job: Job, pipeline: beam.Pipeline) -> None:
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
        (
            "trafilatura",
            "lightgbm",
            "lxml",
            "resiliparse",
            "fasttext-community",
            "regex",
            "isal",
            "brotli",
            "zstandard",
            "warcio",
            "langcodes",
            "language-data",
            "pyarrow",
        ),
        _graph(extract.build),
        reads=(),
        pieces=extract.count,
        finished=_files("part-"),
        inputs=lambda config: config.input.paths,
    ),
    Stage(
        "quality",
        "train-quality",
        quality.settings,
        ("fasttext-community", "regex", "numpy"),
        _graph(quality.build),
        reads=("extract",),
        pieces=_one,
        finished=_files(MODEL),
        inputs=quality.inputs,
    ),
    Stage(
        "filter",
        "filter",
        filtering.settings,
        (
            "fasttext-community",
            "icu4py",
            "numpy",
            "phonenumbers",
            "pyarrow",
            "python-stdnum",
            "regex",
            "wordfreq",
            "xxhash",
            "zstandard",
        ),
        _graph(filtering.build),
        reads=("extract", "quality"),
        pieces=_parts_of("extract"),
        finished=_files("part-"),
        inputs=filtering.inputs,
        check=filtering.check,
    ),
    Stage(
        "dedup",
        "dedup",
        dedup.settings,
        ("numpy", "xxhash", "scipy", "pyarrow"),
        _graphs(dedup.graphs),
        reads=("filter",),
        pieces=_parts_of("filter"),
        finished=_files("signatures-"),
        inputs=dedup.inputs,
    ),
    Stage(
        "weight",
        "weight",
        weight.settings,
        ("tldextract", "xxhash", "pyarrow"),
        _graph(weight.build),
        reads=("filter", "dedup"),
        pieces=_parts_of("filter"),
        finished=_files("part-"),
    ),
    Stage(
        "tokenizer",
        "train-tokenizer",
        tokenizer.settings,
        ("tokenizers", "pyarrow"),
        _graph(tokenizer.build),
        reads=("filter", "weight"),
        pieces=_one,
        finished=_files(FILE),
    ),
    Stage(
        "shards",
        "shard",
        shards.settings,
        ("tokenizers", "xxhash", "pyarrow"),
        _graph(shards.build),
        reads=("filter", "weight", "tokenizer"),
        pieces=_parts_of("filter"),
        finished=_files("train-"),
    ),
    Stage(
        "model",
        "train",
        model.settings,
        ("torch",),
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
    last = len(STAGES) if until is None else [stage.name for stage in STAGES].index(until) + 1
    for stage in STAGES[:last]:
        if only in (None, stage.name):
            # A later stage's missing or broken list is told now, not after hours of work.
            files.expand(stage.inputs(config), config.input.access)
            if Manifest.read(files.join(run_folder(config), stage.name)) is None:
                stage.check(config)
    done: dict[str, Manifest] = {}
    for number, stage in enumerate(STAGES):
        ahead = only not in (None, stage.name)
        job = _job_of_finished(stage, config, done) if ahead else make_job(stage, config, done)
        if overwrite and not ahead and stale_keys(job):
            for later in STAGES[number:]:
                files.remove_folder(job.folder_of(later.name))
        manifest = _finished(job)
        if manifest is None:
            manifest = _execute(stage, job, options, progress)
        else:
            progress.skipped(stage.name)
        done[stage.name] = manifest
        if stage.name in (only, until):
            return


def make_job(stage: Stage, config: Config, done: Mapping[str, Manifest]) -> Job:
    """A stage's job, given the manifests of the stages before it.

    Raises:
        UserError: An input is missing, or a library.
    """
    access = config.input.access
    paths = files.expand(stage.inputs(config), access)
    return _job(stage, config, done, {path: _identity(path, access) for path in paths})


def _identity(path: str, access: files.Access) -> dict[str, object]:
    """What tells an input from another: of a list its content, for whoever serves it."""
    if not is_list(path):
        return files.identity(path, access)
    return {"sha256": files.sha256(path, access)}


def _job_of_finished(stage: Stage, config: Config, done: Mapping[str, Manifest]) -> Job:
    """The job of a stage that must be done already; its inputs need not be at hand any more.

    Raises:
        UserError: The stage is not done.
    """
    folder = files.join(run_folder(config), stage.name)
    manifest = Manifest.read(folder)
    if manifest is None:
        raise UserError(f"{folder}: not there yet; run `curate {stage.command}` first")
    return _job(stage, config, done, manifest.settings["files"])


def _job(
    stage: Stage, config: Config, done: Mapping[str, Manifest], inputs: Mapping[str, Any]
) -> Job:
    settings = {
        "settings": stage.settings(config),
        "files": dict(inputs),
        "versions": {name: _version(name) for name in stage.libraries},
    }
    upstream = {name: done[name] for name in stage.reads}
    return Job(stage.name, config, run_folder(config), settings, upstream)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise UserError(
            f"the package {package} is not installed; pip install 'curate[train]'"
        ) from error


def stale_keys(job: Job) -> Sequence[str]:
    """The keys that differ from those the stage's folder was made with, finished or not.

    None differ where nothing was made yet, as when the input could not be read.
    """
    path = files.join(job.folder, _SETTINGS)
    present = files.names(job.folder)
    made = [name for name in present if name != _SETTINGS and not name.endswith(".tmp")]
    if not made:
        return []
    if _SETTINGS not in present:
        return [f"{_SETTINGS} (missing beside {made[0]})"]
    recorded = files.read_json(path)
    if not isinstance(recorded, dict):
        raise UserError(f"{path}: not written by curate; delete {job.folder}")
    if recorded.get("fingerprint") == job.fingerprint:
        return []
    old = {**(recorded.get("settings") or {}), "upstream": recorded.get("upstream")}
    new = {**job.settings, "upstream": job.upstream_prints}
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
    manifest = Manifest.read(job.folder)
    if manifest and manifest.fingerprint != job.fingerprint:
        raise UserError(f"{job.folder}: {_SETTINGS} and manifest.json differ; delete the folder")
    return manifest


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
    if manifest.counts.read and not manifest.counts.kept:
        progress.note(f"{stage.name}: kept nothing; `curate stats {job.run}` says why")
    return manifest
