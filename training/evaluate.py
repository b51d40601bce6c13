"""How well a model predicts held-out text."""

import math

import torch
import torch.nn.functional as F  # noqa: N812

from training.data import Windows
from training.model import Decoder


@torch.no_grad()
def evaluate(model: Decoder, windows: Windows, batch: int, batches: int) -> dict[str, float]:
    """Measures the loss on windows spread evenly over the text, in order.

    Args:
        model: The model.
        windows: Held-out text.
        batch: Windows read at a time.
        batches: How many times, at most.

    Returns:
        `valid_loss`: cross entropy in nats a token. `valid_bits_per_byte`: the same total divided
        by the bytes of text that the predicted tokens stand for, comparable across tokenizers.
    """
    n_windows = min(len(windows), batch * batches)
    chosen = [index * len(windows) // n_windows for index in range(n_windows)]
    nats = 0.0
    for first in range(0, n_windows, batch):
        read = torch.from_numpy(windows.read(chosen[first : first + batch]))
        nats += token_losses(model, read).sum().item()
    return {
        "valid_loss": nats / (n_windows * windows.context),
        "valid_bits_per_byte": bits_per_byte(nats, sum(map(windows.n_bytes, chosen))),
    }


def bits_per_byte(nats: float, n_bytes: float) -> float:
    """A total cross entropy in nats as bits for each byte of the text it was measured on.

    Tokens that stand for no text, such as separators of documents, add to the entropy and not to
    the bytes.
    """
    return nats / (math.log(2) * n_bytes)


def token_losses(model: Decoder, windows: torch.Tensor) -> torch.Tensor:
    """The cross entropy of each predicted token, in nats.

    Args:
        model: The model; its device decides where to compute, in bfloat16 on a GPU.
        windows: Token ids, shape `(batch, context + 1)`.

    Returns:
        Shape `(batch * context,)`, float32.
    """
    device = model.embedding.weight.device
    windows = windows.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits = model(windows[:, :-1])
    return F.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten(), reduction="none")
