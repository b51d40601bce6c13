"""What a swarm says: how well its law predicts, and the weights that it proposes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.mixconfig import MixSection
from training.mixlaw.law import Law, fit
from training.mixlaw.proposal import Objective, best, greatest_shares
from training.mixlaw.quality import Interval, Quality, cross_validate, least_proxies
from training.mixlaw.swarm import Numbers, rounded
from training.mixlaw.table import Swarm

OBJECTIVE = "objective"
RESAMPLES = 100


Row = tuple["Predicted | None", "Predicted | None", "Predicted | None"]


class Corpus(NamedTuple):
    """The text that a training is planned on.

    Attributes:
        domains: Names of the domains to weigh.
        unique: Tokens there are of each, shape (domains,).
        prior: Their natural shares, which add up to 1.
        tokens: Tokens of the planned training in these domains.
        least: The smallest share worth weighing.
    """

    domains: tuple[str, ...]
    unique: Numbers
    prior: Numbers
    tokens: float
    least: float


@dataclass(frozen=True)
class Domain:
    """A domain of a proposal.

    Attributes:
        name: Its name.
        unique_tokens: Tokens there are of it.
        prior: Its natural share.
        proposal: The share proposed; None if none is.
        factor: That over the natural share.
        epochs: How often the planned training sees it then.
        tried: The least and the greatest share of any proxy.
        extrapolated: Whether the proposal is outside of these.
    """

    name: str
    unique_tokens: int
    prior: float
    proposal: float | None
    factor: float | None
    epochs: float | None
    tried: Interval
    extrapolated: bool


@dataclass(frozen=True)
class Predicted:
    """A metric of a mixture, with its 95% interval by the bootstrap over the proxies."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Metric:
    """A metric, or the objective, which is their weighted mean.

    Attributes:
        name: Its name.
        weight: Its weight in the objective.
        quality: How well it is predicted.
        prior: What the natural shares come to; None if nothing is proposed, as of the others.
        proposal: What the proposal comes to.
        change: The proposal's less the prior's. The mixture was chosen by the same law, so that
            what it gains is flattered.
    """

    name: str
    weight: float
    quality: Quality
    prior: Predicted | None
    proposal: Predicted | None
    change: Predicted | None


@dataclass(frozen=True)
class Mixed:
    """What a swarm says.

    Attributes:
        proxies: How many there are.
        domains: By domain.
        metrics: By metric, the objective last.
        refusal: Why nothing is proposed; empty if something is.
    """

    proxies: int
    domains: tuple[Domain, ...]
    metrics: tuple[Metric, ...]
    refusal: str

    @property
    def proposal(self) -> dict[str, float]:
        """The weights proposed, by domain; empty if none are."""
        return {row.name: row.proposal for row in self.domains if row.proposal is not None}


def mix(swarm: Swarm, corpus: Corpus, section: MixSection) -> Mixed:
    """Fit the law of a swarm, and propose weights if it is good enough.

    Args:
        swarm: The proxies; its domains are the corpus's, in their order.
        corpus: What is planned.
        section: Cap, penalty, weights of the metrics, and how good the law must be.

    Raises:
        UserError: The proxies are too few, or do not vary a domain, the cap cannot be held, or
            there is no such metric.
    """
    importance = importances(swarm.metrics, section)
    most = greatest_shares(corpus.unique, corpus.domains, corpus.tokens, section.max_epochs)
    _check(swarm)
    qualities, whole = cross_validate(swarm, importance)
    refusal = _refusal(whole, section.min_rank_correlation)
    proposal: Numbers | None = None
    predicted: list[Row] = [(None, None, None)] * (len(importance) + 1)
    if not refusal:
        law = fit(swarm.weights, swarm.values)
        objective = Objective(law, importance, corpus.prior, section.penalty)
        least = np.minimum(np.minimum(corpus.least, corpus.prior), most)
        proposal = rounded(best(objective, least, most))
        predicted = _predicted(
            np.stack([corpus.prior, proposal]), law, _draws(swarm, law), importance
        )
    names, weights = [*swarm.metrics, OBJECTIVE], [*importance.tolist(), 1.0]
    rows = zip(names, weights, [*qualities, whole], predicted, strict=True)
    return Mixed(
        proxies=len(swarm.weights),
        domains=tuple(_domains(swarm, corpus, proposal)),
        metrics=tuple(Metric(*one[:3], *one[3]) for one in rows),
        refusal=refusal,
    )


