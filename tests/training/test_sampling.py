"""What is drawn, and how often."""

import numpy as np
import pytest
import torch

from tests.training.trained_models import CONFIG, VOCABULARY, a_trained
from training.config import TrainConfig
from training.sampling import Reader, Sampling, draw, generate, probabilities

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


MODELS = [
    CONFIG,
    TrainConfig(depth=3, width=32, heads=4, kv_heads=1, context=32, tied=False),
    TrainConfig(depth=2, width=24, heads=2, kv_heads=2, context=7, activation="relu2"),
    TrainConfig(depth=1, width=16, heads=2, context=1),
]
PROMPTS = ["", "abc", "the number 12 " * 2, "a text that no context here holds " * 3]


def seen(ids: list[int], context: int) -> list[int]:
    """What `Reader` says that the model sees."""
    first = 0
    while len(ids) - first > context:
        first += (context + 1) // 2
    return ids[first:]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("config", MODELS)
def test_logits_are_those_of_reading_all_anew(config: TrainConfig, prompt: str) -> None:
    trained = a_trained(config)
    ids = [0, *trained.ids(prompt).tolist()]
    more = torch.randint(0, len(VOCABULARY), (80,), generator=torch.Generator().manual_seed(5))
    reader = Reader(trained.model, config.context)
    for token in more.tolist():
        with torch.no_grad():
            found = reader.next_logits(ids)
            expected = trained.model(torch.tensor([seen(ids, config.context)]))[0, -1]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
        ids.append(token)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("config", MODELS)
@pytest.mark.parametrize("how", [Sampling(70, seed=1), Sampling(70, 0.7, 20, 0.9, 2)])
def test_text_is_that_of_reading_all_anew(config: TrainConfig, prompt: str, how: Sampling) -> None:
    trained = a_trained(config)
    ids = [0, *trained.ids(prompt).tolist()]
    start, chance = len(ids), torch.Generator().manual_seed(how.seed)
    while len(ids) < start + how.tokens and (len(ids) == start or ids[-1] != 0):
        with torch.no_grad():
            logits = trained.model(torch.tensor([seen(ids, config.context)]))[0, -1]
        ids.append(draw(logits, how, chance))
    found = generate(trained, prompt, how)
    assert found.tokens == len(ids) - start
    assert found.text == trained.encoder.decode(np.array(ids[start : len(ids) - found.ended]))


def test_greedy_text_is_the_likeliest_token_each_time() -> None:
    trained = a_trained()
    found = generate(trained, "abc", Sampling(tokens=20, temperature=0))
    ids = [0, *trained.ids("abc").tolist()]
    while (len(ids) < 24 and ids[-1] != 0) or len(ids) == 4:
        ids.append(int(trained.model(torch.tensor([ids]))[0, -1].argmax()))
    assert found.text == trained.encoder.decode(np.array(ids[4:]))
    assert found.tokens == len(ids) - 4


def test_a_token_is_read_once_until_the_context_is_full() -> None:
    """Context 32: at 33 tokens the first 16 are let go, at 49 the next."""
    trained = a_trained()
    read: list[int] = []
    trained.model.register_forward_pre_hook(lambda _, given: read.append(given[0].shape[1]))
    reader = Reader(trained.model, 32)
    with torch.no_grad():
        for length in range(3, 52):
            reader.next_logits([1] * length)
    assert read == [3, *[1] * 29, 17, *[1] * 15, 17, 1, 1]


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
