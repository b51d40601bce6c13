"""The stage that says how often a document is seen, against a slow account of the same rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import files, mixture
from pipeline.config import Config, RunSection, WorkersSection
from pipeline.job import Job
from pipeline.ledger import Counts, Manifest, Part
from pipeline.mixture import Cell
from pipeline.rules import STATISTICS
from pipeline.schema import DUPLICATES, without_boilerplate
from pipeline.stages import weight
from pipeline.stages.graph import run_graph
from pipeline.weightconfig import WeightSection
from tests.end_to_end.golden_run import digests

HOSTS = {"books.example": "books", "news.example": "news"}
RECIPES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "factors": {
        "languages": {"deu_Latn": 1.5, "swh_Latn": 0.0},
        "domains": {"books": 2.5, "unknown": 0.25},
    },
    "shares": {
        "shares": {"languages": {"deu_Latn": 0.5}, "domains": {"books": 0.3, "unknown": 0.0}},
        "max_repeats": 3,
        "anneal": {"share": 0.1},
    },
    "alpha": {
        "language_alpha": 0.3,
        "shares": {"domains": {"news": 0.25}},
        "quality": {"mode": "quantile", "keep_share": 0.6},
        "anneal": {"share": 0.2},
    },
    "over all": {
        "quality": {
            "mode": "quantile", "keep_share": 0.4, "within": "all", "unscored": "drop",
        },
        "anneal": {"share": 0.5},
    },
    "threshold": {"quality": {"mode": "threshold", "min_score": 0.5}},
    "soft": {"quality": {"mode": "soft", "pareto_alpha": 2.0}, "anneal": {"share": 0.3}},
}  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """Of three languages and domains; many of equal score, some without one or without a text."""
    random = Random(3)
    return [
        {
            "id": f"id{number}",
            "host": random.choice(["books.example", "www2.news.example", "else.example"]),
            "language": random.choice(["eng_Latn"] * 5 + ["deu_Latn"] * 3 + ["swh_Latn"]),
            "quality": random.choice([None, 0.1, 0.5, 0.5, round(random.random(), 3)]),
            "text": "ä" * random.choice([0, 40, random.randrange(300)]),
            "copy": random.random() < 0.1,
        }
        for number in range(240)
    ]


def full_row(row: dict[str, Any], number: int) -> dict[str, Any]:
    return dict.fromkeys(STATISTICS) | {
        "url": f"http://{row['host']}/{number}",
        "date": "", "warc": "a.warc.gz", "offset": number, "length": 1,
        "n_chars": len(row["text"]), "language_score": 0.9, "link_density": None, "title": "",
        "published": "", "canonical_url": "", "declared_language": "", "licences": [],
        "opt_outs": [], "edits": [], "exact": bytes(16),
        **{key: value for key, value in row.items() if key != "copy"},
    }  # fmt: skip


def make_run(folder: Path, rows: list[dict[str, Any]], parts: int) -> dict[str, Manifest]:
    """Finished stages `lines` and `dedup`, in so many parts and an empty one."""
    for stage in ("lines", "dedup"):
        (folder / stage).mkdir(parents=True)
    pieces = []
    for number in range(parts + 1):
        name, own = f"a-{number}", rows[number::parts] if number < parts else []
        schema = without_boilerplate(STATISTICS)
        full = [full_row(row, place) for place, row in enumerate(own)]
        table = pa.Table.from_pylist(full, schema)
        pq.write_table(table, folder / "lines" / f"part-{name}.parquet")
        copies = [
            {"row": place, "id": row["id"], "url": "", "kept_id": "kept", "kept_url": "",
             "level": "exact", "similarity": 1.0}
            for place, row in enumerate(own) if row["copy"]
        ]  # fmt: skip
        table = pa.Table.from_pylist(copies, DUPLICATES)
        pq.write_table(table, folder / "dedup" / f"duplicates-{name}.parquet")
        pieces.append((name, len(own), len(copies)))
    kept = [Part(name, Counts(read, read), {}) for name, read, _ in pieces]
    left = [Part(name, Counts(read, read - n, {"exact": n}), {}) for name, read, n in pieces]
    return {
        "lines": Manifest.of_parts("lines", {}, {}, kept),
        "dedup": Manifest.of_parts("dedup", {}, {}, left),
    }


def job_of(folder: Path, upstream: dict[str, Manifest], recipe: dict[str, Any]) -> Job:
    section = WeightSection.model_validate(recipe | {"hosts": HOSTS})
    config = Config(run=RunSection(name="run"), weight=section, workers=WorkersSection(count=2))
    return Job("weight", config, str(folder), {"settings": weight.settings(config)}, upstream)


def run_stage(job: Job, options: Sequence[str] = (), graphs: int | None = None) -> None:
    """Run the stage, or no more than so many of its graphs."""
    for number, graph in enumerate(weight.graphs(job)):
        if number == graphs:
            return
        run_graph(graph, PipelineOptions([*options]))


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted((folder / "weight").glob("part-*.parquet"))
    return {row["id"]: row for path in paths for row in pq.read_table(path).to_pylist()}


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several batches and ranges."""
    monkeypatch.setattr(weight, "documents_a_task", lambda documents: 100)


