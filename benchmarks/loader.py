"""Tokens a second into torch batches, against np.memmap, litdata and MosaicML's streaming.

    python benchmarks/loader.py [--tokens 50000000] [--context 1024] [--batch 32]
        [--batches 400] [--repeat 5] [--loaders NAME...] [--json]

All sides read the same tokens: documents of random tokens, of the lengths of web pages, each side
in its own layout on the same disk, in memory once they were written. Each gives inputs and targets,
int64 tensors of shape (batch, context), in random order, in one process without workers; in turns.
`ratio` is our speed over a side's in the same turn. `memory_grown_mb` is what the process itself
held more at the end of the measured batches than at their beginning.

`litdata` and `mosaicml` have a virtual environment of their own (`loader.txt`), installed at the
first run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import in_turns, machine, summary

HERE = Path(__file__).resolve().parent
LOADERS = ("curate", "memmap", "litdata", "mosaicml")
PEERS = ("litdata", "mosaicml")
_FIGURES = ("tokens_per_second", "memory_mb", "memory_grown_mb")
_VOCAB_SIZE = 50_000
_MEAN_TOKENS = 1_000


def write_tokens(folder: Path, count: int) -> None:
    """Random tokens, and the ends of documents of log-normal lengths."""
    random = np.random.default_rng(0)
    lengths = random.lognormal(np.log(_MEAN_TOKENS / 2), 1.2, 4 * count // _MEAN_TOKENS + 10)
    ends = np.cumsum(lengths.astype(np.int64) + 1)
    ends = np.append(ends[ends < count], count)
    np.save(folder / "ends.npy", ends)
    with (folder / "tokens.bin").open("wb") as out:
        for start in range(0, count, 1 << 24):
            size = min(1 << 24, count - start)
            out.write(random.integers(_VOCAB_SIZE, size=size, dtype=np.uint16).tobytes())


def side(kind: str, name: str, python: Path, folder: Path, **values: int) -> dict[str, Any]:
    """Let one side write or read in a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parent)}
    command = [str(python), str(HERE / "loader_sides.py"), kind, name, str(folder)]
    done = subprocess.run(
        [*command, json.dumps(values)], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1])) if kind == "read" else {}


def install(venv: Path) -> Path:
    """The Python of the environment that has the peers."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["-r", str(HERE / "loader.txt")]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return python


def compare(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Write the tokens in every layout, and read them in turns."""
    pythons = {name: Path(sys.executable) for name in arguments.loaders}
    for name in set(arguments.loaders) & set(PEERS):
        pythons[name] = install(arguments.venv)
    write_tokens(work, arguments.tokens)
    for name, python in pythons.items():
        side("write", name, python, work, context=arguments.context)
    how = {"context": arguments.context, "batch": arguments.batch, "batches": arguments.batches}
    runs = in_turns(
        {
            name: partial(side, "read", name, python, work, **how, seed=1)
            for name, python in pythons.items()
        },
        arguments.repeat,
    )
    ours = [run["tokens_per_second"] for run in runs["curate"]]
    found: dict[str, Any] = {"machine": machine(), "tokens": arguments.tokens, **how}
    for figure in _FIGURES:
        found[figure] = {
            name: summary([run[figure] for run in rows])[0] for name, rows in runs.items()
        }
    found["spread"] = {
        name: summary([run["tokens_per_second"] for run in rows])[1] for name, rows in runs.items()
    }
    found["ratio"] = {
        name: summary([own / run["tokens_per_second"] for own, run in zip(ours, rows, strict=True)])
        for name, rows in runs.items()
    }
    return found


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=50_000_000)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--batches", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--loaders", nargs="+", default=LOADERS, choices=LOADERS, metavar="NAME")
    parser.add_argument("--venv", type=Path, default=HERE / ".venv-loader", metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print nothing else")
    arguments = parser.parse_args()
    if "curate" not in arguments.loaders:
        parser.error("--loaders: curate is what the others are compared with")
    with tempfile.TemporaryDirectory() as work:
        found = compare(arguments, Path(work))
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['tokens']:,} tokens; median [least, greatest]")
    for name, speed in found["tokens_per_second"].items():
        least, most = found["spread"][name]
        ratio, (low, high) = found["ratio"][name]
        print(
            f"{name:10} {speed / 1e6:8.1f} million tokens a second [{least / 1e6:.1f}, "
            f"{most / 1e6:.1f}]  we are {ratio:.2f} times as fast [{low:.2f}, {high:.2f}]  "
            f"{found['memory_mb'][name]:.0f} MB, {found['memory_grown_mb'][name]:+.1f} MB"
        )


if __name__ == "__main__":
    main()
