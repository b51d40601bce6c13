"""Dataflow's own translation accepts every stage's graph. No cloud: the job stays a local file."""

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.internal.gcp import auth
from apache_beam.io.gcp import gcsio
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.runners.dataflow.internal import apiclient

from pipeline import files
from pipeline.config import Config, InputSection, RunSection, load
from pipeline.exchange import WORK
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.mixture import Cell
from pipeline.order import STAGES
from pipeline.run import make_job
from pipeline.stages import (
    dedup,
    extract,
    filtering,
    lines,
    quality,
    references,
    shards,
    tokenizer,
    weight,
)
from pipeline.tasks import selecting
from tests.end_to_end.golden_run import Golden

Build = Callable[[beam.Pipeline, Job], None]


def measured(build: Build) -> Build:
    """A graph of `weight` in a folder in which documents are measured."""

    def built(pipeline: beam.Pipeline, job: Job) -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = [([Cell("eng_Latn", "unknown")], [])]
            selecting.close_measuring(found, files.join(folder, WORK), 1)
            build(pipeline, replace(job, alone=folder))

    return built


BUILDS: dict[tuple[str, str], Build] = {
    ("extract", "build"): extract.build,
    ("references", "build"): references.build,
    ("quality", "build"): quality.build,
    ("filter", "build"): filtering.build,
    ("lines", "build"): lines.build,
    ("dedup", "pair"): dedup.pair,
    ("dedup", "unite"): dedup.unite,
    ("dedup", "join_stars"): partial(dedup.join_stars, done=0),
    ("dedup", "label"): partial(dedup.label, done=1),
    ("dedup", "remove"): dedup.remove,
    ("weight", "measure"): measured(weight.measure),
    ("weight", "rank"): measured(weight.rank),
    ("weight", "repeat"): measured(weight.repeat),
    ("weight", "weigh"): measured(weight.weigh),
    ("tokenizer", "build"): tokenizer.build,
    ("shards", "build"): shards.build,
}

Translate = Callable[[Build, Job], bytes]


@pytest.fixture
def translate(monkeypatch: pytest.MonkeyPatch) -> Translate:
    """Makes the job of a stage as Dataflow would get it."""
    client = apiclient.DataflowApplicationClient
    staged: dict[str, bytes] = {}

    def stage(self: object, folder: str, name: str, stream: io.BytesIO, **options: object) -> None:
        staged[name] = stream.read()

    monkeypatch.setattr(client, "_stage_resources", lambda *arguments: [])
    monkeypatch.setattr(client, "stage_file_with_retry", stage)
    monkeypatch.setattr(auth, "get_service_credentials", lambda options: None)
    monkeypatch.setattr(gcsio.GcsIO, "is_soft_delete_enabled", lambda *arguments: False)

    def translate(build: Build, job: Job) -> bytes:
        options = PipelineOptions(
            [],
            project="project",
            region="europe-west1",
            job_name=f"curate-{job.stage}",
            temp_location="gs://bucket/tmp",
            staging_location="gs://bucket/staging",
            template_location="gs://bucket/job.json",
            sdk_container_image="registry.example/curate",
            no_auth=True,
            save_main_session=False,
        )
        pipeline = beam.Pipeline(runner=DataflowRunner(), options=options)
        build(pipeline, job)
        pipeline.run()
        return staged["job.json"]

    return translate


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "graph"), BUILDS, ids=["-".join(key) for key in BUILDS])
def test_the_graph_becomes_a_dataflow_job(
    name: str, graph: str, golden: Golden, translate: Translate
) -> None:
    overrides = {"run": {"output": str(golden.folder.parent)}}
    config = load(str(golden.config), overrides)
    done = {}
    for stage in STAGES:
        manifest = Manifest.read(str(golden.folder / stage.name))
        assert manifest is not None
        done[stage.name] = manifest
    job = make_job(next(stage for stage in STAGES if stage.name == name), config, done)
    staged = translate(BUILDS[name, graph], job)
    written = json.loads(staged)
    assert written["name"] == f"curate-{name}"
    environment = json.dumps(written["environment"])
    assert "registry.example/curate" in environment
    assert len(staged) < 10_000_000


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_job_does_not_grow_with_the_files_that_a_list_names(
    tmp_path: Path, translate: Translate
) -> None:
    path = tmp_path / "warc.paths"
    config = Config(run=RunSection(name="run"), input=InputSection(paths=(str(path),)))
    sizes = []
    for count in (1, 90_000):
        path.write_text("".join(f"crawl/{n}.warc.gz\n" for n in range(count)))
        sizes.append(len(translate(extract.build, make_job(STAGES[0], config, {}))))
    assert abs(sizes[1] - sizes[0]) < 1000
    assert sizes[1] < 500_000
