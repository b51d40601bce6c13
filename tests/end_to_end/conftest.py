"""One golden run on the bundled sample crawl, which the tests of this folder look at."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.sample.builder import build_sample

CONFIG = """
[run]
name = "golden"

[input]
paths = ["{sample}/crawl-*.warc.gz"]
split_mib = 1

[quality]
dumps = ["{sample}/wiki-sample.xml.bz2"]

[weight]
languages = {{ de = 1.5, fr = 0.5 }}
domains = {{ reference = 2.0 }}

[tokenizer]
vocab_size = 2048

[shards]
valid_fraction = 0.1

[train]
depth = 2
width = 32
heads = 2
kv_heads = 2
context = 64
batch_sequences = 4
steps = 30
eval_every = 10
checkpoint_every = 10
"""


def curate(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "true"}
    command = [sys.executable, "-m", "pipeline", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **options
    )


def digests(run: Path) -> dict[str, str]:
    """The hash of every file of a run, by its path in the run."""
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True)
class Golden:
    """A finished run: its folder, its configuration, what it printed, what was planted."""

    folder: Path
    config: Path
    stats: dict[str, Any]
    truth: list[dict[str, Any]]
    files: dict[str, str]


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that runs every stage on the sample crawl."""
    folder = tmp_path_factory.mktemp("sample")
    build_sample(folder)
    path = folder / "golden.toml"
    path.write_text(CONFIG.format(sample=folder), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def golden(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """The run that the others are compared with."""
    output = tmp_path_factory.mktemp("golden")
    done = curate("run", str(config), "--output", str(output), "--json")
    assert done.returncode == 0, done.stderr
    truth = (config.parent / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    folder = output / "golden"
    return Golden(
        folder,
        config,
        json.loads(done.stdout),
        [json.loads(line) for line in truth],
        digests(folder),
    )


@pytest.fixture
def same_run(golden: Golden, tmp_path: Path) -> Callable[..., None]:
    """Runs the golden configuration again in some other way; every byte must be the same."""

    def check(*words: str) -> None:
        done = curate("run", str(golden.config), "--output", str(tmp_path), *words)
        assert done.returncode == 0, done.stderr
        assert digests(tmp_path / "golden") == golden.files

    return check
