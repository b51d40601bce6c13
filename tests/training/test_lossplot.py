"""The drawing of the losses says what the metrics say."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from training.lossplot import loss_plot, thinned

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: Path, rows: list[dict[str, float]]) -> ElementTree.Element:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ElementTree.fromstring(loss_plot(path))


def points(line: ElementTree.Element) -> list[tuple[float, ...]]:
    return [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]


def test_a_point_stands_where_its_step_and_loss_are(tmp_path: Path) -> None:
    """Losses from 2 to 4 over 100 steps: the drawing's corners are (50, 50) and (670, 310)."""
    rows = [{"step": 50, "loss": 4.0}, {"step": 100, "loss": 2.0}, {"step": 0, "valid_loss": 3.0}]
    train, valid = drawn(tmp_path / "metrics.jsonl", rows).iter(f"{SVG}polyline")
    assert points(train) == [(360, 50), (670, 310)]
    assert points(valid) == [(50, 180)]


def test_every_validation_has_a_dot_with_its_figures(tmp_path: Path) -> None:
    rows = [{"step": 10 * n, "valid_loss": 5.0 - n} for n in range(4)]
    found = drawn(tmp_path / "metrics.jsonl", rows).iter(f"{SVG}circle")
    titles = [dot.findtext(f"{SVG}title") for dot in found]
    assert titles == ["step 0: 5.0000", "step 10: 4.0000", "step 20: 3.0000", "step 30: 2.0000"]


@pytest.mark.parametrize("count", [1, 600, 601, 100_000])
def test_many_steps_become_few_points_of_the_same_mean(count: int) -> None:
    steps = [(float(n), float(n % 7)) for n in range(1, count + 1)]
    found = thinned(steps)
    assert len(found) <= 600
    assert found[-1][0] == count
    if count <= 600:
        assert found == steps
