"""What is drawn, and how often."""

import pytest
import torch

from tests.training.trained_models import a_trained
from training.sampling import Sampling, draw, generate, probabilities

LOGITS = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Sampling(), [0.1, 0.4, 0.2, 0.3]),
        (Sampling(top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Sampling(top_p=0.5), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.0), [0, 1, 0, 0]),
        (Sampling(top_k=2, top_p=0.5), [0, 1, 0, 0]),
        (Sampling(temperature=0.5), [1 / 30, 16 / 30, 4 / 30, 9 / 30]),
        (Sampling(temperature=1e-6), [0, 1, 0, 0]),
        (Sampling(top_k=9), [0.1, 0.4, 0.2, 0.3]),
    ],
)
def test_probabilities_by_hand(how: Sampling, expected: list[float]) -> None:
    found = probabilities(LOGITS, how)
    assert found.tolist() == pytest.approx(expected, abs=1e-7)


def test_tokens_are_drawn_as_often_as_they_should_be() -> None:
    chance = torch.Generator().manual_seed(0)
    drawn = torch.tensor([draw(LOGITS, Sampling(top_k=3), chance) for _ in range(3000)])
    shares = drawn.bincount(minlength=4) / 3000
    assert shares.tolist() == pytest.approx([0, 4 / 9, 2 / 9, 3 / 9], abs=0.04)


def test_the_same_seed_gives_the_same_text() -> None:
    trained = a_trained()
    how = Sampling(tokens=20, seed=3)
    one = generate(trained, "the", how)
    assert generate(trained, "the", how) == one
    assert one.text != generate(trained, "the", Sampling(tokens=20, seed=4)).text
    torch.manual_seed(9)
    assert generate(trained, "the", how) == one


def test_greedy_text_is_the_likeliest_token_each_time_past_the_context_too() -> None:
    trained = a_trained()
    found = generate(trained, "abc", Sampling(tokens=50, temperature=0))
    ids = [0, *trained.ids("abc").tolist()]
    while (len(ids) < 54 and ids[-1] != 0) or len(ids) == 4:
        ids.append(int(trained.model(torch.tensor([ids[-32:]]))[0, -1].argmax()))
    assert found.text == trained.encoder.decode(torch.tensor(ids[4:]).numpy())
    assert found.tokens == len(ids) - 4


def test_text_ends_at_the_end_of_the_document() -> None:
    """A model whose last norm and embedding make the end likeliest from the second token on."""
    trained = a_trained()
    end = trained.end_of_text
    with torch.no_grad():
        trained.model.embedding.weight[end] = 0
        # All others get negative logits: the stream's first dimension is made large and constant.
        trained.model.norm.weight.zero_()
    found = generate(trained, "abc", Sampling(tokens=9, temperature=0))
    assert found.ended
    assert (found.text, found.tokens) == ("", 1)
