"""Runs the stages in order: what is done is skipped, what is stale is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import files, model
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import MANIFEST, Manifest, changed_keys
from pipeline.order import BESIDE, STAGES, Stage
from pipeline.progress import Progress
from pipeline.tasks.planning import is_list

_SETTINGS = "settings.json"


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
        only: A stage to run alone, or one beside them, the stages before it being done already, or
            having nothing to make.
        until: The last stage to run.
        overwrite: Whether output made with other settings is deleted rather than refused.

    Raises:
        UserError: The input, the configuration or the output folder is at fault; a stage's output
            is stale; or a stage that `only` needs is not done.
    """
    stages = _up_to(BESIDE[only]) if only in BESIDE else STAGES
    last = len(stages) if until is None else [stage.name for stage in stages].index(until) + 1
    for stage in stages[:last]:
        if only in (None, stage.name):
            check_inputs(stage, config)
    done: dict[str, Manifest] = {}
    for number, stage in enumerate(stages):
        ahead = only not in (None, stage.name) and not _makes_nothing(stage, config)
        job = _job_of_finished(stage, config, done) if ahead else make_job(stage, config, done)
        if overwrite and not ahead and stale_keys(job):
            for later in stages[number:]:
                files.remove_folder(job.folder_of(later.name))
        done[stage.name] = _complete(stage, job, options, progress)
        if stage.name in (only, until):
            return


def _up_to(beside: Stage) -> tuple[Stage, ...]:
    """The stages that one beside them needs, and that one."""
    names = [stage.name for stage in STAGES]
    last = max(map(names.index, beside.reads))
    return (*STAGES[: last + 1], beside)


def _makes_nothing(stage: Stage, config: Config) -> bool:
    """Whether a stage is not done but has nothing to make: then it is done on the way."""
    return stage.idle(config) and Manifest.read(files.join(run_folder(config), stage.name)) is None


def train_beside(config: Config) -> None:
    """Train as one of the processes that `torchrun` starts after the first, which runs the stage.

    It writes nothing. Whether there is anything to train it sees as the first does; what is wrong
    with the folder the first tells, which ends them all.

    Raises:
        UserError: A stage before is not done, or training cannot begin.
    """
    done: dict[str, Manifest] = {}
    for stage in STAGES[:-1]:
        before = _finished(_job_of_finished(stage, config, done))
        assert before is not None, f"{stage.name}: its manifest was deleted just now"
        done[stage.name] = before
    job = make_job(STAGES[-1], config, done)
    finished = Manifest.read(job.folder)
    if finished is None or finished.fingerprint != job.fingerprint:
        model.train(job)


def check_inputs(stage: Stage, config: Config) -> None:
    """Tell of a stage's missing or broken list or model now, not after hours of work.

    Raises:
        UserError: There is one.
    """
    files.expand(stage.inputs(config), config.input.access)
    if Manifest.read(files.join(run_folder(config), stage.name)) is None:
        stage.check(config)


def run_alone(
    stage: Stage,
    config: Config,
    folder: str,
    options: PipelineOptions,
    progress: Progress,
    overwrite: bool = False,
) -> Manifest:
    """Run a stage that reads no other one outside of any run.

    Args:
        stage: The stage.
        config: What it is to do.
        folder: Where it writes.
        options: Beam's options.
        progress: Told what happens.
        overwrite: As in `run`.

    Raises:
        UserError: As in `run`.
    """
    job = replace(make_job(stage, config, {}), alone=folder)
    if Manifest.read(folder) is None:
        stage.check(config)
    if overwrite and stale_keys(job):
        if _made_by(folder) != stage.name:
            raise UserError(f"{folder}: not a table that curate wrote; name another folder")
        files.remove_folder(folder)
    return _complete(stage, job, options, progress)


def _made_by(folder: str) -> str | None:
    """The stage that a folder's settings name; None if they are none of ours."""
    if _SETTINGS not in files.names(folder):
        return None
    recorded = files.read_json(files.join(folder, _SETTINGS))
    return recorded.get("stage") if isinstance(recorded, dict) else None


def _complete(stage: Stage, job: Job, options: PipelineOptions, progress: Progress) -> Manifest:
    """What a stage made before, or else makes now."""
    manifest = _finished(job)
    if manifest is None:
        return _execute(stage, job, options, progress)
    progress.skipped(stage.name)
    return manifest


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
        other = "name another folder" if job.alone else "change run.name"
        raise UserError(
            f"{job.folder}: made with other settings: {'; '.join(changed[:3])}; "
            f"pass --overwrite to make it anew, or {other}"
        )
    manifest = Manifest.read(job.folder)
    if manifest and manifest.fingerprint != job.fingerprint:
        raise UserError(f"{job.folder}: {_SETTINGS} and manifest.json differ; delete the folder")
    return manifest


def _execute(stage: Stage, job: Job, options: PipelineOptions, progress: Progress) -> Manifest:
    files.remove_temporaries(job.folder)
    made_from = {
        "stage": job.stage,
        "fingerprint": job.fingerprint,
        "settings": job.settings,
        "upstream": job.upstream_prints,
    }
    files.write_json(files.join(job.folder, _SETTINGS), made_from)
    finished, about = partial(stage.finished, job.folder), partial(stage.about, job.folder)
    with progress.watch(stage.name, stage.pieces(job), finished, about):
        stage.execute(job, options, progress)
    manifest = Manifest.read(job.folder)
    assert manifest is not None, f"{job.folder}: the stage ended without a manifest"
    if manifest.counts.read and not manifest.counts.kept:
        where = f"{job.folder}/{MANIFEST}" if job.alone else f"`curate stats {job.run}`"
        progress.note(f"{stage.name}: kept nothing; {where} says why")
    return manifest
