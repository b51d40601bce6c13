"""The dedup stage's graphs: one process or rounds, killed or not, the same bytes."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import minhash
from pipeline.config import Config, DedupSection, RunSection, WorkersSection
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.schema import CAPTURE
from pipeline.stages import dedup
from pipeline.stages.graph import run_graph
from pipeline.tasks import linking, resolving
from tests.end_to_end.golden_run import digests

PARTS, DOCUMENTS = 7, 25
EMBEDDED = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")
COLUMNS = pa.schema(
    [
        *CAPTURE,
        pa.field("text", pa.string()),
        pa.field("n_chars", pa.int64()),
        pa.field("quality", pa.float64()),
        pa.field("exact", pa.binary(16)),
    ]
)


def texts() -> list[str]:
    """Chains of texts each near the next, one text many times, texts near none; in no order."""
    random = Random(5)

    def words(count: int) -> list[str]:
        return ["".join(random.choices(ascii_lowercase, k=8)) for _ in range(count)]

    chained = []
    for _ in range(2):
        run = words(700)
        chained += [" ".join(run[start : start + 200]) for start in range(0, 500, 10)]
    found = chained + [" ".join(words(50))] * 12
    for _ in range(9):
        found += [" ".join(words(40))] * 2
    found += [" ".join(words(60)) for _ in range(PARTS * DOCUMENTS - len(found) - 1)] + ["?!"]
    random.shuffle(found)
    return found


@pytest.fixture(scope="module")
def filtered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished lines stage: its folder."""
    folder = tmp_path_factory.mktemp("dedup") / "lines"
    folder.mkdir()
    parts = []
    every = texts()
    for number in range(PARTS):
        rows: list[dict[str, Any]] = [
            {
                "id": f"{number}-{row}",
                "url": f"http://a.example/{number}/{row}",
                "date": "2024-01-01T00:00:00Z",
                "warc": "a.warc.gz",
                "offset": row,
                "length": 1,
                "text": text,
                "n_chars": len(text),
                "quality": None if row % 3 else row / 25,
                "exact": minhash.exact_hash(text),
            }
            for row, text in enumerate(every[number * DOCUMENTS : (number + 1) * DOCUMENTS])
        ]
        name = f"a-{number}"
        pq.write_table(pa.Table.from_pylist(rows, COLUMNS), folder / f"part-{name}.parquet")
        parts.append(Part(name, Counts(DOCUMENTS, DOCUMENTS), {}))
    Manifest.of_parts("lines", {}, {}, parts).write(str(folder))
    return folder


@pytest.fixture(autouse=True, scope="module")
def small_tasks() -> Iterator[None]:
    """So that there are several ranges, batches and partitions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dedup, "_DOCUMENTS_A_TASK", 60)
        patch.setattr(dedup, "_NODES_A_STAR_TASK", 40)
        patch.setattr(dedup, "_DOCUMENTS_A_RANGE", 50)
        patch.setattr(dedup, "documents_a_task", lambda documents: 60)
        yield


def job_of(filtered: Path, folder: Path, max_edges: int, **settings: Any) -> Job:
    """The stage's job, to write below a folder that reads the filter's."""
    folder.mkdir(exist_ok=True)
    if not (folder / "lines").exists():
        (folder / "lines").symlink_to(filtered)
    section = DedupSection(max_edges_in_memory=max_edges, **settings)
    config = Config(run=RunSection(name="run"), dedup=section, workers=WorkersSection(count=2))
    upstream = Manifest.read(str(filtered))
    assert upstream is not None
    asked = {"settings": dedup.settings(config)}
    return Job("dedup", config, str(folder), asked, {"lines": upstream})


def job_after(paired: Path, filtered: Path, folder: Path, max_edges: int) -> Job:
    """The same after a copy of what the first graph left."""
    shutil.copytree(paired / "dedup", folder / "dedup")
    return job_of(filtered, folder, max_edges)


def run_stage(job: Job, graphs: int | None = None, options: Sequence[str] = ()) -> list[str]:
    """Run the stage, or so many graphs of it; what it noted."""
    noted: list[str] = []
    for graph in islice(dedup.graphs(job, noted.append), graphs):
        run_graph(graph, PipelineOptions(list(options)))
    return noted


def outcome(folder: Path) -> dict[str, str]:
    """Hashes of all files but the two that say in how many rounds they came about."""
    found = digests(folder / "dedup")
    return {
        name: digest
        for name, digest in found.items()
        if name not in ("components.json", "manifest.json")
    }


def manifest(folder: Path) -> Manifest:
    found = Manifest.read(str(folder / "dedup"))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def paired(small_tasks: None, filtered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage after its first graph, which is the same for one process and for rounds."""
    folder = tmp_path_factory.mktemp("paired")
    run_stage(job_of(filtered, folder, 1), graphs=1)
    return folder


