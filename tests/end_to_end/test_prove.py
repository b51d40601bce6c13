"""Small models trained on what each step of a finished run leaves."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.heldout import is_held_out
from tests.end_to_end.golden_run import Golden, answer_of, digests

SHARE = 0.3
ARMS = ("raw", "gopher_repetition", "filter", "dedup", "quality_soft", "weights")
SECTION = """
[prove]
arms = ["gopher_repetition", "filter", "dedup", "quality_soft", "weights"]
site_share = 0.3
documents = 6
characters = 300
pareto_alpha = 2.0
held_out.planted = {{ paths = ["{planted}"] }}
train = {{ depth = 1, width = 16, heads = 1, context = 32, batch_sequences = 2, steps = 3 }}
"""


def rows(folder: Path, prefix: str, *columns: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"{prefix}-*.parquet")):
        yield from pq.read_table(path, columns=list(columns)).to_pylist()


@pytest.fixture(scope="module")
def planted(golden: Golden) -> dict[str, Any]:
    """A curated page of the crawl, on a host that is not held out."""
    found = rows(golden.folder / "lines", "part", "id", "host", "text")
    return next(
        row
        for row in found
        if len(row["text"].split()) > 100 and not is_held_out(row["host"], SHARE)
    )


@pytest.fixture(scope="module")
def proving(
    golden: Golden, planted: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A configuration that measures on that page and on texts of others."""
    folder = tmp_path_factory.mktemp("prove")
    texts = [planted["text"], *(f"A text of nobody's, number {n}." for n in range(5))]
    own = folder / "planted.jsonl"
    own.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    path = folder / "prove.toml"
    written = golden.config.read_text(encoding="utf-8") + SECTION.format(planted=own)
    path.write_text(written, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def proved(
    golden: Golden, proving: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The run's folder with the proof in it, and what was printed."""
    output = tmp_path_factory.mktemp("proved")
    shutil.copytree(golden.folder, output / "golden")
    status, answer, errors = answer_of("prove", str(proving), "--output", str(output), "--json")
    assert status == 0, errors
    return output / "golden", json.loads(answer)


SOURCES = {"raw": "extract", "gopher_repetition": "extract", "filter": "filter"}


def documents(run: Path, arm: str) -> dict[str, tuple[int, int]]:
    """Of the documents that an arm has, by id: how often, and their bytes."""
    found = {}
    for path in sorted((run / "prove" / "chosen" / arm).glob("part-*.parquet")):
        source = run / SOURCES.get(arm, "lines") / path.name
        texts = pq.read_table(source, columns=["id", "text"]).to_pylist()
        repeats = pq.read_table(path)["repeats"].to_pylist()
        for row, count in zip(texts, repeats, strict=True):
            if count:
                found[row["id"]] = (count, len(row["text"].encode()))
    return found


def ids(run: Path, arm: str) -> set[str]:
    return {*documents(run, arm)}


def test_each_arm_reads_what_its_step_leaves(
    proved: tuple[Path, dict[str, Any]], planted: dict[str, Any]
) -> None:
    run, _ = proved
    dropped = {row["id"]: row for row in rows(run / "prove", "dropped", "id", "reason", "value")}
    extracted = [*rows(run / "extract", "part", "id", "host")]
    expected = {row["id"] for row in extracted if is_held_out(row["host"], SHARE)}
    assert {key for key, row in dropped.items() if row["reason"] == "held_out"} == expected
    hosts = {row["id"]: row["host"] for row in extracted}
    copies = {
        row["id"]
        for row in rows(run / "dedup", "duplicates", "id", "kept_id")
        if is_held_out(hosts[row["kept_id"]], SHARE) and row["id"] not in expected
    }
    assert {key for key, row in dropped.items() if row["reason"] == "duplicate"} == copies
    assert dropped[planted["id"]]["reason"] == "overlap"
    # The text was cut within a word.
    assert dropped[planted["id"]]["value"] > 0.9
    assert ids(run, "raw") == {row["id"] for row in extracted} - {*dropped}
    kept = {row["id"] for row in rows(run / "filter", "part", "id")} - {*dropped}
    assert ids(run, "filter") == kept
    # The rules beside the families and the language's drop nothing more here.
    assert kept <= ids(run, "gopher_repetition") < ids(run, "raw")
    weighed = [*rows(run / "weight", "part", "id", "duplicate_of", "repeats")]
    unique = {row["id"] for row in weighed if row["duplicate_of"] is None} - {*dropped}
    assert ids(run, "dedup") == unique
    assert ids(run, "weights") == {row["id"] for row in weighed if row["repeats"]} - {*dropped}
    assert 0 < len(ids(run, "quality_soft")) < len(unique)


def test_the_answer_counts_what_was_read_and_measured(
    proved: tuple[Path, dict[str, Any]],
) -> None:
    run, found = proved
    assert [arm["name"] for arm in found["arms"]] == [*ARMS]
    assert found["seeds"] == [0, 1, 2]
    assert found["tokens"] == 3 * 2 * 32
    assert set(found["held_out"]) == {"crawl", "curated", "planted"}
    assert found["held_out"]["planted"]["documents"] == 6
    for arm in found["arms"]:
        there = documents(run, arm["name"])
        assert arm["documents"] == sum(count for count, _ in there.values())
        assert arm["n_bytes"] == sum(count * size for count, size in there.values())
        # The end of an arm's shards may cut one sequence short.
        assert arm["epochs"] == pytest.approx(found["tokens"] / arm["tokens"], rel=32 / 160)
        for values in arm["bits_per_byte"].values():
            assert len(set(values)) == 3
    pairs = {(one["arm"], one["against"]) for one in found["against_before"]}
    assert ("weights", "dedup") in pairs
    assert ("quality_soft", "dedup") in pairs
    assert ("filter", "gopher_repetition") in pairs
    means = {arm["name"]: arm["bits_per_byte"] for arm in found["arms"]}
    for one in found["against_raw"]:
        ours, theirs = (sum(means[name][one["kind"]]) / 3 for name in (one["arm"], "raw"))
        assert one["difference"] == pytest.approx(ours - theirs)
        assert one["low"] <= one["difference"] <= one["high"]


def test_models_of_a_seed_read_the_same_documents_in_so_far_as_their_arms_have_them(
    proved: tuple[Path, dict[str, Any]],
) -> None:
    run, found = proved
    for seed in found["seeds"]:
        read = {}
        for arm in ARMS:
            folder = run / "prove" / "arms" / arm / f"seed{seed}"
            table = [*rows(folder, "train", "doc_id", "n_tokens")]
            assert sum(row["n_tokens"] for row in table) >= found["tokens"]
            read[arm] = {row["doc_id"] for row in table}
            assert read[arm] <= ids(run, arm)
        for arm in ARMS[1:]:
            assert read["raw"] & ids(run, arm) <= read[arm]
    assert len({json.dumps(sorted(read[arm])) for arm in ARMS}) > 1


def test_what_was_begun_is_finished_with_the_same_bytes(
    proved: tuple[Path, dict[str, Any]], proving: Path, tmp_path: Path
) -> None:
    run, _ = proved
    expected = digests(run / "prove")
    shutil.copytree(run, tmp_path / "golden")
    folder = tmp_path / "golden" / "prove"
    for name in ("manifest.json", "proof.svg", "scores-dedup-seed1.parquet"):
        (folder / name).unlink()
    shutil.rmtree(folder / "arms" / "dedup")
    (folder / "arms" / "weights" / "seed0" / "train-all-00000.parquet.tmp").write_bytes(b"half")
    shutil.rmtree(folder / "models" / "dedup-seed1")
    status, shown, _ = answer_of("prove", str(proving), "--output", str(tmp_path))
    assert status == 0
    assert "3 models an arm" in shown
    assert digests(folder) == expected


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("documents = 6", "documents = 7", "made with other settings: settings.prove.documents"),
        ('"dedup"', '"deduped"', "prove.arms: no arm deduped; this run has raw, language"),
        ("site_share", "seeds = 2\nsite_share", "prove.seeds: "),
        ("held_out.planted", "held_out.crawl", "the name of the run's own pages"),
        ("{ paths =", '{ field = "body", paths =', "no text in 'body'; it has text"),
        ("context = 32", "context = 4096", "less than a sequence (prove.train.context = 4096)"),
        ("2, steps = 3", "2, steps = 3, anneal_share = 0.5", "train.anneal_share is not for arms"),
    ],
)
def test_mistakes_are_named(
    proved: tuple[Path, dict[str, Any]],
    proving: Path,
    tmp_path: Path,
    old: str,
    new: str,
    problem: str,
) -> None:
    run, _ = proved
    written = proving.read_text(encoding="utf-8")
    assert old in written
    changed = tmp_path / "changed.toml"
    changed.write_text(written.replace(old, new), encoding="utf-8")
    words = ("prove", str(changed), "--output", str(run.parent))
    if "other settings" not in problem:
        shutil.copytree(run, tmp_path / "golden", ignore=shutil.ignore_patterns("prove"))
        words = ("prove", str(changed), "--output", str(tmp_path))
    status, _, errors = answer_of(*words)
    assert status == 2
    assert problem in errors


def test_the_stages_before_must_be_done(golden: Golden, proving: Path, tmp_path: Path) -> None:
    shutil.copytree(golden.folder / "extract", tmp_path / "golden" / "extract")
    status, _, errors = answer_of("prove", str(proving), "--output", str(tmp_path))
    assert status == 2
    assert "not there yet; run `curate" in errors
