"""How fast the articles of Wikipedia dumps give what they cite, against a parser of wikitext.

    python benchmarks/references.py --dumps DUMP ... --pages 200 --repeat 3 --json

Both sides get the same articles, read beforehand, in one process and in turns, and make the same of
each: its web addresses, taken out of archive links and spelled canonically, with how often they are
cited and whether in a `<ref>`, and its categories. mwparserfromhell parses the wikitext in full and
its tree is searched.

What the figures mean:

- `pages_per_cpu_second` and `mb_per_cpu_second` (10^6 characters of wikitext) of the process: the
  median, the least and the greatest of the turns. The first turn only warms up.
- `of_mwparserfromhell` is our rate over its rate of the same turn.
- `citations` are what each side found, `agreed` those that both did, article by article.
- `read` is what comes before: articles a CPU second when a dump is decompressed and its XML parsed.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mwparserfromhell
from measure import in_turns, machine, summary

from classifiers.references import references
from classifiers.webarchives import original
from classifiers.wikipedia import WikiPage, read_pages
from classifiers.wikitext import categories
from pipeline.records import Split
from pipeline.urls import canonical_url, host

Citations = Counter[tuple[str, str]]
"""How often an article cites a canonical URL, by its title and the URL."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dumps", required=True, nargs="+", metavar="DUMP")
    parser.add_argument("--pages", type=int, default=200, metavar="N", help="articles of each dump")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = {
        "dumps": {path: measure(path, given.pages, given.repeat) for path in given.dumps},
        "versions": {"mwparserfromhell": version("mwparserfromhell"), "lxml": version("lxml")},
        "machine": machine(),
    }
    print(json.dumps(report, indent=1)) if given.json else show(report)


def measure(path: str, most: int, repeat: int) -> dict[str, Any]:
    """The figures of one dump, as the module's docstring has them."""
    begun = time.process_time()
    piece = Split(path, 0, Path(path).stat().st_size)
    read = [one for one in read_pages(piece) if isinstance(one, WikiPage) and not one.no_article]
    seconds = time.process_time() - begun
    # Evenly spread: dumps begin with old, long articles.
    pages = read[:: max(1, len(read) // most)][:most]
    characters = sum(len(page.wikitext) for page in pages)
    turns = in_turns({name: partial(run, side, pages) for name, side in SIDES.items()}, repeat + 1)
    taken = {name: [cost for cost, _ in results[1:]] for name, results in turns.items()}
    found = {name: results[0][1] for name, results in turns.items()}
    pairs = zip(taken["curate"], taken["mwparserfromhell"], strict=True)
    return {
        "articles": len(pages),
        "characters": characters,
        "read": len(read) / seconds,
        "of_mwparserfromhell": summary([theirs / ours for ours, theirs in pairs]),
        "agreed": (found["curate"] & found["mwparserfromhell"]).total(),
        "sides": {
            name: {
                "citations": found[name].total(),
                "pages_per_cpu_second": summary([len(pages) / cost for cost in costs]),
                "mb_per_cpu_second": summary([characters / 1e6 / cost for cost in costs]),
            }
            for name, costs in taken.items()
        },
    }


def run(
    side: Callable[[WikiPage], Mapping[str, int]], pages: Sequence[WikiPage]
) -> tuple[float, Citations]:
    """CPU seconds that a side took for the articles, and what it found."""
    found: Citations = Counter()
    begun = time.process_time()
    for page in pages:
        found.update({(page.title, url): count for url, count in side(page).items()})
    return time.process_time() - begun, found


def by_curate(page: WikiPage) -> dict[str, int]:
    """Citations by canonical URL."""
    categories(page.wikitext, page.site.categories)
    return {one.canonical_url: one.citations for one in references(page.wikitext)}


def by_mwparserfromhell(page: WikiPage) -> dict[str, int]:
    """The same by the full parser."""
    # It takes the address within an archive's address for one of its own where no scheme precedes.
    code = mwparserfromhell.parse(re.sub(r"=\s*//", "=https://", page.wikitext))
    counts: Counter[tuple[str, bool]] = Counter()
    for link in code.filter_external_links():
        # It takes templates and parameters that follow at once for the address's end.
        url = re.split(r"\{\{|\|", str(link.url).replace("&amp;", "&"))[0]
        counts[canonical_url(original(url)), original(url) != url] += 1
    for tag in code.filter_tags(matches=lambda tag: str(tag.tag).lower() == "ref"):
        tag.contents.filter_external_links()
    code.filter_wikilinks()
    citations: dict[str, int] = {}
    for (url, _), count in counts.items():
        if "." in host(url) and not re.search(r"\bwik\w+\.org|toolforge|mediawiki", host(url)):
            citations[url] = max(citations.get(url, 0), count)
    return citations


SIDES = {"curate": by_curate, "mwparserfromhell": by_mwparserfromhell}


def show(report: Mapping[str, Any]) -> None:
    """Print a table for a person."""
    for path, row in report["dumps"].items():
        print(f"{path}: {row['articles']} articles, read at {row['read']:,.0f} a CPU second")
        for name, side in row["sides"].items():
            rate, (least, greatest) = side["pages_per_cpu_second"]
            print(f"  {name:18}{side['citations']:>8,} citations", end="")
            print(f"{rate:>10,.0f} [{least:,.0f}, {greatest:,.0f}] articles a CPU second")
        ratio, (least, greatest) = row["of_mwparserfromhell"]
        print(
            f"  agreed {row['agreed']:,}; {ratio:.1f} [{least:.1f}, {greatest:.1f}] times as fast"
        )


if __name__ == "__main__":
    main()
