"""Which answer a model takes, and how sure the share of right ones is."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from pipeline.choiceitems import Question
from tests.training.trained_models import a_trained
from training.choices import accuracy, answer_scores
from training.results import Accuracy, TextFit


def test_an_answer_costs_its_tokens_after_the_prompt_over_its_bytes() -> None:
    """Written out for the tokens of ` the é`, of which 6 bytes are the answer's."""
    trained = a_trained()
    prompt, answer = "Is it?", " the é"
    ids = [0, *trained.ids(prompt), *trained.ids(answer)]
    tokens = torch.tensor(np.array(ids))
    losses = F.cross_entropy(trained.model(tokens[None, :-1])[0], tokens[1:], reduction="none")
    expected = losses[len(trained.ids(prompt)) :].sum().item() / 6
    assert answer_scores(trained, [(prompt, answer)]) == [pytest.approx(expected, rel=1e-5)]


def test_of_a_long_prompt_the_end_is_read() -> None:
    trained = a_trained()
    long, short = "x" * 100 + "abcdefgh" * 4, "y" * 100 + "abcdefgh" * 4
    one, other = answer_scores(trained, [(long, " yes yes"), (short, " yes yes")])
    assert one == pytest.approx(other, rel=1e-6)


def test_an_answer_longer_than_the_context_is_scored_whole() -> None:
    trained = a_trained()
    one, other = answer_scores(trained, [("a", " " + "z" * 80), ("a", " " + "q" + "z" * 79)])
    assert one != other


def test_the_likeliest_answer_for_its_length_is_taken() -> None:
    trained = a_trained()
    answers = (" the", " no one knows", " 42")
    scores = answer_scores(trained, [("Q:", answer) for answer in answers])
    best = int(np.argmin(scores))
    questions = [Question("a", ("Q:",) * 3, answers, gold) for gold in (best, (best + 1) % 3, best)]
    found = accuracy(trained, questions)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.questions == 3
    assert found.chance == pytest.approx(1 / 3)


def test_an_interval_of_accuracy_by_hand() -> None:
    """Wilson's score for 8 of 10 is (0.4902, 0.9433)."""
    found = Accuracy.of([True] * 8 + [False] * 2, [4] * 5 + [2] * 5)
    assert (found.low, found.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert found.chance == pytest.approx(3 / 8)


def test_intervals_of_bits_per_byte_cover_the_truth_as_often_as_they_say() -> None:
    """Documents of random lengths with 0.7 nats a byte on average."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        n_bytes = rng.integers(50, 500, 40).astype(float)
        nats = n_bytes * rng.gamma(7, 0.1, 40)
        fit = TextFit.of(nats, n_bytes.astype(np.int64), n_bytes)
        assert fit.margin is not None
        covered += abs(fit.bits_per_byte - 0.7 / np.log(2)) < fit.margin
    assert 0.91 <= covered / 400 <= 0.99


def test_one_document_has_no_interval() -> None:
    fit = TextFit.of(np.array([16 * np.log(2)]), np.array([4]), np.array([8.0]))
    assert fit.bits_per_byte == pytest.approx(2)
    assert fit.perplexity == pytest.approx(16)
    assert fit.margin is None
