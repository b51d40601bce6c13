"""The sample crawl, built once for all its tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.sample import SampleSummary, build_sample

Truth = list[dict[str, Any]]
ReadTruth = Callable[[], Truth]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, build_sample(folder)


@pytest.fixture(scope="session")
def folder(built: tuple[Path, SampleSummary]) -> Path:
    return built[0]


@pytest.fixture(scope="session")
def summary(built: tuple[Path, SampleSummary]) -> SampleSummary:
    return built[1]


@pytest.fixture
def truth(folder: Path) -> Truth:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
