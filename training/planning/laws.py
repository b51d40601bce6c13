"""Scaling laws: the loss of a model by its size and its tokens, with the published constants."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Repeats:
    """What repeated tokens and excess parameters are worth (Muennighoff et al. 2023, equation 5).

    Attributes:
        tokens: R_D*: the repeats after which another adds 1/e of what a new token does.
        params: R_N*: the same of parameters beyond the best number for the unique tokens.
    """

    tokens: float
    params: float


@dataclass(frozen=True, eq=False)
class Law:
    """L(N, D) = E + A / N^alpha + B / D^beta, in nats a token of the tokenizer it was fitted with.

    Attributes:
        name: As `--law` knows it.
        source: Where the constants are from.
        floor: E, the loss of an endless model on endless data.
        a: A.
        b: B.
        alpha: Exponent of the size.
        beta: Exponent of the tokens.
        range: The largest N, and the largest D, of the runs it was fitted to; None if unknown.
        repeats: Where the law also knows repeated data.
        draws: As many samples of (ln A, ln B, ln E, alpha, beta) as say how sure the constants
            are, shape (n, 5); None where no usable interval is published.
    """

    name: str
    source: str
    floor: float
    a: float
    b: float
    alpha: float
    beta: float
    range: tuple[float, float] | None = None
    repeats: Repeats | None = None
    draws: Numbers | None = None

    @classmethod
    def of_vector(cls, vector: Numbers, name: str, source: str) -> "Law":
        """From (ln A, ln B, ln E, alpha, beta)."""
        a, b, floor = (float(one) for one in np.exp(vector[:3]))
        return cls(name, source, floor, a, b, float(vector[3]), float(vector[4]))

    def with_draws(self, draws: Numbers) -> "Law":
        """The same law with an uncertainty."""
        return replace(self, draws=draws)

    @cached_property
    def drawn(self) -> list["Law"]:
        """A law for each of the draws; none without."""
        rows = () if self.draws is None else self.draws
        return [Law.of_vector(row, self.name, self.source) for row in rows]

    @property
    def g(self) -> float:
        """(alpha A / beta B)^(1 / (alpha + beta)); Hoffmann et al. 2022, equation 4."""
        ratio = self.alpha * self.a / (self.beta * self.b)
        return float(ratio ** (1 / (self.alpha + self.beta)))

    def best_params(self, tokens: Numbers | float) -> Numbers:
        """The size for which so many tokens are compute-optimal."""
        result: Numbers = (np.asarray(tokens) * self.g) ** (self.beta / self.alpha) * self.g
        return result

    def best_tokens(self, params: Numbers | float) -> Numbers:
        """The tokens that are compute-optimal for a size; the inverse of `best_params`."""
        result: Numbers = (np.asarray(params) / self.g) ** (self.alpha / self.beta) / self.g
        return result

    def loss(self, params: Numbers | float, tokens: Numbers | float) -> Numbers:
        """In nats a token; arguments broadcast."""
        n, d = np.asarray(params, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
        result: Numbers = self.floor + self.a * n**-self.alpha + self.b * d**-self.beta
        return result

    def effective(
        self, params: Numbers | float, tokens: Numbers | float, unique: float
    ) -> tuple[Numbers, Numbers]:
        """The size and tokens that would do as well if all tokens were new.

        Muennighoff et al. 2023, equations 5 and 6: repeated tokens, and parameters beyond the best
        number for the unique tokens, are worth less and less.

        Args:
            params: N.
            tokens: D, repeats included.
            unique: U, the distinct tokens there are.
        """
        assert self.repeats is not None
        n, d = np.asarray(params, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
        seen = np.minimum(d, unique)
        fitting = np.minimum(n, self.best_params(seen))
        return _decayed(fitting, n, self.repeats.params), _decayed(seen, d, self.repeats.tokens)

    def loss_of_repeated(
        self, params: Numbers | float, tokens: Numbers | float, unique: float
    ) -> Numbers:
        """The loss with so many distinct tokens; that of `loss` where none is repeated."""
        return self.loss(*self.effective(params, tokens, unique))


def _decayed(fresh: Numbers, all_: Numbers, constant: float) -> Numbers:
    """U + U R* (1 - exp(-R / R*)), with R = all / U - 1."""
    result: Numbers = fresh * (1 - constant * np.expm1(-(all_ / fresh - 1) / constant))
    return result
