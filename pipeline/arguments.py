"""The command line: its commands, their arguments, and what each calls."""

import argparse
from pathlib import Path
from typing import Any, Literal

from pipeline.argumenttypes import count, mib, name
from pipeline.modelcommands import COMMANDS
from pipeline.order import STAGES
from training.planning.arguments import add_plan

Call = Literal[
    "covered",
    "evaluate",
    "explain",
    "export",
    "generate",
    "inspect",
    "mix",
    "plan",
    "plan_fit",
    "prove",
    "references",
    "report",
    "run",
    "sample",
    "stats",
    "trace",
    "train_domain",
    "train_quality",
    "verify",
    "what_if",
]
"""What a command does: the attribute `call` of its parsed arguments."""

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
    _add(
        commands, "stats", "show the funnel, languages, hosts, mixture, quality", "stats", run=True
    )
    about = "trace a sentence, or a batch of training, back to archives"
    found = _add(commands, "trace", about, "trace", run=True)
    asked = found.add_mutually_exclusive_group(required=True)
    asked.add_argument("sentence", nargs="?", help="words as they stand in the text")
    asked.add_argument(
        "--batch", type=count, metavar="STEP", help="in place of words: a step of the training"
    )
    found.add_argument("--anonymous", action="store_true", help="read without credentials")
    judged = _add(commands, "what-if", "judge anew from stored statistics", "what_if", run=True)
    judged.add_argument(
        "bounds", nargs="+", metavar="RULE.low=N", help="such as mean_word_length.high=12"
    )
    judged.add_argument("-n", type=count, default=10, metavar="N", help="pages to name, each way")
    explained = _add(commands, "explain", "show a page's whole way", "explain", run=True)
    explained.add_argument("page", metavar="URL", help="the page's URL, or its record's id")
    read = _add(commands, "inspect", "show pages to read", "inspect", run=True)
    read.add_argument("--dropped-by", metavar="RULE", help="pages a rule dropped; else kept ones")
    read.add_argument("-n", type=count, default=20, metavar="N", help="how many")
    covered = _add(commands, "contamination", "show benchmark items in pages", "covered", run=True)
    covered.add_argument("-n", type=count, default=20, metavar="N", help="items to name")
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
    _add(held, "verify", "compare every byte with what was written", "verify", run=True)
    for call, help_, add, _ in COMMANDS:
        add(_add(commands, call, help_, call, run=True))
    about = "propose domain weights by regression on small proxies"
    _add_configured(commands, "mix", about, "mix")
    add_plan(commands)
    about = "train small models on what each step leaves, and compare them"
    _add_configured(commands, "prove", about, "prove")
    sample = _add(commands, "sample", "write the bundled sample crawl", "sample", run=False)
    sample.add_argument("folder", type=Path, help="where to write it")
    return parser


def _add(commands: Any, name: str, help_: str, call: Call, run: bool) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    if run:
        parser.add_argument("run", help="the run's folder, as in runs/NAME")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.set_defaults(call=call)
    return parser


def _add_run(commands: Any, name: str, help_: str, only: str | None) -> argparse.ArgumentParser:
    parser = _add_configured(commands, name, help_, "run")
    parser.add_argument("--input", nargs="+", metavar="PATH", help="in place of input.paths")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    if only is None:
        names = [stage.name for stage in STAGES]
        parser.add_argument("--until", choices=names, help="the last stage to run")
    parser.set_defaults(only=only, until=None)
    return parser


def _add_configured(commands: Any, name: str, help_: str, call: Call) -> argparse.ArgumentParser:
    parser = _add(commands, name, help_, call, run=False)
    parser.add_argument("config", help="a TOML file; see configs/")
    parser.add_argument("--output", metavar="FOLDER", help="in place of run.output")
    parser.add_argument("--name", help="in place of run.name")
    parser.add_argument("--workers", type=int, metavar="N", help="in place of workers.count")
    parser.add_argument(
        "--overwrite", action="store_true", help="make output anew that other settings made"
    )
    parser.set_defaults(input=None)
    return parser


def _add_references(commands: Any) -> None:
    help_ = "make a table of the web pages that Wikipedia cites, from MediaWiki dumps"
    parser = _add(commands, "references", help_, "references", run=False)
    parser.add_argument(
        "dumps",
        nargs="+",
        type=name,
        metavar="DUMP",
        help="pages-articles as xml, bz2, gz, xz or zst; a glob",
    )
    parser.add_argument("--output", required=True, type=name, metavar="DIR", help="its folder")
    parser.add_argument("--workers", type=count, default=0, metavar="N", help="0 means one a core")
    parser.add_argument("--overwrite", action="store_true", help="make a table of other dumps anew")


def _add_report(commands: Any) -> None:
    help_ = "show what the tokenizer makes of each language and domain, beside others"
    parser = _add(commands, "report", help_, "report", run=True)
    parser.add_argument(
        "--against", nargs="+", default=[], metavar="FILE", help="other tokenizer.json files"
    )
    parser.add_argument(
        "--mib", type=mib, default=4, metavar="N", help="text to measure of each language"
    )


def _add_train(commands: Any) -> None:
    help_ = "train the classifier of pages that look like those Wikipedia cites"
    _add_run(commands, "quality", help_, "quality").set_defaults(call="train_quality")


def _add_train_domain(classifiers: Any) -> None:
    help_ = "train the classifier of topics, formats and domains on labelled pages"
    parser = _add(classifiers, "domain", help_, "train_domain", run=False)
    parser.add_argument(
        "pages",
        nargs="+",
        type=name,
        metavar="LABELLED",
        help="JSON Lines (also bz2, gz, xz, zst) of url, text, and topic, format or domain; a glob",
    )
    parser.add_argument("--hosts", default="", metavar="FOLDER", help="host lists as UT1's")
    parser.add_argument("--output", required=True, type=name, metavar="DIR", help="its folder")
