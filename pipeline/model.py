"""Stage `model`: the torch model trained on the shards. It runs in this process, not on Beam."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import files
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.progress import Progress


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return {"train": config.train.model_dump(mode="json"), "versions": {"torch": _torch_version()}}


def execute(job: Job, options: PipelineOptions, progress: Progress) -> None:
    """Train, and write the manifest.

    Raises:
        UserError: torch is not installed, the run is not on a local disk, or the shards hold too
            little text.
    """
    if "://" in job.run:
        raise UserError(
            f"{job.run}: training maps its shards from a local disk; copy the folder, or stop "
            "before it with --until shards"
        )
    from training.loop import train

    shards = job.folder_of("shards")
    names = files.names(shards)
    train_shards, valid_shards = (
        [files.join(shards, name) for name in names if name.startswith(kind)]
        for kind in ("train-", "valid-")
    )
    facts = train(
        train_shards,
        valid_shards,
        int(job.upstream["tokenizer"].facts["vocab_size"]),
        job.config.train,
        Path(job.folder),
        report=_reporter(progress.note),
    )
    Manifest.of_parts(job.stage, job.settings, job.upstream_prints, (), facts).write(job.folder)


def _torch_version() -> str:
    try:
        return version("torch")
    except ImportError as error:
        raise UserError("train: torch is not installed; pip install 'curate[train]'") from error


def _reporter(note: Callable[[str], None]) -> Callable[[Mapping[str, float]], None]:
    """Notes every validation, with the loss and the speed of the step before it."""
    last: dict[str, float] = {}

    def report(row: Mapping[str, float]) -> None:
        last.update(row)
        if "valid_loss" in row:
            values = (f"{key} {value:,.4g}" for key, value in last.items())
            note(f"model: {', '.join(values)}")

    return report
