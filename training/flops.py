"""Operations a token takes, and operations a device can do."""

from training.model import Decoder, n_parameters
from training.modelconfig import ModelConfig

# Dense bfloat16 operations a second, from the makers' data sheets. NVIDIA prints the figure with
# sparsity for newer GPUs; half of it is meant.
_PEAKS = {
    "GB200": 2500e12,
    "B200": 2250e12,
    "H200": 989e12,
    "H100 NVL": 835e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "H800": 989e12,
    "H20": 148e12,
    "A100": 312e12,
    "A800": 312e12,
    "A10G": 70e12,
    "A10": 125e12,
    "L40S": 362e12,
    "L40": 181e12,
    "L4": 121e12,
    "RTX A6000": 155e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
    "MI300X": 1307e12,
    "MI250X": 383e12,
}


def flops_per_token(model: Decoder, config: ModelConfig) -> int:
    """Operations of forward and backward pass a token.

    Six for each weight of a matrix that multiplies (an embedding does only as the output), and
    `12 * depth * width * context` for attention, without a discount for what the mask hides
    (Chowdhery et al. 2022, "PaLM", appendix B).
    """
    norms = sum(weight.numel() for weight in model.parameters() if weight.ndim == 1)
    looked_up = 0 if model.head is None else model.embedding.weight.numel()
    matrices = n_parameters(model) - norms - looked_up
    return 6 * matrices + 12 * config.depth * config.width * config.context


def peak_flops(name: str) -> float | None:
    """Dense bfloat16 operations a second of a device, by the name its driver gives it.

    Returns:
        None for a device that is not in the table.
    """
    # The longest name wins: an H200 is no H20.
    named = [known for known in _PEAKS if known in name]
    return _PEAKS[max(named, key=len)] if named else None
