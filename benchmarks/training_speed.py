"""Tokens a second and share of the device's peak in training, by size of model.

    python benchmarks/training_speed.py runs/NAME/shards [--depths 9 14 19] [--context 2048]
        [--batch 64] [--micro 16] [--steps 60] [--compile off on] [--device auto]
        [--peak-flops N] [--json]

Trains each size for some steps on the shards of a run, each setting in a process of its own, and
takes medians over the later half of the steps, when kernels are chosen and compiled. With a
vocabulary of 32,768 the depths given have 50, 150 and 380 million parameters. Under `torchrun` use
`curate train` and read `timings.jsonl`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import machine

HERE = Path(__file__).resolve().parent
_FIGURES = ("tokens_per_second", "mfu", "data_wait")
_RUN = """
import json, pathlib, sys
from training.config import TrainConfig
from training.loop import train
config = TrainConfig.model_validate_json(sys.argv[3])
print(json.dumps(train(sys.argv[1], config, pathlib.Path(sys.argv[2]), report=lambda row: None)))
"""


def measured(shards: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train once; the figures of the later half of the steps."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    with tempfile.TemporaryDirectory() as output:
        command = [sys.executable, "-c", _RUN, shards, output, json.dumps(settings)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        lines = (Path(output) / "timings.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines[len(lines) // 2 :]]
    facts = json.loads(done.stdout.splitlines()[-1])
    figures = {
        name: statistics.median(row[name] for row in rows) for name in _FIGURES if name in rows[0]
    }
    return {
        "depth": settings["depth"],
        "compile": settings["compile"],
        "n_parameters": facts["n_parameters"],
        "flops_per_token": facts["flops_per_token"],
        **figures,
    }


def main() -> None:
    """Print the figures of every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards")
    parser.add_argument("--depths", type=int, nargs="+", default=[9, 14, 19])
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--micro", type=int, default=16)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--compile", nargs="+", choices=("off", "on"), default=["off", "on"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--peak-flops", type=float)
    parser.add_argument("--json", action="store_true", help="print nothing else")
    given = parser.parse_args()
    shared = {
        "context": given.context,
        "batch_sequences": given.batch,
        "micro_batch_sequences": given.micro,
        "steps": given.steps,
        "eval_every": given.steps,
        "eval_batches": 1,
        "checkpoint_every": given.steps,
        "device": given.device,
        "peak_flops": given.peak_flops,
    }
    rows = [
        measured(given.shards, shared | {"depth": depth, "compile": word == "on"})
        for depth in given.depths
        for word in given.compile
    ]
    if given.json:
        print(json.dumps({"machine": machine(), **shared, "rows": rows}, indent=1))
        return
    for row in rows:
        share = f"{row['mfu']:.1%} of peak" if "mfu" in row else "peak unknown"
        print(
            f"depth {row['depth']:3}  {row['n_parameters'] / 1e6:7.1f}M parameters  "
            f"{'compiled' if row['compile'] else 'as it is':8}  "
            f"{row['tokens_per_second']:12,.0f} tokens a second  {share}  "
            f"{row['data_wait']:.2%} waiting for data"
        )


if __name__ == "__main__":
    main()
