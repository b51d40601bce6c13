"""Deduplication side by side with DataTrove's four MinHash stages and with text-dedup.

    python benchmarks/dedup_peers.py --pages N --from WARC... [--repeat 3] [--seed 0] [--json]

All engines get the same synthetic pages with planted duplicates (see `planted.py`), ours as parts
of `lines` and the others as JSON lines, and run in turns, each with one worker and in processes of
its own. All compare word 5-grams by 14 bands of 8 permutations; what else they do is theirs. Ours
verifies pairs at .75, by their signatures or as `curate jaccard` by their shingles, and compares
URLs and texts too. DataTrove and text-dedup keep one page of each connected component; DataTrove's
hash is xxHash of 64 bits, text-dedup's SHA-1. They are installed from PyPI, in the versions of
`datatrove.txt` and `text_dedup.txt`, into virtual environments of their own at the first run.

For each engine:

- `pages_per_cpu_second` of all processes, start-up included; `pages_per_second` of wall time.
  The peers write the texts that are kept, ours a row for each page removed.
- `signing_pages_per_cpu_second`: of the stage that reads texts and writes signatures, alone. Ours
  is no process of its own: what the stage costs, less what it costs when signatures are there.
- `cpu_seconds_by_stage`: as the peers divide their work, start-up left out.
- `peak_memory_mb`: of the process and its children together, at the worst moment.
- `recall`, `precision`, `over_merged` and the like: see `planted.py`.

`signing` is apart from that: signatures of real texts as they are, words included, in one process
without files; datasketch gets 5-grams of our words.
"""

import argparse
import json
import logging
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasketch import MinHash
from dedup import removals, stage_command
from end_to_end import HERE, install
from measure import Cost, in_turns, machine, run_child, summary
from planted import (
    Flags,
    Similarities,
    Texts,
    judged,
    over_merged,
    plant,
    real_texts,
    write_texts,
)

from pipeline import minhash
from pipeline.config import DedupSection
from pipeline.parts import read_table

_SECTION = DedupSection()
_PERMUTATIONS = _SECTION.bands * _SECTION.rows
_SIGNED_TEXTS = 500
# Theirs of the stage that signs, within `cpu_seconds_by_stage`.
_SIGNING = {
    "curate": "signing",
    "curate jaccard": "signing",
    "datatrove": "signatures",
    "text-dedup": "MinHashing",
}
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True)
class Result:
    """One run of one engine: its cost, CPU seconds by stage, and whether each page was removed."""

    cost: Cost
    seconds: Mapping[str, float]
    gone: Flags


def main() -> None:
    """Make the pages, run all in turns, judge, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, required=True, metavar="N")
    parser.add_argument("--from", nargs="+", required=True, dest="archives", metavar="WARC")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    for peer in ("datatrove", "text-dedup"):
        default = HERE / f".venv-{peer}"
        parser.add_argument(f"--{peer}", type=Path, default=default, metavar="VENV")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    datatrove = install(given.datatrove)
    text_dedup = install(given.text_dedup, HERE / "text_dedup.txt")
    real = list(real_texts(given.archives))
    rng = np.random.default_rng(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        texts = Texts(plant(given.pages, rng, chains=True), real, rng)
        similarity = write_texts(work / "run", texts)
        write_lines(work / "run/lines", work / "lines")
        engines: dict[str, Callable[[], Result]] = {
            "curate": partial(run_curate, "signature", work, given.pages),
            "curate jaccard": partial(run_curate, "jaccard", work, given.pages),
            "datatrove": partial(run_datatrove, datatrove, work, given.pages),
            "text-dedup": partial(run_text_dedup, text_dedup, work, given.pages),
        }
        results = in_turns(engines, given.repeat)
        signing = sign(datatrove, real[:: 1 + len(real) // _SIGNED_TEXTS], work, given.repeat)
    report = {
        "pages": given.pages,
        "repeats": given.repeat,
        "engines": {name: _engine(name, runs) for name, runs in results.items()},
        "ratios": _ratios(results),
        "signing": signing,
        "machine": machine(),
    }
    for name, runs in results.items():
        report["engines"][name] |= _judge(texts, similarity, runs[-1].gone)
    print(json.dumps(report, indent=1) if given.json else _table(report))


def write_lines(parts: Path, folder: Path) -> None:
    """The parts' pages as the peers read them."""
    folder.mkdir()
    for path in sorted(parts.glob("part-*.parquet")):
        with (folder / f"{path.stem}.jsonl").open("w", encoding="utf-8") as lines:
            for row in read_table(str(path), ["id", "text"]).to_pylist():
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def run_curate(verify: str, work: Path, pages: int) -> Result:
    """Run the stage, and again from the signatures on."""
    run = work / "run"
    shutil.rmtree(run / "dedup", ignore_errors=True)
    command = stage_command(run, 1, verify)
    cost = run_child(command, env=_ENVIRONMENT)
    gone = np.zeros(pages, dtype=bool)
    gone[[removed for removed, _, _ in removals(run)]] = True
    for path in (run / "dedup").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith("signatures-"):
            path.unlink()
    rest = run_child(command, env=_ENVIRONMENT).cpu_seconds
    return Result(cost, {"signing": cost.cpu_seconds - rest, "rest": rest}, gone)


