"""What an evaluation finds, and how sure it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class TextFit:
    """How well a model predicts some documents.

    Attributes:
        documents: How many.
        tokens: Predicted tokens; the end of each document is one.
        n_bytes: UTF-8 bytes of their texts.
        perplexity: e to the cross entropy in nats a token.
        bits_per_byte: All cross entropy over all bytes; comparable across tokenizers.
        margin: Half of the 95% confidence interval of `bits_per_byte`, if other documents like
            these had been drawn; None of a single one.
    """

    documents: int
    tokens: int
    n_bytes: int
    perplexity: float
    bits_per_byte: float
    margin: float | None

    @classmethod
    def of(cls, nats: Values, tokens: npt.NDArray[np.int64], n_bytes: Values) -> "TextFit":
        """Sums up documents.

        The margin is that of a ratio of two sums, linearized (Cochran 1977, "Sampling Techniques",
        section 6.4).

        Args:
            nats: Cross entropy of each document, shape `(documents,)`.
            tokens: Its predicted tokens.
            n_bytes: Its bytes, of at least one document not 0.
        """
        documents, total = len(nats), n_bytes.sum()
        ratio = nats.sum() / total
        margin = None
        if documents > 1:
            residuals = ((nats - ratio * n_bytes) ** 2).sum() * documents / (documents - 1)
            error = math.sqrt(residuals) / total / math.log(2)
            margin = float(stats.t.ppf((1 + CONFIDENCE) / 2, documents - 1) * error)
        return cls(
            documents=documents,
            tokens=int(tokens.sum()),
            n_bytes=int(total),
            perplexity=math.exp(nats.sum() / tokens.sum()),
            bits_per_byte=float(ratio / math.log(2)),
            margin=margin,
        )


@dataclass(frozen=True)
class Accuracy:
    """How often a model finds the right answer likeliest.

    Attributes:
        questions: How many were asked.
        accuracy: Share of right answers.
        low: Lower end of its 95% confidence interval, by Wilson's score.
        high: The upper end.
        chance: The share that guessing gets.
    """

    questions: int
    accuracy: float
    low: float
    high: float
    chance: float

    @classmethod
    def of(cls, right: Sequence[bool], choices: Sequence[int]) -> "Accuracy":
        """Sums up questions.

        Args:
            right: Whether each was answered right; at least one.
            choices: How many answers each has.
        """
        interval = stats.binomtest(sum(right), len(right)).proportion_ci(CONFIDENCE, "wilson")
        return cls(
            questions=len(right),
            accuracy=sum(right) / len(right),
            low=float(interval.low),
            high=float(interval.high),
            chance=sum(1 / count for count in choices) / len(choices),
        )


@dataclass(frozen=True)
class OrderResult:
    """Whether a model prefers the order in which a benchmark is published; see `ordertest`.

    Attributes:
        units: Items that were ordered; those that share a question or a context are one.
        tokens: Their tokens.
        shards: Runs of units that were shuffled, each by itself.
        gain: Nats a token that the published order is likelier than shuffled ones, on average.
        p_value: The probability of such a gain or a larger one if the order means nothing.
        control_p_value: The same with a compressor in the model's place, which has never seen the
            items. Where it is small, neighbours resemble each other, and `p_value` proves nothing.
    """

    units: int
    tokens: int
    shards: int
    gain: float
    p_value: float
    control_p_value: float


@dataclass(frozen=True)
class Evaluation:
    """All that `curate evaluate` finds.

    Attributes:
        model_sha256: Hash of the weights' file, in hex.
        validation: All documents that were measured.
        domains: By domain.
        languages: By language.
        choices: By benchmark.
        order: By benchmark.
    """

    model_sha256: str
    validation: TextFit
    domains: dict[str, TextFit]
    languages: dict[str, TextFit]
    choices: dict[str, Accuracy]
    order: dict[str, OrderResult]
