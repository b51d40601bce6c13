"""The table `[mix]`: domain weights by regression on small proxies."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.section import Factor, Names, NonEmpty, Positive, Section
from training.config import ProxyConfig

_Number = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class MixSection(Section):
    """Domain weights by regression on small proxies: `curate mix`."""

    proxies: Annotated[int, Field(ge=1, le=100_000)] = 48
    """Mixtures to train a proxy on; the natural one is the first. As many as some times the domains
    are needed (Chen et al. 2026); RegMix has 512 for 17. More of them go on from those there
    are."""
    domains: Names = ()
    """The domains to weigh. The others keep their natural share of the tokens, in the proxies and
    in the proposal. None means all."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Another seed draws other mixtures."""
    min_strength: _Number = 1.0
    """Mixtures are drawn from a Dirichlet distribution around the square root of the natural shares
    (RegMix's temperature of 0.5). Its parameters add up to a strength that is drawn too, even in
    its logarithm, from this least one, which gives mixtures of few domains …"""
    max_strength: _Number = 64.0
    """… to this greatest one, which gives mixtures near its centre."""
    train: ProxyConfig = ProxyConfig()
    """The proxies. RegMix's have 1 million parameters (Liu et al. 2024); Olmix finds that such rank
    mixtures as models of a billion do with a correlation of 0.73, those above 15 million with 0.89
    (Chen et al. 2026)."""
    table: str = ""
    """In place of training proxies, the CSV file of a swarm that exists: a row a proxy, columns
    `weight:DOMAIN` and `metric:NAME`, of which less is better."""
    unique_tokens: Mapping[NonEmpty, Positive] = Field(default_factory=dict)
    """Tokens there are of each domain of `table`; their shares are the natural ones."""
    tokens: Positive | None = None
    """Tokens of the planned training; by default what `[train]` reads. Needed with `table`."""
    max_epochs: _Number = 4.0
    """How often the planned training may see a domain at most; up to 4 times, repeats are almost as
    good as new text (Muennighoff et al. 2023)."""
    penalty: Annotated[float, Field(ge=0, le=1000)] = 0.1
    """What leaving the natural shares costs: so many times the Kullback-Leibler divergence from
    them, in nats, in the metrics' unit; Olmix's (Chen et al. 2026)."""
    metrics: Mapping[NonEmpty, Factor] = Field(default_factory=dict)
    """Weight of each metric in the objective; others count nothing. None means that all count
    alike."""
    min_rank_correlation: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Nothing is proposed where predicted and measured objectives of proxies held out have a lower
    rank correlation, or one that could be 0."""
    check_seeds: Annotated[int, Field(ge=0, le=1000)] = 3
    """Proxies of other seeds that are trained on the natural shares and on the proposal each, to
    compare them; 0 leaves it out."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key in ("weights", "anneal_share"):
            if getattr(self.train, key):
                raise ValueError(f"train.{key} is not for proxies, whose mixtures are drawn")
        if self.train.packing != "concat":
            raise ValueError(
                "train.packing = 'best_fit' pads, so that proxies would learn from unequal numbers "
                "of tokens; remove it"
            )
        if self.min_strength > self.max_strength:
            raise ValueError(
                f"min_strength = {self.min_strength:g} is above max_strength = "
                f"{self.max_strength:g}"
            )
        if self.check_seeds == 1:
            raise ValueError("check_seeds = 1 gives no interval; set 2 or more, or 0")
        if self.metrics and not sum(self.metrics.values()):
            raise ValueError("metrics are all 0; raise one")
        if self.table and self.domains:
            raise ValueError("domains are those of table; remove one of the two")
        if bool(self.table) != bool(self.unique_tokens):
            raise ValueError("table and unique_tokens go together; set both or none")
        if self.table and not self.tokens:
            raise ValueError("tokens: missing; with table, say how many the training will read")
        return self
