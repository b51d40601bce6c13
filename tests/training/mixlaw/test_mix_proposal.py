"""The proposal is the optimum, within the cap, and no worse than the natural shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from training.mixlaw.law import Law
from training.mixlaw.proposal import Objective, best, gap, greatest_shares, project
from training.mixlaw.swarm import Numbers


@st.composite
def problems(draw: st.DrawFn) -> tuple[Objective, Numbers, Numbers]:
    """An objective with the smallest and the greatest shares."""
    domains, metrics = draw(st.integers(2, 20)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prior = rng.dirichlet(np.full(domains, draw(st.sampled_from([0.3, 1.0, 10.0])))) + 1e-3
    prior /= prior.sum()
    spread = draw(st.sampled_from([0.05, 0.5, 3.0]))
    law = Law(rng.uniform(0.2, 1, metrics), rng.normal(0, spread, (metrics, domains)))
    penalty = draw(st.sampled_from([0.0, 1e-3, 0.1, 1.0, 1000.0]))
    importance = rng.dirichlet(np.ones(metrics))
    least = np.minimum(1e-3, prior)
    most = np.clip(prior * rng.uniform(0.5, 6, domains), least, 1)
    if most.sum() < 1:
        most = np.minimum(1, most / most.sum() * 1.01)
    return Objective(law, importance, prior, penalty), least, most


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_proposal_is_the_optimum_within_its_bounds(
    problem: tuple[Objective, Numbers, Numbers],
) -> None:
    objective, least, most = problem
    found = best(objective, least, most)
    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found >= least - 1e-12).all() and (found <= most + 1e-12).all()
    assert gap(objective, found, least, most) <= 2e-6 * (objective(found) + objective.penalty)
    start = project(objective.prior, least, most)
    assert objective(found) <= objective(start) + 1e-12


@given(problems())
def test_no_mixture_allowed_is_better_than_the_gap_says(
    problem: tuple[Objective, Numbers, Numbers],
) -> None:
    objective, least, most = problem
    here = project(objective.prior, least, most)
    bound = gap(objective, here, least, most)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = project(rng.dirichlet(np.ones(len(here))) + 1e-6, least, most)
        assert objective(other) >= objective(here) - bound - 1e-9


def test_slopes_are_the_objective_s() -> None:
    rng = np.random.default_rng(0)
    law = Law(rng.uniform(0, 1, 3), rng.normal(0, 1, (3, 4)))
    objective = Objective(law, np.array([0.5, 0.3, 0.2]), np.full(4, 0.25), 0.3)
    at = np.array([0.1, 0.2, 0.3, 0.4])
    steps = 1e-6 * np.eye(4)
    found = [(objective(at + step) - objective(at - step)) / 2e-6 for step in steps]
    # Off the simplex the divergence lacks the term that is constant on it.
    assert objective.slope(at) - found == pytest.approx(np.full(4, 0.0), abs=1e-6)


LAW = Law(np.zeros(1), np.array([[0.0, -1.0, 0.5]]))
PRIOR = np.array([0.7, 0.2, 0.1])
LEAST = np.full(3, 1e-3)


def proposed(penalty: float, most: Numbers) -> Numbers:
    return best(Objective(LAW, np.ones(1), PRIOR, penalty), LEAST, most)


def test_a_penalty_pulls_from_the_best_corner_to_the_natural_shares() -> None:
    free = np.ones(3)
    assert proposed(0.0, free) == pytest.approx([0.001, 0.998, 0.001], abs=1e-4)
    assert proposed(1000.0, free) == pytest.approx(PRIOR, abs=1e-3)
    helpful = [proposed(penalty, free)[1] for penalty in (0.0, 0.03, 0.1, 0.3, 1.0, 10.0)]
    assert helpful == sorted(helpful, reverse=True)


def test_a_penalty_alone_weighs_by_the_exponential() -> None:
    """For a nearly linear objective the optimum is the prior times exp(-slope / penalty)."""
    law = Law(np.zeros(1), 0.01 * np.array([[0.0, -1.0, 0.5]]))
    found = best(Objective(law, np.ones(1), PRIOR, 0.01), np.full(3, 1e-9), np.ones(3))
    expected = PRIOR * np.exp([0.0, 1.0, -0.5])
    assert found == pytest.approx(expected / expected.sum(), abs=0.01)


def test_the_cap_holds_what_a_domain_would_take() -> None:
    found = proposed(0.0, np.array([1.0, 0.4, 1.0]))
    assert found == pytest.approx([0.599, 0.4, 0.001], abs=1e-4)


def test_caps_follow_from_unique_tokens() -> None:
    unique = np.array([700.0, 200.0, 100.0])
    found = greatest_shares(unique, ("a", "b", "c"), 2000, 4)
    assert found == pytest.approx([1.0, 0.4, 0.2])


def test_a_cap_that_cannot_be_held_names_the_domain_with_most_room() -> None:
    with pytest.raises(UserError, match=r"3,000 tokens, of the 5,000 planned; b has most room"):
        greatest_shares(np.array([100.0, 600.0, 300.0]), ("a", "b", "c"), 5000, 3)
