"""Where a run stands, and the trained weights, on disk: written whole or not at all."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch.optim import Optimizer

from pipeline.errors import UserError
from training.config import TrainConfig
from training.model import Decoder
from training.ranks import parted, whole

Identity = Mapping[str, Any]
State = Mapping[str, Any]


def save_checkpoint(
    path: Path,
    identity: Identity,
    model: Decoder,
    optimizers: Sequence[Optimizer],
    state: State,
    *,
    write: bool = True,
) -> None:
    """Saves all that a run needs to go on.

    Where several processes hold parts of the model, all must call this.

    Args:
        path: The file.
        identity: What decides the run: settings and fingerprints of the data.
        model: Its weights.
        optimizers: Their state.
        state: Where the run stands; plain values.
        write: Whether this process writes the file.
    """
    tensors = {f"model.{name}": whole(weight) for name, weight in model.state_dict().items()}
    names = _names(model)
    for optimizer in optimizers:
        for weight in _weights(optimizer):
            for kind, moment in optimizer.state[weight].items():
                tensors[f"optimizer.{names[weight]}.{kind}"] = whole(moment)
    if write:
        _write_tensors(path, tensors, {"identity": dict(identity), "state": dict(state)})


def load_checkpoint(
    path: Path, identity: Identity, model: Decoder, optimizers: Sequence[Optimizer]
) -> State | None:
    """Puts a saved state back into model and optimizers, however many processes saved it.

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
    names, saved = _names(model), _below(tensors, "model")
    model.load_state_dict({name: parted(saved[name], weight) for weight, name in names.items()})
    for optimizer in optimizers:
        moments = {
            index: {
                kind: parted(moment, weight)
                for kind, moment in _below(tensors, f"optimizer.{names[weight]}").items()
            }
            for index, weight in enumerate(_weights(optimizer))
        }
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
    state: State = about["state"]
    return state


def save_model(
    path: Path, model: Decoder, vocab_size: int, config: TrainConfig, *, write: bool = True
) -> None:
    """Saves weights, vocabulary size and settings as safetensors; see `save_checkpoint`."""
    about = {"vocab_size": vocab_size, "config": config.deciding()}
    tensors = {name: whole(weight) for name, weight in model.state_dict().items()}
    if write:
        _write_tensors(path, tensors, about)


def load_model(path: Path) -> tuple[Decoder, TrainConfig]:
    """Reads a model that `save_model` wrote.

    Returns:
        The model and its settings.

    Raises:
        UserError: If the file is missing or no such model.
    """
    try:
        weights, about = _read_tensors(path)
        config = TrainConfig(**about["config"])
        model = Decoder(about["vocab_size"], config)
        model.load_state_dict(weights)
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no model of this program: {error}") from error
    return model, config


def _names(model: Decoder) -> dict[torch.Tensor, str]:
    return {weight: name for name, weight in model.named_parameters()}


def _weights(optimizer: Optimizer) -> list[torch.Tensor]:
    """What an optimizer updates, in its order."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


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
