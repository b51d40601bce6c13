"""Two processes train as one does."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import UserError
from tests.training.shard_files import describe, random_documents, write_shard
from training.config import TrainConfig
from training.loop import train
from training.ranks import pick_device

CONFIG = TrainConfig(
    depth=2,
    width=32,
    heads=2,
    kv_heads=1,
    context=16,
    packing="best_fit",
    batch_sequences=4,
    micro_batch_sequences=1,
    steps=8,
    decay_share=0.5,
    anneal_share=0.3,
    eval_every=4,
    eval_batches=2,
    checkpoint_every=4,
    device="cpu",
)

# One of the processes that `torchrun` would start. The first ends itself after a step.
RANK = """
import os, pathlib, sys
from training.config import TrainConfig
from training.loop import train

shards, output, config, last = sys.argv[1:]

def report(row):
    if row["step"] == int(last) and "loss" in row:
        os._exit(9)

config = TrainConfig.model_validate_json(config)
train(shards, config, pathlib.Path(output), report=report)
"""


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    path = tmp_path / "shards"
    path.mkdir()
    for number, kind in enumerate(("train", "valid", "anneal")):
        write_shard(path / f"{kind}-web-0.parquet", random_documents(40, seed=number))
    describe(path)
    return path


def start_two(shards: Path, output: Path, config: TrainConfig, last: int) -> list[int]:
    """Trains in two processes; returns their exit statuses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    command = [sys.executable, "-c", RANK, str(shards), str(output), config.model_dump_json()]
    started = [
        subprocess.Popen(
            [*command, str(last)],
            env=os.environ | meeting | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    if started[0].wait():
        started[1].kill()
    for process in started:
        process.communicate()
    return [process.returncode for process in started]


def rows(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


def test_two_processes_give_the_losses_of_one_and_one_goes_on(tmp_path: Path, shards: Path) -> None:
    """The two are stopped after step 6; one goes on from the checkpoint of step 4."""
    whole = train(str(shards), CONFIG, tmp_path / "one", report=lambda row: None)
    assert start_two(shards, tmp_path / "two", CONFIG, last=6)[0] == 9
    two = rows(tmp_path / "two")
    assert [row["step"] for row in two] == [0, 1, 2, 3, 4, 4, 5, 6]
    for row, other in zip(rows(tmp_path / "one"), two, strict=False):
        assert row == pytest.approx(other, rel=1e-5)
    reported: list[dict[str, Any]] = []
    resumed = train(str(shards), CONFIG, tmp_path / "two", report=reported.append)
    assert [row["step"] for row in reported if "loss" in row] == [5, 6, 7, 8]
    assert resumed["valid_loss"] == pytest.approx(whole["valid_loss"], rel=1e-5)
    for row, other in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        assert row == pytest.approx(other, rel=1e-5)


def test_processes_that_each_hold_a_part_write_the_whole(tmp_path: Path, shards: Path) -> None:
    """Muon multiplies matrices in bfloat16, whose parts are added in another order."""
    config = CONFIG.model_copy(update={"parallel": "fsdp", "optimizer": "muon"})
    train(str(shards), config, tmp_path / "one", report=lambda row: None)
    assert start_two(shards, tmp_path / "two", config, last=-1) == [0, 0]
    for row, other in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        assert row == pytest.approx(other, rel=2e-3)
    saved = [load_file(tmp_path / name / "checkpoint.safetensors") for name in ("one", "two")]
    assert {name: tensor.shape for name, tensor in saved[0].items()} == {
        name: tensor.shape for name, tensor in saved[1].items()
    }
    before = (tmp_path / "two" / "model.safetensors").read_bytes()
    train(str(shards), config, tmp_path / "two", report=lambda row: None)
    assert (tmp_path / "two" / "model.safetensors").read_bytes() == before


def test_a_batch_that_the_processes_cannot_share_is_refused(
    tmp_path: Path, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda backend: None)
    monkeypatch.setattr(torch.distributed, "destroy_process_group", lambda: None)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UserError, match="batch = 4 cannot be divided among 3 ranks"):
        train(str(shards), CONFIG, tmp_path / "model", report=lambda row: None)


def test_each_process_takes_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(pick_device("auto", local)) for local in range(2)] == ["cuda:0", "cuda:1"]
    assert str(pick_device("cpu", 5)) == "cpu"
    with pytest.raises(UserError, match="2 GPUs for more processes than that"):
        pick_device("cuda", 2)
