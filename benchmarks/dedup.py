"""Deduplication of many synthetic pages with planted duplicates: speed, memory, recall, precision.

    python benchmarks/dedup.py --pages N --from WARC... [--signatures] [--seed 0] [--json]

Pages are made from real ones: a real page's words in runs of three, the runs in another order, so
that no two pages share shingles by chance. Some 30% of the pages stand in planted clusters, whose
sizes follow a power law: an original, and copies in which words are replaced at a rate of 0 to 8%.
With --signatures, what is planted are signatures (the pages' texts are left out; so is signing):
each permutation of a copy agrees with its original's with the probability of the similarity.

The stage `dedup` then runs as `curate run` would, in a process of its own:

- `pages_per_second` of wall time with all cores; `cpu_seconds` of all processes.
- `peak_memory_mb`: of the process and its children together, at the worst moment.
- `bytes_shuffled_per_page`: bucket keys and page numbers that pass through Beam's shuffle.
- `recall`: of the copies in clusters of two whose Jaccard similarity to the original is
  `min_similarity` or more, the share after which one of the two is left; `recall_by_similarity` for
  bands of that similarity, with how many copies each has. (In larger clusters the page kept is a
  copy, too, to which another copy may not be near.)
- `precision`: of the pages removed, the share whose kept page is of the same planted cluster;
  `precision_by_similarity` for bands of the similarity that the stage reports.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash
from measure import machine, run_child

from pipeline import minhash, warc
from pipeline.config import Config, DedupSection, ExtractSection
from pipeline.extract import extract
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.parts import PartWriter, finished, read_table
from pipeline.records import Document, Page
from pipeline.schema import CAPTURE, SIGNATURES
from pipeline.stages import dedup
from pipeline.stages.graph import parse_options, run_graph
from pipeline.tasks.buckets import bucket_columns
from pipeline.tasks.signing import SignedPart

_PART_PAGES = 10_000
_IN_CLUSTERS = 0.3
_EXPONENT = 2.5
_LARGEST = 1000
_MOST_REPLACED = 0.08
_LEAST_WORDS, _MOST_WORDS = 150, 800
_VARIED = 0.4
_RUN = 3
_BANDS = np.arange(0, 1.05, 0.05)
_TEXTS = pa.schema(
    [
        *CAPTURE,
        pa.field("text", pa.string()),
        pa.field("n_chars", pa.int64()),
        pa.field("quality", pa.float64()),
    ]
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is planted where.

    Attributes:
        cluster: Each page's cluster, its own number where it stands alone; shape (pages,).
        is_copy: Whether it is a copy of the page that its cluster is named after; shape (pages,).
    """

    cluster: npt.NDArray[np.int64]
    is_copy: npt.NDArray[np.bool_]


