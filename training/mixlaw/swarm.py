"""Draws the mixtures that proxies are trained on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError

Numbers = NDArray[np.float64]
DIGITS = 6
"""Decimals of a weight: few enough to read, and to add up to 1 exactly when they are written."""
_TEMPERATURE = 0.5
_TRIES = 20
"""Mixtures that are drawn for each that is asked for, at most."""


class Room(NamedTuple):
    """What a mixture may be.

    Attributes:
        prior: The natural shares, shape (domains,), all above 0, that add up to 1.
        least: The smallest share that a proxy can show the effect of; below it a domain is left
            out.
        most: Greatest shares, shape (domains,), nowhere below the prior; but for what parts that
            are left out leave to the others.
        unit: The smallest difference of shares that a proxy can show: of one sequence.
    """

    prior: Numbers
    least: float
    most: Numbers
    unit: float = 10**-DIGITS


def draw(room: Room, count: int, seed: int, strengths: tuple[float, float]) -> Numbers:
    """The mixtures of a swarm, the prior first.

    Each is Dirichlet around the prior to the power of 0.5, by which RegMix lets small domains be
    seen at all (Liu et al. 2024; `TEMP` in its `synthesize_mixture.py`), with a strength drawn log-
    uniformly: small ones give mixtures of few domains, great ones mixtures near the centre. RegMix
    has 0.1 to 5.

    A share above `most` would show how repeats hurt a proxy and not how the domain helps the
    training that is planned. RegMix draws anew; here the mixture moves toward the prior until it
    fits, which ends however narrow the room is.

    A mixture that is the same as an earlier one to a proxy is left out, and another drawn: of two
    equal mixtures one would predict the other, whatever the law. What is drawn depends on the room
    and the seed alone, so a larger swarm begins with the smaller one.

    Args:
        room: What a mixture may be.
        count: How many.
        seed: Another seed draws others.
        strengths: The least and the greatest strength.

    Returns:
        Weights of `DIGITS` decimals that add up to 1, shape (count, domains).

    Raises:
        UserError: There is not room for so many.
    """
    first = rounded(room.prior)
    found = {_shown(first, room): first}
    for number in range(1, _TRIES * count):
        if len(found) == count:
            break
        one = _one(room, seed, number, strengths)
        found.setdefault(_shown(one, room), one)
    if len(found) < count:
        raise UserError(
            f"mix.proxies = {count}: there is room for {len(found)} mixtures that differ, since "
            "proxies may not repeat a domain too often; lower mix.train.steps, or mix.proxies"
        )
    return np.stack([*found.values()])


def _shown(mixture: Numbers, room: Room) -> tuple[int, ...]:
    """What of a mixture a proxy can show."""
    return tuple(np.rint(mixture / room.unit).astype(int).tolist())


def _one(room: Room, seed: int, number: int, strengths: tuple[float, float]) -> Numbers:
    rng = np.random.default_rng([seed, number])
    strength = np.exp(rng.uniform(*np.log(strengths)))
    centre = room.prior**_TEMPERATURE
    drawn = _within(rng.dirichlet(strength * centre / centre.sum()), room)
    # No part of a mixture that is left is so small that its effect drowns.
    drawn[drawn < room.least] = 0
    return rounded(drawn)


def _within(mixture: Numbers, room: Room) -> Numbers:
    """The mixture moved toward the prior as little as the greatest shares ask for."""
    away = mixture - room.prior
    beyond = mixture > room.most
    if not beyond.any():
        return mixture
    step = float(((room.most - room.prior)[beyond] / away[beyond]).min())
    moved: Numbers = room.prior + step * away
    return moved


def rounded(mixture: Numbers) -> Numbers:
    """Shares in whole units of the last decimal, by largest remainder; they add up to 1."""
    units = mixture / mixture.sum() * 10**DIGITS
    whole = np.floor(units)
    missing = round(10**DIGITS - whole.sum())
    whole[np.argsort(whole - units, kind="stable")[:missing]] += 1
    result: Numbers = whole / 10**DIGITS
    return result
