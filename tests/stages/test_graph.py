"""The shared steps of the graphs, on Beam's local runner."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.config import Config, RunSection, WorkersSection
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.stages.graph import RunTasks, WriteManifest, run_graph
from tests.stages.dying import die
from tests.standins import add, refuse

WORKERS = WorkersSection(count=2)


def manifest(folder: Path, parts: list[Part], names: list[str], read: int) -> Manifest | None:
    """What WriteManifest makes of parts, when these names and this many records are due."""
    upstream = Manifest.of_parts("extract", {}, {}, [Part("up", Counts(read, read), {})])
    config = Config(run=RunSection(name="run"))
    job = Job("filter", config, str(folder), {}, {"extract": upstream})

    def build(pipeline: beam.Pipeline) -> None:
        pipeline | beam.Create(parts) | WriteManifest(job, names, reads="extract")

    run_graph(build, PipelineOptions([]))
    return Manifest.read(job.folder)


def parts(*names: str) -> list[Part]:
    return [Part(name, Counts(2, 1, {"rule": 1}), {}) for name in names]


def test_the_manifest_adds_up_its_parts(tmp_path: Path) -> None:
    found = manifest(tmp_path, parts("b", "a"), ["a", "b"], 4)
    assert found is not None
    assert found.counts == Counts(4, 2, {"rule": 2})


@pytest.mark.parametrize(
    ("arrived", "message"),
    [(["a"], "b -1"), (["a", "a"], r"a \+1, b -1"), (["a", "b", "c"], r"c \+1")],
)
def test_a_part_lost_or_doubled_fails_the_run(
    tmp_path: Path, arrived: list[str], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        manifest(tmp_path, parts(*arrived), ["a", "b"], 4)
    assert not (tmp_path / "filter" / "manifest.json").exists()


def test_records_lost_between_stages_fail_the_run(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="read 4 of 5 records"):
        manifest(tmp_path, parts("a", "b"), ["a", "b"], 5)


def test_tasks_run_in_children_and_all_their_results_come_back(tmp_path: Path) -> None:
    def build(pipeline: beam.Pipeline) -> None:
        (
            pipeline
            | beam.Create([(n, 1) for n in range(20)])
            | RunTasks(add, WORKERS)
            | beam.combiners.ToList()
            | beam.Map(lambda found: (tmp_path / "sum").write_text(str(sorted(found))))
        )

    run_graph(build, PipelineOptions([]))
    assert (tmp_path / "sum").read_text() == str(list(range(1, 21)))


def test_a_users_mistake_in_a_task_stays_one() -> None:
    def build(pipeline: beam.Pipeline) -> None:
        pipeline | beam.Create([("this file is no archive",)]) | RunTasks(refuse, WORKERS)

    with pytest.raises(UserError, match=r"^this file is no archive$"):
        run_graph(build, PipelineOptions([]))


def test_a_task_that_dies_again_and_again_is_told_in_one_line() -> None:
    def build(pipeline: beam.Pipeline) -> None:
        pipeline | beam.Create([("some file",)]) | RunTasks(die, WORKERS)

    with pytest.raises(
        UserError, match=r"^tests\.stages\.dying\.die: exited with status 1 outside"
    ):
        run_graph(build, PipelineOptions([]))
