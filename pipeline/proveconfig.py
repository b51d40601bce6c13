"""The table `[prove]`: which stages of the curation are put to the proof, and on what."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.section import Names, NonEmpty, Positive, Section, Share
from training.config import ProxyConfig


class HeldOutSection(Section):
    """Texts by others that no page of an arm may hold."""

    paths: Annotated[Names, Field(min_length=1)]
    """Files of records: JSON, JSON Lines, CSV, TSV, Parquet, plain text, also gzipped; folders and
    globs of such."""
    field: NonEmpty = "text"
    """The record's field that is the text."""


class ProveSection(Section):
    """Small models trained on what each stage leaves, all else equal, and compared."""

    arms: Names = ()
    """The arms to train, besides `raw`; none means all that the run has: `language`, the rule sets
    of `filter.families` by their names, `filter`, `lines`, `dedup`, `quality_hard`, `quality_soft`,
    `weights`."""
    seeds: Annotated[int, Field(ge=3, le=100)] = 3
    """Models of each arm. Those of one number begin with the same weights."""
    held_out: Mapping[NonEmpty, HeldOutSection] = Field(default_factory=dict)
    """Texts that the models are measured on, by a name for each kind."""
    host_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the hosts, by hash, whose pages are in no arm: the models are measured on them, as
    `crawl`, and as `curated` on those of them that dedup leaves."""
    documents: Annotated[int, Field(ge=2)] = 100
    """Documents of each kind that are measured, at most, chosen by hash."""
    characters: Positive = 1000
    """Characters of each, from its beginning."""
    max_overlap: Share = 0.2
    """A page that holds a greater share of a measured text is in no arm."""
    keep_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the bytes that the arm `quality_hard` keeps, the best of each language."""
    pareto_alpha: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 9.0
    """Exponent of the arm `quality_soft`; see `weight.quality`."""
    train: ProxyConfig = ProxyConfig()
    """The models. Arms of fewer tokens are read more than once."""

    @model_validator(mode="after")
    def _alike(self) -> Self:
        """Refuses settings that would make the arms' trainings differ, or say nothing."""
        for key in ("weights", "anneal_share"):
            if getattr(self.train, key):
                raise ValueError(f"train.{key} is not for arms, which have no domains; remove it")
        if self.train.packing != "concat":
            raise ValueError(
                "train.packing = 'best_fit' pads, so that arms would learn from unequal numbers of "
                "tokens; remove it"
            )
        for name in self.held_out:
            if name in OWN:
                raise ValueError(
                    f"held_out.{name}: the name of the run's own pages; choose another"
                )
        return self


OWN = CRAWL, CURATED = ("crawl", "curated")
"""The kinds of held-out documents that come from the run: pages as extracted, and as curated."""
