"""The cross entropy of a batch."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from training.sequences import IGNORED, Batch


def token_losses(model: nn.Module, batch: Batch) -> Tensor:
    """The cross entropy of each token that is to be predicted, in nats.

    Args:
        model: A `Decoder`, wrapped or not; its device decides where to compute, in bfloat16 on a
            GPU.
        batch: What to predict.

    Returns:
        Shape `(predicted tokens,)`, float32.
    """
    logits, targets = _predict(model, batch)
    return F.cross_entropy(logits, targets, reduction="none")[targets != IGNORED]


def total_loss(model: nn.Module, batch: Batch) -> Tensor:
    """The sum of `token_losses`."""
    logits, targets = _predict(model, batch)
    return F.cross_entropy(logits, targets, reduction="sum")


def _predict(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits, shape `(tokens, vocab_size)`, float32, and targets, shape `(tokens,)`."""
    device = next(model.parameters()).device
    inputs, targets, documents = (
        torch.from_numpy(values).to(device)
        for values in (batch.inputs, batch.targets, batch.documents)
    )
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits = model(inputs, documents)
    return logits.float().flatten(0, 1), targets.flatten()
