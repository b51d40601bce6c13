"""Likelihoods of sequences against one pass over each."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from tests.training.trained_models import CONFIG, a_trained
from training.likelihood import token_nats, windows


@given(st.integers(0, 200), st.integers(1, 40), st.data())
def test_windows_predict_every_token_but_the_first_once(
    n_tokens: int, context: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(1, context))
    predicted = []
    for start, stop, first in windows(n_tokens, context, stride):
        assert 0 <= start <= first < stop <= start + context
        assert first - start >= min(context - stride, first)
        predicted += range(first + 1, stop + 1)
    assert predicted == list(range(1, n_tokens))


def test_short_sequences_are_scored_as_one_pass_scores_them() -> None:
    """Whatever else is in the batch."""
    trained = a_trained()
    rng = np.random.default_rng(0)
    size = trained.model.embedding.num_embeddings
    sequences = [rng.integers(0, size, n) for n in (5, 33, 1, 12, 0, 2, 33)]
    found = token_nats(trained.model, sequences, CONFIG.context)
    for ids, nats in zip(sequences, found, strict=True):
        if len(ids) < 2:
            assert len(nats) == 0
            continue
        tokens = torch.from_numpy(ids)
        logits = trained.model(tokens[None, :-1])[0]
        expected = F.cross_entropy(logits, tokens[1:], reduction="none")
        assert np.allclose(nats, expected.detach().numpy(), atol=1e-5)


def test_long_sequences_are_scored_window_by_window() -> None:
    """70 tokens at a stride of 8: the last 5 from the 32 tokens before each window's end."""
    trained = a_trained()
    ids = np.random.default_rng(1).integers(0, 100, 70)
    (found,) = token_nats(trained.model, [ids], 32, 8)
    tokens = torch.from_numpy(ids)
    expected = []
    for start, stop, first in ((0, 32, 0), (8, 40, 32), (16, 48, 40), (24, 56, 48), (32, 64, 56)):
        logits = trained.model(tokens[None, start:stop])[0]
        losses = F.cross_entropy(logits, tokens[start + 1 : stop + 1], reduction="none")
        expected += losses[first - start :].tolist()
    logits = trained.model(tokens[None, 37:69])[0]
    expected += F.cross_entropy(logits, tokens[38:70], reduction="none")[-5:].tolist()
    assert np.allclose(found, expected, atol=1e-5)
