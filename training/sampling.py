"""Text drawn from a model, token by token."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from training.cache import Cache
from training.losses import predict
from training.model import Decoder
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

    The same model, prompt and settings give the same text. What the model sees of a text longer
    than its context: see `Reader`.

    Raises:
        UserError: The prompt is no Unicode text.
    """
    end = trained.end_of_text
    ids = [end, *trained.ids(prompt).tolist()]
    start = len(ids)
    reader = Reader(trained.model, trained.config.context)
    chance = torch.Generator().manual_seed(how.seed)
    ended = False
    while len(ids) - start < how.tokens and not ended:
        ids.append(draw(reader.next_logits(ids).cpu(), how, chance))
        ended = ids[-1] == end
    text = trained.encoder.decode(np.array(ids[start : len(ids) - ended], np.int64))
    return Continuation(prompt, text, len(ids) - start, ended)


class Reader:
    """Predicts what follows a text that grows by a token at a time.

    Of a text of n tokens the model sees those from the first, s, on: s is the least multiple of
    half the context (rounded up) that leaves no more than a context. So it sees all while they fit,
    and then at least half a context; positions are counted from s, and none is beyond those that it
    was trained on. While s stays a token costs one row; where it moves, once in half a context,
    what is left is read anew.
    """

    def __init__(self, model: Decoder, context: int) -> None:
        self._model, self._context = model, context
        self._first = self._read = 0
        self._caches: list[Cache] = []

    def next_logits(self, ids: Sequence[int]) -> torch.Tensor:
        """The logits of the token that follows, shape `(vocab_size,)`.

        Args:
            ids: The text so far: that of the call before and one more token.
        """
        first = first_seen(len(ids), self._context)
        if first != self._first or not self._caches:
            self._caches = [Cache(self._context) for _ in self._model.blocks]
            self._first = self._read = first
        new = torch.tensor([ids[self._read :]])
        self._read = len(ids)
        return predict(self._model, new, caches=self._caches)[0, -1]


def first_seen(n_tokens: int, context: int) -> int:
    """The first token that the model sees of a text of so many; see `Reader`."""
    step = (context + 1) // 2
    return step * max(0, -((context - n_tokens) // step))


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
