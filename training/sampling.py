"""Text drawn from a model, token by token."""

from dataclasses import dataclass

import numpy as np
import torch

from training.likelihood import Ids
from training.losses import predict
from training.trained import Trained


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    Attributes:
        tokens: Tokens to draw, at most.
        temperature: Logits are divided by it; with 0 the likeliest token is taken.
        top_k: Only so many of the likeliest tokens are drawn from (Fan et al. 2018); None
            means all.
        top_p: Only the fewest tokens that have this probability together (Holtzman et al. 2020,
            "The Curious Case of Neural Text Degeneration"); 1 means all.
        seed: Another seed gives another text.
    """

    tokens: int = 128
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Continuation:
    """What a model makes of a prompt.

    Attributes:
        prompt: The prompt.
        text: What follows it.
        tokens: Tokens drawn.
        ended: Whether the model ended the document.
    """

    prompt: str
    text: str
    tokens: int
    ended: bool


@torch.no_grad()
def generate(trained: Trained, prompt: str, how: Sampling) -> Continuation:
    """Goes on with a prompt, as if it began a document; an empty one begins with any text.

    The same model, prompt and settings give the same text. The model sees the last tokens that its
    context holds.

    Raises:
        UserError: The prompt is no Unicode text.
    """
    context, end = trained.config.context, trained.end_of_text
    ids: Ids = np.concatenate([[end], trained.ids(prompt)])
    start = len(ids)
    chance = torch.Generator().manual_seed(how.seed)
    ended = False
    while len(ids) - start < how.tokens and not ended:
        logits = predict(trained.model, torch.from_numpy(ids[None, -context:]))[0, -1]
        token = draw(logits.cpu(), how, chance)
        ids = np.append(ids, token)
        ended = token == end
    text = trained.encoder.decode(ids[start : len(ids) - ended])
    return Continuation(prompt, text, len(ids) - start, ended)


def draw(logits: torch.Tensor, how: Sampling, chance: torch.Generator) -> int:
    """Draws a token.

    Args:
        logits: Of each token, shape `(vocab_size,)`, on the CPU.
        how: The settings.
        chance: Where chance comes from.
    """
    if how.temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(probabilities(logits, how), 1, generator=chance))


def probabilities(logits: torch.Tensor, how: Sampling) -> torch.Tensor:
    """With which probability each token is drawn, shape `(vocab_size,)`.

    `top_k` comes before `top_p`; of tokens equally likely those with the smaller ids go first.
    """
    order = torch.sort(logits, descending=True, stable=True).indices
    kept = order[: how.top_k or len(order)]
    # In double precision, or a temperature near 0 leaves the range.
    ranked = torch.softmax((logits[kept].double() - logits.max()) / how.temperature, 0)
    beyond = ranked.cumsum(0) - ranked >= how.top_p
    beyond[0] = False
    ranked[beyond] = 0
    found = torch.zeros(len(logits), dtype=torch.float64)
    found[kept] = ranked / ranked.sum()
    return found
