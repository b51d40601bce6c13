"""The stage that takes out what many pages repeat: its files, its counts, the same bytes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import minhash
from pipeline.config import Bounds, Config, FilterSection, LinesSection, RunSection, WorkersSection
from pipeline.edits import apply
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.records import Edit
from pipeline.rules import STATISTICS
from pipeline.schema import filtered
from pipeline.stages import lines
from pipeline.stages.graph import run_graph
from tests.end_to_end.golden_run import digests
from tests.tasks.naughty import count_naughtily, cut_naughtily

PARTS, ROWS = 4, 5
PAGES = PARTS * ROWS
SHORT = 9
FOOTER = "All rights are reserved by the shop."
NOTICE = "Please read our terms before you buy."


def text_of(number: int) -> str:
    """Three pages in four say both the footer and the notice; one page says little else."""
    own = f"Page {number} says {'something ' * (20 if number != SHORT else 1)}of its own."
    return own if number % 4 == 3 else f"{NOTICE}\n{own}\n{FOOTER}"


def row_of(number: int, text: str) -> dict[str, Any]:
    """A row as the filter leaves it: an edit, before all else, took out a heading."""
    heading = "Shop\n"
    return dict.fromkeys(STATISTICS) | {
        "id": f"id{number}",
        "url": f"http://shop.example/{number}",
        "date": "2024-01-01T00:00:00Z",
        "warc": "a.warc.gz",
        "offset": number,
        "length": 1,
        "host": "shop.example",
        "text": text,
        "n_chars": len(text),
        "language": "eng_Latn",
        "language_score": 0.9,
        "language_second": None,
        "link_density": None,
        "title": heading + text,
        "published": "",
        "canonical_url": "",
        "declared_language": "",
        "licences": [],
        "opt_outs": [],
        "edits": [{"start": 0, "stop": len(heading), "kind": "short_lines", "text": ""}],
    }


def make_run(folder: Path, text: Callable[[int], str] = text_of) -> dict[str, Manifest]:
    """A finished filter stage."""
    (folder / "filter").mkdir(parents=True)
    parts = []
    for number in range(PARTS):
        name = f"a-{number}"
        rows = [row_of(n, text(n)) for n in range(number * ROWS, (number + 1) * ROWS)]
        table = pa.Table.from_pylist(rows, filtered(STATISTICS))
        pq.write_table(table, folder / "filter" / f"part-{name}.parquet")
        parts.append(Part(name, Counts(ROWS, ROWS), {}))
    return {"filter": Manifest.of_parts("filter", {}, {}, parts)}


def job_of(folder: Path, upstream: dict[str, Manifest], **settings: Any) -> Job:
    config = Config(
        run=RunSection(name="run"),
        filter=FilterSection(families=(), rules={"word_count": Bounds(low=10)}),
        lines=LinesSection.model_validate(settings),
        workers=WorkersSection(count=2),
    )
    asked = {"settings": lines.settings(config)}
    return Job("lines", config, str(folder), asked, upstream)


def run_stage(job: Job, options: Sequence[str] = ()) -> Manifest:
    run_graph(lambda pipeline: lines.build(pipeline, job), PipelineOptions([*options]))
    manifest = Manifest.read(job.folder)
    assert manifest is not None
    return manifest


def rows_of(folder: Path, prefix: str) -> dict[str, dict[str, Any]]:
    paths = sorted((folder / "lines").glob(f"{prefix}-*.parquet"))
    return {row["id"]: row for path in paths for row in pq.read_table(path).to_pylist()}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Manifest]]:
    folder = tmp_path_factory.mktemp("lines")
    return folder, make_run(folder)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several batches."""
    monkeypatch.setattr(lines, "documents_a_task", lambda documents: 6)


@pytest.fixture(scope="module")
def reference(upstream: tuple[Path, dict[str, Manifest]]) -> Path:
    folder, manifests = upstream
    run_stage(job_of(folder, manifests))
    return folder


