"""From WARC to filtered text: `extract` and `filter` against FineWeb's recipe in DataTrove.

    python benchmarks/end_to_end.py --input ARCHIVE.warc.gz --limit 300 --repeat 3 --json

Both sides read the same archives on one worker, in turns, in processes of their own, and keep
English. DataTrove is installed from PyPI, in the versions of `datatrove.txt`, into a virtual
environment of its own at the first run; it needs the system's libmagic. Apart from that nothing is
downloaded. The recipe and where it differs from FineWeb's stand in `fineweb_recipe.py`.

What the figures mean:

- `pages` are the records that a side takes for HTML pages. DataTrove's reader asks libmagic where a
  record has no WARC-Identified-Payload-Type, and passes over pages that libmagic takes for
  JavaScript; the rest of `responses` costs it next to nothing. Hence each side's own count.
- `cpu_seconds` is all that the process and its descendants used, start-up included: Beam's for
  curate, block lists and spaCy for DataTrove. `startup_cpu_seconds` is what a single page takes,
  and `pages_per_cpu_second_running` the rate without it, which is what counts in a long run.
- Both sides run FineWeb's rules; `rules` names them. curate removes C4's lines before all rules,
  DataTrove between Gopher's and FineWeb's. DataTrove stops at the first filter that drops a page,
  curate measures every rule for each page.
  DataTrove has trafilatura 1.11, the newest it admits, and curate what it was installed with.
- `same_output` tells whether all repeats wrote the same.
"""

import argparse
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from measure import Cost, in_turns, machine, run_child, summary
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline import stats
from pipeline.config import load
from pipeline.families import bounds_of
from pipeline.records import Page
from pipeline.warc import plan_splits, read_records

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "datatrove.txt"
LANGUAGE_MODEL = HERE.parent / "classifiers/models/lid.176.ftz"
CONFIG = HERE.parent / "configs/fineweb.toml"
# One page that both sides keep, so that everything a side loads only when needed is loaded.
START_PAGE = """<!DOCTYPE html><html lang="en"><head><title>The lock keeper</title></head><body>
<article><h1>The lock keeper</h1>
<p>The canal was dug in the years when grain was dear and roads were bad. Barges that carried
barley to the town had to wait for the keeper, who lived with his family in the house beside the
upper gate.</p>
<p>He knew every boat by the sound of its engine. When one of them came round the bend, he put
down his cup, took the iron handle from the wall and went out to turn the paddles, whatever the
weather.</p>
<p>Water runs from the pound above into the chamber until both stand at the same height. Only then
can the gates be opened, because no one is strong enough to push against a difference of even a
hand's width.</p>
<p>A passage took about a quarter of an hour, and that was time enough to exchange the news. Who had
married, which mill had closed, what the price of coal would be in the winter: the keeper heard it
first and told it to those who came after.</p>
<p>The last barge passed in autumn, forty years ago. Today there are rowing boats and people with
cameras, and the handle hangs in the museum. But the gates still close tightly, and somebody must
have oiled them.</p></article></body></html>
"""
_NOT_A_PAGE = ("record_type", "url_scheme", "mime")

Funnel: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Result:
    """One run of one side: its cost, what became of the pages, a hash of what it wrote."""

    cost: Cost
    pages: int
    kept: int
    funnel: Funnel
    digest: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input", nargs="+", required=True, type=Path, metavar="WARC")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N responses")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--venv", type=Path, default=HERE / ".venv-datatrove", metavar="FOLDER")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    python = install(given.venv)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        responses = take(given.input, given.limit, work / "archives")
        write_start(work / "start")
        results = measure(python, work, given.repeat)
    report = compare(results)
    report |= {
        "machine": machine(),
        "input": {
            "archives": [path.name for path in given.input],
            "responses": responses,
            "limit": given.limit,
            "repeats": given.repeat,
        },
    }
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        show(report)


def install(folder: Path, requirements: Path = REQUIREMENTS) -> Path:
    """Make a peer's virtual environment unless it is there; returns its Python."""
    python, done = folder / "bin/python", folder / "installed.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        print(f"installing {requirements.name} into {folder} …", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "-r", str(requirements)], check=True, stdout=sys.stderr)
        done.write_text(wanted, encoding="utf-8")
    return python


