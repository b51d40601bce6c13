"""What a run would do, without doing it."""

from dataclasses import asdict, dataclass
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.table import Table

from pipeline import files
from pipeline.config import Config
from pipeline.ledger import Manifest
from pipeline.run import STAGES, make_job, run_folder, stale_keys
from pipeline.stages.extract import work
from pipeline.stages.graph import worker_count


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
        inputs: Bytes by input file.
        splits: Tasks of the extract stage.
        refused: What is wrong with inputs that are no archives.
        steps: The stages in order.
    """

    run: str
    runner: str
    workers: int
    inputs: dict[str, int]
    splits: int
    refused: list[str]
    steps: list[Step]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def show(self, console: Console) -> None:
        """Print the plan for a person."""
        total = sum(self.inputs.values()) / 1e6
        console.print(
            f"{self.run}: {len(self.inputs)} files, {total:,.1f} MB, in {self.splits} splits"
        )
        console.print(f"on {self.runner}, {self.workers} child processes")
        for problem in self.refused:
            console.print(f"will fail: {problem}")
        table = Table("stage", "state", "changed settings")
        for step in self.steps:
            table.add_row(step.stage, step.state, "\n".join(step.changed))
        console.print(table)


def plan(config: Config, options: PipelineOptions) -> Plan:
    """Look at the inputs and at what is there already.

    Raises:
        UserError: The input is missing or is no archive.
    """
    paths = files.expand(config.input.paths)
    planned = work(config)
    return Plan(
        run=run_folder(config),
        runner=options.get_all_options().get("runner") or "this machine",
        workers=worker_count(config.workers),
        inputs={path: files.size(path) for path in paths},
        splits=len(planned.splits),
        refused=[problem for _, problem in planned.refused],
        steps=_steps(config),
    )


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
