"""What the end-to-end tests share: the configuration, the command, the finished run."""

import hashlib
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli import main

CONFIG = """
[run]
name = "golden"

[input]
paths = ["{sample}/crawl-*.warc.gz"]
split_mib = 1

[quality]
dumps = ["{sample}/wiki-sample.xml.bz2"]

[filter.rules]
language_score = {{ low = 0.5 }}

[weight]
languages = {{ de = 1.5, fr = 0.5 }}
hosts = {{ "lumen-reference.example" = "reference" }}

[weight.shares]
domains = {{ reference = 0.05 }}

[weight.quality]
mode = "quantile"
keep_share = 0.9

[weight.anneal]
share = 0.05

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
batch_sequences = 8
steps = 30
learning_rate = 0.01
anneal_share = 0.5
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


def answer_of(*words: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the command, in this process for its speed."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        status = main(words)
    return status, output.getvalue(), errors.getvalue()


def digests(run: Path) -> dict[str, str]:
    """The hash of every file of a run, by its path in the run; not of what the clock says."""
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name != "timings.jsonl"
    }


@dataclass(frozen=True)
class Golden:
    """A finished run: its folder, its configuration, what it printed, what was planted."""

    folder: Path
    config: Path
    stats: dict[str, Any]
    truth: list[dict[str, Any]]
    files: dict[str, str]