def take(paths: Sequence[Path], limit: int | None, folder: Path) -> int:
    """Copy archives byte by byte, up to the end of the last response that is wanted.

    Returns:
        How many responses there are.
    """
    folder.mkdir()
    responses = 0
    for number, path in enumerate(paths):
        (split,) = plan_splits(str(path), 1 << 60)
        records = (r for r in read_records(split, 1 << 30) if isinstance(r, Page))
        rest = None if limit is None else limit - responses
        captures = [page.capture for page in islice(records, rest)]
        if not captures:
            break
        responses += len(captures)
        with path.open("rb") as source, (folder / f"{number:03}-{path.name}").open("wb") as copy:
            if responses == limit:
                copy.write(source.read(captures[-1].offset + captures[-1].length))
            else:
                shutil.copyfileobj(source, copy)
    return responses


def write_start(folder: Path) -> None:
    """Write the archive of a single page by which start-up is measured."""
    folder.mkdir()
    with (folder / "start.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        record = writer.create_warc_record(
            "https://example.org/lock-keeper",
            "response",
            payload=io.BytesIO(START_PAGE.encode()),
            http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1"),
            warc_headers_dict={"WARC-Identified-Payload-Type": "text/html"},
        )
        writer.write_record(record)


def measure(python: Path, work: Path, repeat: int) -> dict[str, list[Result]]:
    """Each side's runs over the archives, and over the single page as `… start`."""
    for warm_up in (run_curate, partial(run_datatrove, python)):
        if warm_up(work / "start").kept != 1:
            raise RuntimeError("the page that start-up is measured by was not kept")
    return in_turns(
        {
            "curate start": partial(run_curate, work / "start"),
            "datatrove start": partial(run_datatrove, python, work / "start"),
            "curate": partial(run_curate, work / "archives"),
            "datatrove": partial(run_datatrove, python, work / "archives"),
        },
        repeat,
    )