def slowly(rows: list[dict[str, Any]], section: WeightSection) -> dict[str, tuple[str | None, int]]:
    """Reason and repeats of each document by the documented rules, one step after the other."""
    cells = {
        row["id"]: Cell(row["language"], mixture.domain_of(row["host"], HOSTS)) for row in rows
    }
    found: dict[str, tuple[str | None, int]] = {}
    left = []
    for row in rows:
        if row["copy"]:
            found[row["id"]] = ("duplicate", 0)
        elif not mixture.factor(cells[row["id"]], section):
            found[row["id"]] = ("weight", 0)
        elif not passes(row, section):
            found[row["id"]] = ("quality", 0)
        else:
            left.append(row)
    for group in ranked(left, section):
        found |= by_rank(group, section)
    mixed = {row["id"]: len(row["text"].encode()) for row in left if row["id"] not in found}
    sums: dict[Cell, int] = {}
    for key, size in mixed.items():
        sums[cells[key]] = sums.get(cells[key], 0) + size
    targets = mixture.targets(sums, section)
    for cell, total in sums.items():
        own = sorted((key for key in mixed if cells[key] == cell), key=position)
        whole, rest = divmod(targets[cell], total) if total else (0, 0)
        more = bool(rest)
        for key in own:
            more = more and rest >= mixed[key]
            rest -= mixed[key]
            found[key] = count(whole + more)
    return found


def by_rank(
    group: list[dict[str, Any]], section: WeightSection
) -> dict[str, tuple[str | None, int]]:
    """What the quantile removes, and what is set aside, of documents from the best on."""
    found: dict[str, tuple[str | None, int]] = {}
    total, share = sum(len(row["text"].encode()) for row in group), section.quality.keep_share
    goal = total if share is None else ceil(Fraction(str(share)) * total)
    before, room = 0, Fraction(str(section.anneal.share)) * goal
    for row in group if total else []:
        size = len(row["text"].encode())
        if share is not None and before >= goal:
            found[row["id"]] = ("quality", 0)
        elif section.anneal.share and before + size <= room:
            found[row["id"]] = ("anneal", 1)
        before += size
    return found


def count(repeats: int) -> tuple[str | None, int]:
    return (None if repeats else "weight", repeats)


def position(key: str) -> int:
    return xxhash.xxh64_intdigest(f"repeat:{key}".encode())


def passes(row: dict[str, Any], section: WeightSection) -> bool:
    use, score = section.quality, row["quality"]
    if use.mode == "off":
        return True
    if score is None:
        return use.unscored == "keep"
    if use.mode == "threshold":
        assert use.min_score is not None
        return bool(score >= use.min_score)
    even = xxhash.xxh64_intdigest(f"quality:{row['id']}".encode()) / 2**64
    return bool(use.mode != "soft" or even < (2 - score) ** -use.pareto_alpha)


def ranked(rows: list[dict[str, Any]], section: WeightSection) -> Iterator[list[dict[str, Any]]]:
    """The documents with a score, best first, by language if these are apart."""

    def place(row: dict[str, Any]) -> tuple[float, int, int]:
        tie = xxhash.xxh64_intdigest(f"best:{row['id']}".encode())
        return (-row["quality"], -len(row["text"].encode()), tie)

    scored = sorted((row for row in rows if row["quality"] is not None), key=place)
    if section.quality.within == "all":
        yield scored
        return
    for language in {row["language"] for row in scored}:
        yield [row for row in scored if row["language"] == language]


@pytest.fixture(scope="module")
def weighed_by(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Job]:
    """Runs the stage with a recipe, once."""

    @cache
    def weighed(recipe: str) -> Job:
        folder = tmp_path_factory.mktemp("weight")
        job = job_of(folder, make_run(folder, documents(), 5), RECIPES[recipe])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(weight, "documents_a_task", lambda documents: 100)
            run_stage(job)
        return job

    return weighed


@pytest.fixture(params=RECIPES)
def weighed(request: pytest.FixtureRequest, weighed_by: Callable[[str], Job]) -> Job:
    """The stage run with one of the recipes."""
    return weighed_by(request.param)


