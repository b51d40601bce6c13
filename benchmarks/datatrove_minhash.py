"""DataTrove's MinHash deduplication for `dedup_peers.py`, on one worker.

Started with the Python of DataTrove's own virtual environment. Its parameters are its defaults:
word 5-grams, 14 buckets of 8 hashes, 64 bits by xxHash, English words by spaCy.

Usage:
    datatrove_minhash.py dedup LINES WORK
        Runs the four stages on the JSON lines (`id`, `text`) in a folder, a task a file. WORK
        is then to hold `kept/`, and the CPU seconds of each stage in `seconds.json`.
    datatrove_minhash.py sign LINES
        Signs the texts of a file of JSON lines once for each line on standard input, and answers
        each by the CPU seconds it took.
"""

import json
import logging
import sys
import time
from pathlib import Path

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def dedup(lines: str, work: str) -> None:
    """Run the four stages."""
    config = MinhashConfig()
    signatures, buckets, removals = f"{work}/signatures", f"{work}/buckets", f"{work}/removals"
    files = len(list(Path(lines).iterdir()))
    stages: dict[str, tuple[int, list[PipelineStep]]] = {
        "signatures": (files, [JsonlReader(lines), MinhashDedupSignature(signatures, config)]),
        "buckets": (config.num_buckets, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        "cluster": (1, [MinhashDedupCluster(buckets, removals, config)]),
        "filter": (
            files,
            [
                JsonlReader(lines),
                MinhashDedupFilter(removals),
                JsonlWriter(f"{work}/kept", compression=None),
            ],
        ),
    }
    seconds = {}
    for name, (tasks, steps) in stages.items():
        begun = time.process_time()
        LocalPipelineExecutor(
            steps, tasks=tasks, workers=1, logging_dir=f"{work}/logs/{name}"
        ).run()
        seconds[name] = time.process_time() - begun
    Path(work, "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")


def sign(lines: str) -> None:
    """Answer standard input."""
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    with Path(lines).open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    step = MinhashDedupSignature("memory://", MinhashConfig())
    _sign(step, texts[0])  # loads what loads once
    for _ in sys.stdin:
        begun = time.process_time()
        for text in texts:
            _sign(step, text)
        print(time.process_time() - begun, file=answers, flush=True)


def _sign(step: MinhashDedupSignature, text: str) -> None:
    shingles = step.get_shingles(text)
    if shingles.size:
        step.get_signature(shingles)


if __name__ == "__main__":
    {"dedup": dedup, "sign": sign}[sys.argv[1]](*sys.argv[2:])
