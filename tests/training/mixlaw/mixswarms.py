"""Swarms whose law is known, in the shape of RegMix's published table: 17 domains, 13 metrics."""

from typing import NamedTuple

import numpy as np

from training.mixlaw.law import Law
from training.mixlaw.swarm import Numbers, Room, draw
from training.mixlaw.table import Swarm


class Truth(NamedTuple):
    """A law, the natural shares, and proxies that follow it but for noise."""

    law: Law
    prior: Numbers
    swarm: Swarm


def truth(
    proxies: int, noise: float, *, domains: int = 17, metrics: int = 13, seed: int = 0
) -> Truth:
    """Metrics between 1 and 3 that a domain changes by some tenths."""
    rng = np.random.default_rng(seed)
    prior = rng.dirichlet(np.full(domains, 2.0)) + 0.002
    prior /= prior.sum()
    weights = draw(Room(prior, 1e-3, np.ones(domains)), proxies, seed, (1.0, 64.0))
    height = np.log(rng.uniform(0.5, 1.5, metrics))[:, None]
    law = Law(rng.uniform(0.6, 1.2, metrics), height + rng.normal(0, 0.4, (metrics, domains)))
    values = law.predict(weights) + noise * rng.normal(size=(proxies, metrics))
    names = tuple(f"domain {number}" for number in range(domains))
    measured = tuple(f"metric {number}" for number in range(metrics))
    return Truth(law, prior, Swarm(names, measured, weights, values))
