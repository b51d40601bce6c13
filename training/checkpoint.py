"""Where a run stands, and the trained weights, on disk: written whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch.optim import Optimizer

from pipeline.errors import UserError
from training.config import TrainConfig
from training.model import Decoder

Identity = Mapping[str, Any]
State = Mapping[str, Any]


def save_checkpoint(
    path: Path,
    identity: Identity,
    model: Decoder,
    optimizer: Optimizer,
    state: State,
) -> None:
    """Saves all that a run needs to go on.

    Args:
        path: The file.
        identity: What decides the run: settings and fingerprints of the data.
        model: Its weights.
        optimizer: Its state.
        state: Where the run stands; plain values.
    """
    tensors = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": moment for name, moment in moments.items()}
    about = {"identity": dict(identity), "state": dict(state)}
    _write_tensors(path, tensors, about)


def load_checkpoint(
    path: Path, identity: Identity, model: Decoder, optimizer: Optimizer
) -> State | None:
    """Puts a saved state back into model and optimizer.

    Returns:
        The state that was saved; None if there is no checkpoint yet.

    Raises:
        UserError: If the checkpoint is unreadable or belongs to another run.
    """
    if not path.exists():
        return None
    try:
        tensors, about = _read_tensors(path)
    except (OSError, safetensors.SafetensorError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read; delete it to train from the start") from error
    for key in {**about["identity"], **identity}:
        was, now = about["identity"].get(key), identity.get(key)
        if was != now:
            raise UserError(
                f"{path} was made with {key} = {was}, this run has {key} = {now}; set it back, "
                "or train into another folder"
            )
    model.load_state_dict(_below(tensors, "model"))
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in _below(tensors, "optimizer").items():
        index, _, kind = name.partition(".")
        moments.setdefault(int(index), {})[kind] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    state: State = about["state"]
    return state


def save_model(path: Path, model: Decoder, vocab_size: int, config: TrainConfig) -> None:
    """Saves weights, vocabulary size and settings as safetensors."""
    about = {"vocab_size": vocab_size, "config": config.model_dump()}
    _write_tensors(path, model.state_dict(), about)


def load_model(path: Path) -> Decoder:
    """Reads a model that `save_model` wrote.

    Raises:
        UserError: If the file is missing or no such model.
    """
    try:
        weights, about = _read_tensors(path)
        model = Decoder(about["vocab_size"], TrainConfig(**about["config"]))
        model.load_state_dict(weights)
    except (OSError, safetensors.SafetensorError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of this program: {error}") from error
    return model


def model_config(path: Path) -> TrainConfig:
    """The settings of a model that `save_model` wrote.

    Raises:
        UserError: If the file is missing or no such model.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            return TrainConfig(**json.loads(file.metadata()["curate"])["config"])
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no model of this program: {error}") from error


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin with a prefix and a dot, without both."""
    dotted = f"{prefix}."
    return {
        name.removeprefix(dotted): tensor
        for name, tensor in tensors.items()
        if name.startswith(dotted)
    }


def _read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safetensors.safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["curate"])
    return safetensors.torch.load_file(path), about


def _write_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], about: Mapping[str, object]
) -> None:
    """Writes a file beside `path`, and renames it when all of it is on disk.

    The same state gives the same bytes: torch's own format depends on which strings happen to be
    one object, and safetensors writes several metadata entries in no fixed order, so there is one.
    """
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    data = safetensors.torch.save(whole, {"curate": json.dumps(about, sort_keys=True)})
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