def main() -> None:
    """Make the pages, run the stage, judge, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, required=True, metavar="N")
    parser.add_argument("--from", nargs="+", required=True, dest="archives", metavar="WARC")
    parser.add_argument("--signatures", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stage", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if given.stage:
        run_stage(given.stage)
        return
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        rng = np.random.default_rng(given.seed)
        plan = plant(given.pages, rng)
        if given.signatures:
            similarity = write_signatures(run, plan, rng)
        else:
            similarity = write_texts(run, plan, real_words(given.archives), rng)
        command = [sys.executable, __file__, "--pages", "0", "--from", "", "--stage", folder]
        cost = run_child(command)
        report = {
            "pages": given.pages,
            "pages_per_second": given.pages / cost.wall_seconds,
            "cpu_seconds": cost.cpu_seconds,
            "peak_memory_mb": cost.peak_memory_mb,
            "bytes_shuffled_per_page": bytes_shuffled(run) / given.pages,
            **judged(run, plan, similarity),
            "machine": machine(),
        }
    print(json.dumps(report, indent=1) if given.json else _table(report))


def plant(pages: int, rng: np.random.Generator) -> Plan:
    """Clusters of pages, thrown together in a random order."""
    sizes = []
    while sum(sizes) < pages * _IN_CLUSTERS:
        # The inverse of the distribution function of a power law from 2 on.
        size = int(2 * (1 - rng.random()) ** (-1 / (_EXPONENT - 1)))
        sizes.append(min(size, _LARGEST))
    places = rng.permutation(pages)
    cluster, is_copy = np.arange(pages), np.zeros(pages, dtype=bool)
    at = 0
    for size in sizes:
        members = places[at : at + size]
        cluster[members] = members[0]
        is_copy[members[1:]] = True
        at += size
    return Plan(cluster, is_copy)


def real_words(archives: Sequence[str]) -> list[list[str]]:
    """The words of real pages that are long enough, and no tables of the same words."""
    section = ExtractSection(engine="resiliparse")
    found = []
    for path in archives:
        for split in warc.plan_splits(path, 1 << 40):
            for page in warc.read_records(split, 1 << 30):
                document = extract(page, section, None) if isinstance(page, Page) else None
                if isinstance(document, Document):
                    words = minhash.words(document.text)[:_MOST_WORDS]
                    if len(words) >= _LEAST_WORDS and len({*words}) >= _VARIED * len(words):
                        found.append(words)
    return found


def write_texts(
    run: Path, plan: Plan, real: Sequence[list[str]], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The parts of `filter`; returns each copy's Jaccard similarity to its original."""
    pages = len(plan.cluster)
    seeds = rng.integers(1 << 62, size=pages)
    similarity = np.zeros(pages)
    n = DedupSection().ngram
    parts = []
    for first in range(0, pages, _PART_PAGES):
        rows = []
        for number in range(first, min(first + _PART_PAGES, pages)):
            original = int(plan.cluster[number])
            words = _made(real, np.random.default_rng(seeds[original]))
            if plan.is_copy[number]:
                copy = _altered(words, np.random.default_rng(seeds[number]))
                sides = [
                    np.unique(minhash.shingles(minhash.words(" ".join(side)), n))
                    for side in (words, copy)
                ]
                shared = len(np.intersect1d(*sides, assume_unique=True))
                similarity[number] = shared / (sum(map(len, sides)) - shared)
                words = copy
            rows.append(_row(number, " ".join(words)))
        parts.append(_write_part(run / "filter", first, rows, _TEXTS, "part"))
    Manifest.of_parts("filter", {}, {}, parts, {}).write(str(run / "filter"))
    return similarity


def _made(real: Sequence[list[str]], rng: np.random.Generator) -> list[str]:
    """A real page's words, in runs, in another order."""
    words = real[rng.integers(len(real))]
    runs = [words[at : at + _RUN] for at in range(0, len(words), _RUN)]
    return [word for place in rng.permutation(len(runs)) for word in runs[place]]


def _altered(words: list[str], rng: np.random.Generator) -> list[str]:
    """The words with some replaced by others that no page has."""
    count = round(rng.uniform(0, _MOST_REPLACED) * len(words))
    altered = list(words)
    for place in rng.choice(len(words), count, replace=False).tolist():
        altered[place] = "".join(rng.choice(list("bdfgklmnprstvz"), 9))
    return altered


def _row(number: int, text: str) -> Row:
    return {
        "id": f"{number:012d}",
        "url": f"https://page{number}.example/",
        "date": "2024-01-01T00:00:00Z",
        "warc": "",
        "offset": 0,
        "length": 0,
        "text": text,
        "n_chars": len(text),
        "quality": None,
    }


def _write_part(folder: Path, first: int, rows: list[Row], schema: pa.Schema, prefix: str) -> Part:
    name = f"{first:012d}"
    with PartWriter(str(folder / f"{prefix}-{name}.parquet"), schema) as writer:
        for row in rows:
            writer.write(row)
        writer.describe(Counts(len(rows), len(rows)), {})
    part = finished(str(folder), name, [prefix])
    assert part
    return part


