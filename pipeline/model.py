"""Stage `model`: the torch model trained on the shards. No Beam graph.

One process trains, or several that `torchrun` starts: the first runs the stage, the others `train`
beside it.
"""

from typing import Any

import psutil
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.progress import Progress
from pipeline.sandbox import Pool
from pipeline.tasks.training import train_model


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.train.deciding()


def execute(job: Job, options: PipelineOptions, progress: Progress) -> None:
    """Train, and write the manifest.

    Raises:
        UserError: As `train`.
    """
    facts = train(job)
    progress.note(
        f"model: validation loss {facts['valid_loss']:.3f} nats a token, "
        f"{facts['valid_bits_per_byte']:.3f} bits a byte"
    )
    Manifest.of_parts(job.stage, job.settings, job.upstream_prints, (), facts).write(job.folder)


def train(job: Job) -> dict[str, Any]:
    """Train in a child process; returns the manifest's facts.

    Raises:
        UserError: The run is not on a local disk, or the shards hold too little text.
    """
    if "://" in job.run:
        raise UserError(
            f"{job.run}: training keeps its checkpoints on a local disk; copy the folder, or stop "
            "before it with --until shards"
        )
    workers = job.config.workers
    with Pool(1, workers.page_seconds, psutil.virtual_memory().total) as pool:
        facts: dict[str, Any] = pool.submit(
            train_model,
            job.folder_of("shards"),
            job.config.train,
            job.folder,
        ).result()
    return facts