def test_boilerplate_goes_from_all_pages_but_one(reference: Path) -> None:
    kept = rows_of(reference, "part")
    for said in (FOOTER, NOTICE):
        assert sum(said in row["text"] for row in kept.values()) == 1
    for row in kept.values():
        number = int(row["id"][2:])
        own = next(line for line in text_of(number).split("\n") if line.startswith("Page"))
        assert own in row["text"]
        assert row["n_chars"] == len(row["text"])


def test_all_edits_are_on_the_text_as_extracted(reference: Path) -> None:
    for row in rows_of(reference, "part").values():
        edits = [Edit(**edit) for edit in row["edits"]]
        assert apply(row["title"], edits) == row["text"]
    changed = rows_of(reference, "part")["id1"]
    assert [edit["kind"] for edit in changed["edits"]] == [
        "short_lines",
        "repeated_lines",
        "repeated_lines",
    ]


def test_a_page_left_too_short_is_dropped_by_its_words(reference: Path) -> None:
    (dropped,) = rows_of(reference, "dropped").values()
    assert dropped["id"] == f"id{SHORT}"
    assert (dropped["outcome"], dropped["reason"], dropped["value"]) == ("dropped", "word_count", 7)
    kinds = [edit["kind"] for edit in dropped["edits"]]
    assert kinds == ["short_lines", "repeated_lines", "repeated_lines"]
    assert dropped["n_chars"] == len("Page 9 says something of its own.")


def test_the_hash_of_a_text_is_that_of_what_the_filter_left(reference: Path) -> None:
    for id_, row in rows_of(reference, "part").items():
        assert row["exact"] == minhash.exact_hash(text_of(int(id_[2:])))


def test_all_counts_add_up(reference: Path) -> None:
    manifest = Manifest.read(str(reference / "lines"))
    assert manifest is not None
    assert manifest.counts == Counts(PAGES, PAGES - 1, {"word_count": 1})
    kept = rows_of(reference, "part")
    edits = [edit["kind"] for row in kept.values() for edit in row["edits"]]
    assert manifest.facts == {
        "characters": sum(row["n_chars"] for row in kept.values()),
        "edit_repeated_lines": edits.count("repeated_lines"),
    }


@pytest.mark.parametrize("size", [1, 1000])
def test_the_same_bytes_in_any_number_of_batches(
    size: int,
    upstream: tuple[Path, dict[str, Manifest]],
    reference: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "documents_a_task", lambda documents: size)
    make_run(tmp_path)
    run_stage(job_of(tmp_path, upstream[1]))
    assert digests(tmp_path / "lines") == digests(reference / "lines")


