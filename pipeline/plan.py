"""What a run would do, without doing it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.table import Table

from pipeline import files
from pipeline.config import Config, DedupSection, InputSection
from pipeline.errors import UserError
from pipeline.ledger import Manifest
from pipeline.minhash import match_probability
from pipeline.order import STAGES
from pipeline.run import check_inputs, make_job, run_folder, stale_keys
from pipeline.tasks.planning import Piece, input_files, is_list, pieces, problem
from pipeline.weightconfig import WeightSection

_SIMILARITIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True)
class Step:
    """A stage of the plan.

    Attributes:
        stage: Its name.
        state: `done`, `stale`, `begun` (some parts are there), or `to do`.
        changed: For a stale stage, the settings that differ.
    """

    stage: str
    state: str
    changed: list[str]


@dataclass(frozen=True)
class Plan:
    """What `--dry-run` prints.

    Attributes:
        run: The run folder.
        runner: Where the graphs run.
        workers: Child processes.
        inputs: Bytes by input file; None for files that a list names, which are not looked at.
        splits: Tasks of the extract stage; None if lists name files.
        refused: What is wrong with inputs that are no archives.
        steps: The stages in order.
        near_duplicates: By Jaccard similarity, the probability that `dedup` compares a pair: that
            it shares a bucket. Empty without MinHash.
    """

    run: str
    runner: str
    workers: int
    inputs: dict[str, int | None]
    splits: int | None
    refused: list[str]
    steps: list[Step]
    near_duplicates: dict[str, float]
    weights: dict[str, float | str]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def show(self, console: Console) -> None:
        """Print the plan for a person."""
        console.print(f"{self.run}: {len(self.inputs)} files, {self._measured()}")
        console.print(f"on {self.runner}, {self.workers} child processes")
        for reason in self.refused:
            console.print(f"will fail: {reason}")
        table = Table("stage", "state", "changed settings")
        for step in self.steps:
            table.add_row(step.stage, step.state, "\n".join(step.changed))
        console.print(table)
        if self.near_duplicates:
            curve = Table("similarity", *self.near_duplicates, title="pairs that dedup compares")
            curve.add_row("share", *(f"{share:.1%}" for share in self.near_duplicates.values()))
            console.print(curve)
        for key, value in self.weights.items():
            console.print(f"{key} = {value}")

    def _measured(self) -> str:
        if self.splits is None:
            return "by lists"
        total = sum(size or 0 for size in self.inputs.values()) / 1e6
        return f"{total:,.1f} MB, in {self.splits} splits"


def plan(config: Config, options: PipelineOptions) -> Plan:
    """Look at the inputs and at what is there already.

    Files that lists name are counted, not looked at.

    Raises:
        UserError: The input of a stage is missing, or is no archive, or a file cannot be read just
            now: the run would end there too.
    """
    section = config.input
    for stage in STAGES[1:]:
        check_inputs(stage, config)
    named = files.expand(section.paths, section.access)
    found = input_files(named, section.base, section.max_files, section.access)
    by_list = any(map(is_list, named))
    planned = {path: [] if by_list else _pieces(path, section) for path in found}
    problems = [problem(of_file) for of_file in planned.values()]
    if all(problems):
        raise UserError(min(problems))
    splits = sum(len(of_file) for of_file in planned.values() if not problem(of_file))
    return Plan(
        run=run_folder(config),
        runner=options.get_all_options().get("runner") or "this machine",
        workers=config.workers.processes,
        inputs={path: _bytes(of_file) for path, of_file in planned.items()},
        splits=None if by_list else splits,
        refused=sorted(filter(None, problems)),
        steps=_steps(config),
        near_duplicates=_curve(config.dedup),
        weights=dict(_weights(config.weight)),
    )


def _curve(section: DedupSection) -> dict[str, float]:
    if not section.near:
        return {}
    return {
        f"{share:.2f}": match_probability(share, section.bands, section.rows)
        for share in _SIMILARITIES
    }


def _weights(section: WeightSection) -> Iterator[tuple[str, float | str]]:
    """The keys that are set, and the cap on repeats, which decides whether targets are reached."""
    given = section.model_dump(exclude_defaults=True, exclude={"hosts"})
    for key, value in ({"max_repeats": section.max_repeats} | given).items():
        yield from _flat(f"weight.{key}", value)


def _flat(key: str, value: Any) -> Iterator[tuple[str, float | str]]:
    if not isinstance(value, Mapping):
        yield key, value
        return
    for name, below in value.items():
        yield from _flat(f"{key}.{name}", below)


def _pieces(path: str, section: InputSection) -> list[Piece]:
    try:
        return pieces(path, section.split_mib << 20, section.access)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


def _bytes(of_file: list[Piece]) -> int | None:
    return of_file[-1].split.stop if of_file else None


def _steps(config: Config) -> list[Step]:
    """The stages; all that follows an unfinished or stale one is to be done after it."""
    done: dict[str, Manifest] = {}
    steps: list[Step] = []
    for stage in STAGES:
        if any(name not in done for name in stage.reads):
            steps.append(Step(stage.name, "to do", []))
            continue
        job = make_job(stage, config, done)
        changed = list(stale_keys(job))
        manifest = None if changed else Manifest.read(job.folder)
        if manifest:
            done[stage.name] = manifest
        begun = any(name.endswith(".parquet") for name in files.names(job.folder))
        state = "stale" if changed else "done" if manifest else "begun" if begun else "to do"
        steps.append(Step(stage.name, state, changed))
    return steps