@pytest.fixture(scope="module")
def reference(paired: Path, filtered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage done by one process, and in one batch."""
    folder = tmp_path_factory.mktemp("reference")
    run_stage(job_after(paired, filtered, folder, 10**6))
    return folder


@pytest.fixture(scope="module")
def by_rounds(paired: Path, filtered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage done by rounds."""
    folder = tmp_path_factory.mktemp("rounds")
    run_stage(job_after(paired, filtered, folder, 1))
    return folder


def test_rounds_and_one_process_write_the_same_bytes(reference: Path, by_rounds: Path) -> None:
    assert outcome(by_rounds) == outcome(reference)
    assert manifest(by_rounds).counts == manifest(reference).counts


def test_rounds_through_beams_portable_protocol_write_the_same_bytes(
    filtered: Path, by_rounds: Path, tmp_path: Path
) -> None:
    run_stage(job_of(filtered, tmp_path, 1), options=EMBEDDED)
    assert digests(tmp_path / "dedup") == digests(by_rounds / "dedup")


def test_a_run_after_an_earlier_one_keeps_only_what_that_did_not(
    filtered: Path, reference: Path, by_rounds: Path, tmp_path: Path
) -> None:
    """The same pages again: all are removed but the one without a word, by rounds and at once."""
    names = (str(reference),)
    rounds, at_once = (
        job_of(filtered, tmp_path / str(number), max_edges, earlier=names)
        for number, max_edges in enumerate((1, 10**6))
    )
    run_stage(rounds, graphs=1)
    shutil.copytree(rounds.folder, at_once.folder)
    run_stage(rounds)
    run_stage(at_once)
    assert outcome(tmp_path / "0") == outcome(tmp_path / "1")
    assert manifest(tmp_path / "0").counts.kept == 1
    kept_then = manifest(reference).counts.kept
    rows = [
        row
        for path in sorted((tmp_path / "0" / "dedup").glob("duplicates-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    # Every page has its URL in the earlier run; what that removed does not count there.
    assert len({row["kept_id"] for row in rows}) == kept_then - 1
    assert sum(row["kept_id"] == row["id"] for row in rows) == kept_then - 1


def test_an_earlier_run_that_cannot_be_compared_is_refused(
    filtered: Path, reference: Path, tmp_path: Path
) -> None:
    other = job_of(filtered, tmp_path, 1, earlier=(str(reference),), bands=10)
    with pytest.raises(UserError, match=r"dedup\.earlier: .*signed with bands = 14, not 10"):
        run_stage(other)
    with pytest.raises(UserError, match=r"dedup\.earlier: nowhere: not deduplicated"):
        dedup.inputs(job_of(filtered, tmp_path, 1, earlier=("nowhere",)).config)


def test_the_manifest_tells_pairs_and_rounds(reference: Path, by_rounds: Path) -> None:
    at_once, facts = manifest(reference).facts, manifest(by_rounds).facts
    assert at_once["rounds"] == 0
    assert 2 <= facts["rounds"] < 10
    assert {**at_once, "rounds": facts["rounds"]} == facts
    assert facts["candidates"] == 2 * 9 + 12 + 50 + 50
    assert facts["candidate_pairs"] >= facts["candidates"] - 12


def test_the_components_are_those_of_the_texts(reference: Path) -> None:
    """Two chains, twelve equal texts, nine pairs; each is labelled with its smallest document."""
    sizes = []
    for path in sorted((reference / "dedup").glob("components-*.parquet")):
        table = pq.read_table(path)
        roots, nodes = (column.to_pylist() for column in table.columns)
        assert sorted(zip(roots, nodes, strict=True)) == list(zip(roots, nodes, strict=True))
        for root in set(roots):
            members = [node for node, its in zip(nodes, roots, strict=True) if its == root]
            assert min(members) == root
            sizes.append(len(members))
    assert sorted(sizes) == [2] * 9 + [12, 50, 50]


def test_nothing_but_the_outcome_is_left(by_rounds: Path) -> None:
    kinds = {name.split("-")[0] for name in digests(by_rounds / "dedup")}
    assert kinds == {"signatures", "components", "components.json", "duplicates", "manifest.json"}


def test_the_limit_decides_no_byte_and_so_may_change_in_mid_run(
    filtered: Path, reference: Path, tmp_path: Path
) -> None:
    """As when one process ran out of memory after all."""
    first, second = job_of(filtered, tmp_path, 10**6), job_of(filtered, tmp_path, 1)
    assert first.fingerprint == second.fingerprint
    run_stage(first, graphs=1)
    assert len(run_stage(second)) >= 2
    assert outcome(tmp_path) == outcome(reference)


def fail(*arguments: Any) -> None:
    """A step that never ends well."""
    raise OSError("killed")


def test_a_run_ended_between_rounds_and_within_one_goes_on_at_its_round(
    paired: Path,
    filtered: Path,
    by_rounds: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = job_after(paired, filtered, tmp_path, 1)
    run_stage(job, graphs=1)
    with monkeypatch.context() as patch:
        patch.setattr(linking, "close_round", fail)
        with pytest.raises(Exception, match="killed"):
            run_stage(job)
    assert linking.edge_files(job.folder, 2) != []
    noted = run_stage(job)
    assert "round 2" in noted[0]
    assert len(noted) == manifest(by_rounds).facts["rounds"] - 1
    assert digests(tmp_path / "dedup") == digests(by_rounds / "dedup")


@pytest.mark.parametrize(("owner", "step"), [(resolving, "write_duplicates"), (Manifest, "write")])
def test_a_run_ended_while_duplicates_are_written_goes_on_from_the_components(
    owner: object,
    step: str,
    paired: Path,
    filtered: Path,
    reference: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = job_after(paired, filtered, tmp_path, 10**6)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fail)
        with pytest.raises(Exception, match="killed"):
            run_stage(job)
    assert Manifest.read(job.folder) is None
    with monkeypatch.context() as patch:
        patch.setattr(linking, "unite", fail)
        run_stage(job)
    assert digests(tmp_path / "dedup") == digests(reference / "dedup")


def test_a_task_whose_result_is_lost_fails_the_run(
    paired: Path, filtered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_after(paired, filtered, tmp_path, 1)
    partitions = dedup._partitions(PARTS * DOCUMENTS, 40)
    monkeypatch.setattr(dedup, "_senders", lambda job, done, count, where: [(0, [], *where)])
    with pytest.raises(Exception, match=f"1 of {partitions.count} results arrived"):
        run_stage(job, graphs=1)


def test_documents_without_candidates_are_all_kept(filtered: Path, tmp_path: Path) -> None:
    job = job_of(filtered, tmp_path, 1)
    section = job.config.dedup.model_copy(update={"exact": False, "near": False})
    run_stage(replace(job, config=job.config.model_copy(update={"dedup": section})))
    found = manifest(tmp_path)
    assert found.counts == Counts(PARTS * DOCUMENTS, PARTS * DOCUMENTS)
    assert len(found.parts) == PARTS
