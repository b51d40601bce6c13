"""Which arms a proof has, and by what each judges."""

from typing import Any

import pytest

from pipeline.arms import Arm, arms_of
from pipeline.config import Config
from pipeline.errors import UserError


def arms(**sections: Any) -> dict[str, Arm]:
    config = Config.model_validate({"run": {"name": "r"}, **sections})
    return {arm.name: arm for arm in arms_of(config)}


SCORED = {"quality": {"references": "somewhere"}}


def test_there_is_an_arm_for_each_step() -> None:
    found = arms(**SCORED, filter={"families": ["gopher_quality", "fineweb"]})
    chain = ["raw", "language", "gopher_quality", "fineweb", "filter", "lines", "dedup"]
    assert [*found] == [*chain, "quality_hard", "quality_soft", "weights"]
    assert [found[name].against for name in chain] == [None, *chain[:-1]]
    for last in ("quality_hard", "quality_soft", "weights"):
        assert found[last].against == "dedup"


def test_each_family_is_judged_beside_those_before_it() -> None:
    found = arms(filter={"families": ["gopher_quality", "gopher_repetition"]})
    judged = {name: arm.filter.families for name, arm in found.items() if arm.filter}
    assert judged == {
        "language": (),
        "gopher_quality": ("gopher_quality",),
        "gopher_repetition": ("gopher_quality", "gopher_repetition"),
    }


def test_own_bounds_hold_from_the_arm_on_that_judges_by_their_rule() -> None:
    rules = {name: {"high": 0.1} for name in ("top_2_gram", "symbol_characters")}
    rules["language_score"] = {"high": 1.0}
    found = arms(filter={"families": ["gopher_quality", "gopher_repetition"], "rules": rules})
    own = {name: {*arm.filter.rules} for name, arm in found.items() if arm.filter}
    assert own["language"] == {"language_score"}
    assert own["gopher_quality"] == {"language_score"}
    assert own["gopher_repetition"] == {"language_score", "top_2_gram"}


def test_without_scores_there_is_no_arm_by_quality() -> None:
    assert not {"quality_hard", "quality_soft"} & {*arms()}


def test_an_arm_is_compared_with_the_last_one_trained_before_it() -> None:
    found = arms(**SCORED, prove={"arms": ["quality_soft", "lines"]})
    assert {name: arm.against for name, arm in found.items()} == {
        "raw": None,
        "lines": "raw",
        "quality_soft": "lines",
    }


def test_an_arm_that_the_run_does_not_have_is_an_error() -> None:
    with pytest.raises(UserError, match=r"prove\.arms: no arm quality_hard; this run has raw, "):
        arms(prove={"arms": ["quality_hard"]})
