"""text-dedup's MinHash deduplication for `dedup_peers.py`, on one worker.

Started with the Python of text-dedup's own virtual environment. It is its command
`text_dedup.minhash`, whose timer is made to tell CPU seconds.

Usage: text_dedup_minhash.py LINES WORK BANDS ROWS
    Runs on the JSON lines (`id`, `text`) in a folder. WORK is then to hold `kept/`, and the CPU
    seconds of each step in `seconds.json`.
"""

import json
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from text_dedup import minhash
from text_dedup.utils import timer


class _Noting(timer.Timer):
    """A timer that writes what it knows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def report(self, *_: Any, **__: Any) -> None:
        self._path.write_text(json.dumps(self.elapsed_times), encoding="utf-8")


def _cpu_seconds() -> float:
    """Of this process and of the children that ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main(lines: str, work: str, bands: str, rows: str) -> None:
    """Run the command."""
    timer.time = SimpleNamespace(time=_cpu_seconds)
    minhash.Timer = lambda: _Noting(Path(work, "seconds.json"))
    options = {
        "path": "json",
        "data_files": f"{lines}/*.jsonl",
        "split": "train",
        "cache_dir": f"{work}/cache",
        "output": f"{work}/kept",
        "column": "text",
        "num_proc": "1",
        "ngram": "5",
        "num_perm": str(int(bands) * int(rows)),
        "threshold": "0.75",
        "b": bands,
        "r": rows,
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    minhash.main(arguments, standalone_mode=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