def importances(metrics: Sequence[str], section: MixSection) -> Numbers:
    """Weights of the metrics in the objective, which add up to 1.

    Raises:
        UserError: One that is weighted does not exist.
    """
    for name in section.metrics:
        if name not in metrics:
            raise UserError(
                f"mix.metrics.{name}: nothing is measured by that name; there are "
                f"{', '.join(metrics)}"
            )
    weights = np.array([section.metrics.get(name, 0 if section.metrics else 1) for name in metrics])
    return np.asarray(weights / weights.sum(), np.float64)


def _check(swarm: Swarm) -> None:
    """Refuse a swarm from which no law can be told."""
    mixtures, domains = np.unique(swarm.weights, axis=0).shape
    if mixtures < (least := least_proxies(domains)):
        raise UserError(
            f"mix: proxies of {mixtures} mixtures are too few to weigh {domains} domains; nothing "
            f"is proposed; have {least} or more"
        )
    for name, shares in zip(swarm.domains, swarm.weights.T, strict=True):
        if np.ptp(shares) == 0:
            raise UserError(
                f"mix: all proxies have as much of {name}, so that its effect cannot be told; "
                "nothing is proposed; vary it, or leave it out"
            )


def _refusal(quality: Quality, least: float) -> str:
    found, (low, high) = quality.rank_correlation, quality.interval
    if found >= least and low > 0:
        return ""
    return (
        f"the law predicts the objective of proxies held out with a rank correlation of "
        f"{found:.2f} (95%: {low:.2f} to {high:.2f}), which must be {least:g} or more and surely "
        "above 0; nothing is proposed; have more proxies, or train them longer"
    )


def _draws(swarm: Swarm, law: Law) -> list[Law]:
    """The laws of the bootstrap over the proxies."""
    rng, count = np.random.default_rng(0), len(swarm.weights)
    chosen = [rng.integers(count, size=count) for _ in range(RESAMPLES)]
    return [fit(swarm.weights[at], swarm.values[at], near=law) for at in chosen]


def _predicted(mixtures: Numbers, law: Law, draws: Sequence[Law], importance: Numbers) -> list[Row]:
    """Of each metric, and of the objective: the prior, the proposal, and the change."""
    laws = np.stack([one.predict(mixtures).T for one in (law, *draws)])
    whole = np.concatenate([laws, np.einsum("lmn,m->ln", laws, importance)[:, None]], axis=1)
    prior, proposal = whole[:, :, 0].T, whole[:, :, 1].T
    rows = zip(prior, proposal, proposal - prior, strict=True)
    return [(_of(first), _of(second), _of(change)) for first, second, change in rows]


def _of(values: Numbers) -> Predicted:
    """The first value, with the interval of the others."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Predicted(float(values[0]), (float(low), float(high)))


def _domains(swarm: Swarm, corpus: Corpus, proposal: Numbers | None) -> list[Domain]:
    rows = []
    for at, name in enumerate(corpus.domains):
        unique, prior = float(corpus.unique[at]), float(corpus.prior[at])
        low, high = float(swarm.weights[:, at].min()), float(swarm.weights[:, at].max())
        share = None if proposal is None else float(proposal[at])
        rows.append(
            Domain(
                name=name,
                unique_tokens=int(unique),
                prior=prior,
                proposal=share,
                factor=None if share is None else share / prior,
                epochs=None if share is None else share * corpus.tokens / unique,
                tried=(low, high),
                extrapolated=share is not None and not low <= share <= high,
            )
        )
    return rows
