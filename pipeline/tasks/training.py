"""Model: trained on the shards, in a child process, so that a run's own process stays small."""

from pathlib import Path
from typing import Any

from pipeline.sandbox import Guard
from training.config import TrainConfig

METRICS = "metrics.jsonl"


def train_model(guard: Guard, shards: str, config: TrainConfig, folder: str) -> dict[str, Any]:
    """Train, or go on with a training that was interrupted; returns the manifest's facts."""
    # Here and not above: the stage that submits this task must not load torch.
    from training.loop import train

    return train(shards, config, Path(folder), report=lambda row: None)


def steps_done(folder: str) -> int:
    """Steps that a training has noted in its metrics so far."""
    path = Path(folder) / METRICS
    return path.read_bytes().count(b'"loss"') if path.exists() else 0