def write_signatures(run: Path, plan: Plan, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """What signing leaves; returns each copy's similarity to its original."""
    section = DedupSection()
    width = section.bands * section.rows
    pages = len(plan.cluster)
    similarity = np.where(plan.is_copy, rng.uniform(0.5, 1, pages), 0.0)
    parts = []
    for first in range(0, pages, _PART_PAGES):
        numbers = np.arange(first, min(first + _PART_PAGES, pages))
        signatures = _signatures(plan.cluster[numbers], width)
        other = rng.random(signatures.shape) >= similarity[numbers][:, None]
        fresh = rng.integers(1 << 32, size=signatures.shape, dtype=np.uint32)
        signatures = np.where(other & plan.is_copy[numbers][:, None], fresh, signatures)
        rows = []
        for number, signature in zip(numbers.tolist(), signatures, strict=True):
            row = _row(number, "")
            unique = xxhash.xxh3_128_digest(number.to_bytes(8, "big"))
            row |= {"exact": unique, "canonical_url": unique, "signature": signature.tobytes()}
            rows.append(row)
        rows = [{name: row[name] for name in SIGNATURES.names} for row in rows]
        _write_part(run / "dedup", first, rows, SIGNATURES, "signatures")
        name = f"{first:012d}"
        parts.append(Part(name, Counts(len(rows), len(rows)), {}, {}))
    Manifest.of_parts("filter", {}, {}, parts, {}).write(str(run / "filter"))
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


def job_of(run: Path) -> Job:
    """The stage's job, as `curate run` makes it."""
    config = Config.model_validate({"run": {"name": run.name}})
    filtered = Manifest.read(str(run / "filter"))
    assert filtered
    return Job("dedup", config, str(run), dedup.settings(config), {"filter": filtered})


def run_stage(run: Path) -> None:
    """Run the stage."""
    job = job_of(run)
    for graph in dedup.graphs(job, print):
        run_graph(graph, parse_options([]))


def bytes_shuffled(run: Path) -> int:
    """The bytes of all packed columns."""
    job = job_of(run)
    return sum(
        len(column)
        for name in job.part_names("filter")
        for _, packed in bucket_columns(
            SignedPart(name, 0, "", job.folder, earlier=False), job.config.dedup, 1
        )
        for column in packed
    )


def judged(run: Path, plan: Plan, similarity: npt.NDArray[np.float64]) -> Mapping[str, Any]:
    """What was found of what was planted."""
    pages = len(plan.cluster)
    kept, reported = np.arange(pages), np.zeros(pages)
    for removed, keeper, value in _removed(run):
        kept[removed], reported[removed] = keeper, value
    gone = kept != np.arange(pages)
    sizes = np.bincount(plan.cluster, minlength=pages)
    copies = np.flatnonzero(plan.is_copy & (sizes[plan.cluster] == 2))
    found = kept[copies] == kept[plan.cluster[copies]]
    asked = similarity[copies] >= DedupSection().min_similarity
    removed = np.flatnonzero(gone)
    right = plan.cluster[removed] == plan.cluster[kept[removed]]
    return {
        "planted": int(plan.is_copy.sum()),
        "removed": len(removed),
        "recall": float(found[asked].mean()),
        "precision": float(right.mean()),
        "recall_by_similarity": _by_band(similarity[copies], found),
        "precision_by_similarity": _by_band(reported[removed], right),
        "facts": dict((Manifest.read(str(run / "dedup")) or sys.exit("no manifest")).facts),
    }


def _removed(run: Path) -> Iterator[tuple[int, int, float]]:
    for path in sorted((run / "dedup").glob("duplicates-*.parquet")):
        table = read_table(str(path), ["id", "kept_id", "similarity"]).to_pydict()
        for id_, kept_id, value in zip(*table.values(), strict=True):
            yield int(id_), int(kept_id), value


def _by_band(
    values: npt.NDArray[np.float64], hits: npt.NDArray[np.bool_]
) -> dict[str, tuple[float, int]]:
    """The share of hits and the number of values, by band."""
    bands = np.clip(np.digitize(values, _BANDS) - 1, 0, len(_BANDS) - 2)
    return {
        f"{_BANDS[band]:.2f}": (float(hits[bands == band].mean()), int((bands == band).sum()))
        for band in np.unique(bands)
    }


def _table(report: Mapping[str, Any]) -> str:
    lines = [
        f"{report['pages']:,} pages: {report['pages_per_second']:,.0f} a second, "
        f"{report['cpu_seconds']:,.0f} CPU seconds, {report['peak_memory_mb']:,.0f} MB, "
        f"{report['bytes_shuffled_per_page']:.0f} bytes shuffled a page",
        f"removed {report['removed']:,} of {report['planted']:,} planted; recall "
        f"{report['recall']:.4f}, precision {report['precision']:.6f}; {report['facts']}",
    ]
    for name in ("recall_by_similarity", "precision_by_similarity"):
        lines.append(f"{name}:")
        lines += [
            f"  {band}: {share:.4f} of {count:,}" for band, (share, count) in report[name].items()
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
