"""Bytes that a training needs on each device."""

from dataclasses import dataclass
from math import ceil

_GIVEN_TO_WEIGHTS = {
    # Bytes a parameter of weights, fp32 master copy, gradients. Mixed precision after Rajbhandari
    # et al. 2020, "ZeRO", section 3.1. It has no fp8: that only the weights shrink, and gradients
    # stay in 16 bits, is assumed after Micikevicius et al. 2022, "FP8 Formats for Deep Learning".
    "fp32": (4, 0, 4),
    "bf16": (2, 4, 2),
    "fp8": (1, 4, 2),
}
PRECISIONS = tuple(_GIVEN_TO_WEIGHTS)
# Moments in fp32: AdamW has two, Muon one.
_GIVEN_TO_OPTIMIZER = {"adamw": 8, "muon": 4}
OPTIMIZERS = tuple(_GIVEN_TO_OPTIMIZER)
_ASPECT = 128
"""Width over layers of a model whose shape is not given; Llama 3's are 128, 102 and 130."""


@dataclass(frozen=True)
class Shape:
    """What of a model decides its activations.

    Attributes:
        layers: Blocks.
        width: Size of the residual stream.
        vocab_size: Columns of the output.
    """

    layers: int
    width: int
    vocab_size: int

    @classmethod
    def of(cls, params: float, layers: int | None, width: int | None, vocab_size: int) -> "Shape":
        """The shape of a size: N = 12 layers width^2 (Kaplan et al. 2020, section 2.1).

        What is not given follows from what is; where nothing is, the width is 128 times the layers.
        """
        if width is None:
            deep = layers or max(1, round((params / (12 * _ASPECT**2)) ** (1 / 3)))
            width = max(1, round((params / (12 * deep)) ** 0.5))
            return cls(deep, width, vocab_size)
        return cls(layers or max(1, round(params / (12 * width**2))), width, vocab_size)


@dataclass(frozen=True)
class Layout:
    """How a training is spread and stored.

    Attributes:
        precision: One of `PRECISIONS`.
        optimizer: One of `OPTIMIZERS`.
        devices: Over which weights, gradients and optimizer are sharded (ZeRO-3, FSDP).
        tensor_parallel: Devices that share one sequence's activations.
        context: Tokens a sequence.
        micro_batch: Sequences at once.
        recompute: Whether all but the blocks' inputs are computed again in the backward pass.
    """

    precision: str
    optimizer: str
    devices: int
    tensor_parallel: int
    context: int
    micro_batch: int
    recompute: bool


@dataclass(frozen=True)
class Memory:
    """Bytes: of the whole model, but activations and total of one device.

    Attributes:
        weights: In the precision of the computation.
        master: Their fp32 copy.
        gradients: Of all weights.
        optimizer: Its moments.
        state: The sum of these.
        activations: Of one device.
        per_device: The device's share of the state, and the activations.
        device: What a device has.
        fits: Whether this is enough.
        devices_needed: The fewest devices for which it is; None if activations alone are more.
    """

    weights: float
    master: float
    gradients: float
    optimizer: float
    state: float
    activations: float
    per_device: float
    device: float
    fits: bool
    devices_needed: int | None


def memory(params: float, shape: Shape, layout: Layout, device: float) -> Memory:
    """The memory of a training.

    Args:
        params: All parameters, those of idle experts as well.
        shape: Of what is active.
        layout: How it is spread.
        device: Bytes a device has.
    """
    weights, master, gradients = (params * each for each in _GIVEN_TO_WEIGHTS[layout.precision])
    moments = params * _GIVEN_TO_OPTIMIZER[layout.optimizer]
    state = weights + master + gradients + moments
    kept = activations(shape, layout)
    per_device = state / layout.devices + kept
    needed = max(ceil(state / (device - kept)), layout.tensor_parallel) if kept < device else None
    fits = per_device <= device
    return Memory(
        weights, master, gradients, moments, state, kept, per_device, device, fits, needed
    )


def activations(shape: Shape, layout: Layout) -> float:
    """Bytes of one device's activations, with tensor and sequence parallelism.

    Korthikanti et al. 2023, "Reducing Activation Recomputation", equations 1 and 6: 34 bytes a
    token, width and layer in 16 bits, without the square term of attention, whose scores a fused
    kernel does not store; 2 where all is computed again, and one layer's 34 while it is. The logits
    are in fp32. They count a GELU of 4 times the width and dropout: other blocks differ somewhat.
    That fp8 keeps activations in 16 bits and fp32 takes double is assumed.
    """
    tokens = layout.micro_batch * layout.context
    a_layer = 34.0 * tokens * shape.width
    blocks = a_layer * shape.layers
    if layout.recompute:
        blocks = 2.0 * tokens * shape.width * shape.layers + a_layer
    double = 2 if layout.precision == "fp32" else 1
    return (double * blocks + 4.0 * tokens * shape.vocab_size) / layout.tensor_parallel
