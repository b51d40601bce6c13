r"""Main text from HTML: ours beside trafilatura, resiliparse and readability-lxml, page by page.

    python benchmarks/extraction.py --pages WARC --truth JSONL [--limit N] [--repeat 3] [--json]

Every engine gets the same decoded pages in the same process, in turns, one page after another, so
that what else the machine does hits all alike. Time is CPU time; pages a second are the median of
the repeats, `spread` is the least and the greatest. Quality is of words (`\w+`, lower-cased), as
multisets: precision, recall and F1 page by page, on pages whose whole main text is known
(`kind = fulltext` in the truth); no output counts 0. Pages without truth count for time only.

- `careful`: our path; parsing, metadata, choice of blocks, Markdown, language.
- `screened`: the screen for `--languages` before it. `false_rejection` is the share of the pages
  that extraction and the filter's default rules would keep which the screen rejects, and
  `screen_pages_per_second` the screen alone.
- `trafilatura`, `resiliparse`, `readability`: `extract(html)`, `extract_plain_text(html,
  main_content=True)`, and the text of `Document(html).summary()`.

The model of `careful` was trained on pages like these; scripts/train_main_text.py says how good it
is on sources left out. Needs the extra `bench`.
"""

import argparse
import gzip
import hashlib
import json
import logging
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import lxml.html
import numpy as np
import trafilatura
from measure import machine
from readability import Document as Readability
from resiliparse.extract.html2text import extract_plain_text

from pipeline import charset, warc
from pipeline.config import ExtractSection, FilterSection
from pipeline.examine import OBEYED, Lists, Subject, examine
from pipeline.extract import extract
from pipeline.families import bounds_of
from pipeline.maintext import markup
from pipeline.records import Document, Page
from pipeline.rules import judge
from pipeline.screen import Screen

_WORD = re.compile(r"\w+")