def fail(*arguments: Any) -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize(
    ("owner", "step"), [(lines, "tally_passages"), (lines, "cut_parts"), (Manifest, "write")]
)
def test_a_run_that_ended_goes_on_to_the_same_bytes(
    owner: object, step: str, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(tmp_path, make_run(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fail)
        with pytest.raises(Exception, match="killed"):
            run_stage(job)
    assert Manifest.read(job.folder) is None
    run_stage(job)
    assert digests(tmp_path / "lines") == digests(reference / "lines")


def test_switched_off_all_documents_are_as_they_were(tmp_path: Path) -> None:
    manifest = run_stage(job_of(tmp_path, make_run(tmp_path), enabled=False))
    kept = rows_of(tmp_path, "part")
    assert manifest.counts.kept == len(kept) == PAGES
    assert all(row["text"] == text_of(int(id_[2:])) for id_, row in kept.items())


@pytest.mark.parametrize(
    ("task", "naughty"), [("count_passages", count_naughtily), ("cut_parts", cut_naughtily)]
)
def test_a_page_that_kills_its_worker_becomes_a_failed_row(
    task: str, naughty: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, task, naughty)
    upstream = make_run(tmp_path, lambda n: "CRASH here" if n == 12 else text_of(n))
    manifest = run_stage(job_of(tmp_path, upstream))
    assert manifest.counts.failed == {"killed": 1}
    assert rows_of(tmp_path, "dropped")["id12"]["outcome"] == "failed"


def test_a_text_of_boilerplate_alone_is_dropped_without_any_bound(tmp_path: Path) -> None:
    upstream = make_run(tmp_path, lambda n: "\n".join([FOOTER, NOTICE][: n % 2 + 1]))
    job = job_of(tmp_path, upstream, min_host_pages=2)
    free = job.config.model_copy(update={"filter": FilterSection(families=())})
    manifest = run_stage(replace(job, config=free))
    left = {row["text"] for row in rows_of(tmp_path, "part").values()}
    assert left in ({FOOTER, NOTICE}, {f"{FOOTER}\n{NOTICE}"})
    assert manifest.counts.dropped.keys() <= {"word_count"}


def fetched_often(number: int) -> str:
    """Five pages of one text, part of which a sixth has; five captures of one URL; and others."""
    if number < 5:
        return f"{FOOTER}\nThe same text on all of five pages."
    if number < 10:
        return f"{NOTICE}\nVersion {number}."
    own = text_of(4 * number + 3)
    return f"{FOOTER}\n{own}" if number == 10 else own


def test_copies_and_captures_of_a_page_count_once(tmp_path: Path) -> None:
    upstream = make_run(tmp_path, fetched_often)
    for path in (tmp_path / "filter").iterdir():
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            number = int(row["id"][2:])
            if 5 <= number < 10:
                row["url"] = ["http://shop.example/news", "HTTP://SHOP.example:80/news"][number % 2]
                row["date"] = f"2024-01-0{number}T00:00:00Z"
        pq.write_table(pa.Table.from_pylist(rows, filtered(STATISTICS)), path)
    run_stage(job_of(tmp_path, upstream, max_host_share=0.2, min_host_pages=2))
    kept = rows_of(tmp_path, "part")
    assert {id_: row["text"] for id_, row in kept.items()} == {
        f"id{number}": fetched_often(number) for number in range(PAGES)
    }


def test_copies_of_a_text_are_cut_alike(tmp_path: Path) -> None:
    upstream = make_run(tmp_path, lambda n: text_of(n // 2 * 2))
    run_stage(job_of(tmp_path, upstream))
    kept = rows_of(tmp_path, "part")
    assert any(row["text"] != text_of(int(id_[2:]) // 2 * 2) for id_, row in kept.items())
    for number in range(0, PAGES, 2):
        texts = {kept[id_]["text"] for id_ in (f"id{number}", f"id{number + 1}") if id_ in kept}
        assert len(texts) == 1


@pytest.mark.parametrize("twice", ["ids", "archive"])
def test_ids_that_repeat_and_an_archive_given_twice_change_no_count(
    twice: str, tmp_path: Path
) -> None:
    """Two pages with the footer are too few; four are not, whatever they are called."""
    pages = 2 if twice == "archive" else 4
    upstream = make_run(
        tmp_path, lambda n: text_of(4 * n + 3) + f"\n{FOOTER}" * (n % 10 < pages and n < 10)
    )
    for number, path in enumerate(sorted((tmp_path / "filter").iterdir())):
        rows = pq.read_table(path).to_pylist()
        for index, row in enumerate(rows):
            if twice == "ids":
                row["id"] = "the same"
            elif number >= PARTS // 2:
                first = (number - PARTS // 2) * ROWS + index
                text = text_of(4 * first + 3) + f"\n{FOOTER}" * (first < pages)
                row.update(row_of(first, text), warc="again.warc.gz")
        pq.write_table(pa.Table.from_pylist(rows, filtered(STATISTICS)), path)
    run_stage(job_of(tmp_path, upstream, max_host_share=0.1))
    paths = sorted((tmp_path / "lines").glob("part-*.parquet"))
    kept = [row for path in paths for row in pq.read_table(path).to_pylist()]
    assert sum(FOOTER in row["text"] for row in kept) == {"archive": 2 * pages, "ids": 1}[twice]


def test_no_pages_at_all_are_no_error(tmp_path: Path) -> None:
    upstream = {stage: Manifest.of_parts(stage, {}, {}, ()) for stage in ("filter",)}
    assert run_stage(job_of(tmp_path, upstream)).counts == Counts()