def run_datatrove(python: Path, work: Path, pages: int) -> Result:
    """Run the four stages in a new folder."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        script = [str(python), str(HERE / "datatrove_minhash.py")]
        cost = run_child([*script, "dedup", str(work / "lines"), folder], env=_ENVIRONMENT)
        kept = []
        for path in Path(folder, "kept").iterdir():
            with path.open(encoding="utf-8") as lines:
                kept += [json.loads(line)["id"] for line in lines]
        return Result(cost, _seconds(folder), _all_but(kept, pages))


def run_text_dedup(python: Path, work: Path, pages: int) -> Result:
    """Run the command in a new folder."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        script = [str(python), str(HERE / "text_dedup_minhash.py"), str(work / "lines"), folder]
        words = [str(_SECTION.bands), str(_SECTION.rows)]
        cost = run_child([*script, *words], env={**_ENVIRONMENT, "HF_HOME": folder})
        kept = []
        for path in Path(folder, "kept").glob("*.arrow"):
            with pa.ipc.open_stream(str(path)) as stream:
                kept += stream.read_all()["id"].to_pylist()
        seconds = _seconds(folder)
    del seconds["Total"]
    return Result(cost, seconds, _all_but(kept, pages))


def _seconds(folder: str) -> dict[str, float]:
    seconds: dict[str, float] = json.loads(Path(folder, "seconds.json").read_text(encoding="utf-8"))
    return seconds


def _all_but(kept: Sequence[str], pages: int) -> Flags:
    """Which pages are gone."""
    gone = np.ones(pages, dtype=bool)
    gone[list(map(int, kept))] = False
    return gone


def sign(python: Path, texts: Sequence[str], work: Path, repeat: int) -> dict[str, Any]:
    """Pages a CPU second: medians with the spread, and of the ratios in the same turn."""
    path = work / "real.jsonl"
    lines = (json.dumps({"text": text}) + "\n" for text in texts)
    path.write_text("".join(lines), encoding="utf-8")
    with _datatrove(python, path) as theirs:
        sides: dict[str, Callable[[], float]] = {
            "curate": partial(_timed, _sign, texts),
            "datatrove": theirs,
            "datasketch": partial(_timed, _sketch, texts),
        }
        _timed(_sign, texts)  # loads what loads once
        seconds = in_turns(sides, repeat)
    return {
        "texts": len(texts),
        "mean_words": sum(len(minhash.words(text)) for text in texts) / len(texts),
        **{
            name: {
                "pages_per_cpu_second": summary([len(texts) / turn for turn in turns]),
                "ratio": summary(_divided(turns, seconds["curate"])),
            }
            for name, turns in seconds.items()
        },
    }


