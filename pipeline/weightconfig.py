"""The table `[weight]`: factors, target shares, use of the quality score, the anneal split."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from classifiers.config import FactorByLanguage, ShareByLanguage
from pipeline.mixture import exact
from pipeline.section import Factor, NonEmpty, Section, Share


class SharesSection(Section):
    """Target shares of the mixture's bytes; what is not named keeps its proportions in the rest."""

    languages: ShareByLanguage = Field(default_factory=dict)
    """Target share of the mixture's bytes by language; what is not named keeps its proportions
    in the rest, and takes what a share cannot use under `max_repeats`."""
    domains: Mapping[str, Share] = Field(default_factory=dict)
    """Target share by domain, likewise: of each language's bytes where languages have targets, else
    of all."""

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        for key, shares in (("languages", self.languages), ("domains", self.domains)):
            if (total := sum(map(exact, shares.values()))) > 1:
                raise ValueError(f"{key} add up to {float(total):g}, which is more than 1")
        return self


class QualityUseSection(Section):
    """What the quality score decides, before anything is weighted."""

    mode: Literal["off", "threshold", "quantile", "soft"] = "off"
    """Keeps every document; those that score `min_score`; the best `keep_share`; or each with a
    probability that rises with its score s: (2 - s) to the power of -`pareto_alpha`, as GPT-3's
    data were sampled (Brown et al. 2020, appendix A). A score of 0 is then
    kept once in 512: a language that the classifier scores low is all but removed."""
    min_score: Share | None = None
    """Lowest score that `threshold` keeps."""
    keep_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share of the bytes that `quantile` keeps, at least."""
    pareto_alpha: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 9.0
    """Exponent of `soft`; 9 is GPT-3's, for scores near 1. Of pages that score 0.5 it keeps one in
    38; as calibrated here, that is what pages score of which the classifier can say nothing."""
    within: Literal["language", "all"] = "language"
    """Whose scores are compared, by `quantile` and by the anneal split: each language's own, or
    all; of all, a quantile may remove languages that the classifier knows little of."""
    unscored: Literal["keep", "drop"] = "keep"
    """What becomes of documents without a score in a mode that is not off."""

    @model_validator(mode="after")
    def _one_mode(self) -> Self:
        keys = {"threshold": "min_score", "quantile": "keep_share", "soft": "pareto_alpha"}
        for mode, key in keys.items():
            if self.mode == mode and getattr(self, key) is None:
                raise ValueError(f"mode = '{mode}' needs {key}; set it")
            if self.mode != mode and key in self.model_fields_set:
                raise ValueError(f"{key} is for mode = '{mode}'; set that, or remove the key")
        if self.mode == "off" and "unscored" in self.model_fields_set:
            raise ValueError(
                "unscored says nothing with mode = 'off'; set a mode, or remove the key"
            )
        return self


class AnnealSection(Section):
    """The best documents, set aside for the end of training."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the bytes set aside for the end of training: the best of each language (see
    `quality.within`) by quality, then length, then hash of the id. They stand in shards of their
    own."""


class WeightSection(Section):
    """How often a document is seen in training.

    In this order: what factors or shares exclude goes; the quality score keeps or removes the
    others; the anneal split takes the best; the rest is repeated as languages and domains ask for.
    Sizes are UTF-8 bytes of text.
    """

    languages: FactorByLanguage = Field(default_factory=dict)
    """Factor by language; 1 where none is given."""
    domains: Mapping[str, Factor] = Field(default_factory=dict)
    """Factor by domain; 1 where none is given."""
    hosts: Mapping[NonEmpty, NonEmpty] = Field(default_factory=dict)
    """Domain by host or host suffix; of other hosts the classifier's, see `[domain]`."""
    language_alpha: Share | None = None
    """Languages are seen in proportion to their bytes to the power of this; 0.3 is XLM-R's and
    mT5's (a temperature of 1/0.3). None leaves them as they are."""
    max_repeats: Annotated[int, Field(gt=0, le=1000)] = 4
    """No document is seen more often; up to 4 times, repeats are almost as good as new text
    (Muennighoff et al. 2023)."""
    shares: SharesSection = SharesSection()
    """Target shares, in place of factors."""
    quality: QualityUseSection = QualityUseSection()
    """What the quality score decides."""
    anneal: AnnealSection = AnnealSection()
    """What is set aside for the end of training."""

    @property
    def ranks(self) -> bool:
        """Whether documents are put in the order of their quality."""
        return self.quality.mode == "quantile" or self.anneal.share > 0
