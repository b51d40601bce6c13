"""The table of a swarm is read as it was written, and what is wrong with one is said."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from tests.training.mixlaw.mixswarms import truth
from training.mixlaw import table
from training.mixlaw.table import Swarm


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    drawn = truth(20, 0.01).swarm
    swarm = Swarm(
        ("a, b", 'say "c"', *drawn.domains[2:]), drawn.metrics, drawn.weights, drawn.values
    )
    path = str(tmp_path / "swarm.csv")
    table.write(path, swarm)
    found = table.read(path)
    assert (found.domains, found.metrics) == (swarm.domains, swarm.metrics)
    assert np.abs(found.weights - swarm.weights).max() < 1e-9
    assert np.abs(found.values - swarm.values).max() <= 1e-8


def test_a_published_table_of_three_decimals_is_read(tmp_path: Path) -> None:
    """Other columns do not count, rows may miss 1 by their rounding."""
    path = tmp_path / "swarm.csv"
    path.write_text(
        "index,weight:arxiv,weight:web,metric:web\n1,0.209,0.787,4.1\n2,0.5,0.501,4.3\n",
        encoding="utf-8",
    )
    found = table.read(str(path))
    assert (found.domains, found.metrics) == (("arxiv", "web"), ("web",))
    assert found.weights.sum(axis=1) == pytest.approx([1, 1])
    assert found.weights[0, 0] == pytest.approx(0.209 / 0.996)
    assert found.values.tolist() == [[4.1], [4.3]]


HEADER = "weight:a,weight:b,metric:m\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no columns weight:NAME"),
        ("weight:a,b\n0.5,0.5\n", "no columns metric:NAME"),
        ("weight:a,weight:a,metric:m\n0.5,0.5,1\n", "columns weight:… of one name"),
        (HEADER, "no rows"),
        (HEADER + "0.5,0.5\n", "row 1: 2 values, the header has 3"),
        (HEADER + "0.5,0.5,1\n0.5,x,1\n", "row 2: weight:b is 'x', not a number from 0 on"),
        (HEADER + "1.5,-0.5,1\n", "row 1: weight:b is '-0.5'"),
        (HEADER + "0.5,0.5,0\n", "row 1: metric:m is '0', not a number above 0"),
        (HEADER + "0.5,0.5,nan\n", "row 1: metric:m is 'nan'"),
        (HEADER + "0.5,0.4,1\n", "row 1: weights add up to 0.9, not to 1"),
    ],
)
def test_a_bad_table_is_refused_by_row_and_column(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "swarm.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        table.read(str(path))
    assert str(caught.value).startswith(str(path)) and said in str(caught.value)
