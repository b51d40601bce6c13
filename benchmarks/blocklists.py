"""Block lists of millions of hosts: memory, time to load, look-ups a second.

    python benchmarks/blocklists.py --hosts 5000000 --json

A list of made-up hosts in UT1's layout is loaded, and URLs are looked up in it, of which one in
ten lies on a listed host or below it. `curate` is `pipeline.blocklists`; `set` is a Python set of
the hosts, asked for the URL's host and the domains above it, the URL spelled by the same function.
Each side runs in processes of its own, in turns.

- `load_seconds`, `match_microseconds`: CPU time of the process; the latter for one URL, its
  canonical spelling, which is also timed alone, included.
- `memory_mb`: what the process holds more after loading than before, in 10^6 bytes; `peak_mb`: at
  most while loading.
- `of_set`: the figure of `curate` over that of `set` of the same turn.
- `matched`: URLs found, the same on both sides.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from measure import in_turns, machine, summary
from xxhash import xxh3_64_hexdigest

from pipeline.blocklists import BlockLists
from pipeline.urls import canonical_url, host

FIGURES = ("load_seconds", "memory_mb", "peak_mb", "match_microseconds")
LISTED_SHARE = 10
SUFFIXES = ("com", "net", "org", "de", "co.uk", "ru", "example.io", "blogspot.com")

Matcher = Callable[[str], bool]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hosts", type=int, default=5_000_000, metavar="N")
    parser.add_argument("--urls", type=int, default=200_000, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measure(SIDES[given.side], given.folder, given.hosts, given.urls)))
        return
    with TemporaryDirectory() as folder:
        write(Path(folder, "listed"), given.hosts)
        options = ["--hosts", str(given.hosts), "--urls", str(given.urls), "--folder", folder]
        turns = in_turns({side: partial(run, side, options) for side in SIDES}, given.repeat)
    report = {
        "hosts": given.hosts,
        "urls": given.urls,
        "sides": {side: summed(results) for side, results in turns.items()},
        "of_set": {
            figure: summary(
                [
                    ours[figure] / theirs[figure]
                    for ours, theirs in zip(turns["curate"], turns["set"], strict=True)
                ]
            )
            for figure in FIGURES
        },
        "machine": machine(),
    }
    print(json.dumps(report, indent=1)) if given.json else show(report)


def name(number: int) -> str:
    """A made-up host, the same for the same number, of 15 to 35 characters."""
    letters = xxh3_64_hexdigest(number.to_bytes(8, "little"))
    return f"{letters[: 8 + number % 9]}-{number}.{SUFFIXES[number % len(SUFFIXES)]}"


def write(category: Path, hosts: int) -> None:
    """A category folder that lists the first `hosts` of all hosts."""
    category.mkdir()
    with (category / "domains").open("w", encoding="ascii") as out:
        out.writelines(f"{name(number)}\n" for number in range(hosts))


def asked(hosts: int, urls: int) -> Iterator[str]:
    """URLs on hosts from all over the list, and on nine times as many that are not listed."""
    for number in range(urls):
        listed = number % LISTED_SHARE == 0
        site = name(number * hosts // urls if listed else hosts + number)
        below = ("www.", "", "shop.")[number % 3]
        yield f"http://{below}{site}/news/2024/{number}.html?id={number}"


def run(side: str, options: Sequence[str]) -> dict[str, float]:
    """One side's figures, measured in a process of its own."""
    command = [sys.executable, __file__, "--side", side, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(load: Callable[[Path], Matcher], folder: Path, hosts: int, urls: int) -> dict[str, Any]:
    """Load, look up, and say what it took."""
    pages = list(asked(hosts, urls))
    process = psutil.Process()
    held = process.memory_info().rss
    begun = time.process_time()
    match = load(folder / "listed")
    loaded = time.process_time()
    after = process.memory_info().rss
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    matching = time.process_time()
    matched = sum(map(match, pages))
    matched_at = time.process_time()
    for url in pages:
        canonical_url(url)
    spelled = time.process_time()
    return {
        "load_seconds": loaded - begun,
        "memory_mb": (after - held) / 1e6,
        "peak_mb": (peak - held) / 1e6,
        "match_microseconds": (matched_at - matching) / urls * 1e6,
        "canonical_url_microseconds": (spelled - matched_at) / urls * 1e6,
        "matched": matched,
    }


def with_lists(category: Path) -> Matcher:
    """Ours."""
    lists = BlockLists.load([str(category)])
    return lambda url: bool(lists.match(url))


def with_set(category: Path) -> Matcher:
    """A set of strings."""
    with (category / "domains").open(encoding="ascii") as lines:
        listed = {line.rstrip("\n") for line in lines}

    def match(url: str) -> bool:
        domain = host(canonical_url(url))
        while domain:
            if domain in listed:
                return True
            domain = domain.partition(".")[2]
        return False

    return match


SIDES: Mapping[str, Callable[[Path], Matcher]] = {"curate": with_lists, "set": with_set}


def summed(results: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Median, least and greatest of each figure; the number of URLs matched."""
    figures = {
        figure: summary([result[figure] for result in results])
        for figure in (*FIGURES, "canonical_url_microseconds")
    }
    (matched,) = {result["matched"] for result in results}
    return {**figures, "matched": matched}


def show(report: Mapping[str, Any]) -> None:
    """Print a table for a person."""
    print(f"{report['hosts']:,} hosts, {report['urls']:,} URLs; medians")
    print(f"{'':20}{'curate':>10}{'set':>10}{'ratio':>10}")
    for figure in FIGURES:
        ours, theirs = (report["sides"][side][figure][0] for side in SIDES)
        print(f"{figure:20}{ours:>10.2f}{theirs:>10.2f}{report['of_set'][figure][0]:>10.3f}")
    print("matched", *(report["sides"][side]["matched"] for side in SIDES))


if __name__ == "__main__":
    main()
