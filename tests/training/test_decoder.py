"""The model predicts from the past alone and starts out knowing nothing."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from training.config import TrainConfig
from training.model import (
    Attention,
    SquaredReLU,
    make_model,
    n_parameters,
    rotary_angles,
    rotate,
)

VOCAB = 500
SMALL = TrainConfig(depth=2, width=32, heads=4, kv_heads=2, context=24)


def trained_like(config: TrainConfig = SMALL) -> torch.nn.Module:
    """A model whose zero matrices are filled, so that every branch takes part."""
    model = make_model(VOCAB, config)
    generator = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        if weight.ndim == 2 and not weight.any():
            torch.nn.init.normal_(weight, std=0.2, generator=generator)
    return model


def tokens(batch: int = 3) -> torch.Tensor:
    return torch.randint(0, VOCAB, (batch, 24), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("place", [0, 1, 11, 23])
def test_a_token_changes_the_logits_of_its_place_and_later_only(place: int) -> None:
    model, before = trained_like(), tokens()
    after = before.clone()
    after[:, place] = (after[:, place] + 1) % VOCAB
    changed = (model(before) != model(after)).any(-1)
    assert not changed[:, :place].any()
    assert changed[:, place:].all()


@pytest.mark.parametrize("width", [32, 256])
def test_the_first_loss_is_that_of_a_uniform_guess(width: int) -> None:
    model = make_model(VOCAB, TrainConfig(depth=2, width=width, heads=4, context=24))
    batch = tokens(8)
    loss = F.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(VOCAB), abs=0.05)


def test_weights_depend_on_the_seed_alone() -> None:
    state = torch.random.get_rng_state()
    one = make_model(VOCAB, SMALL).state_dict()
    torch.rand(3)
    two = make_model(VOCAB, SMALL).state_dict()
    other = make_model(VOCAB, SMALL.model_copy(update={"seed": 1})).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["embedding.weight"], other["embedding.weight"])
    torch.random.set_rng_state(state)
    make_model(VOCAB, SMALL)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_rotation_keeps_lengths_and_sees_only_distances() -> None:
    angles = rotary_angles(64, 8)
    generator = torch.Generator().manual_seed(3)
    query, key = torch.randn(2, 1, 1, 1, 8, generator=generator).expand(2, 1, 1, 64, 8)
    query, key = (rotate(x, angles.cos(), angles.sin())[0, 0] for x in (query, key))
    scores = query @ key.T
    assert torch.allclose(query.norm(dim=-1), query[0].norm().expand(64))
    for distance in (0, 1, 17):
        along = scores.diagonal(-distance)
        assert torch.allclose(along, along[:1].expand_as(along), atol=1e-5)
    assert not torch.allclose(scores[0], scores[0, :1].expand(64), atol=1e-1)


def test_attention_is_the_textbook_formula() -> None:
    """Against softmax(q k / sqrt(d)) v written out, with each key head shared by two queries."""
    layer = Attention(SMALL)
    torch.nn.init.normal_(layer.output.weight)
    stream = torch.randn(2, 24, 32, generator=torch.Generator().manual_seed(4))
    angles = rotary_angles(24, 8)
    cos, sin = angles.cos(), angles.sin()

    def heads(matrix: torch.nn.Linear, head: int) -> torch.Tensor:
        return (stream @ matrix.weight.T)[..., 8 * head : 8 * head + 8]

    def unit(x: torch.Tensor) -> torch.Tensor:
        scaled = x / x.pow(2).mean(-1, keepdim=True).sqrt()
        return rotate(scaled[:, None], cos, sin)[:, 0]

    mixed = []
    for head in range(4):
        query, key = unit(heads(layer.query, head)), unit(heads(layer.key, head // 2))
        scores = query @ key.transpose(1, 2) / math.sqrt(8)
        scores = scores.masked_fill(torch.ones(24, 24).triu(1).bool(), -torch.inf)
        mixed.append(scores.softmax(-1) @ heads(layer.value, head // 2))
    expected = torch.cat(mixed, -1) @ layer.output.weight.T
    assert torch.allclose(layer(stream, cos, sin), expected, atol=1e-4)


def test_squared_relu_is_the_formula() -> None:
    layer = SquaredReLU(8)
    torch.nn.init.normal_(layer.down.weight)
    stream = torch.randn(5, 8, generator=torch.Generator().manual_seed(5))
    hidden = (stream @ layer.up.weight.T).clamp(min=0) ** 2
    assert hidden.shape == (5, 32)
    assert torch.allclose(layer(stream), hidden @ layer.down.weight.T, atol=1e-6)


def test_an_output_of_its_own_is_another_matrix() -> None:
    """It starts at zero, so that every token is as probable as any other."""
    config = SMALL.model_copy(update={"tied": False})
    model = make_model(VOCAB, config)
    assert not model(tokens()).any()
    assert n_parameters(model) == n_parameters(make_model(VOCAB, SMALL)) + VOCAB * 32


def test_bfloat16_stays_close_to_full_precision() -> None:
    """The path that a GPU takes."""
    model = trained_like()
    with torch.autocast("cpu", torch.bfloat16):
        rough = model(tokens())
    exact = model(tokens())
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).abs().max() < 0.05 * exact.abs().max()