def test_every_document_is_seen_as_often_as_the_slow_account_says(weighed: Job) -> None:
    ours = {
        key: ("anneal" if row["anneal"] else row["reason"], row["repeats"])
        for key, row in rows_of(Path(weighed.run)).items()
    }
    assert ours == slowly(documents(), weighed.config.weight)
    if weighed.config.weight == WeightSection(hosts=HOSTS):
        assert {repeats for reason, repeats in ours.values() if reason is None} == {1}


def test_targets_are_met_within_one_document(weighed: Job) -> None:
    manifest = Manifest.read(weighed.folder)
    assert manifest is not None
    found = rows_of(Path(weighed.run)).values()
    for cell in manifest.facts["cells"]:
        once = [
            row for row in found
            if (row["language"], row["domain"]) == (cell["language"], cell["domain"])
            and row["reason"] != "duplicate"
        ]  # fmt: skip
        assert cell["documents"] == len(once)
        assert cell["bytes"] == sum(row["n_bytes"] for row in once)
        seen = [row for row in once if not row["anneal"]]
        after = sum(row["n_bytes"] * row["repeats"] for row in seen)
        assert cell["bytes_after"] == after
        assert cell["repeats"] == sum(row["repeats"] for row in seen)
        assert cell["seen_documents"] == sum(row["repeats"] > 0 for row in seen)
        assert cell["anneal_documents"] == sum(row["anneal"] for row in once)
        assert cell["quality_documents"] == sum(row["reason"] == "quality" for row in once)
        largest = max((row["n_bytes"] for row in seen), default=0)
        assert cell["target_bytes"] - largest <= after <= cell["target_bytes"]


def test_no_document_is_lost_and_none_is_repeated_too_often(weighed: Job) -> None:
    manifest = Manifest.read(weighed.folder)
    assert manifest is not None
    counts, found = manifest.counts, rows_of(Path(weighed.run)).values()
    counts.check("weight")
    assert len(found) == len(documents())
    assert counts.read == sum(not row["copy"] for row in documents())
    assert all((row["reason"] is None) == (row["repeats"] > 0) for row in found)
    assert counts.kept == sum(row["repeats"] > 0 for row in found)
    assert max(row["repeats"] for row in found) <= weighed.config.weight.max_repeats


def test_parts_batches_and_workers_do_not_matter(
    weighed_by: Callable[[str], Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = weighed_by("alpha")
    manifest = Manifest.read(usual.folder)
    assert manifest is not None
    outcomes = [(rows_of(Path(usual.run)), manifest.facts)]
    for parts, workers, batch in ((1, 1, 10**6), (12, 1, 1)):
        folder = tmp_path / str(parts)
        monkeypatch.setattr(weight, "documents_a_task", lambda documents, size=batch: size)
        job = job_of(folder, make_run(folder, documents(), parts), RECIPES["alpha"])
        config = job.config.model_copy(update={"workers": WorkersSection(count=workers)})
        run_stage(replace(job, config=config))
        facts = Manifest.read(job.folder)
        assert facts is not None
        outcomes.append((rows_of(folder), facts.facts))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_run_that_ended_between_and_within_its_graphs_goes_on_to_the_same_bytes(
    weighed_by: Callable[[str], Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = Path(weighed_by("alpha").run), tmp_path / "broken"
    job = job_of(broken, make_run(broken, documents(), 5), RECIPES["alpha"])
    work = broken / "weight" / "work"
    run_stage(job, graphs=2)
    # A block a range, however many parts a batch has.
    with pa.ipc.open_file(work / "rank-00000.arrow") as sent:
        assert sent.num_record_batches == len(list(work.glob("rank-*.arrow")))
    assert sorted(path.name for path in work.glob("*.json")) == ["measured.json", "rank.json"]
    for name in ("rank.json", "rank-00001.arrow", "measured-a-2.arrow", "measured.json"):
        (work / name).unlink()
    run_stage(job, graphs=3)
    run_stage(job)
    assert digests(broken / "weight") == digests(whole / "weight")
    assert not work.exists()

    # Killed while the work is deleted: in whatever order that is done, no mark stands alone.
    def killed(folder: str) -> None:
        assert not list(Path(folder).glob("*.json"))
        (work / "measured-a-2.arrow").unlink()
        raise OSError("killed")

    (broken / "weight" / "manifest.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(files, "remove_folder", killed)
        with pytest.raises(Exception, match="killed"):
            run_stage(job)
    run_stage(job)
    assert digests(broken / "weight") == digests(whole / "weight")
    # Killed after the work was deleted, or after a part was lost.
    for name in ("manifest.json", "part-a-1.parquet"):
        (broken / "weight" / name).unlink()
    run_stage(job)
    assert digests(broken / "weight") == digests(whole / "weight")