@dataclass
class Run:
    """What an engine did.

    Attributes:
        seconds: CPU seconds of each page, a list a repeat.
        texts: The text of each page.
    """

    seconds: list[list[float]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A page, decoded, and its marked text where there is one."""

    page: Page
    html: str
    source: str
    truth: str | None


def main() -> None:
    """Run the engines and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", required=True, help="a WARC of HTML pages")
    parser.add_argument("--truth", help="gzipped JSON lines: html_sha1, kind, source, truth")
    parser.add_argument("--limit", type=int, default=0, help="pages; 0 means all")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--languages", default="en", help="what the screen looks for; '' for any")
    parser.add_argument("--by-source", action="store_true", help="add each source's mean F1")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    cases = read_cases(arguments.pages, arguments.truth, arguments.limit)
    languages = frozenset(filter(None, arguments.languages.split(",")))
    screen = Screen.of(FilterSection(languages=tuple(sorted(languages))))
    engines = {
        "careful": lambda case: _ours(case, None),
        "screened": lambda case: _ours(case, screen),
        "trafilatura": lambda case: trafilatura.extract(case.html) or "",
        "resiliparse": lambda case: extract_plain_text(case.html, main_content=True),
        "readability": _readability,
    }
    runs = {name: Run() for name in engines}
    for _ in range(arguments.repeat):
        one_round(cases, engines, runs)
    result = {name: figures(run, cases, arguments.by_source) for name, run in runs.items()}
    result["screened"] |= screening(cases, screen)
    result |= {"machine": machine(), "input": arguments.pages, "pages": len(cases)}
    print(json.dumps(result, indent=1) if arguments.json else table(result, engines))


def read_cases(pages: str, truth: str | None, limit: int) -> list[Case]:
    """The pages of an archive, decoded, with their truth."""
    known: dict[str, dict[str, str]] = {}
    if truth:
        with gzip.open(truth, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                # Rows of pages without marked text need not say which page they are of.
                known[row.get("html_sha1", "")] = row
    cases = []
    for split in warc.plan_splits(pages, 1 << 40):
        for page in warc.read_records(split, 1 << 30):
            if isinstance(page, Page) and page.body:
                html, _ = charset.decode(page.body, page.charset)
                digest = hashlib.sha1(page.body, usedforsecurity=False).hexdigest()
                row = known.get(digest, {})
                marked = row.get("truth") if row.get("kind") == "fulltext" else None
                cases.append(Case(page, html, row.get("source", ""), marked))
            if limit and len(cases) == limit:
                return cases
    return cases


def one_round(
    cases: list[Case], engines: Mapping[str, Callable[[Case], str]], runs: Mapping[str, Run]
) -> None:
    """Give each page to each engine; which is first changes from page to page."""
    names = list(engines)
    for run in runs.values():
        run.seconds.append([])
        run.texts.clear()
    for number, case in enumerate(cases):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            begun = time.process_time()
            try:
                text = engines[name](case)
            except Exception:  # noqa: BLE001 - a peer that breaks on a page has found nothing in it
                text = ""
            runs[name].seconds[-1].append(time.process_time() - begun)
            runs[name].texts.append(text)


def _ours(case: Case, screen: Screen | None) -> str:
    found = extract(case.page, ExtractSection(), screen)
    return found.text if isinstance(found, Document) else ""


def _readability(case: Case) -> str:
    summary = lxml.html.fromstring(Readability(case.html).summary())
    return str(summary.text_content())


def figures(run: Run, cases: list[Case], by_source: bool) -> dict[str, Any]:
    """The JSON of an engine."""
    rates = [len(cases) / sum(seconds) for seconds in run.seconds]
    milliseconds = 1000 * np.median(np.array(run.seconds), axis=0)
    scores = [
        (case.source, *agreement(text, case.truth))
        for case, text in zip(cases, run.texts, strict=True)
        if case.truth is not None
    ]
    result: dict[str, Any] = {
        "pages_per_second": round(float(np.median(rates)), 1),
        "spread": [round(min(rates), 1), round(max(rates), 1)],
    }
    for share in (50, 95, 99):
        result[f"ms_p{share}"] = round(float(np.percentile(milliseconds, share)), 2)
    if scores:
        precision, recall, f1 = np.array([score[1:] for score in scores]).T
        result |= {
            "f1_mean": round(float(f1.mean()), 4),
            "f1_median": round(float(np.median(f1)), 4),
            "precision": round(float(precision.mean()), 4),
            "recall": round(float(recall.mean()), 4),
            "judged_pages": len(scores),
        }
    if by_source:
        per: dict[str, list[float]] = defaultdict(list)
        for source, _, _, f1_of_page in scores:
            per[source].append(f1_of_page)
        result["f1_by_source"] = {name: round(float(np.mean(per[name])), 3) for name in sorted(per)}
    return result


def agreement(text: str, truth: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of a text's words."""
    found, true = Counter(_WORD.findall(text.lower())), Counter(_WORD.findall(truth.lower()))
    both = (found & true).total()
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / found.total(), both / true.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def screening(cases: list[Case], screen: Screen) -> dict[str, Any]:
    """The screen alone: its speed, what it rejects, and how much of that wrongly."""
    rejected, wrong, kept, seconds = 0, [], 0, 0.0
    for case in cases:
        begun = time.process_time()
        verdict = screen.rejects(markup.strip(case.html.encode("utf-8", "replace")))
        seconds += time.process_time() - begun
        good = _keeps(case, screen)
        kept += good
        rejected += verdict is not None
        if good and verdict:
            wrong.append(f"{case.page.capture.url}: {verdict[0]}")
    return {
        "screen_pages_per_second": round(len(cases) / seconds, 1),
        "rejected": rejected,
        "would_be_kept": kept,
        "false_rejection": round(len(wrong) / max(kept, 1), 4),
        "falsely_rejected": wrong,
    }


def _keeps(case: Case, screen: Screen) -> bool:
    """Whether the careful path and the filter's default rules keep a page."""
    found = extract(case.page, ExtractSection(), None)
    if not isinstance(found, Document):
        return False
    if screen.languages and found.language not in screen.languages:
        return False
    section = FilterSection()
    opt_outs = sorted(OBEYED.intersection(found.metadata.opt_outs))
    capture, code = found.capture, found.language
    subject = Subject(
        capture.id, capture.url, found.text, code, found.language_score, opt_outs, None
    )
    examined = examine(subject, section, Lists.of(section))
    return judge(examined.statistics, bounds_of(section, code)) is None


def table(result: Mapping[str, Any], engines: Mapping[str, object]) -> str:
    """The figures as lines."""
    lines = [f"{result['pages']} pages; {result['machine']}"]
    for name in engines:
        cells = [f"{key} {value}" for key, value in result[name].items() if key != "spread"]
        lines.append(f"{name:12} " + "  ".join(cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
