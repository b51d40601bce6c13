"""Whether planning reads what a training of ours wrote."""

import json

from tests.end_to_end.golden_run import Golden, answer_of
from training.planning.runs import read_runs


def test_a_finished_run_is_a_point_of_the_law(golden: Golden) -> None:
    facts = json.loads((golden.folder / "model" / "manifest.json").read_text())["facts"]
    assert read_runs([str(golden.folder)]) == [
        (facts["n_parameters"], facts["tokens"], facts["valid_loss"])
    ]


def test_one_run_is_too_few(golden: Golden) -> None:
    status, output, errors = answer_of("plan", "--json", "fit", str(golden.folder))
    assert (status, output) == (2, "")
    assert errors.startswith("curate: 1 runs are too few") and errors.count("\n") == 1
