"""Training a tokenizer, and encoding with it, against the field's libraries on the same text.

    python benchmarks/bpe.py --text FILE... [--megabytes 100] [--vocab-size 32768]
        [--trainers NAME...] [--repeat 3] [--json]

A file is a Parquet part with a column `text`, a JSON object a line with a key `text`, or else one
document; what is compressed is decompressed. Files are read in the order of their names, up to so
many megabytes of UTF-8; a document that was there is left out.

All trainers get the same list of texts, the pattern `cl100k` and two threads, in a process each, in
turns: `curate`, Hugging Face's `tokenizers`, `rustbpe` and `bpeasy`; the last two in a virtual
environment of their own (`bpe.txt`), installed at the first run. Time is from text to merges.
`same_merges` says whether ours are Hugging Face's. Then all that can read our model encode every
tenth text with it on one thread, `tiktoken` too; `same_ids` says whether they agree.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
from measure import in_turns, machine, summary

from tokenizer.pretokenize import Pretokenizer

HERE = Path(__file__).resolve().parent
TRAINERS = ("curate", "tokenizers", "rustbpe", "bpeasy")
ENCODERS = ("curate", "tiktoken", "tokenizers")
_FIGURES = ("seconds", "cpu_seconds", "memory_mb", "seconds_to_counts", "seconds_from_counts")


def texts_of(path: str) -> Iterator[str]:
    """The documents of a file."""
    if path.endswith(".parquet"):
        yield from pq.read_table(path, columns=["text"])["text"].to_pylist()
        return
    with fsspec.open(path, "rt", encoding="utf-8", errors="replace", compression="infer") as stream:
        if ".jsonl" in path:
            yield from (json.loads(line)["text"] for line in stream)
        else:
            yield stream.read()


def corpus(paths: Iterable[str], most: int) -> Iterator[str]:
    """Documents once each, up to so many bytes."""
    seen: set[str] = set()
    for path in paths:
        for text in texts_of(path):
            if text in seen:
                continue
            seen.add(text)
            most -= len(text.encode())
            if most < 0:
                return
            yield text


def side(kind: str, name: str, python: Path, texts: Path, argument: str) -> dict[str, Any]:
    """Run one side once."""
    environment = os.environ | {"RAYON_NUM_THREADS": "2", "PYTHONPATH": str(HERE.parent)}
    command = [str(python), str(HERE / "bpe_sides.py"), kind, name, str(texts), argument]
    shown = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if shown.returncode:
        raise SystemExit(f"{name}: {shown.stderr[-2000:]}")
    return dict(json.loads(shown.stdout))


def figures(runs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians and spreads of a side, and its seconds over ours of the same turn."""
    found: dict[str, Any] = {
        key: summary([run[key] for run in runs]) for key in _FIGURES if key in runs[0]
    }
    ratios = [run["seconds"] / own["seconds"] for run, own in zip(runs, ours, strict=True)]
    return found | {"times_our_seconds": summary(ratios)}


def install(venv: Path) -> Path:
    """The Python of the environment that has the peers."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        requirements = str(HERE / "bpe.txt")
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return python


def compare(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Train and encode in turns."""
    texts = list(corpus(sorted(arguments.text), arguments.megabytes * 1_000_000))
    every, tenth = work / "texts.jsonl", work / "tenth.jsonl"
    every.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    tenth.write_text("".join(json.dumps(text) + "\n" for text in texts[::10]), encoding="utf-8")
    own, peers = Path(sys.executable), install(arguments.venv)
    pattern = Pretokenizer("cl100k").pattern
    how = json.dumps({"vocab_size": arguments.vocab_size, "pattern": pattern})
    trained = in_turns(
        {
            name: partial(
                side, "train", name, peers if name in ("rustbpe", "bpeasy") else own, every, how
            )
            for name in arguments.trainers
        },
        arguments.repeat,
    )
    model = work / "tokenizer.json"
    model.write_text(trained["curate"][0]["json"], encoding="utf-8")
    encoded = in_turns(
        {name: partial(side, "encode", name, own, tenth, str(model)) for name in ENCODERS},
        arguments.repeat,
    )
    megabytes = sum(len(text.encode()) for text in texts[::10]) / 1e6
    return {
        "machine": machine(),
        "documents": len(texts),
        "megabytes": sum(len(text.encode()) for text in texts) / 1e6,
        "pretokens": trained["curate"][0]["pretokens"],
        "vocab_size": arguments.vocab_size,
        "training": {name: figures(runs, trained["curate"]) for name, runs in trained.items()},
        "same_merges": _alike(trained, "merges") if "tokenizers" in trained else None,
        "encoding_megabytes_a_cpu_second": {
            name: summary([megabytes / run["cpu_seconds"] for run in runs])
            for name, runs in encoded.items()
        },
        "same_ids": _alike(encoded, "ids"),
    }


def _alike(sides: dict[str, list[dict[str, Any]]], key: str) -> bool:
    """Whether all runs that say something say the same."""
    return len({run[key] for runs in sides.values() for run in runs if key in run}) == 1


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--vocab-size", type=int, default=32_768)
    parser.add_argument("--trainers", nargs="+", default=TRAINERS, metavar="NAME")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--venv", type=Path, default=HERE / ".venv-bpe", metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print nothing else")
    arguments = parser.parse_args()
    if "curate" not in arguments.trainers:
        parser.error("--trainers: curate is what the others are compared with")
    with tempfile.TemporaryDirectory() as work:
        found = compare(arguments, Path(work))
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(
        f"{found['megabytes']:.1f} MB, {found['pretokens']:,} pre-tokens; median [least, greatest]"
    )
    for name, row in found["training"].items():
        (seconds, spread), (memory, _), (ratio, _) = (
            row[key] for key in ("seconds", "memory_mb", "times_our_seconds")
        )
        print(f"{name:12} {seconds:7.1f} s {spread}  {memory:6.0f} MB  {ratio:5.1f} times ours")
    if "tokenizers" in found["training"]:
        print("merges are Hugging Face's:", found["same_merges"])
    for name, (speed, spread) in found["encoding_megabytes_a_cpu_second"].items():
        print(f"{name:12} {speed:7.1f} MB a CPU second {spread}")
    print("ids are the same:", found["same_ids"])


if __name__ == "__main__":
    main()
