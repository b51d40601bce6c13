"""Training learns, and a run that was killed ends like one that was not."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import UserError
from tests.training.shard_files import describe, random_documents, write_shard
from training.checkpoint import load_model
from training.config import TrainConfig
from training.data import Batch
from training.evaluate import token_losses
from training.loop import learning_rate, make_model, make_optimizer, train, update
from training.sequences import IGNORED

CONFIG = TrainConfig(
    depth=2,
    width=16,
    heads=2,
    kv_heads=1,
    context=16,
    batch_sequences=4,
    steps=12,
    eval_every=5,
    eval_batches=2,
    checkpoint_every=4,
    device="cpu",
)

# Trains in a process of its own, which kills itself when a step is reported or, where the step
# comes with "!", after the checkpoint of that step is written but before it gets its name.
KILLED = """
import os, pathlib, signal, sys
from training.config import TrainConfig
from training.data import Batch
from training.loop import train

shards, output, config, last = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def report(row):
    if row["step"] == int(last.rstrip("!")) and "loss" in row:
        if last.endswith("!"):
            pathlib.Path.replace = lambda *_: die()
        else:
            die()

config = TrainConfig.model_validate_json(config)
train(shards, config, pathlib.Path(output), report=report)
"""


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return folder(tmp_path / "shards")


def folder(path: Path, *, train: int = 0, valid: int = 1) -> Path:
    """Shards of documents that the seeds decide."""
    path.mkdir()
    write_shard(path / "train-web-0.parquet", random_documents(60, seed=train))
    write_shard(path / "valid-web-0.parquet", random_documents(20, seed=valid))
    describe(path)
    return path


def run(
    shards: Path, output: Path, config: TrainConfig = CONFIG
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Trains; returns the summary and what was reported."""
    reported: list[dict[str, Any]] = []
    return train(str(shards), config, output, report=reported.append), reported


def rows(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


def files(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir()}


def test_a_small_corpus_is_learned_by_heart(tmp_path: Path) -> None:
    """Random tokens have no rule: only memory brings the loss below ln(64) = 4.16."""
    for kind in ("train", "valid"):
        write_shard(tmp_path / f"{kind}-web-0.parquet", random_documents(10))
    describe(tmp_path)
    config = CONFIG.model_copy(
        update={"width": 64, "steps": 150, "learning_rate": 1e-2, "weight_decay": 0.0}
    )
    result, _ = run(tmp_path, tmp_path / "model", config)
    assert result["valid_loss"] < 0.1


def test_a_run_repeats_to_the_byte(tmp_path: Path, shards: Path) -> None:
    one, _ = run(shards, tmp_path / "one")
    two, _ = run(shards, tmp_path / "two")
    assert one == two
    assert files(tmp_path / "one") == files(tmp_path / "two")


@pytest.mark.parametrize(
    ("last", "packing"),
    [("2", "concat"), ("6", "best_fit"), ("8!", "concat")],
    ids=["before any checkpoint", "between", "while saving"],
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, shards: Path, last: str, packing: str
) -> None:
    config = CONFIG.model_copy(update={"packing": packing})
    run(shards, tmp_path / "whole", config)
    output = tmp_path / "killed"
    arguments = [str(shards), str(output), config.model_dump_json(), last]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (output / "model.safetensors").exists()
    _, reported = run(shards, output, config)
    resumed_at = next(row["step"] for row in reported if "loss" in row) - 1
    assert resumed_at == {"2": 0, "6": 4, "8!": 4}[last]
    assert files(output) == files(tmp_path / "whole")


def test_a_finished_run_is_not_trained_again(tmp_path: Path, shards: Path) -> None:
    first, _ = run(shards, tmp_path / "model")
    before = files(tmp_path / "model")
    again, reported = run(shards, tmp_path / "model")
    assert again == first
    assert files(tmp_path / "model") == before
    assert not any("loss" in row for row in reported)


def test_metrics_have_a_row_a_step_and_a_validation_and_no_clock(
    tmp_path: Path, shards: Path
) -> None:
    result, reported = run(shards, tmp_path / "model")
    steps = [row for row in rows(tmp_path / "model") if "loss" in row]
    validations = [row for row in rows(tmp_path / "model") if "valid_loss" in row]
    assert [row["step"] for row in steps] == list(range(1, 13))
    # Of all windows the corpus's last is shorter; no other of its epoch is.
    added = np.diff([0, *(row["tokens"] for row in steps)])
    assert sorted(added)[1:] == [64] * 11
    assert {key for row in steps for key in row} == {"step", "tokens", "loss", "lr"}
    assert [row["step"] for row in validations] == [0, 5, 10, 12]
    assert result["valid_loss"] == validations[-1]["valid_loss"]
    assert all(row.pop("tokens_per_second") > 0 for row in reported if "loss" in row)
    assert reported == rows(tmp_path / "model")


def test_the_saved_model_is_the_trained_one(tmp_path: Path, shards: Path) -> None:
    run(shards, tmp_path / "model")
    model = load_model(tmp_path / "model" / "model.safetensors")
    state = load_file(tmp_path / "model" / "checkpoint.safetensors")
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, state[f"model.{name}"])
    with pytest.raises(UserError, match=r"train-web-0\.parquet is no model"):
        load_model(shards / "train-web-0.parquet")


