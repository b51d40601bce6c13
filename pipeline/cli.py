"""The command `curate`."""

import argparse
import atexit
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from pipeline import (
    ask,
    domaintraining,
    files,
    modelcommands,
    shardcheck,
    stats,
    tables,
    tokenizertables,
)
from pipeline.config import Config, QualitySection, RunSection, WorkersSection, load
from pipeline.coverage import coverage
from pipeline.errors import UserError
from pipeline.explain import explain
from pipeline.files import Access
from pipeline.order import REFERENCES, STAGES
from pipeline.plan import plan
from pipeline.progress import Progress
from pipeline.referencetable import ReferenceTable
from pipeline.run import run, run_alone, run_folder
from pipeline.sample.builder import build_sample
from pipeline.samples import samples
from pipeline.stages.graph import parse_options
from pipeline.tasks.quality import CARD, CARD_TEXT
from pipeline.tokenizerreport import report
from pipeline.trace import trace
from pipeline.whatif import what_if

_STAGE_HELP = {
    "extract": "read archives, extract text and language",
    "references": "read what Wikipedia cites from the dumps that the configuration names",
    "filter": "judge every document by the rules",
    "dedup": "find exact and near duplicates",
    "lines": "take out boilerplate that many pages repeat",
    "weight": "decide how often each document is seen in training",
    "train-tokenizer": "train the BPE tokenizer on the weighted text",
    "shard": "write token shards as Parquet",
    "train": "train the torch model on the shards",
}


