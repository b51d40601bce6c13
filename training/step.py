"""One step: gradients of a batch, in parts if it is too large for a device, and the update."""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.optim import Optimizer

from pipeline.errors import UserError
from training.config import TrainConfig
from training.losses import total_loss
from training.metrics import Row
from training.ranks import Ranks, whole
from training.replicas import gathering
from training.schedule import learning_rate
from training.sequences import IGNORED, Batch


def take_step(
    step: int,
    model: nn.Module,
    optimizers: Sequence[Optimizer],
    batch: Batch,
    config: TrainConfig,
    ranks: Ranks,
) -> Row:
    """Learns from this process's share of the batch of a step.

    Args:
        step: Counted from 0.
        model: What `replicas.spread` made.
        optimizers: Of all its weights.
        batch: The share.
        config: The settings.
        ranks: The processes.

    Returns:
        The step's row of the metrics: step from 1, tokens predicted in the whole batch, their mean
        loss before the update in nats, gradient_norm before it is clipped, lr.

    Raises:
        UserError: The loss is not finite.
    """
    rate = learning_rate(step, config)
    for optimizer in optimizers:
        optimizer.zero_grad()
        for group in optimizer.param_groups:
            group["lr"] = rate
    nats, tokens = add_gradients(model, batch, config.micro_batch_sequences, ranks)
    loss = nats / tokens
    if not math.isfinite(loss):
        raise UserError(f"the loss is {loss} at step {step + 1}; lower learning_rate")
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip)
    for optimizer in optimizers:
        optimizer.step()
    size = whole(norm).item()
    return {"step": step + 1, "tokens": tokens, "loss": loss, "gradient_norm": size, "lr": rate}


def add_gradients(
    model: nn.Module, batch: Batch, micro: int | None, ranks: Ranks
) -> tuple[float, int]:
    """Adds the gradient of the mean loss over the tokens of all processes to that of the weights.

    Returns:
        The total loss in nats, and how many tokens all processes predicted.
    """
    predicted = float((batch.targets != IGNORED).sum())
    (tokens,) = ranks.add(predicted)
    parts = list(_parts(batch, micro))
    nats = torch.zeros((), dtype=torch.float64, device=ranks.device)
    for number, part in enumerate(parts):
        with gathering(model, last=number == len(parts) - 1):
            loss = total_loss(model, part)
            # Gradients are averaged over the processes, and are to be added.
            (loss * (ranks.world / tokens)).backward()  # type: ignore[no-untyped-call]
        nats += loss.detach()
    (total,) = ranks.add(nats.item())
    return total, int(tokens)


def _parts(batch: Batch, micro: int | None) -> Iterator[Batch]:
    """The batch, `micro` sequences at a time."""
    size = micro or len(batch.inputs)
    for first in range(0, len(batch.inputs), size):
        yield batch.part(first, first + size)
