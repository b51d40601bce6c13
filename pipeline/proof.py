"""What a proof finds: how well the models of each arm predict texts that none has read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from pipeline.arms import RAW, Arm
from pipeline.proxies import Scores
from training.paired import Floats, difference
from training.results import CONFIDENCE

Sites = Mapping[tuple[str, str], str]
"""By kind and id of a text its site."""


@dataclass(frozen=True)
class ArmResult:
    """An arm.

    Attributes:
        name: Its name.
        same_as: The arm before it whose models read the very same, and so are the same; None of
            most.
        documents: Documents that it has; one that repeats counts as often.
        tokens: Their tokens.
        n_bytes: UTF-8 bytes of their texts.
        epochs: Tokens that a model read over these: of less than 1 its share of them.
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
        p_value: The probability of such a difference if there is none; adjusted so that of all
            comparisons of a sort, with `raw` or with the step before, that are called differences
            5% are none (Benjamini and Hochberg 1995). 1 of arms with the same shards.
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
        tokens: Tokens that each was trained on; the end of its shards may cut one sequence short.
        seeds: The seeds.
        held_out: By kind of text the `documents`, `sites` and `n_bytes` that were measured.
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
    facts: Mapping[str, Mapping[str, int]],
    alike: Mapping[str, str],
    scores: Mapping[str, Sequence[Scores]],
    seeds: Sequence[int],
    sites: Sites,
    screened: int,
) -> Proof:
    """Sums up a proof.

    Args:
        arms: The arms.
        facts: By arm its documents, tokens and n_bytes.
        alike: By arm the first one whose models read the very same.
        scores: By arm what was measured of each seed's model.
        seeds: The seeds.
        sites: By kind and id the site of each text.
        screened: As of `Proof`.
    """
    one = scores[RAW][0]
    groups = {
        kind: np.unique([sites[kind, doc_id] for doc_id in ids], return_inverse=True)[1]
        for kind, ids in one.doc_id.items()
    }
    return Proof(
        n_parameters=one.n_parameters,
        tokens=one.tokens,
        seeds=tuple(seeds),
        held_out={
            kind: {
                "documents": len(n_bytes),
                "sites": int(groups[kind].max()) + 1,
                "n_bytes": int(n_bytes.sum()),
            }
            for kind, n_bytes in one.n_bytes.items()
        },
        screened=screened,
        arms=tuple(
            _arm(arm.name, alike[arm.name], facts[arm.name], scores[arm.name]) for arm in arms
        ),
        against_raw=_compare(
            [(arm.name, RAW) for arm in arms if arm.against], scores, groups, alike
        ),
        against_before=_compare(
            [(arm.name, arm.against) for arm in arms if arm.against], scores, groups, alike
        ),
    )


def _arm(name: str, alike: str, facts: Mapping[str, int], scores: Sequence[Scores]) -> ArmResult:
    measured = [one.bits_per_byte() for one in scores]
    return ArmResult(
        name=name,
        same_as=None if alike == name else alike,
        **facts,
        epochs=scores[0].tokens / facts["tokens"],
        bits_per_byte={kind: tuple(one[kind] for one in measured) for kind in measured[0]},
    )


def _tuples(lists: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(values) for name, values in lists.items()}


def _compare(
    pairs: Sequence[tuple[str, str]],
    scores: Mapping[str, Sequence[Scores]],
    groups: Mapping[str, npt.NDArray[np.integer]],
    alike: Mapping[str, str],
) -> tuple[Comparison, ...]:
    """Compares arms on every kind of text.

    Args:
        pairs: Each arm, and the one that it is compared with.
        scores: By arm what was measured of each seed's model.
        groups: By kind the number of each document's site: documents of one are no sample of many.
        alike: As of `result`.
    """
    found = {
        (arm, against, kind): difference(
            _totals([one.nats[kind] for one in scores[arm]], sites),
            _totals([one.nats[kind] for one in scores[against]], sites),
            _totals([scores[arm][0].n_bytes[kind]], sites)[0],
        )
        for arm, against in pairs
        for kind, sites in groups.items()
    }
    differing = [names for names in found if alike[names[0]] != alike[names[1]]]
    p_values = [found[names].p_value for names in differing]
    adjusted = dict(zip(differing, stats.false_discovery_control(p_values), strict=True))
    return tuple(
        Comparison(*names, one.value, one.low, one.high, float(adjusted.get(names, 1.0)))
        for names, one in found.items()
    )


def _totals(values: Sequence[npt.NDArray[Any]], sites: npt.NDArray[np.integer]) -> Floats:
    """Sums by site, shape `(seeds, sites)`, of values of the documents of each seed."""
    return np.stack([np.bincount(sites, one) for one in values])
