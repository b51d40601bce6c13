"""The settings that decide a model's shape."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_HEAD_WIDTH = 64
# Query heads that share a key and value head, the most that divides them.
_GROUPS = (4, 2, 1)


class ModelConfig(BaseModel):
    """Shape of the model. One number, `depth`, gives a whole family: what is not set follows.

    Raises:
        pydantic.ValidationError: If a key is unknown, a value out of range, or a combination
            impossible.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    depth: int = Field(default=4, ge=1, description="Decoder blocks.")
    width: int = Field(
        default_factory=lambda sizes: _HEAD_WIDTH * sizes["depth"],
        ge=2,
        description="Size of the residual stream; by default 64 times `depth`.",
    )
    heads: int = Field(
        default_factory=lambda sizes: max(1, sizes["width"] // _HEAD_WIDTH),
        ge=1,
        description="Query heads; each has `width` / `heads` dimensions, by default 64.",
    )
    kv_heads: int = Field(
        default_factory=lambda sizes: _kv_heads(sizes["heads"]),
        ge=1,
        description="Key and value heads; each serves equal queries, by default 4, or 2 or 1 where "
        "`heads` does not divide so.",
    )
    context: int = Field(default=256, ge=1, description="Tokens a sequence.")
    activation: Literal["swiglu", "relu2"] = Field(
        default="swiglu",
        description="Feed-forward: SwiGLU of 8/3 the width, or squared ReLU of 4 times the width.",
    )
    tied: bool = Field(
        default=True, description="Whether one matrix is both the embedding and the output."
    )
    document_mask: bool = Field(
        default=True, description="Whether tokens attend to their own document only."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuses sizes that no model has."""
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width = {self.width} with heads = {self.heads}: rotary positions need an even "
                f"number of dimensions a head; make width a multiple of {2 * self.heads}"
            )
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads = {self.kv_heads} does not divide heads = {self.heads}")
        return self


def _kv_heads(heads: int) -> int:
    return heads // next(group for group in _GROUPS if heads % group == 0)
