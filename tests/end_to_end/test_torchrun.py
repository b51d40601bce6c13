"""`curate train` as several processes that torchrun starts."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.ledger import Manifest
from tests.end_to_end.golden_run import Golden, answer_of


def torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "-m", "pipeline", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def model(run: Path) -> dict[str, Any]:
    manifest = Manifest.read(str(run / "model"))
    assert manifest is not None
    return dict(manifest.facts)


def test_two_processes_do_the_stage_once(golden: Golden, tmp_path: Path) -> None:
    """One of them writes and prints; a finished stage ends both."""
    shutil.copytree(golden.folder, tmp_path / "golden", ignore=shutil.ignore_patterns("model"))
    words = ("train", str(golden.config), "--output", str(tmp_path), "--json")
    done = torchrun(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    found, alone = model(tmp_path / "golden"), model(golden.folder)
    assert (found.pop("processes"), alone.pop("processes")) == (2, 1)
    for same in ("epochs", "device"):
        assert found.pop(same) == alone.pop(same)
    assert found == pytest.approx(alone, rel=1e-4)
    again = torchrun(*words)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("model: done before") == 1


def test_torchrun_starts_no_other_command(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    status, _, errors = answer_of("run", str(golden.config))
    assert status == 2
    assert errors == "curate: run: torchrun starts `curate train` alone\n"
