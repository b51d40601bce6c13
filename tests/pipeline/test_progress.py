"""What a log says of a stage that takes its time."""

import io
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from pipeline import progress
from pipeline.progress import Progress


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_rate_and_time_left_are_told_once_something_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_LOG_SECONDS", 0.01)
    said, done = io.StringIO(), 0
    with Progress(Console(file=said, width=100)).watch("filter", 2, lambda: done):
        wait(lambda: said.getvalue().count("\n") > 3)
        assert set(said.getvalue().splitlines()[:3]) == {"filter: 0 of 2"}
        done = 1
        wait(lambda: " left" in said.getvalue())
    line = next(line for line in said.getvalue().splitlines() if " left" in line)
    assert line.startswith("filter: 1 of 2, ")
    assert " a second, " in line
    assert said.getvalue().splitlines()[-1].startswith("filter: 1 done in ")
