"""One golden run on the bundled sample crawl, which the tests of this folder look at."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.sample.builder import build_sample
from tests.end_to_end.golden_run import CONFIG, Golden, answer_of, digests


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that runs every stage on the sample crawl."""
    folder = tmp_path_factory.mktemp("sample")
    build_sample(folder)
    path = folder / "golden.toml"
    path.write_text(CONFIG.format(sample=folder), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def golden(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """The run that the others are compared with."""
    output = tmp_path_factory.mktemp("golden")
    status, answer, errors = answer_of("run", str(config), "--output", str(output), "--json")
    assert status == 0, errors
    lines = (config.parent / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = [json.loads(line) for line in lines]
    for planted in truth:
        planted["record_id"] = planted["record_id"].removeprefix("urn:uuid:")
    folder = output / "golden"
    return Golden(
        folder,
        config,
        json.loads(answer),
        truth,
        digests(folder),
    )


@pytest.fixture
def same_run(golden: Golden, tmp_path: Path) -> Callable[..., None]:
    """Runs the golden configuration again in some other way; every byte must be the same."""

    def check(*words: str) -> None:
        status, _, errors = answer_of("run", str(golden.config), "--output", str(tmp_path), *words)
        assert status == 0, errors
        assert digests(tmp_path / "golden") == golden.files

    return check
