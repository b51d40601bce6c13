"""Model: trained on the shards, in a child process, so that a run's own process stays small."""

from pathlib import Path
from typing import Any

from pipeline.sandbox import Guard
from training.config import TrainConfig
from training.timings import last_timing

METRICS, TIMINGS = "metrics.jsonl", "timings.jsonl"


def train_model(guard: Guard, shards: str, config: TrainConfig, folder: str) -> dict[str, Any]:
    """Train, or go on with a training that was interrupted; returns the manifest's facts."""
    # Here and not above: the stage that submits this task must not load torch.
    from training.loop import train

    return train(shards, config, Path(folder), report=lambda row: None)


def steps_done(folder: str) -> int:
    """Steps that a training has noted in its metrics so far."""
    path = Path(folder) / METRICS
    return path.read_bytes().count(b'"loss"') if path.exists() else 0


def how_it_goes(folder: str) -> str:
    """Loss, speed and cost of a training, in words; nothing before its first step."""
    if (row := last_timing(Path(folder) / TIMINGS)) is None:
        return ""
    said = [f"loss {row['loss']:.3f}", f"{row['tokens_per_second']:,.0f} tokens a second"]
    if "mfu" in row:
        said.append(f"{row['mfu']:.1%} of peak")
    said.append(f"{row['data_wait']:.1%} waiting for data")
    if "cost" in row:
        said.append(f"cost {row['cost']:,.2f}")
    return ", ".join(said)
