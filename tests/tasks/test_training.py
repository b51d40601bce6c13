"""What is said of a training that runs."""

import io
import json
import threading
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import progress
from pipeline.tasks.training import how_it_goes, steps_done
from training.timings import Timings

ROW = {
    "step": 3,
    "loss": 4.25,
    "tokens_per_second": 12345.6,
    "data_wait": 0.004,
    "seconds": 7.0,
    "seconds_left": 9.0,
}


def write(folder: Path, *rows: dict[str, float], torn: str = "") -> None:
    lines = [json.dumps(row) for row in rows]
    (folder / "timings.jsonl").write_text("".join(line + "\n" for line in lines) + torn)


def test_nothing_is_said_before_the_first_step(tmp_path: Path) -> None:
    assert how_it_goes(str(tmp_path)) == ""
    write(tmp_path)
    assert how_it_goes(str(tmp_path)) == ""


def test_the_last_whole_row_is_told(tmp_path: Path) -> None:
    write(tmp_path, ROW | {"loss": 9.0}, ROW, torn='{"step": 4, "lo')
    assert how_it_goes(str(tmp_path)) == (
        "loss 4.250, 12,346 tokens a second, 0.4% waiting for data"
    )
    write(tmp_path, ROW | {"mfu": 0.4123, "cost": 1234.5})
    assert how_it_goes(str(tmp_path)) == (
        "loss 4.250, 12,346 tokens a second, 41.2% of peak, 0.4% waiting for data, cost 1,234.50"
    )


def test_a_torn_row_is_forgotten(tmp_path: Path) -> None:
    write(tmp_path, ROW, torn='{"step": 4, "lo')
    path = tmp_path / "timings.jsonl"
    timings = Timings(
        path, steps=5, devices=1, flops_per_token=1, peak_flops=None, price_per_hour=None
    )
    with timings.step():
        pass
    timings.add(4, 10, 4.0)
    steps = [json.loads(line)["step"] for line in path.read_text().splitlines()]
    assert steps == [3, 4]
    assert timings.seconds > 7


def test_a_log_says_how_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOG_SECONDS", 0.01)
    write(tmp_path, ROW)
    said, asked = io.StringIO(), threading.Event()

    def about() -> str:
        asked.set()
        return how_it_goes(str(tmp_path))

    watched = progress.Progress(Console(file=said, width=200))
    with watched.watch("model", 10, lambda: steps_done(str(tmp_path)), about):
        assert asked.wait(10)
    assert "model: 0 of 10, loss 4.250, 12,346 tokens a second" in said.getvalue()
