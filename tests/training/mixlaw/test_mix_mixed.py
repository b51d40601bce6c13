"""From the table of a swarm to a proposal, or to the reason why there is none."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.mixconfig import MixSection
from tests.end_to_end.golden_run import answer_of
from tests.training.mixlaw.mixswarms import Truth, truth
from training.mixlaw import mixed, table
from training.mixlaw.check import check
from training.mixlaw.mixed import Corpus, Mixed, mix
from training.mixlaw.proposal import Objective, best
from training.mixlaw.table import Swarm

TOKENS = 1e9


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for an interval, and fast."""
    monkeypatch.setattr(mixed, "RESAMPLES", 20)


def planned(known: Truth, epochs: float = 1.0) -> Corpus:
    """All text together is read so often."""
    unique = known.prior * TOKENS / epochs
    return Corpus(known.swarm.domains, unique, known.prior, TOKENS, 1e-3)


def regret(known: Truth, found: Mixed, section: MixSection) -> tuple[float, float]:
    """How much worse than the best the proposal and the prior are by the true law."""
    metrics = len(known.swarm.metrics)
    real = Objective(known.law, np.full(metrics, 1 / metrics), known.prior, section.penalty)
    most = np.minimum(1, section.max_epochs * known.prior)
    optimum = real(best(real, np.full(len(known.prior), 1e-3), most))
    proposal = np.array(list(found.proposal.values()))
    return real(proposal) - optimum, real(known.prior) - optimum


@pytest.mark.parametrize(("proxies", "noise"), [(512, 0.005), (64, 0.002)])
def test_nearly_all_that_can_be_won_is_won(proxies: int, noise: float) -> None:
    known, section = truth(proxies, noise), MixSection(penalty=0.02)
    found = mix(known.swarm, planned(known), section)
    assert found.refusal == ""
    ours, natural = regret(known, found, section)
    assert natural > 0.01
    assert ours < 0.05 * natural


def test_what_is_reported_follows_from_the_proposal() -> None:
    known, section = truth(40, 0.01, domains=3, metrics=2), MixSection(max_epochs=2.0, penalty=0.0)
    found = mix(known.swarm, planned(known, epochs=0.5), section)
    assert sum(found.proposal.values()) == pytest.approx(1, abs=1e-12)
    for row in found.domains:
        assert row.proposal is not None and row.epochs is not None
        assert row.epochs == pytest.approx(row.proposal / row.prior * 0.5)
        assert row.epochs <= 2 + 1e-4
    *metrics, objective = found.metrics
    assert objective.change and objective.proposal and objective.prior
    assert objective.change.value < 0
    assert objective.change.value == pytest.approx(objective.proposal.value - objective.prior.value)
    assert objective.prior.value == pytest.approx(
        np.mean([one.prior.value for one in metrics if one.prior])
    )
    low, high = objective.change.interval
    assert low < objective.change.value < high < 0


def test_metrics_count_as_they_are_weighted() -> None:
    known = truth(40, 0.002, domains=3, metrics=2)
    shares = []
    for name in known.swarm.metrics:
        section = MixSection(metrics={name: 2.0}, penalty=0.0, max_epochs=1000.0)
        found = mix(known.swarm, planned(known), section)
        assert [row.weight for row in found.metrics[:-1]].count(1.0) == 1
        helpful = known.law.slopes[known.swarm.metrics.index(name)].argmin()
        shares.append(list(found.proposal.values())[helpful])
    assert min(shares) > 0.99


def test_a_share_that_no_proxy_had_is_marked() -> None:
    known = truth(60, 0.001, domains=3, metrics=1)
    helpful = int(known.law.slopes[0].argmin())
    kept = known.swarm.weights[:, helpful] < 0.5
    swarm = Swarm(
        known.swarm.domains,
        known.swarm.metrics,
        known.swarm.weights[kept],
        known.swarm.values[kept],
    )
    found = mix(swarm, planned(known), MixSection(penalty=0.0, max_epochs=1000.0))
    assert [row.extrapolated for row in found.domains][helpful]
    assert found.domains[helpful].tried[1] < 0.5


def test_noise_is_refused() -> None:
    known = truth(64, 0.0, domains=6, metrics=3)
    for seed in range(3):
        noise = np.random.default_rng(seed).uniform(1, 2, known.swarm.values.shape)
        swarm = Swarm(known.swarm.domains, known.swarm.metrics, known.swarm.weights, noise)
        found = mix(swarm, planned(known), MixSection())
        assert found.proposal == {} and "rank correlation" in found.refusal
        assert [row.proposal for row in found.metrics] == [None] * 4


