"""The settings of a training run."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TrainConfig(BaseModel):
    """Shape of the model, schedule, and how often to measure and save.

    The defaults train a model of 1.3 million parameters (vocabulary of 4,096) on 2 million tokens,
    some minutes on one CPU core. Every value decides the result, `threads` included: sums are taken
    in another order with another number of threads.

    Raises:
        pydantic.ValidationError: If a key is unknown, a value out of range, or a combination
            impossible.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    depth: int = Field(default=4, ge=1, description="Decoder blocks.")
    width: int = Field(default=128, ge=2, description="Size of the residual stream.")
    heads: int = Field(
        default=4, ge=1, description="Query heads; each has width / heads dimensions."
    )
    kv_heads: int = Field(
        default=2, ge=1, description="Key and value heads; each serves equal queries."
    )
    context: int = Field(default=256, ge=1, description="Tokens a sequence.")
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
    batch_sequences: int = Field(default=8, ge=1, description="Sequences a step.")
    steps: int = Field(default=1000, ge=1, description="Optimizer steps.")
    learning_rate: float = Field(default=3e-3, gt=0, description="Peak learning rate of AdamW.")
    warmup_share: float = Field(
        default=0.02, ge=0, le=1, description="Share of steps the rate rises."
    )
    decay_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of steps the rate falls to 0."
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

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuses combinations that no model or schedule has."""
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width = {self.width} with heads = {self.heads}: rotary positions need an even "
                f"number of dimensions a head; make width a multiple of {2 * self.heads}"
            )
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads = {self.kv_heads} does not divide heads = {self.heads}")
        if self.warmup_share + self.decay_share > 1:
            raise ValueError(
                f"warmup_share = {self.warmup_share} and decay_share = {self.decay_share} "
                "make more than 1"
            )
        return self
