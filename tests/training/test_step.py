"""One step: its rate, its gradient, and which weights it moves how."""

import numpy as np
import pytest
import torch

from training.config import TrainConfig
from training.data import Batch
from training.losses import token_losses, total_loss
from training.model import Decoder, make_model
from training.optimizers import make_optimizers
from training.ranks import Ranks
from training.schedule import learning_rate
from training.sequences import IGNORED
from training.step import add_gradients, take_step

CONFIG = TrainConfig(depth=2, width=16, heads=2, kv_heads=1, context=16, warmup_share=0.0)
ALONE = Ranks(0, 1, torch.device("cpu"))
HIDDEN = {"query", "key", "value", "output", "gate", "up", "down"}


def trained_like(config: TrainConfig = CONFIG) -> Decoder:
    """A model whose logits are no constants."""
    model = make_model(64, config)
    torch.nn.init.normal_(model.embedding.weight, generator=torch.Generator().manual_seed(1))
    return model


def batch(sequences: int = 2) -> Batch:
    rng = np.random.default_rng(3)
    tokens = rng.integers(0, 64, (sequences, 17))
    begins = np.stack(np.nonzero(rng.integers(0, 5, (sequences, 16)) == 0))
    return Batch(tokens[:, :-1], tokens[:, 1:].copy(), begins)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    config = CONFIG.model_copy(
        update={"steps": 10, "warmup_share": 0.2, "decay_share": 0.4, "learning_rate": 1.0}
    )
    rates = [learning_rate(step, config) for step in range(10)]
    assert rates == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]


def test_a_schedule_without_rise_and_fall_is_flat() -> None:
    config = CONFIG.model_copy(update={"warmup_share": 0.0, "decay_share": 0.0})
    assert {learning_rate(step, config) for step in range(12)} == {config.learning_rate}


def test_the_gradient_is_clipped_as_a_whole() -> None:
    model = make_model(64, CONFIG)
    config = CONFIG.model_copy(update={"gradient_clip": 1e-3})
    row = take_step(0, model, make_optimizers(model, CONFIG), batch(), config, ALONE)
    assert row["gradient_norm"] > 1e-2
    squares = [
        weight.grad.square().sum() for weight in model.parameters() if weight.grad is not None
    ]
    assert torch.stack(squares).sum().sqrt().item() == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_only_matrices_of_the_blocks_are_decayed(optimizer: str, tied: bool) -> None:
    config = CONFIG.model_copy(update={"optimizer": optimizer, "tied": tied})
    model = make_model(64, config)
    names = {weight: name for name, weight in model.named_parameters()}
    optimizers = make_optimizers(model, config)
    hidden, others = [group for one in optimizers for group in one.param_groups]
    assert (hidden["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    assert {names[weight].split(".")[-2] for weight in hidden["params"]} == HIDDEN
    assert len(hidden["params"]) + len(others["params"]) == len(names)
    assert isinstance(optimizers[0], torch.optim.Muon) == (optimizer == "muon")


def test_muon_moves_a_matrix_in_all_its_directions_alike() -> None:
    """A step is near to orthogonal, and as large as one of AdamW: 0.2 a number."""
    config = CONFIG.model_copy(update={"optimizer": "muon", "weight_decay": 0.0})
    model = trained_like(config)
    weight = model.blocks[0].feed_forward.up.weight
    torch.nn.init.normal_(model.blocks[0].feed_forward.down.weight)
    before = weight.detach().clone()
    take_step(0, model, make_optimizers(model, config), batch(), config, ALONE)
    moved = (before - weight.detach()) / config.learning_rate
    values = torch.linalg.svdvals(moved) / (0.2 * 64**0.5)
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_padding_is_no_part_of_the_loss() -> None:
    """The mean is over what is predicted: with a half of the targets left out, over the others."""
    model, both = trained_like(), batch()
    first = token_losses(model, both)[:16].mean().item()
    both.targets[1] = IGNORED
    row = take_step(0, model, make_optimizers(model, CONFIG), both, CONFIG, ALONE)
    assert row["tokens"] == 16
    assert row["loss"] == pytest.approx(first, rel=1e-6)


def test_the_total_is_the_sum_over_the_tokens() -> None:
    model = trained_like()
    assert total_loss(model, batch()).item() == pytest.approx(
        token_losses(model, batch()).sum().item(), rel=1e-6
    )


@pytest.mark.parametrize("micro", [1, 2, 3])
def test_parts_of_a_batch_add_up_to_its_gradient(micro: int) -> None:
    """With different numbers of targets in the parts, and a last part that is smaller."""
    whole, parted, data = trained_like(), trained_like(), batch(5)
    data.targets[2, 3:] = IGNORED
    data.targets[4] = IGNORED
    both = [add_gradients(whole, data, None, ALONE), add_gradients(parted, data, micro, ALONE)]
    assert both[0] == pytest.approx(both[1], rel=1e-6)
    for one, other in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-7)
    assert whole.embedding.weight.grad.abs().max() > 1e-3
