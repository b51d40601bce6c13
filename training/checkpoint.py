"""Where a run stands, and the trained weights, on disk: written whole or not at all."""

import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import safetensors
import safetensors.torch
import torch
from torch.optim import Optimizer

from pipeline.errors import UserError
from training.config import TrainConfig
from training.model import Decoder

Identity = Mapping[str, str | int | float]


def save_checkpoint(
    path: Path,
    identity: Identity,
    model: Decoder,
    optimizer: Optimizer,
    *,
    step: int,
    metrics_bytes: int,
) -> None:
    """Saves all that a run needs to go on.

    Args:
        path: The file.
        identity: What decides the run: settings and fingerprints of the data.
        model: Its weights.
        optimizer: Its state.
        step: Steps done.
        metrics_bytes: Length of the metrics file at this step.
    """
    state = {
        "identity": dict(identity),
        "step": step,
        "metrics_bytes": metrics_bytes,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    _write_whole(path, lambda file: torch.save(state, file))


def load_checkpoint(
    path: Path, identity: Identity, model: Decoder, optimizer: Optimizer
) -> tuple[int, int]:
    """Puts a saved state back into model and optimizer.

    Returns:
        The step and the length of the metrics file; zeros if there is no checkpoint yet.

    Raises:
        UserError: If the checkpoint is unreadable or belongs to another run.
    """
    if not path.exists():
        return 0, 0
    try:
        if not zipfile.is_zipfile(path):
            raise RuntimeError("not an archive that torch saves")
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise UserError(f"{path} cannot be read; delete it to train from the start") from error
    for key in {**state["identity"], **identity}:
        was, now = state["identity"].get(key), identity.get(key)
        if was != now:
            raise UserError(
                f"{path} was made with {key} = {was}, this run has {key} = {now}; set it back, "
                "or train into another folder"
            )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["metrics_bytes"]


def save_model(path: Path, model: Decoder, vocab_size: int, config: TrainConfig) -> None:
    """Saves weights, vocabulary size and settings as safetensors."""
    weights = {name: weight.contiguous() for name, weight in model.state_dict().items()}
    # One entry: safetensors writes several in no fixed order.
    about = json.dumps({"vocab_size": vocab_size, "config": config.model_dump()})
    data = safetensors.torch.save(weights, {"curate": about})
    _write_whole(path, lambda file: file.write(data))


def load_model(path: Path) -> Decoder:
    """Reads a model that `save_model` wrote.

    Raises:
        UserError: If the file is missing or no such model.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["curate"])
        model = Decoder(about["vocab_size"], TrainConfig(**about["config"]))
        model.load_state_dict(safetensors.torch.load_file(path))
    except (OSError, safetensors.SafetensorError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of this program: {error}") from error
    return model


def _write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file beside `path`, and renames it when all of it is on disk."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