def command() -> None:
    """Run `main` as this process, and end it: the console script.

    Not by the interpreter's own way out, on which threads of C++ libraries were seen to abort a
    process whose work was done and told.
    """
    status = main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 2 for a mistake of the user's."""
    # Beam logs an error that it raises as well; one line of ours is enough.
    for name in ("apache_beam.runners.common", "apache_beam.runners.worker"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, beam = _at_dashes(words)
    parsed = make_parser().parse_args(own)
    try:
        if beam and parsed.call not in (_run, _references, _train_quality):
            raise UserError(f"{parsed.command}: takes no Beam options after --")
        parsed.beam = parse_options(beam)
        parsed.call(parsed)
    except UserError as error:
        print(f"curate: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("curate: interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _at_dashes(words: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def make_parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    parser = argparse.ArgumentParser(
        prog="curate",
        description="Turn web archives into token shards for language-model pretraining.",
        epilog="Beam options follow after --, as in: curate run CONFIG -- --runner=DataflowRunner",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands, "run", "run every stage", None)
    for stage in STAGES:
        if stage.command in _STAGE_HELP:
            _add_run(commands, stage.command, _STAGE_HELP[stage.command], stage.name)
    _add(commands, "stats", "show the funnel, languages, hosts, mixture, quality", _stats, run=True)
    found = _add(commands, "trace", "trace a sentence back to its archive", _trace, run=True)
    found.add_argument("sentence", help="words as they stand in the text")
    found.add_argument("--anonymous", action="store_true", help="read without credentials")
    judged = _add(commands, "what-if", "judge anew from stored statistics", _what_if, run=True)
    judged.add_argument(
        "bounds", nargs="+", metavar="RULE.low=N", help="such as mean_word_length.high=12"
    )
    judged.add_argument("-n", type=_count, default=10, metavar="N", help="pages to name, each way")
    explained = _add(commands, "explain", "show a page's whole way", _explain, run=True)
    explained.add_argument("page", metavar="URL", help="the page's URL, or its record's id")
    read = _add(commands, "inspect", "show pages to read", _inspect, run=True)
    read.add_argument("--dropped-by", metavar="RULE", help="pages a rule dropped; else kept ones")
    read.add_argument("-n", type=_count, default=20, metavar="N", help="how many")
    covered = _add(commands, "contamination", "show benchmark items in pages", _covered, run=True)
    covered.add_argument("-n", type=_count, default=20, metavar="N", help="items to name")
    about = "train classifiers, and make what they are trained on"
    classifier = commands.add_parser("classifier", help=about, description=about)
    parts = classifier.add_subparsers(dest="part", required=True, metavar="PART")
    _add_references(parts)
    about = "train a classifier"
    trained = parts.add_parser("train", help=about, description=about)
    which = trained.add_subparsers(dest="classifier", required=True, metavar="CLASSIFIER")
    _add_train(which)
    _add_train_domain(which)
    about = "what the trained tokenizer is like"
    tokenizer = commands.add_parser("tokenizer", help=about, description=about)
    _add_report(tokenizer.add_subparsers(dest="part", required=True, metavar="PART"))
    about = "the token shards of a run"
    shards = commands.add_parser("shards", help=about, description=about)
    held = shards.add_subparsers(dest="part", required=True, metavar="PART")
    _add(held, "verify", "compare every byte with what was written", _verify, run=True)
    _add_model_commands(commands)
    sample = _add(commands, "sample", "write the bundled sample crawl", _sample, run=False)
    sample.add_argument("folder", type=Path, help="where to write it")
    return parser


def _count(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is no count, such as 20")
    return int(word)


def _mib(word: str) -> int:
    if not 0 < (count := _count(word)) <= 1 << 20:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 to {1 << 20}")
    return count


def _name(word: str) -> str:
    if not word:
        raise argparse.ArgumentTypeError("is empty")
    return word


def _add(
    commands: Any, name: str, help_: str, call: Callable[[Any], None], run: bool
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    if run:
        parser.add_argument("run", help="the run's folder, as in runs/NAME")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.set_defaults(call=call)
    return parser


def _add_run(commands: Any, name: str, help_: str, only: str | None) -> argparse.ArgumentParser:
    parser = _add(commands, name, help_, _run, run=False)
    parser.add_argument("config", help="a TOML file; see configs/")
    parser.add_argument("--input", nargs="+", metavar="PATH", help="in place of input.paths")
    parser.add_argument("--output", metavar="FOLDER", help="in place of run.output")
    parser.add_argument("--name", help="in place of run.name")
    parser.add_argument("--workers", type=int, metavar="N", help="in place of workers.count")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    parser.add_argument(
        "--overwrite", action="store_true", help="make output anew that other settings made"
    )
    if only is None:
        names = [stage.name for stage in STAGES]
        parser.add_argument("--until", choices=names, help="the last stage to run")
    parser.set_defaults(only=only, until=None)
    return parser


def _add_references(commands: Any) -> None:
    help_ = "make a table of the web pages that Wikipedia cites, from MediaWiki dumps"
    parser = _add(commands, "references", help_, _references, run=False)
    parser.add_argument(
        "dumps",
        nargs="+",
        type=_name,
        metavar="DUMP",
        help="pages-articles as xml, bz2, gz, xz or zst; a glob",
    )
    parser.add_argument("--output", required=True, type=_name, metavar="DIR", help="its folder")
    parser.add_argument("--workers", type=_count, default=0, metavar="N", help="0 means one a core")
    parser.add_argument("--overwrite", action="store_true", help="make a table of other dumps anew")


def _add_report(commands: Any) -> None:
    help_ = "show what the tokenizer makes of each language and domain, beside others"
    parser = _add(commands, "report", help_, _report, run=True)
    parser.add_argument(
        "--against", nargs="+", default=[], metavar="FILE", help="other tokenizer.json files"
    )
    parser.add_argument(
        "--mib", type=_mib, default=4, metavar="N", help="text to measure of each language"
    )


def _add_train(commands: Any) -> None:
    help_ = "train the classifier of pages that look like those Wikipedia cites"
    _add_run(commands, "quality", help_, "quality").set_defaults(call=_train_quality)


def _add_train_domain(classifiers: Any) -> None:
    help_ = "train the classifier of topics, formats and domains on labelled pages"
    parser = _add(classifiers, "domain", help_, _train_domain, run=False)
    parser.add_argument(
        "pages",
        nargs="+",
        type=_name,
        metavar="LABELLED",
        help="JSON Lines, plain, gz or zst, with url, text, and topic, format or domain; a glob",
    )
    parser.add_argument("--hosts", default="", metavar="FOLDER", help="host lists as UT1's")
    parser.add_argument("--output", required=True, type=_name, metavar="DIR", help="its folder")


def _add_model_commands(commands: Any) -> None:
    for name, help_, add, answer in modelcommands.COMMANDS:
        add(_add(commands, name, help_, partial(_answer, answer), run=True))


def _config(parsed: argparse.Namespace) -> Config:
    given = {
        "input": {"paths": parsed.input},
        "run": {"output": parsed.output, "name": parsed.name},
        "workers": {"count": parsed.workers},
    }
    overrides = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in given.items()
    }
    config = load(parsed.config, overrides)
    if not config.input.paths:
        raise UserError(f"{parsed.config}: input.paths: empty; set it or pass --input PATH")
    return config


def _run(parsed: argparse.Namespace) -> None:
    config = _config(parsed)
    if _run_stages(parsed, config):
        found = stats.collect(run_folder(config))
        _output(parsed, found.to_json(), lambda console: tables.show(found, console))


def _run_stages(parsed: argparse.Namespace, config: Config) -> bool:
    """Run the stages, or print the plan if that is asked for; returns whether they were run."""
    options: PipelineOptions = parsed.beam
    if parsed.dry_run:
        steps = plan(config, options)
        _output(parsed, steps.to_json(), steps.show)
        return False
    progress = Progress(Console(stderr=True))
    run(config, options, progress, parsed.only, parsed.until, parsed.overwrite)
    return True


def _train_quality(parsed: argparse.Namespace) -> None:
    config = _config(parsed)
    section = config.quality
    if section.model or not (section.dumps or section.references):
        raise UserError(
            f"{parsed.config}: quality: nothing to train on; set dumps or references, and no model"
        )
    if _run_stages(parsed, config):
        folder = files.join(run_folder(config), "quality")
        text = files.read_input(files.join(folder, CARD_TEXT)).decode()
        card = files.read_json(files.join(folder, CARD))
        _output(parsed, card, lambda console: console.print(text, soft_wrap=True))


def _references(parsed: argparse.Namespace) -> None:
    config = Config(
        run=RunSection(name="references"),
        quality=QualitySection(dumps=tuple(parsed.dumps)),
        workers=WorkersSection(count=parsed.workers),
    )
    progress = Progress(Console(stderr=True))
    begun_before, begun = bool(files.names(parsed.output)), time.monotonic()
    manifest = run_alone(REFERENCES, config, parsed.output, parsed.beam, progress, parsed.overwrite)
    seconds = None if begun_before else time.monotonic() - begun
    found = ReferenceTable.of(parsed.output, manifest, seconds)
    _output(parsed, asdict(found), found.show)


def _train_domain(parsed: argparse.Namespace) -> None:
    note = Progress(Console(stderr=True)).note
    found = domaintraining.train(tuple(parsed.pages), parsed.hosts, parsed.output, note)
    _output(parsed, found.to_json(), found.show)


def _stats(parsed: argparse.Namespace) -> None:
    found = stats.collect(parsed.run)
    _output(parsed, found.to_json(), lambda console: tables.show(found, console))


def _trace(parsed: argparse.Namespace) -> None:
    found = list(trace(parsed.run, parsed.sentence, Access(anonymous=parsed.anonymous)))
    if not found:
        raise UserError(f"{parsed.run}: no document in the shards says {parsed.sentence!r}")
    _output(
        parsed,
        [asdict(one) for one in found],
        lambda console: console.print_json(data=[asdict(one) for one in found], ensure_ascii=False),
    )


def _what_if(parsed: argparse.Namespace) -> None:
    answer = what_if(parsed.run, ask.read_bounds(parsed.bounds), parsed.n)
    _output(parsed, asdict(answer), lambda console: ask.show_what_if(answer, console))


def _explain(parsed: argparse.Namespace) -> None:
    stories = list(explain(parsed.run, parsed.page))
    if not stories:
        raise UserError(f"{parsed.run}: no record of {parsed.page!r}")
    _output(parsed, stories, lambda console: ask.show_explained(stories, console))


def _inspect(parsed: argparse.Namespace) -> None:
    found = samples(parsed.run, parsed.dropped_by, parsed.n)
    _output(parsed, found, lambda console: ask.show_samples(found, console))


def _covered(parsed: argparse.Namespace) -> None:
    rows = coverage(parsed.run)
    content = [asdict(row) for row in rows]
    _output(parsed, content, lambda console: ask.show_coverage(rows, parsed.n, console))


def _report(parsed: argparse.Namespace) -> None:
    found = report(parsed.run, parsed.against, parsed.mib)
    _output(parsed, asdict(found), lambda console: tokenizertables.show(found, console))


def _verify(parsed: argparse.Namespace) -> None:
    found = shardcheck.check(parsed.run)
    _output(parsed, asdict(found), lambda console: ask.show_shard_check(found, console))
    if found.problems:
        names = ", ".join(found.problems)
        raise UserError(
            f"{found.folder}: not as they were written: {names}; "
            f"delete {found.folder} and run `curate shard`"
        )


def _answer(answer: modelcommands.Command, parsed: argparse.Namespace) -> None:
    _output(parsed, *answer(parsed))


def _sample(parsed: argparse.Namespace) -> None:
    try:
        summary = asdict(build_sample(parsed.folder))
    except OSError as error:
        raise UserError(f"{parsed.folder}: cannot be written ({error.strerror})") from error
    _output(parsed, summary, lambda console: console.print(summary))


def _output(parsed: argparse.Namespace, content: object, show: Callable[[Console], object]) -> None:
    """Print a result: as JSON if asked to, else for a person."""
    if parsed.json:
        json.dump(content, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        show(Console(width=None if sys.stdout.isatty() else 140, markup=False, highlight=False))