def test_too_few_proxies_and_domains_that_never_vary_are_refused() -> None:
    with pytest.raises(UserError, match=r"30 mixtures are too few to weigh 17 domains.*have 36"):
        known = truth(30, 0.0)
        mix(known.swarm, planned(known), MixSection())
    known = truth(30, 0.0, domains=2, metrics=1)
    still = np.column_stack([0.5 * known.swarm.weights, np.full(30, 0.5)])
    swarm = Swarm(("a", "b", "c"), ("m",), still, known.swarm.values)
    corpus = Corpus(swarm.domains, np.full(3, 1e9), np.full(3, 1 / 3), 1e9, 1e-3)
    with pytest.raises(UserError, match="all proxies have as much of c"):
        mix(swarm, corpus, MixSection())


def test_a_metric_that_does_not_exist_is_refused() -> None:
    known = truth(40, 0.0, domains=3, metrics=2)
    with pytest.raises(UserError, match=r"mix.metrics.news.*metric 0, metric 1"):
        mix(known.swarm, planned(known), MixSection(metrics={"news": 1.0}))


def test_a_check_tells_better_worse_and_unknown() -> None:
    prior = np.array([2.0, 2.1, 1.9])
    better = check(prior, prior - np.array([0.10, 0.12, 0.11]))
    assert (better.verdict, better.seeds) == ("verified", 3)
    assert better.change == pytest.approx(-0.11)
    # Student's t with two degrees of freedom: 4.3027 standard errors of 0.01 / sqrt(3).
    assert better.interval == pytest.approx((-0.11 - 0.024841, -0.11 + 0.024841), abs=1e-5)
    assert check(prior, prior + np.array([0.10, 0.12, 0.11])).verdict == "worse"
    assert check(prior, prior + np.array([0.1, -0.2, 0.0])).verdict == "not verified"


CONFIG = """
[run]
name = "theirs"

[mix]
table = "{table}"
tokens = 1_000_000_000
penalty = 0.02

[mix.unique_tokens]
{tokens}
"""


@pytest.fixture
def theirs(tmp_path: Path) -> tuple[Truth, Path]:
    """Somebody's table, and a configuration that names it."""
    known = truth(60, 0.01, domains=3, metrics=2)
    table.write(str(tmp_path / "swarm.csv"), known.swarm)
    rows = zip(known.swarm.domains, known.prior * 1e9, strict=True)
    tokens = "\n".join(f'"{name}" = {count:.0f}' for name, count in rows)
    path = tmp_path / "mix.toml"
    path.write_text(CONFIG.format(table=tmp_path / "swarm.csv", tokens=tokens), encoding="utf-8")
    return known, path


def test_a_table_of_others_is_fitted_without_training(theirs: tuple[Truth, Path]) -> None:
    known, path = theirs
    status, output, errors = answer_of("mix", str(path), "--json")
    assert (status, errors) == (0, "")
    found = json.loads(output)
    direct = mix(
        table.read(str(path.with_name("swarm.csv"))), planned(known), MixSection(penalty=0.02)
    )
    assert found["weights"] == pytest.approx(direct.proposal, abs=1e-4)
    assert found["check"] is None
    status, output, _ = answer_of("mix", str(path))
    assert status == 0 and '[train.weights]\n"domain 0" = ' in output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"domain 0" =',
            '"domain 9" =',
            "mix.unique_tokens: says nothing of the domain 'domain 0'",
        ),
        ("penalty = 0.02", "max_epochs = 0.5", "mix.max_epochs = 0.5: so often all domains"),
        ("penalty = 0.02", "min_rank_correlation = 1.0", "must be 1 or more"),
        ("penalty = 0.02", "metrics = {x = 1}", "mix.metrics.x: nothing is measured by that name"),
        ("penalty = 0.02", 'domains = ["a", "b"]', "domains are those of table"),
        ("[mix.unique_tokens]", "[mix.train]\nweights = {a = 1.0}\n[mix.unique_tokens]", "weights"),
        ("penalty = 0.02", "check_seeds = 1", "check_seeds = 1 gives no interval"),
        ("penalty = 0.02", "penalty = -1", "mix.penalty"),
        ("penalty = 0.02", "penalti = 1", "did you mean 'penalty'"),
        ("swarm.csv", "none.csv", "none.csv"),
    ],
)
def test_a_mistake_is_one_line(theirs: tuple[Truth, Path], old: str, new: str, said: str) -> None:
    path = theirs[1]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    status, _, errors = answer_of("mix", str(path))
    assert status == 2
    assert said in errors and errors.count("\n") == 1
