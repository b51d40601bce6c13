"""The cross entropy of a batch."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from training.cache import Cache
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


def predict(
    model: nn.Module,
    inputs: Tensor,
    documents: Tensor | None = None,
    caches: Sequence[Cache] | None = None,
) -> Tensor:
    """Logits in float32, computed in bfloat16 on a GPU.

    Args:
        model: A `Decoder`, wrapped or not; its device decides where to compute.
        inputs: Token ids, shape `(batch, length)`, on any device.
        documents: As of `Decoder.forward`, likewise.
        caches: Likewise.

    Returns:
        Shape `(batch, length, vocab_size)`, on the model's device.
    """
    device = next(model.parameters()).device
    inputs = inputs.to(device)
    documents = None if documents is None else documents.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits: Tensor = model(inputs, documents, caches)
    return logits.float()


def _predict(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits, shape `(tokens, vocab_size)`, float32, and targets, shape `(tokens,)`."""
    logits = predict(model, torch.from_numpy(batch.inputs), torch.from_numpy(batch.documents))
    return logits.flatten(0, 1), torch.from_numpy(batch.targets).to(logits.device).flatten()
