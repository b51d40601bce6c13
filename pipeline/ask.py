"""The answers of `curate what-if`, `explain`, `inspect` and others, on a screen."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from pipeline import configerrors
from pipeline.batchtrace import TracedTokens
from pipeline.config import Bounds
from pipeline.contamination import Coverage
from pipeline.errors import UserError
from pipeline.rules import RULES
from pipeline.shardcheck import ShardCheck
from pipeline.whatif import WhatIf


def read_bounds(words: Sequence[str]) -> dict[str, Bounds]:
    """The bounds that a user gives as `RULE.low=N` and `RULE.high=N`; `none` lifts one.

    A bound not named stays as it is, as in the configuration.

    Raises:
        UserError: A word is no bound, or names no rule.
    """
    found: dict[str, dict[str, float | str]] = {}
    for word in words:
        key, equals, number = word.partition("=")
        rule, _, side = key.rpartition(".")
        if not equals or side not in ("low", "high"):
            raise UserError(f"{word}: write a bound as RULE.low=N or RULE.high=N")
        if rule not in RULES:
            close = difflib.get_close_matches(rule, RULES, n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]!r}?" if close else "; see docs/filters.md"
            raise UserError(f"{word}: there is no rule {rule!r}{hint}")
        try:
            found.setdefault(rule, {})[side] = number if number == "none" else float(number)
        except ValueError as error:
            raise UserError(f"{word}: {number!r} is no number") from error
    return {rule: _bounds(rule, sides) for rule, sides in found.items()}


def _bounds(rule: str, sides: Mapping[str, float | str]) -> Bounds:
    try:
        return Bounds.model_validate(sides)
    except ValidationError as error:
        raise UserError(f"{rule}: {configerrors.reason(error.errors()[0])}") from error


def show_what_if(answer: WhatIf, console: Console) -> None:
    """Print what other bounds would keep, drop by which rule, and some pages that change side."""
    table = Table("reason", "dropped", "would be dropped", title=f"{answer.read:,} documents")
    for reason in sorted({*answer.dropped, *answer.would_drop}):
        now, then = answer.dropped.get(reason, 0), answer.would_drop.get(reason, 0)
        if now != then:
            table.add_row(reason, f"{now:,}", f"{then:,}")
    console.print(table)
    console.print(
        f"kept {answer.kept:,}, would be {answer.would_keep:,}: "
        f"{answer.gained:,} more, {answer.lost:,} less"
    )
    if answer.screened:
        console.print(
            f"{answer.screened:,} pages that the screen rejected in extract are not judged anew: "
            "extract.screen = false extracts them, too"
        )
    for change in answer.changes:
        value = "" if change.value is None else f" ({change.value:.4g})"
        console.print(f"{change.was} -> {change.now}{value}  {change.url}", soft_wrap=True)


def show_explained(stories: Iterable[Mapping[str, Any]], console: Console) -> None:
    """Print each record's way, a line a fact."""
    for story in stories:
        console.print(f"{story['url']}  {story['date']}", style="bold")
        console.print(f"  {story['warc']} at byte {story['offset']}, part {story['part']}")
        for stage in ("extract", "filter", "lines", "dedup", "weight"):
            if stage in story:
                console.print(f"  {stage}", style="bold")
                _show_stage(story[stage], console)


def _show_stage(facts: Mapping[str, Any], console: Console) -> None:
    for key, value in facts.items():
        if key == "statistics":
            _show_statistics(value, console)
        elif key == "edits":
            for edit in value:
                line = f"    {edit['kind']}: {edit['was']!r} -> {edit['is']!r}"
                console.print(line, soft_wrap=True)
        elif value not in (None, "", []):
            console.print(f"    {key}: {value}", soft_wrap=True)


def _show_statistics(statistics: Sequence[Mapping[str, Any]], console: Console) -> None:
    table = Table("statistic", "value", "low", "high", "", box=None, pad_edge=False)
    for row in statistics:
        value, low, high = row["value"], row["low"], row["high"]
        outside = value is not None and (
            (low is not None and value < low) or (high is not None and value > high)
        )
        shown = ("" if number is None else f"{number:.4g}" for number in (value, low, high))
        table.add_row(row["rule"], *shown, "drops" if outside else "")
    console.print(table)


def show_coverage(rows: Sequence[Coverage], count: int, console: Console) -> None:
    """Print by benchmark how many items were found, and the items that are covered best."""
    columns = ("benchmark", "items found", "more than half", "not looked for")
    table = Table(*columns, title="Benchmark items in pages")
    for name in sorted({row.benchmark for row in rows}):
        own = [row for row in rows if row.benchmark == name]
        found, half = sum(row.pages > 0 for row in own), sum(row.covered > 0.5 for row in own)
        table.add_row(name, f"{found:,}", f"{half:,}", f"{len(own) - found:,}")
    console.print(table)
    console.print("Not looked for: items too short, or too much alike, to tell a copy by.")
    found_rows = (row for row in rows if row.pages)
    for row in nsmallest(
        count, found_rows, key=lambda row: (-row.covered, row.benchmark, row.item)
    ):
        console.print(
            f"{row.benchmark} item {row.item}: {row.covered:.0%} of {row.n_words} words, "
            f"{row.pages} pages, most in {row.url}"
        )


def show_batch(rows: Sequence[TracedTokens], console: Console) -> None:
    """Print the documents of a batch, a line each."""
    table = Table("sequence", "tokens", "domain", "language", "URL", "archive", "byte")
    for row in rows:
        table.add_row(
            str(row.sequence),
            f"{row.first_token:,} to {row.last_token:,}",
            row.domain,
            row.language,
            row.url,
            row.warc.rpartition("/")[2],
            f"{row.offset:,}",
        )
    console.print(table)


def show_samples(samples: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print documents one after another."""
    for sample in samples:
        console.rule(sample["url"])
        value = sample.get("value")
        shown = "" if value is None else f"{value:.4g}"
        judged = "" if not sample["domain"] else f"{sample['domain']} {sample['domain_score']:.2f}"
        console.print(f"{sample['id']}  {sample['language']}  {judged}  {shown}")
        console.print(sample["text"], soft_wrap=True)


def show_shard_check(found: ShardCheck, console: Console) -> None:
    """Print how many files are as they were written, and what is wrong with the others."""
    for name, problem in found.problems.items():
        console.print(f"{name}: {problem}", soft_wrap=True)
    console.print(
        f"{found.files:,} files, {found.n_bytes:,} bytes: {len(found.problems):,} not as written"
    )
