"""Training learns, and a run that was killed ends like one that was not."""

import json
import signal
import subprocess
import sys
from functools import partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from pipeline.errors import UserError
from pipeline.shardset import ANNEAL, ShardSet
from tests.training.shard_files import describe, random_documents, write_shard
from training.checkpoint import load_model
from training.config import TrainConfig
from training.loop import train
from training.model import Decoder
from training.sequences import Sequences

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
from training.model import Decoder

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
    write_shard(path / "anneal-web-0.parquet", random_documents(8, seed=2))
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
    """What a run leaves, but for what the clock says."""
    paths = (path for path in output.iterdir() if path.name != "timings.jsonl")
    return {path.name: path.read_bytes() for path in paths}


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
    ("last", "changed"),
    [
        ("2", {"packing": "best_fit"}),
        ("10", {"anneal_share": 0.4, "decay_share": 0.7, "optimizer": "muon"}),
        ("8!", {"micro_batch_sequences": 3, "tied": False, "loader_threads": 0}),
    ],
    ids=["before any checkpoint", "between", "while saving"],
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, shards: Path, last: str, changed: dict[str, Any]
) -> None:
    config = CONFIG.model_copy(update=changed)
    run(shards, tmp_path / "whole", config)
    output = tmp_path / "killed"
    arguments = [str(shards), str(output), config.model_dump_json(), last]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (output / "model.safetensors").exists()
    _, reported = run(shards, output, config)
    resumed_at = next(row["step"] for row in reported if "loss" in row) - 1
    assert resumed_at == {"2": 0, "10": 8, "8!": 4}[last]
    assert files(output) == files(tmp_path / "whole")


def test_a_compiled_model_has_the_same_files(
    tmp_path: Path, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Traced as a compiler would, and run as it is: weights keep their names, runs resume."""
    config = CONFIG.model_copy(update={"compile": True})
    monkeypatch.setattr(Decoder, "compile", partialmethod(nn.Module.compile, backend="eager"))
    compiled, _ = run(shards, tmp_path / "compiled", config)
    plain, _ = run(shards, tmp_path / "plain")
    assert compiled["valid_loss"] == pytest.approx(plain["valid_loss"], rel=1e-5)
    assert load_model(tmp_path / "compiled" / "model.safetensors")[0].state_dict().keys() == (
        load_model(tmp_path / "plain" / "model.safetensors")[0].state_dict().keys()
    )
    _, reported = run(shards, tmp_path / "compiled", config)
    assert not any("loss" in row for row in reported)


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
    named = {key for row in steps for key in row}
    assert named == {"step", "tokens", "loss", "gradient_norm", "lr"}
    assert [row["step"] for row in validations] == [0, 5, 10, 12]
    assert result["valid_loss"] == validations[-1]["valid_loss"]
    assert all(row.pop("tokens_per_second") > 0 for row in reported if "loss" in row)
    assert reported == rows(tmp_path / "model")


def test_what_the_clock_says_stands_apart_and_stays(tmp_path: Path, shards: Path) -> None:
    """A run in two parts has the timings of both, and the seconds and the cost add up."""
    config = CONFIG.model_copy(update={"price_per_hour": 3600.0, "peak_flops": 1e15})
    run(shards, tmp_path / "model", config)
    timings = (tmp_path / "model" / "timings.jsonl").read_text().splitlines()
    for name in ("checkpoint.safetensors", "metrics.jsonl"):
        (tmp_path / "model" / name).unlink()
    run(shards, tmp_path / "model", config.model_copy(update={"price_per_hour": 7200.0}))
    again = (tmp_path / "model" / "timings.jsonl").read_text().splitlines()
    assert again[:12] == timings
    found = [json.loads(row) for row in again]
    assert [row["step"] for row in found] == [*range(1, 13)] * 2
    spent = [row["seconds"] for row in found]
    assert spent == sorted(spent)
    assert found[11]["cost"] == pytest.approx(spent[11])
    assert found[23]["cost"] == pytest.approx(spent[11] + 2 * (spent[23] - spent[11]))
    assert all(0 <= row["data_wait"] < 1 and row["mfu"] > 0 for row in found)
    assert found[23]["seconds_left"] == 0


def test_at_the_end_the_anneal_shards_are_read(tmp_path: Path, shards: Path) -> None:
    """Of 8 steps of 4 sequences a quarter; the rest of the run is as without."""
    config = CONFIG.model_copy(update={"decay_share": 8 / 12})
    plain, _ = run(shards, tmp_path / "plain", config)
    annealed, _ = run(
        shards, tmp_path / "annealed", config.model_copy(update={"anneal_share": 0.25})
    )
    losses = [
        [row["loss"] for row in rows(tmp_path / name) if "loss" in row]
        for name in ("plain", "annealed")
    ]
    assert losses[0][:4] == losses[1][:4]
    assert losses[0][4] != losses[1][4]
    sequences = Sequences(ShardSet.read(str(shards)), ANNEAL, 16, "concat").counts[0]
    assert annealed["anneal_epochs"] == 8 / sequences
    assert plain["anneal_epochs"] == 0


def test_no_anneal_shards_are_an_error_where_they_are_asked_for(
    tmp_path: Path, shards: Path
) -> None:
    (shards / "anneal-web-0.parquet").unlink()
    describe(shards)
    with pytest.raises(
        UserError, match=r"no anneal shards for train\.anneal_share = 0\.5; set doc"
    ):
        run(shards, tmp_path / "model", CONFIG.model_copy(update={"anneal_share": 0.5}))


def test_the_saved_model_is_the_trained_one(tmp_path: Path, shards: Path) -> None:
    run(shards, tmp_path / "model")
    model, _ = load_model(tmp_path / "model" / "model.safetensors")
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


def test_weights_and_packing_reach_the_data(tmp_path: Path, shards: Path) -> None:
    write_shard(shards / "train-news-0.parquet", random_documents(10, seed=5))
    describe(shards)
    config = CONFIG.model_copy(update={"packing": "best_fit", "weights": {"news": 0.9}})
    result, _ = run(shards, tmp_path / "model", config)
    assert result["epochs"]["news"] > 3 > result["epochs"]["web"] > 0
    steps = [row["tokens"] for row in rows(tmp_path / "model") if "loss" in row]
    assert steps == sorted(set(steps))
    assert steps[-1] == result["tokens"] < 12 * 64
