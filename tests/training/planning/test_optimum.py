"""The best size and tokens of a budget have no better neighbour, and inverses agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.planning.laws import Law
from training.planning.optimum import (
    Setting,
    best,
    budget_of_loss,
    budget_of_params,
    budget_of_tokens,
    lowest_loss,
)
from training.planning.published import DRAWS, published

LAWS = published()
laws = st.sampled_from(sorted(LAWS))
budgets = st.floats(16, 27).map(lambda power: 10.0**power)
answers = st.floats(6, 14).map(lambda power: 10.0**power)


@st.composite
def settings(draw: st.DrawFn) -> tuple[Law, Setting]:
    """A law, with what it can be asked."""
    law = LAWS[draw(laws)]
    inference = draw(st.one_of(st.just(0.0), answers))
    weight = draw(st.sampled_from([1.0, 0.5, 8.0]))
    unique = draw(st.one_of(st.none(), st.just(1e12))) if law.repeats else None
    return law, Setting(inference, weight, unique)


@given(settings(), budgets, st.sampled_from([0.5, 0.9, 0.99, 1.01, 1.1, 2.0]))
def test_the_best_has_no_better_neighbour(
    asked: tuple[Law, Setting], budget: float, factor: float
) -> None:
    law, setting = asked
    if budget < 1e3 * setting.cost(1.0, 1.0):
        return
    params, tokens = best(law, budget, setting)
    assert setting.cost(params, tokens) == pytest.approx(budget)
    other = float(setting.tokens(budget, params * factor))
    if other > 0:
        worse = float(setting.loss(law, params * factor, other))
        assert float(setting.loss(law, params, tokens)) <= worse + 1e-12


@given(laws, budgets)
def test_closed_form_is_where_both_slopes_agree(name: str, budget: float) -> None:
    law = LAWS[name]
    params, tokens = best(law, budget, Setting())
    assert 6 * params * tokens == pytest.approx(budget)
    by_params = law.alpha * law.a * params**-law.alpha
    by_tokens = law.beta * law.b * tokens**-law.beta
    assert by_params == pytest.approx(by_tokens)


@given(laws, budgets)
def test_search_finds_what_the_closed_form_says(name: str, budget: float) -> None:
    law = LAWS[name]
    searched = best(law, budget, Setting(inference=1e-9))
    assert searched == pytest.approx(best(law, budget, Setting()), rel=1e-4)


@given(laws, budgets, st.one_of(st.just(0.0), answers))
def test_inverse_functions_agree(name: str, budget: float, inference: float) -> None:
    law, setting = LAWS[name], Setting(inference)
    if budget < 1e6 * setting.cost(1.0, 1.0):
        return
    params, tokens = best(law, budget, setting)
    loss = float(setting.loss(law, params, tokens))
    assert budget_of_params(law, params, setting) == pytest.approx(budget, rel=1e-3)
    assert budget_of_tokens(law, tokens, setting) == pytest.approx(budget, rel=1e-3)
    assert budget_of_loss(law, loss, setting) == pytest.approx(budget, rel=1e-3)
    if not inference:
        assert float(law.best_tokens(params)) == pytest.approx(tokens)
        assert float(law.best_params(tokens)) == pytest.approx(params)


@given(settings(), budgets, st.floats(1.1, 10.0))
def test_more_budget_never_does_worse(
    asked: tuple[Law, Setting], budget: float, factor: float
) -> None:
    law, setting = asked
    if budget < 1e3 * setting.cost(1.0, 1.0):
        return
    less = setting.loss(law, *best(law, budget, setting))
    assert float(setting.loss(law, *best(law, budget * factor, setting))) <= float(less) + 1e-12


@given(laws, budgets, st.floats(0.1, 100.0))
def test_answers_make_models_smaller(name: str, budget: float, share: float) -> None:
    """For the same loss (Sardana et al. 2024, figure 1): fewer parameters, more tokens."""
    law = LAWS[name]
    params, tokens = best(law, budget, Setting())
    serving = Setting(inference=share * tokens)
    loss = float(law.loss(params, tokens))
    needed = budget_of_loss(law, loss, serving)
    assert needed is not None
    small, many = best(law, needed, serving)
    assert small < params and many > tokens
    assert float(law.loss(small, many)) == pytest.approx(loss)
    assert needed < serving.cost(params, tokens)


def test_no_budget_reaches_the_floor() -> None:
    law = LAWS["besiroglu"]
    assert budget_of_loss(law, law.floor, Setting()) is None


def test_published_value_of_the_data_constrained_law() -> None:
    """The loss that Muennighoff et al. 2023's repository gives for N=6.34e9, D=242e9, U=25e9."""
    law = LAWS["muennighoff"]
    loss = float(law.loss_of_repeated(6.34e9, 242e9, 25e9))
    assert loss == pytest.approx(2.2256440889984477, abs=1e-14)
    # Their figure of the best for the same compute is a smaller model for more epochs.
    better = best(law, 6 * 6.34e9 * 242e9, Setting(unique=25e9))
    assert float(law.loss_of_repeated(*better, 25e9)) < loss


@given(st.floats(6, 12), st.floats(6, 13), st.floats(6, 12))
def test_repeats_are_worth_no_more_than_new_tokens(n: float, d: float, u: float) -> None:
    law = LAWS["muennighoff"]
    params, tokens, unique = 10**n, 10**d, 10**u
    worth_params, worth_tokens = law.effective(params, tokens, unique)
    assert worth_tokens <= tokens * (1 + 1e-12) and worth_params <= params * (1 + 1e-12)
    assert law.loss_of_repeated(params, tokens, unique) >= lowest_loss(law, unique) - 1e-9
    if tokens <= unique and params <= law.best_params(tokens):
        assert law.loss_of_repeated(params, tokens, unique) == law.loss(params, tokens)


def test_uncertainty_is_that_published() -> None:
    """Standard errors of Besiroglu et al. 2024, table 1, as far as their digits go."""
    law = LAWS["besiroglu"]
    assert law.draws is not None and law.draws.shape == (DRAWS, 5)
    errors = np.std(np.column_stack([np.exp(law.draws[:, :3]), law.draws[:, 3:]]), axis=0)
    published_errors = np.array([124.58, 1293.23, 0.03, 0.02, 0.02])
    assert np.all(np.abs(errors / published_errors - 1) < 0.35)


def test_intervals_hold_chinchilla() -> None:
    """Hoffmann et al. trained 70B parameters on 1.4T tokens as the best of 5.76e23 operations."""
    law = LAWS["besiroglu"]
    sizes, tokens = np.array([best(one, 5.76e23, Setting()) for one in law.drawn]).T
    low, high = np.percentile(sizes, [2.5, 97.5])
    assert low < 70e9 < high
    low, high = np.percentile(tokens, [2.5, 97.5])
    assert low < 1.4e12 < high