def run_curate(archives: Path) -> Result:
    """Run `extract` and `filter` in a new folder."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copy(CONFIG, work / "config.toml")
        words = ["-m", "pipeline", "run", "config.toml", "--until", "filter"]
        words += ["--name", "run", "--output", ".", "--workers", "1", "--input"]
        paths = sorted(map(str, archives.iterdir()))
        cost = run_child([sys.executable, *words, *paths], work, {"OMP_NUM_THREADS": "1"})
        rows = stats.collect(str(work / "run")).funnel
        read, *_, last = rows
        pages = read.read - sum(read.dropped.get(reason, 0) for reason in _NOT_A_PAGE)
        parts = sorted((work / "run/filter").glob("part-*.parquet"))
        digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    return Result(cost, pages, last.kept, [asdict(row) for row in rows], digest)


def run_datatrove(python: Path, archives: Path) -> Result:
    """Run FineWeb's recipe in a new folder; downloads and caches stay in its environment."""
    environment = {
        "HF_ASSETS_CACHE": str(python.parent.parent / "assets"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        recipe = [str(python), str(HERE / "fineweb_recipe.py")]
        folders = [str(archives), str(work / "output"), str(work / "logs")]
        cost = run_child([*recipe, *folders, str(LANGUAGE_MODEL)], work, environment)
        steps = json.loads((work / "logs/stats.json").read_text(encoding="utf-8"))
        written = sorted((work / "output").iterdir())
        digest = hashlib.sha256(b"".join(gzip.decompress(f.read_bytes()) for f in written))
    reader, *filters, writer = steps
    pages = _total(reader["stats"], "documents")
    kept = _total(writer["stats"], "total")
    return Result(cost, pages, kept, list(map(_funnel_row, filters)), digest.hexdigest())


def _funnel_row(step: Mapping[str, Any]) -> dict[str, Any]:
    """DataTrove's counts of a step in the form of ours."""
    counts = step["stats"]
    dropped = {
        name.removeprefix("dropped_"): _total(counts, name)
        for name in counts
        if name.startswith("dropped_")
    }
    if other := _total(counts, "dropped") - sum(dropped.values()):
        dropped["no reason given"] = other
    failures = ("timeout", "broken_process", "clean_error")
    return {
        "stage": _step_name(step),
        "read": _total(counts, "total"),
        "kept": _total(counts, "forwarded"),
        "dropped": dropped,
        "failed": {name: _total(counts, name) for name in failures if name in counts},
    }


def _step_name(step: Mapping[str, Any]) -> str:
    """`Gopher Quality` of `🔻 - FILTER: 🥇 Gopher Quality`."""
    return str(step["name"]).rpartition(": ")[2].partition(" ")[2]


def _total(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name, 0)
    return int(count["total"] if isinstance(count, dict) else count)


def compare(results: Mapping[str, list[Result]]) -> dict[str, Any]:
    """Both sides' figures: medians over the repeats, and what was compared."""
    curate, datatrove = (
        _side(results[name], results[f"{name} start"]) for name in ("curate", "datatrove")
    )
    section = load(str(CONFIG)).filter
    curate |= {"versions": _versions(), "rules": ["language", *bounds_of(section, "eng_Latn")]}
    datatrove |= {"versions": _pinned()}
    datatrove["rules"] = [row["stage"] for row in datatrove["funnel"]]
    rate, running = "pages_per_cpu_second", "pages_per_cpu_second_running"
    return {
        "curate": curate,
        "datatrove": datatrove,
        "ratio": curate[rate] / datatrove[rate],
        "ratio_running": curate[running] / datatrove[running],
    }


def _side(runs: Sequence[Result], starts: Sequence[Result]) -> dict[str, Any]:
    start = summary([run.cost.cpu_seconds for run in starts])[0]
    rate, spread = summary([run.pages / run.cost.cpu_seconds for run in runs])
    running = [(run.pages - 1) / (run.cost.cpu_seconds - start) for run in runs]
    last = runs[-1]
    return {
        "pages_per_cpu_second": rate,
        "spread": spread,
        "pages_per_cpu_second_running": summary(running)[0],
        "spread_running": summary(running)[1],
        "cpu_seconds": summary([run.cost.cpu_seconds for run in runs])[0],
        "startup_cpu_seconds": start,
        "wall_seconds": summary([run.cost.wall_seconds for run in runs])[0],
        "peak_memory_mb": max(run.cost.peak_memory_mb for run in runs),
        "pages": last.pages,
        "kept": last.kept,
        "same_output": len({run.digest for run in runs}) == 1,
        "funnel": last.funnel,
    }


def _versions() -> dict[str, str]:
    names = ("apache-beam", "resiliparse", "trafilatura")
    return {name: version(name) for name in names}


def _pinned() -> dict[str, str]:
    pins = (line.partition("==") for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    return {name: pin for name, _, pin in pins if name in {"datatrove", "trafilatura", "spacy"}}


def show(report: Mapping[str, Any]) -> None:
    """Print a table for a person."""
    given = report["input"]
    print(f"{given['responses']} responses of {', '.join(given['archives'])}")
    print(f"median of {given['repeats']}; the rules differ, see --json\n")
    sides = [report["curate"], report["datatrove"]]
    print(f"{'':32}{'curate':>12}{'datatrove':>12}")
    for key, value in sides[0].items():
        if isinstance(value, bool):
            print(f"{key:32}" + "".join(f"{'yes' if side[key] else 'no':>12}" for side in sides))
        elif isinstance(value, int | float):
            print(f"{key:32}" + "".join(f"{side[key]:12,.5g}" for side in sides))
    print(f"\nratio {report['ratio']:.2f}, without start-up {report['ratio_running']:.2f}\n")
    for name in ("curate", "datatrove"):
        for row in report[name]["funnel"]:
            lost = {**row["dropped"], **row["failed"]}
            reasons = ", ".join(f"{reason} {count}" for reason, count in lost.items())
            print(f"{name:10}{row['stage']:20}{row['read']:8} → {row['kept']:<8}{reasons}")


if __name__ == "__main__":
    main()
