"""Whether a changed byte in a run's shards is found."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import files, shardcheck
from pipeline.errors import UserError
from pipeline.trace import trace
from tests.end_to_end.golden_run import Golden, answer_of


@pytest.fixture(scope="module")
def run(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of which only the shards are there."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copytree(golden.folder / "shards", folder / "shards")
    return folder


@pytest.fixture
def shard(run: Path) -> Iterator[Path]:
    """The largest shard, which is put back afterwards."""
    path = max((run / "shards").glob("train-*"), key=lambda path: path.stat().st_size)
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def verified(run: Path) -> tuple[int, dict[str, str], str]:
    """The exit status, the problems and the errors."""
    status, output, errors = answer_of("shards", "verify", str(run), "--json")
    return status, json.loads(output)["problems"] if output else {}, errors


def test_shards_as_they_were_written_are_fine(run: Path) -> None:
    status, output, _ = answer_of("shards", "verify", str(run))
    assert status == 0
    shards = list((run / "shards").glob("*.parquet"))
    size = sum(path.stat().st_size for path in shards)
    assert f"{len(shards)} files, {size:,} bytes: 0 not as written" in output


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_anywhere_is_found(run: Path, shard: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(shard.read_bytes())
    # Half of them in the footer, which is a small part of the file.
    at = rng.randrange(len(content)) if seed % 2 else len(content) - 1 - rng.randrange(3000)
    content[at] ^= 1 << rng.randrange(8)
    shard.write_bytes(content)
    status, problems, errors = verified(run)
    assert (status, set(problems), errors.count("\n")) == (2, {shard.name}, 1)
    assert f"{shard.name}; delete {run}/shards and run `curate shard`" in errors


def test_where_a_token_was_changed_is_said(run: Path, shard: Path) -> None:
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    _, problems, _ = verified(run)
    assert "row group 0" in problems[shard.name]


def test_shards_at_a_url_are_compared_by_hash_alone(run: Path, shard: Path) -> None:
    url = "memory://elsewhere/run"
    fs, inner = files.filesystem(url)
    fs.put(str(run), inner, recursive=True)
    fs.pipe(f"{inner}/shards/{shard.name}", b"PAR1")
    problems = shardcheck.check(url).problems
    assert problems == {shard.name: "changed since it was written"}
    with pytest.raises(UserError, match=r"memory://elsewhere/run: .*; copy the run here"):
        list(trace(url, "words"))
    files.remove_folder(url)
    shard.write_bytes(b"PAR1")
    assert "no readable token shard" in shardcheck.check(f"file://{run}").problems[shard.name]


def test_files_that_are_missing_or_too_many_are_named(run: Path, shard: Path) -> None:
    stray = shard.with_name("train-other.parquet")
    shard.rename(stray)
    status, problems, _ = verified(run)
    assert status == 2
    assert problems == {shard.name: "missing", stray.name: "the manifest does not name it"}
    stray.unlink()


def test_a_changed_manifest_of_the_anneal_shards_is_found(run: Path) -> None:
    path = run / "shards" / "anneal.json"
    content = path.read_text(encoding="utf-8")
    for other in (content.replace('"tokens": ', '"tokens": 1'), "{", None):
        if other is None:
            path.unlink()
        else:
            path.write_text(other, encoding="utf-8")
        status, problems, _ = verified(run)
        assert (status, set(problems)) == (2, {path.name})
    path.write_text(content, encoding="utf-8")


def test_a_changed_manifest_is_refused(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "shards" / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"rows": ', '"rows": 1'), encoding="utf-8")
    status, _, errors = verified(tmp_path / "run")
    assert status == 2
    assert "changed since it was written" in errors


def test_a_run_without_shards_is_refused(tmp_path: Path) -> None:
    status, _, errors = verified(tmp_path)
    assert status == 2
    assert "run `curate shard` first" in errors
