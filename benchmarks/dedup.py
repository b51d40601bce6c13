"""Deduplication of many synthetic pages with planted duplicates: speed, memory, recall, precision.

    python benchmarks/dedup.py --pages N --from WARC... [--signatures] [--seed 0] [--json]

What is planted, and how it is judged, stands in `planted.py`. With --signatures, what is planted
are signatures (the pages' texts are left out; so are signing, and chains): each permutation of a
copy agrees with its original's with the probability of the similarity.

The stage `dedup` then runs as `curate run` would, in a process of its own:

- `pages_per_second` of wall time with all cores, or --workers; `cpu_seconds` of all processes.
- `peak_memory_mb`: of the process and its children together, at the worst moment.
- `bytes_shuffled_per_page`: bucket keys and page numbers that pass from task to task.
- `recall`, `precision`, `over_merged` and the like: see `planted.py`.
- `precision_by_similarity`: of the pages removed, the share whose kept page is of the same planted
  cluster, for bands of the similarity that the stage reports.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash
from measure import machine, run_child
from planted import (
    PART_PAGES,
    Plan,
    Similarities,
    Texts,
    by_band,
    judged,
    over_merged,
    plant,
    real_texts,
    row_of,
    write_part,
    write_texts,
)

from pipeline.config import Config, DedupSection
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.parts import read_table
from pipeline.schema import SIGNATURES
from pipeline.stages import dedup
from pipeline.stages.graph import parse_options, run_graph
from pipeline.tasks.buckets import send_buckets
from pipeline.tasks.signing import SignedPart


def main() -> None:
    """Make the pages, run the stage, judge, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, required=True, metavar="N")
    parser.add_argument("--from", nargs="+", required=True, dest="archives", metavar="WARC")
    parser.add_argument("--signatures", action="store_true")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="0: one a core")
    parser.add_argument("--verify", default="signature", help="dedup.verify (default: signature)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stage", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if given.stage:
        run_stage(job_of(given.stage, given.workers, given.verify))
        return
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        rng = np.random.default_rng(given.seed)
        plan = plant(given.pages, rng, chains=not given.signatures)
        texts = None
        if given.signatures:
            similarity = write_signatures(run, plan, rng)
        else:
            texts = Texts(plan, list(real_texts(given.archives)), rng)
            similarity = write_texts(run, texts)
        cost = run_child(stage_command(run, given.workers, given.verify))
        report = {
            "pages": given.pages,
            "pages_per_second": given.pages / cost.wall_seconds,
            "cpu_seconds": cost.cpu_seconds,
            "peak_memory_mb": cost.peak_memory_mb,
            "bytes_shuffled_per_page": bytes_shuffled(run) / given.pages,
            **judge(run, plan, similarity, texts),
            "machine": machine(),
        }
    print(json.dumps(report, indent=1) if given.json else _table(report))


def write_signatures(run: Path, plan: Plan, rng: np.random.Generator) -> Similarities:
    """What signing leaves; returns each copy's similarity to its original."""
    section = DedupSection()
    width = section.bands * section.rows
    pages = len(plan.cluster)
    similarity = np.where(plan.is_copy, rng.uniform(0.5, 1, pages), 0.0)
    parts = []
    for first in range(0, pages, PART_PAGES):
        numbers = np.arange(first, min(first + PART_PAGES, pages))
        signatures = _signatures(plan.cluster[numbers], width)
        other = rng.random(signatures.shape) >= similarity[numbers][:, None]
        fresh = rng.integers(1 << 32, size=signatures.shape, dtype=np.uint32)
        signatures = np.where(other & plan.is_copy[numbers][:, None], fresh, signatures)
        rows = []
        for number, signature in zip(numbers.tolist(), signatures, strict=True):
            row = row_of(number, "")
            unique = xxhash.xxh3_128_digest(number.to_bytes(8, "big"))
            row |= {"exact": unique, "canonical_url": unique, "signature": signature.tobytes()}
            rows.append(row)
        rows = [{name: row[name] for name in SIGNATURES.names} for row in rows]
        write_part(run / "dedup", first, rows, SIGNATURES, "signatures")
        name = f"{first:012d}"
        parts.append(Part(name, Counts(len(rows), len(rows)), {}, {}))
    Manifest.of_parts("lines", {}, {}, parts, {}).write(str(run / "lines"))
    return similarity


def _signatures(clusters: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint32]:
    """The originals' signatures, a function of their numbers."""
    places = clusters[:, None].astype(np.uint64) * np.uint64(width) + np.arange(
        width, dtype=np.uint64
    )
    places *= np.uint64(0x9E3779B97F4A7C15)
    places ^= places >> np.uint64(29)
    places *= np.uint64(0xBF58476D1CE4E5B9)
    return (places >> np.uint64(32)).astype(np.uint32)


def stage_command(run: Path, workers: int, verify: str) -> list[str]:
    """The command of a process that runs the stage."""
    given = ["--pages", "0", "--from", "", "--stage", str(run)]
    return [sys.executable, __file__, *given, "--workers", str(workers), "--verify", verify]


def job_of(run: Path, workers: int = 0, verify: str = "signature") -> Job:
    """The stage's job, as `curate run` makes it."""
    sections = {
        "run": {"name": run.name},
        "workers": {"count": workers},
        "dedup": {"verify": verify},
    }
    config = Config.model_validate(sections)
    upstream = Manifest.read(str(run / "lines"))
    assert upstream
    return Job("dedup", config, str(run), dedup.settings(config), {"lines": upstream})


def run_stage(job: Job) -> None:
    """Run the stage."""
    for graph in dedup.graphs(job, print):
        run_graph(graph, parse_options([]))


def bytes_shuffled(run: Path) -> int:
    """The size of the files of buckets."""
    job, path, total = job_of(run), run / "buckets.arrow", 0
    for name in job.part_names("lines"):
        part = SignedPart(name, 0, "", job.folder, earlier=False)
        send_buckets(None, str(path), [part], job.config.dedup, 1)
        total += path.stat().st_size
        path.unlink()
    return total


def judge(run: Path, plan: Plan, similarity: Similarities, texts: Texts | None) -> dict[str, Any]:
    """What was found of what was planted."""
    pages = len(plan.cluster)
    kept, reported = np.arange(pages), np.zeros(pages)
    for removed, keeper, value in removals(run):
        kept[removed], reported[removed] = keeper, value
    gone = kept != np.arange(pages)
    right = plan.cluster[gone] == plan.cluster[kept[gone]]
    return {
        **judged(plan, similarity, gone),
        **(over_merged(texts, gone) if texts else {}),
        "precision_by_similarity": by_band(reported[gone], right),
        "facts": dict((Manifest.read(str(run / "dedup")) or sys.exit("no manifest")).facts),
    }


def removals(run: Path) -> Iterator[tuple[int, int, float]]:
    """Each page that the stage removed, the one kept in its stead, and their similarity."""
    for path in sorted((run / "dedup").glob("duplicates-*.parquet")):
        table = read_table(str(path), ["id", "kept_id", "similarity"]).to_pydict()
        for id_, kept_id, value in zip(*table.values(), strict=True):
            yield int(id_), int(kept_id), value


def _table(report: Mapping[str, Any]) -> str:
    lines = [
        f"{report['pages']:,} pages: {report['pages_per_second']:,.0f} a second, "
        f"{report['cpu_seconds']:,.0f} CPU seconds, {report['peak_memory_mb']:,.0f} MB, "
        f"{report['bytes_shuffled_per_page']:.0f} bytes shuffled a page",
        f"removed {report['removed']:,} of {report['planted']:,} planted; recall "
        f"{report['recall']:.4f}, precision {report['precision']:.6f}; {report['facts']}",
    ]
    if "over_merged" in report:
        lines.append(
            f"removed but like no page kept: {report['over_merged']:,}; of "
            f"{report['in_chains']:,} in chains {report['removed_in_chains']:,} removed, "
            f"{report['over_merged_in_chains']:,} of them like no page kept"
        )
    for name in ("recall_by_similarity", "precision_by_similarity"):
        lines.append(f"{name}:")
        lines += [
            f"  {band}: {share:.4f} of {count:,}" for band, (share, count) in report[name].items()
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
