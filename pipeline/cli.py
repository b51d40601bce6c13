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

from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from pipeline import (
    ask,
    domaintraining,
    files,
    mixcommand,
    mixtables,
    modelcommands,
    prooftables,
    prove,
    shardcheck,
    stats,
    tables,
    tokenizertables,
)
from pipeline.arguments import Call, make_parser
from pipeline.batchtrace import trace_batch
from pipeline.config import Config, QualitySection, RunSection, WorkersSection, load
from pipeline.coverage import coverage
from pipeline.errors import UserError
from pipeline.explain import explain
from pipeline.files import Access
from pipeline.order import REFERENCES
from pipeline.plan import plan
from pipeline.progress import Progress
from pipeline.referencetable import ReferenceTable
from pipeline.run import run, run_alone, run_folder, train_beside
from pipeline.sample.builder import build_sample
from pipeline.samples import samples
from pipeline.stages.graph import parse_options
from pipeline.tasks.quality import CARD, CARD_TEXT
from pipeline.tokenizerreport import report
from pipeline.trace import trace
from pipeline.whatif import what_if
from training.planning.answer import answer
from training.planning.arguments import read_budgets, read_question
from training.planning.fitted import fit_runs


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
    trains = parsed.call == "run" and parsed.only == "model"
    try:
        if _processes() > 1 and not trains:
            raise UserError(f"{parsed.command}: torchrun starts `curate train` alone")
        if beam and parsed.call not in _BEAM:
            raise UserError(f"{parsed.command}: takes no Beam options after --")
        parsed.beam = parse_options(beam)
        _CALLS[parsed.call](parsed)
    except UserError as error:
        print(f"curate: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("curate: interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _processes() -> int:
    """How many of these processes `torchrun` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def _at_dashes(words: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def _config(parsed: argparse.Namespace) -> Config:
    config = _loaded(parsed)
    if not config.input.paths:
        raise UserError(f"{parsed.config}: input.paths: empty; set it or pass --input PATH")
    return config


def _loaded(parsed: argparse.Namespace) -> Config:
    given = {
        "input": {"paths": parsed.input},
        "run": {"output": parsed.output, "name": parsed.name},
        "workers": {"count": parsed.workers},
    }
    overrides = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in given.items()
    }
    return load(parsed.config, overrides)


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
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        if parsed.only != "model":
            raise UserError(f"{parsed.command}: torchrun starts `curate train` alone")
        if int(os.environ["RANK"]):
            train_beside(config)
            return False
    progress = Progress(Console(stderr=True))
    run(config, options, progress, parsed.only, parsed.until, parsed.overwrite)
    return True


def _prove(parsed: argparse.Namespace) -> None:
    config = _loaded(parsed)
    run(config, parsed.beam, Progress(Console(stderr=True)), "prove", overwrite=parsed.overwrite)
    found = prove.read(files.join(run_folder(config), "prove"))
    _output(parsed, found.to_json(), lambda console: prooftables.show(found, console))


def _train_quality(parsed: argparse.Namespace) -> None:
    config = _config(parsed)
    if not config.quality.trains:
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
    if parsed.batch is not None:
        _trace_batch(parsed)
        return
    found = list(trace(parsed.run, parsed.sentence, Access(anonymous=parsed.anonymous)))
    if not found:
        raise UserError(f"{parsed.run}: no document in the shards says {parsed.sentence!r}")
    _output(
        parsed,
        [asdict(one) for one in found],
        lambda console: console.print_json(data=[asdict(one) for one in found], ensure_ascii=False),
    )


def _trace_batch(parsed: argparse.Namespace) -> None:
    rows = trace_batch(parsed.run, parsed.batch)
    content = [asdict(row) for row in rows]
    _output(parsed, content, lambda console: ask.show_batch(rows, console))


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


def _ask_model(command: modelcommands.Command, parsed: argparse.Namespace) -> None:
    _output(parsed, *command(parsed))


def _mix(parsed: argparse.Namespace) -> None:
    progress = Progress(Console(stderr=True))
    found = mixcommand.answer(_loaded(parsed), parsed.beam, parsed.overwrite, progress)
    _output(parsed, found.to_json(), lambda console: mixtables.show(found, console))
    if found.refusal:
        raise UserError(f"{found.table}: {found.refusal}")


def _plan(parsed: argparse.Namespace) -> None:
    found = answer(*read_question(parsed))
    _output(parsed, found.to_json(), found.show)


def _plan_fit(parsed: argparse.Namespace) -> None:
    found = fit_runs(parsed.runs, read_budgets(parsed), parsed.plot)
    _output(parsed, found.to_json(), found.show)


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


_CALLS: dict[Call, Callable[[argparse.Namespace], None]] = {
    "covered": _covered,
    "explain": _explain,
    "inspect": _inspect,
    "mix": _mix,
    "plan": _plan,
    "plan_fit": _plan_fit,
    "prove": _prove,
    "references": _references,
    "report": _report,
    "run": _run,
    "sample": _sample,
    "stats": _stats,
    "trace": _trace,
    "train_domain": _train_domain,
    "train_quality": _train_quality,
    "verify": _verify,
    "what_if": _what_if,
    **{name: partial(_ask_model, command) for name, *_, command in modelcommands.COMMANDS},
}
_BEAM: tuple[Call, ...] = ("run", "prove", "references", "train_quality")
