"""How well a model predicts held-out text."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from training.model import Decoder
from training.sequences import IGNORED, Batch, Sequences


@torch.no_grad()
def evaluate(model: Decoder, held_out: Sequences, batch: int, batches: int) -> dict[str, float]:
    """Measures the loss on sequences spread evenly over the text, in order.

    Args:
        model: The model.
        held_out: Held-out text.
        batch: Sequences read at a time.
        batches: How many times, at most.

    Returns:
        `valid_loss`: cross entropy in nats a token. `valid_bits_per_byte`: the same total divided
        by the bytes of text that the predicted tokens stand for, comparable across tokenizers.
    """
    bounds = np.cumsum(held_out.counts)
    total = int(bounds[-1])
    chosen = np.arange(n := min(total, batch * batches)) * total // n
    domains = bounds.searchsorted(chosen, "right")
    numbers = chosen - (bounds - np.array(held_out.counts))[domains]
    plan = held_out.plan(domains, numbers)
    nats = 0.0
    n_tokens = 0
    for part in plan.split(batch):
        read = held_out.read(part)
        nats += token_losses(model, read).sum().item()
        n_tokens += int((read.targets != IGNORED).sum())
    return {
        "valid_loss": nats / n_tokens,
        "valid_bits_per_byte": bits_per_byte(nats, held_out.n_bytes(plan)),
    }


def bits_per_byte(nats: float, n_bytes: float) -> float:
    """A total cross entropy in nats as bits for each byte of the text it was measured on.

    Tokens that stand for no text, such as separators of documents, add to the entropy and not to
    the bytes.
    """
    return nats / (math.log(2) * n_bytes)


def token_losses(model: Decoder, batch: Batch) -> torch.Tensor:
    """The cross entropy of each token that is to be predicted, in nats.

    Args:
        model: The model; its device decides where to compute, in bfloat16 on a GPU.
        batch: What to predict.

    Returns:
        Shape `(predicted tokens,)`, float32.
    """
    device = model.embedding.weight.device
    inputs, targets = (
        torch.from_numpy(values).to(device) for values in (batch.inputs, batch.targets)
    )
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits = model(inputs)
    wanted = targets.flatten()
    losses = F.cross_entropy(logits.float().flatten(0, 1), wanted, reduction="none")
    return losses[wanted != IGNORED]