@contextmanager
def _datatrove(python: Path, path: Path) -> Iterator[Callable[[], float]]:
    """DataTrove signing the texts of a file; each call gives the CPU seconds."""
    command = [str(python), str(HERE / "datatrove_minhash.py"), "sign", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin and process.stdout
        stdin, stdout = process.stdin, process.stdout

        def ask() -> float:
            print("sign", file=stdin, flush=True)
            return float(stdout.readline())

        yield ask
        stdin.close()


def _timed(work: Callable[[str], Any], texts: Sequence[str]) -> float:
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun


def _sign(text: str) -> minhash.Signature | None:
    return minhash.text_signature(text, _SECTION.ngram, _PERMUTATIONS)


def _sketch(text: str) -> MinHash:
    words, n = minhash.words(text), _SECTION.ngram
    sketch = MinHash(num_perm=_PERMUTATIONS)
    runs = zip(*(words[start:] for start in range(n)), strict=False)
    sketch.update_batch([" ".join(run).encode() for run in runs])
    return sketch


def _engine(name: str, runs: Sequence[Result]) -> dict[str, Any]:
    """An engine's cost: medians, and their spread."""
    pages = len(runs[0].gone)
    by_stage = {
        stage: summary([run.seconds[stage] for run in runs])[0] for stage in runs[0].seconds
    }
    signing = [pages / run.seconds[_SIGNING[name]] for run in runs]
    return {
        "pages_per_second": summary([pages / run.cost.wall_seconds for run in runs])[0],
        "pages_per_cpu_second": summary([pages / run.cost.cpu_seconds for run in runs]),
        "signing_pages_per_cpu_second": summary(signing),
        "cpu_seconds": summary([run.cost.cpu_seconds for run in runs])[0],
        "cpu_seconds_by_stage": by_stage,
        "peak_memory_mb": max(run.cost.peak_memory_mb for run in runs),
        "same_output": all(np.array_equal(run.gone, runs[0].gone) for run in runs),
    }


def _judge(texts: Texts, similarity: Similarities, gone: Flags) -> dict[str, Any]:
    return judged(texts.plan, similarity, gone) | over_merged(texts, gone)


def _ratios(results: Mapping[str, Sequence[Result]]) -> dict[str, Any]:
    """How many times a peer's pages a CPU second ours are, in the same turn."""
    signing = {
        name: [run.seconds[_SIGNING[name]] for run in runs] for name, runs in results.items()
    }
    total = {name: [run.cost.cpu_seconds for run in runs] for name, runs in results.items()}
    return {
        name: {
            "total": summary(_divided(total[name], total["curate"])),
            "signing": summary(_divided(signing[name], signing["curate"])),
        }
        for name in results
        if name != "curate"
    }


def _divided(values: Sequence[float], by: Sequence[float]) -> list[float]:
    return [value / divisor for value, divisor in zip(values, by, strict=True)]


def _table(report: Mapping[str, Any]) -> str:
    lines = [f"{report['pages']:,} pages, medians of {report['repeats']} (least to greatest)"]
    for name, engine in report["engines"].items():
        stages = engine["cpu_seconds_by_stage"].items()
        shares = engine["recall_by_similarity"].items()
        lines += [
            f"{name}:",
            f"  a CPU second {_spread(engine['pages_per_cpu_second'])}, signing "
            f"{_spread(engine['signing_pages_per_cpu_second'])}; "
            f"{engine['peak_memory_mb']:,.0f} MB",
            f"  recall {engine['recall']:.4f}, precision {engine['precision']:.4f}; removed "
            f"{engine['removed']:,}, {engine['over_merged']:,} of them like no page kept; of "
            f"{engine['in_chains']:,} in chains {engine['removed_in_chains']:,}, "
            f"{engine['over_merged_in_chains']:,} of them like no page kept",
            "  CPU seconds: " + ", ".join(f"{stage} {value:.1f}" for stage, value in stages),
            "  recall from: " + ", ".join(f"{band} {share:.2f}" for band, (share, _) in shares),
        ]
    for name, ratios in report["ratios"].items():
        lines.append(
            f"curate to {name}: {_spread(ratios['total'])}, signing {_spread(ratios['signing'])}"
        )
    signing = report["signing"]
    lines.append(f"signing {signing['texts']} real texts of {signing['mean_words']:,.0f} words:")
    for name in ("curate", "datatrove", "datasketch"):
        side = signing[name]
        lines.append(
            f"  {name} {_spread(side['pages_per_cpu_second'])}; ratio {_spread(side['ratio'])}"
        )
    return "\n".join(lines)


def _spread(summarized: tuple[float, Sequence[float]]) -> str:
    median, (least, greatest) = summarized
    return f"{median:,.4g} ({least:,.4g} to {greatest:,.4g})"


if __name__ == "__main__":
    main()
