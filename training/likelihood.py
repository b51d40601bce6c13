"""How likely a model finds sequences of tokens."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812

from training.cache import Cache
from training.model import Decoder

Ids = npt.NDArray[np.int64]
Nats = npt.NDArray[np.float64]

# Logits computed at a time. On a CPU memory that is asked for anew each time costs more than small
# batches do; on a GPU it is kept, and these take some hundred MB.
_LOGITS = {"cpu": 1 << 22, "cuda": 1 << 25}


def predict(
    model: Decoder, inputs: torch.Tensor, caches: Sequence[Cache] | None = None
) -> torch.Tensor:
    """Logits in float32, computed in bfloat16 on a GPU.

    Args:
        model: The model; its device decides where to compute.
        inputs: Token ids, shape `(batch, length)`, on any device.
        caches: As of `Decoder.forward`.

    Returns:
        Shape `(batch, length, vocab_size)`, on the model's device.
    """
    device = model.embedding.weight.device
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits: torch.Tensor = model(inputs.to(device), caches=caches)
    return logits.float()


def windows(n_tokens: int, context: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """Cuts a sequence into windows, so that each token but the first is predicted once.

    Args:
        n_tokens: Tokens of the sequence.
        context: Tokens of a window, at most.
        stride: Tokens that each window after the first predicts anew, at most; 1 to `context`.
            Each is predicted from at least `context - stride` tokens, or all there are.

    Yields:
        The first and the last plus one of the tokens read; and from which of them on the next
        token is predicted anew.
    """
    predicted, stop = 0, min(context, n_tokens - 1)
    while predicted < n_tokens - 1:
        yield max(0, stop - context), stop, predicted
        predicted, stop = stop, min(stop + stride, n_tokens - 1)


@torch.no_grad()
def token_nats(
    model: Decoder, sequences: Sequence[Ids], context: int, stride: int | None = None
) -> list[Nats]:
    """The cross entropy of every token given those before it in its sequence, in nats.

    Args:
        model: The model.
        sequences: Token ids, each of shape `(tokens,)`.
        context: Tokens that the model sees at a time.
        stride: As of `windows`; by default `context`, so that no token is read twice.

    Returns:
        For each sequence, shape `(tokens - 1,)`: the first token is not predicted.
    """
    found: list[Nats] = [np.zeros(max(len(ids) - 1, 0)) for ids in sequences]
    cut = [
        (stop - start, number, start, stop, first)
        for number, ids in enumerate(sequences)
        for start, stop, first in windows(len(ids), context, stride or context)
    ]
    # Windows of a length share batches, so that little is padded.
    cut.sort()
    embedding = model.embedding
    most = _LOGITS[embedding.weight.device.type] // embedding.num_embeddings
    for batch in _batches(cut, most):
        longest = batch[-1][0]
        inputs = np.zeros((len(batch), longest), np.int64)
        targets = np.zeros((len(batch), longest), np.int64)
        for row, (length, number, start, stop, _) in enumerate(batch):
            inputs[row, :length] = sequences[number][start:stop]
            targets[row, :length] = sequences[number][start + 1 : stop + 1]
        logits = predict(model, torch.from_numpy(inputs))
        wanted = torch.from_numpy(targets).to(logits.device)
        losses = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none")
        rows = losses.view(wanted.shape).double().cpu().numpy()
        for row, (length, number, start, stop, first) in zip(rows, batch, strict=True):
            found[number][first:stop] = row[first - start : length]
    return found


def _batches(
    cut: Sequence[tuple[int, int, int, int, int]], most: int
) -> Iterator[Sequence[tuple[int, int, int, int, int]]]:
    """Runs of windows, the longest last, of at most so many tokens with their padding."""
    begin = 0
    while begin < len(cut):
        end = begin + 1
        while end < len(cut) and (end + 1 - begin) * cut[end][0] <= most:
            end += 1
        yield cut[begin:end]
        begin = end
