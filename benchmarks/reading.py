"""How fast archives are read: our reader against warcio and FastWARC.

    python benchmarks/reading.py --input ARCHIVE.warc.gz ... --repeat 5 --json

Every reader reads the same files in one process, in turns, and makes the same of every record: its
id, target URI and date, and of an HTTP response the status, the header fields as a dictionary and
the body with transfer and content codings undone. Ours also makes `Page` objects of them, checks
that each length agrees with the file, and knows each record's offset and length.

What the figures mean:

- `records` and `body_bytes` are what a reader gave. `failed` counts what it did not: our failed
  rows; for the others, which raise an error and read no further, 1 a file they gave up.
- Rates are per CPU second of the process, its threads together; `compressed_mb` counts bytes as
  stored, `inflated_mb` the records' bytes without the archive's compression, both in 10^6 bytes.
- `of_fastwarc` is a reader's rate over FastWARC's of the same turn: the median, the least and the
  greatest. The first turn only warms up.

FastWARC reads leniently (`quirks_mode`), as we do, and knows no ARC files. warcio's gzip is zlib,
ours ISA-L where the package `isal` is installed.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator as FastIterator
from measure import in_turns, machine, summary
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipeline.frames import Codec, FrameError, Gzip
from pipeline.records import Page, Rejected, Split
from pipeline.storedbytes import StoredBytes
from pipeline.warc import read_records
from pipeline.zstdframes import Zstd

LIMIT = 1 << 30
NAMES = ("WARC-Record-ID", "WARC-Target-URI", "WARC-Date")
PAGES = frozenset({"response", "resource", "conversion"})
PACKAGES = ("warcio", "fastwarc", "isal", "zstandard", "brotli")


@dataclass
class Count:
    """What a reader gave in how much CPU time."""

    records: int = 0
    failed: int = 0
    body_bytes: int = 0
    seconds: float = 0.0


Reader = Callable[[str, Count], None]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input", required=True, nargs="+", metavar="WARC")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = {
        "files": given.input,
        "readers": measure(given.input, given.repeat),
        "versions": {name: _version(name) for name in PACKAGES},
        "machine": machine(),
    }
    print(json.dumps(report, indent=1)) if given.json else show(report)


def measure(paths: Sequence[str], repeat: int) -> dict[str, dict[str, Any]]:
    """Each reader's counts and rates, as the module's docstring has them."""
    sides = {name: partial(read_all, reader, paths) for name, reader in READERS.items()}
    turns = {name: counts[1:] for name, counts in in_turns(sides, repeat + 1).items()}
    sizes = {
        "records": turns["curate"][0].records,
        "compressed_mb": sum(Path(path).stat().st_size for path in paths) / 1e6,
        "inflated_mb": sum(map(inflated_bytes, paths)) / 1e6,
    }
    report: dict[str, dict[str, Any]] = {}
    for name, counts in turns.items():
        seconds = [count.seconds for count in counts]
        # A reader that gave up early is not paid for what it left out.
        share = counts[0].records / sizes["records"]
        report[name] = {
            "records": counts[0].records,
            "failed": counts[0].failed,
            "body_bytes": counts[0].body_bytes,
            "per_cpu_second": {
                unit: summary([share * size / second for second in seconds])
                for unit, size in sizes.items()
            },
            "of_fastwarc": summary(
                [
                    (ours.records / ours.seconds) / (theirs.records / theirs.seconds)
                    for ours, theirs in zip(counts, turns["fastwarc"], strict=True)
                    if theirs.records
                ]
                or [0.0]
            ),
        }
    return report


def read_all(reader: Reader, paths: Sequence[str]) -> Count:
    """What a reader makes of files."""
    count = Count()
    begun = time.process_time()
    for path in paths:
        reader(path, count)
    count.seconds = time.process_time() - begun
    return count


def read_curate(path: str, count: Count) -> None:
    """Read with our reader."""
    for element in read_records(Split(path, 0, Path(path).stat().st_size), LIMIT):
        if isinstance(element, Page):
            count.body_bytes += len(element.body)
        count.records += 1
        count.failed += isinstance(element, Rejected) and element.outcome == "failed"


def read_warcio(path: str, count: Count) -> None:
    """Read with warcio."""
    with Path(path).open("rb") as file:
        try:
            for record in ArchiveIterator(file):
                header, http = record.rec_headers, record.http_headers
                _ = [header.get_header(name) for name in NAMES]
                if http is not None:
                    _ = http.get_statuscode(), dict(http.headers)
                body = record.content_stream().read()
                count.body_bytes += len(body) if record.rec_type in PAGES else 0
                count.records += 1
        except (ArchiveLoadFailed, AttributeError):  # the second for brotli bodies
            count.failed += 1


def read_fastwarc(path: str, count: Count) -> None:
    """Read with FastWARC."""
    try:
        for record in FastIterator(path, parse_http=True, auto_decode="all", quirks_mode=True):
            http = record.http_headers
            _ = record.record_id, record.headers.get("WARC-Target-URI"), record.record_date
            if http is not None:
                _ = http.status_code, dict(http.astuples())
            body = record.reader.read()
            count.body_bytes += len(body) if str(record.record_type) in PAGES else 0
            count.records += 1
    except OSError:
        count.failed += 1


READERS: dict[str, Reader] = {
    "curate": read_curate,
    "warcio": read_warcio,
    "fastwarc": read_fastwarc,
}


def inflated_bytes(path: str) -> int:
    """Bytes of a file without its compression, as far as it is intact."""
    total = 0
    with Path(path).open("rb") as file:
        stored = StoredBytes(file)
        first = bytes(stored.at(0, 4)[:4])
        if not (first.startswith(Gzip.magic) or Zstd.begins(first)):
            return Path(path).stat().st_size
        codec: Codec = Gzip() if first.startswith(Gzip.magic) else Zstd.of(stored)
        offset: int | None = 0
        with suppress(FrameError):
            while offset is not None and len(stored.at(offset)):
                frame = codec.frame(stored, offset)
                while out := frame.read(1 << 16):
                    total += len(out)
                offset = frame.end
    return total


def show(report: Mapping[str, Any]) -> None:
    """Print a table for a person."""
    print(f"{'':10}{'records':>9}{'failed':>8}", end="")
    print(f"{'records/s':>26}{'MB/s stored':>13}{'inflated':>10}{'of FastWARC':>22}")
    for name, row in report["readers"].items():
        rates = row["per_cpu_second"]
        print(f"{name:10}{row['records']:>9,}{row['failed']:>8,}", end="")
        print(f"{_spread(rates['records'], ',.0f'):>26}", end="")
        print(f"{rates['compressed_mb'][0]:>13,.1f}{rates['inflated_mb'][0]:>10,.1f}", end="")
        print(f"{_spread(row['of_fastwarc'], '.2f'):>22}")


def _spread(found: tuple[float, list[float]], form: str) -> str:
    median, (least, greatest) = found
    return f"{median:{form}} [{least:{form}}, {greatest:{form}}]"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
