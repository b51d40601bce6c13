"""What a proof finds: how well the models of each arm predict texts that none has read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.arms import RAW, Arm
from pipeline.proxies import Scores
from pipeline.shardset import ShardSet
from training.paired import Floats, difference, holm
from training.results import CONFIDENCE


@dataclass(frozen=True)
class ArmResult:
    """An arm.

    Attributes:
        name: Its name.
        same_as: The arm before it that has the very same shards, and so the same models; None of
            most.
        documents: Documents of its shards; one that repeats counts as often.
        tokens: Their tokens.
        n_bytes: UTF-8 bytes of their texts.
        epochs: How often its models have read them.
        bits_per_byte: By kind of held-out text, of each seed's model.
    """

    name: str
    same_as: str | None
    documents: int
    tokens: int
    n_bytes: int
    epochs: float
    bits_per_byte: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Comparison:
    """Two arms compared on a kind of text.

    Attributes:
        arm: The arm.
        against: The other one.
        kind: The kind of held-out text.
        difference: Bits a byte that the arm needs more; below 0 it predicts better.
        low: Lower end of its 95% confidence interval; see `training.paired`.
        high: The upper end.
        p_value: The probability of such a difference if there is none; adjusted for all
            comparisons of the same sort, with `raw` or with the step before.
    """

    arm: str
    against: str
    kind: str
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or nothing where chance may be all of it."""
        if self.p_value >= 1 - CONFIDENCE:
            return ""
        return "better" if self.difference < 0 else "worse"


@dataclass(frozen=True)
class Proof:
    """All that `curate prove` finds.

    Attributes:
        n_parameters: Parameters of a model.
        tokens: Tokens that each was trained on.
        seeds: The seeds.
        held_out: By kind of text the documents and bytes that were measured.
        screened: Pages that extraction's screen rejected, so that not even `raw` has them.
        arms: The arms, in the order of the curation.
        against_raw: Each arm compared with `raw`.
        against_before: Each arm compared with the step before its own.
    """

    n_parameters: int
    tokens: int
    seeds: tuple[int, ...]
    held_out: Mapping[str, Mapping[str, int]]
    screened: int
    arms: tuple[ArmResult, ...]
    against_raw: tuple[Comparison, ...]
    against_before: tuple[Comparison, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Proof":
        """The inverse of `to_json`."""
        return cls(
            **{
                **content,
                "seeds": tuple(content["seeds"]),
                "arms": tuple(
                    ArmResult(**{**arm, "bits_per_byte": _tuples(arm["bits_per_byte"])})
                    for arm in content["arms"]
                ),
                "against_raw": tuple(Comparison(**one) for one in content["against_raw"]),
                "against_before": tuple(Comparison(**one) for one in content["against_before"]),
            }
        )


def result(
    arms: Sequence[Arm],
    shards: Mapping[str, ShardSet],
    scores: Mapping[str, Sequence[Scores]],
    seeds: Sequence[int],
    screened: int,
) -> Proof:
    """Sums up a proof.

    Args:
        arms: The arms.
        shards: The shards of each.
        scores: By arm what was measured of each seed's model.
        seeds: The seeds.
        screened: As of `Proof`.
    """
    one = scores[RAW][0]
    alike = first_alike(shards)
    return Proof(
        n_parameters=one.n_parameters,
        tokens=one.tokens,
        seeds=tuple(seeds),
        held_out={
            kind: {"documents": len(n_bytes), "n_bytes": int(n_bytes.sum())}
            for kind, n_bytes in one.n_bytes.items()
        },
        screened=screened,
        arms=tuple(
            _arm(arm.name, alike[arm.name], shards[arm.name], scores[arm.name]) for arm in arms
        ),
        against_raw=_compare(arms, scores, lambda arm: RAW if arm.against else None),
        against_before=_compare(arms, scores, lambda arm: arm.against),
    )


def first_alike(shards: Mapping[str, ShardSet]) -> dict[str, str]:
    """By arm the first one whose shards are the very same: its own, where no earlier one's are."""
    first: dict[tuple[str, ...], str] = {}
    return {
        name: first.setdefault(tuple(shard.sha256 for shard in one.shards), name)
        for name, one in shards.items()
    }


def _arm(name: str, alike: str, shards: ShardSet, scores: Sequence[Scores]) -> ArmResult:
    tokens = sum(shard.tokens for shard in shards.shards)
    measured = [one.bits_per_byte() for one in scores]
    return ArmResult(
        name=name,
        same_as=None if alike == name else alike,
        documents=sum(shard.documents for shard in shards.shards),
        tokens=tokens,
        n_bytes=sum(shard.n_bytes for shard in shards.shards),
        epochs=scores[0].tokens / tokens,
        bits_per_byte={kind: tuple(one[kind] for one in measured) for kind in measured[0]},
    )


def _tuples(lists: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(values) for name, values in lists.items()}


def _compare(
    arms: Sequence[Arm], scores: Mapping[str, Sequence[Scores]], other: Callable[[Arm], str | None]
) -> tuple[Comparison, ...]:
    """Compares each arm with another on every kind of text; those without another are left out."""
    pairs = [(arm.name, against) for arm in arms if (against := other(arm))]
    kinds = scores[RAW][0].n_bytes.items()
    found = {
        (arm, against, kind): difference(
            _stacked(scores[arm], kind), _stacked(scores[against], kind), n_bytes.astype(np.float64)
        )
        for arm, against in pairs
        for kind, n_bytes in kinds
    }
    adjusted = holm([one.p_value for one in found.values()])
    return tuple(
        Comparison(*names, one.value, one.low, one.high, p_value)
        for (names, one), p_value in zip(found.items(), adjusted, strict=True)
    )


def _stacked(scores: Sequence[Scores], kind: str) -> Floats:
    """Cross entropies, shape `(seeds, documents)`."""
    return np.stack([one.nats[kind] for one in scores])
