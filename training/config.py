"""The settings of a training run."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from training.modelconfig import ModelConfig

# What changes how a run goes, and not what comes of it but for the last bits of sums.
_CIRCUMSTANCES = {"parallel", "loader_threads", "peak_flops", "price_per_hour"}


class TrainConfig(ModelConfig):
    """Shape of the model, schedule, and how often to measure and save.

    The defaults train a model of 3.9 million parameters (vocabulary of 4,096) on 2 million tokens,
    some twenty minutes on one CPU core. `threads` decides the result too: sums are taken in another
    order with another number of threads.

    Raises:
        pydantic.ValidationError: If a key is unknown, a value out of range, or a combination
            impossible.
    """

    packing: Literal["concat", "best_fit"] = Field(
        default="concat",
        description="How documents become sequences: one after another, cut where a sequence ends; "
        "or whole where they fit, with padding.",
    )
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="Shares of the tokens by domain; what is not named keeps its proportions in "
        "the rest. Without any, an epoch reads each token once.",
    )
    batch_sequences: int = Field(
        default=8, ge=1, description="Sequences a step, of all devices together."
    )
    micro_batch_sequences: int | None = Field(
        default=None,
        ge=1,
        description="Sequences that a device works on at once; gradients add up until the batch is "
        "whole. By default its share of the batch.",
    )
    steps: int = Field(default=1000, ge=1, description="Optimizer steps.")
    optimizer: Literal["adamw", "muon"] = Field(
        default="adamw",
        description="`muon` updates the matrices in the blocks by Muon and the rest by AdamW.",
    )
    learning_rate: float = Field(
        default=3e-3,
        gt=0,
        description="Peak learning rate; Muon's updates are scaled to the size of AdamW's.",
    )
    warmup_share: float = Field(
        default=0.02, ge=0, le=1, description="Share of steps the rate rises."
    )
    decay_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of steps the rate falls to 0."
    )
    anneal_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of the sequences that come from the anneal shards while the rate falls.",
    )
    weight_decay: float = Field(
        default=0.1, ge=0, description="Decay of the matrices in the blocks."
    )
    gradient_clip: float = Field(
        default=1.0, gt=0, description="Largest norm of the whole gradient."
    )
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the weights and the data order."
    )
    eval_every: int = Field(default=100, ge=1, description="Steps from one validation to the next.")
    eval_batches: int = Field(default=8, ge=1, description="Batches a validation reads at most.")
    checkpoint_every: int = Field(
        default=100, ge=1, description="Steps from one checkpoint to the next."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where to train; auto takes a GPU if there is one."
    )
    # Measured: with other work on the cores, two threads are six times slower than one.
    threads: int = Field(
        default=1, ge=1, description="CPU threads; no more than there are idle cores."
    )
    compile: bool = Field(
        default=False, description="Whether torch compiles the model: slow to begin, then faster."
    )
    parallel: Literal["ddp", "fsdp"] = Field(
        default="ddp",
        description="Under torchrun, what every device holds: the whole model, or a part of it and "
        "of the optimizer's state.",
    )
    loader_threads: int = Field(
        default=1,
        ge=0,
        description="Threads that read ahead; with 0 training waits for each batch.",
    )
    peak_flops: float | None = Field(
        default=None,
        gt=0,
        description="Operations a second of a device at its best, for the utilization reported; by "
        "default from a table of GPUs, dense bfloat16.",
    )
    price_per_hour: float | None = Field(
        default=None, ge=0, description="Price of a device for an hour, for the cost reported."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuses combinations that no schedule has."""
        if self.warmup_share + self.decay_share > 1:
            raise ValueError(
                f"warmup_share = {self.warmup_share} and decay_share = {self.decay_share} "
                "make more than 1"
            )
        if self.anneal_share and not self.decay_share:
            raise ValueError(
                f"anneal_share = {self.anneal_share} with decay_share = 0: anneal shards are read "
                "while the rate falls; raise decay_share"
            )
        return self

    def deciding(self) -> dict[str, Any]:
        """The settings that decide the result: all but devices, threads, peak and price."""
        return self.model_dump(mode="json", exclude=_CIRCUMSTANCES)


class ProxyConfig(TrainConfig):
    """Settings of a small model that stands for a large one, where many are trained and compared.

    The defaults train 1.3 million parameters (vocabulary of 4,096) on 614 thousand tokens, a minute
    on one CPU core.
    """

    width: int = Field(default=128, ge=2, description="Size of the residual stream.")
    steps: int = Field(default=300, ge=1, description="Optimizer steps.")
    eval_every: int = Field(
        default=1000, ge=1, description="Steps from one validation to the next."
    )
    eval_batches: int = Field(default=1, ge=1, description="Batches a validation reads at most.")
