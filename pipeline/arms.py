"""The arms of a proof: what of a run each of its models reads.

Each arm has the documents that are left after a step of the curation. Up to `filter` they are found
by judging anew, from the stored statistics, by ever more of the rules; their text is as extracted.
From `filter` on it is as that stage left it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.config import Config, FilterSection
from pipeline.errors import UserError
from pipeline.families import FAMILIES
from pipeline.rules import RULES, UNBOUNDED
from pipeline.weightconfig import QualityUseSection, WeightSection

RAW, DEDUP, WEIGHTS = "raw", "dedup", "weights"
DOMAIN = "all"
"""The domain of all documents of an arm."""


@dataclass(frozen=True)
class Arm:
    """An arm.

    Attributes:
        name: Its name.
        against: The arm with which it is compared to see what its own step brings; None of `raw`.
        source: The stage whose documents it reads.
        filter: The rules by which they are judged anew; None if all are read.
        weight: How often each is seen, for stage `weight`; None means once.
    """

    name: str
    against: str | None
    source: Literal["extract", "filter", "lines"]
    filter: FilterSection | None = None
    weight: WeightSection | None = None


def arms_of(config: Config) -> list[Arm]:
    """The arms of a run that are asked for, in the order of the curation, `raw` first.

    Raises:
        UserError: One is asked for that the run does not have.
    """
    found = {arm.name: arm for arm in _all(config)}
    wanted = {*config.prove.arms} or {*found}
    for name in sorted(wanted - {*found}):
        raise UserError(f"prove.arms: no arm {name}; this run has {', '.join(found)}")
    chosen = {RAW, *wanted}
    return [_compared(arm, chosen, found) for arm in found.values() if arm.name in chosen]


def _compared(arm: Arm, chosen: Collection[str], arms: Mapping[str, Arm]) -> Arm:
    """The arm, compared with the last one before it that is trained."""
    against = arm.against
    while against is not None and against not in chosen:
        against = arms[against].against
    return replace(arm, against=against)


def _all(config: Config) -> Iterator[Arm]:
    """Every arm of a run."""
    families = config.filter.families
    before = RAW
    yield Arm(RAW, None, "extract")
    for count, name in enumerate(["language", *families]):
        yield Arm(name, before, "extract", filter=_some_rules(config.filter, families[:count]))
        before = name
    yield Arm("filter", before, "filter")
    yield Arm("lines", "filter", "lines")
    yield Arm(DEDUP, "lines", "lines", weight=WeightSection())
    if config.quality.trains or config.quality.model:
        prove = config.prove
        hard = QualityUseSection(mode="quantile", keep_share=prove.keep_share)
        soft = QualityUseSection(mode="soft", pareto_alpha=prove.pareto_alpha)
        yield Arm("quality_hard", DEDUP, "lines", weight=WeightSection(quality=hard))
        yield Arm("quality_soft", DEDUP, "lines", weight=WeightSection(quality=soft))
    yield Arm(WEIGHTS, DEDUP, "lines", weight=config.weight)


def _some_rules(section: FilterSection, families: Sequence[str]) -> FilterSection:
    """The filter with some of its families alone, and the bounds of its own on their rules."""
    judged = {name for name, rule in RULES.items() if (rule.low, rule.high) != UNBOUNDED}
    judged |= {name for family in families for name in FAMILIES[family].bounds}
    rules = {name: bounds for name, bounds in section.rules.items() if name in judged}
    return section.model_copy(update={"families": tuple(families), "rules": rules})