@pytest.mark.parametrize(
    ("key", "value"), [("learning_rate", 0.1), ("seed", 5), ("depth", 1), ("steps", 20)]
)
def test_a_checkpoint_of_other_settings_is_refused(
    tmp_path: Path, shards: Path, key: str, value: float
) -> None:
    run(shards, tmp_path / "model", CONFIG.model_copy(update={"steps": 4}))
    changed = CONFIG.model_copy(update={"steps": 4, key: value})
    before = files(tmp_path / "model")
    with pytest.raises(UserError, match=f"{key} = .* this run has {key} = {value}; set it back"):
        run(shards, tmp_path / "model", changed)
    assert files(tmp_path / "model") == before


def test_a_checkpoint_of_another_corpus_is_refused(tmp_path: Path, shards: Path) -> None:
    run(shards, tmp_path / "model")
    with pytest.raises(UserError, match="the data were read with shards ="):
        run(folder(tmp_path / "a", train=9), tmp_path / "model")
    with pytest.raises(UserError, match="validation shards ="):
        run(folder(tmp_path / "b", valid=9), tmp_path / "model")


def test_a_damaged_checkpoint_or_metrics_file_is_refused(tmp_path: Path, shards: Path) -> None:
    output = tmp_path / "model"
    run(shards, output)
    (output / "metrics.jsonl").write_bytes(b"")
    with pytest.raises(UserError, match=r"metrics\.jsonl is shorter"):
        run(shards, output)
    for damaged in (b"", b"rubbish", (output / "checkpoint.safetensors").read_bytes()[:1000]):
        (output / "checkpoint.safetensors").write_bytes(damaged)
        with pytest.raises(UserError, match=r"checkpoint\.safetensors cannot be read"):
            run(shards, output)


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path, shards: Path) -> None:
    config = CONFIG.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(UserError, match="lower learning_rate"):
        run(shards, tmp_path / "model", config)


def test_no_gpu_is_an_error_where_one_is_asked_for(
    tmp_path: Path, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="device = cuda"):
        run(shards, tmp_path / "model", CONFIG.model_copy(update={"device": "cuda"}))


def test_torch_is_left_as_it_was_found(tmp_path: Path, shards: Path) -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    torch.set_num_threads(3)
    run(shards, tmp_path / "model")
    assert torch.get_num_threads() == 3
    torch.set_num_threads(threads)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_learning_rate_rises_stays_and_falls() -> None:
    config = CONFIG.model_copy(
        update={"steps": 10, "warmup_share": 0.2, "decay_share": 0.4, "learning_rate": 1.0}
    )
    rates = [learning_rate(step, config) for step in range(10)]
    assert rates == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]


def test_a_schedule_without_rise_and_fall_is_flat() -> None:
    config = CONFIG.model_copy(update={"warmup_share": 0.0, "decay_share": 0.0})
    assert {learning_rate(step, config) for step in range(12)} == {config.learning_rate}


def test_the_gradient_is_clipped_as_a_whole() -> None:
    model = make_model(64, CONFIG)
    tokens = np.arange(34).reshape(2, 17)
    batch = Batch(tokens[:, :-1], tokens[:, 1:], np.empty((2, 0), np.int64))
    update(model, make_optimizer(model, CONFIG), batch, rate=0.0, clip=1e-3)
    squares = [
        weight.grad.square().sum() for weight in model.parameters() if weight.grad is not None
    ]
    assert torch.stack(squares).sum().sqrt().item() == pytest.approx(1e-3, rel=1e-2)


def test_only_matrices_of_the_blocks_are_decayed() -> None:
    model = make_model(64, CONFIG)
    names = {id(weight): name for name, weight in model.named_parameters()}
    decayed, others = make_optimizer(model, CONFIG).param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    kinds = {names[id(weight)].split(".")[-2] for weight in decayed["params"]}
    assert kinds == {"query", "key", "value", "output", "gate", "up", "down"}
    assert len(decayed["params"]) + len(others["params"]) == len(names)


def test_padding_is_no_part_of_the_loss() -> None:
    """The mean is over what is predicted: with a half of the targets left out, over the others."""
    model = make_model(64, CONFIG)
    torch.nn.init.normal_(model.embedding.weight)
    tokens = np.arange(34).reshape(2, 17)
    targets = tokens[:, 1:].copy()
    begins = np.empty((2, 0), np.int64)
    both = token_losses(model, Batch(tokens[:, :-1], targets, begins))
    targets[1] = IGNORED
    half = Batch(tokens[:, :-1], targets, begins)
    loss, n_tokens = update(model, make_optimizer(model, CONFIG), half, rate=0.0, clip=1.0)
    assert n_tokens == 16
    assert loss == pytest.approx(both[:16].mean().item(), rel=1e-6)


def test_weights_and_packing_reach_the_data(tmp_path: Path, shards: Path) -> None:
    write_shard(shards / "train-news-0.parquet", random_documents(10, seed=5))
    describe(shards)
    config = CONFIG.model_copy(update={"packing": "best_fit", "weights": {"news": 0.9}})
    result, _ = run(shards, tmp_path / "model", config)
    assert result["epochs"]["news"] > 3 > result["epochs"]["web"] > 0
    steps = [row["tokens"] for row in rows(tmp_path / "model") if "loss" in row]
    assert steps == sorted(set(steps))
    assert steps[-1] == result["tokens"] < 12 * 64
