"""Operations and peaks against figures worked out by hand."""

import pytest

from training.config import TrainConfig
from training.flops import flops_per_token, peak_flops
from training.model import make_model, n_parameters

VOCAB = 500
SMALL = TrainConfig(depth=2, width=32, heads=4, kv_heads=2, context=24)
ATTENTION = 2 * 32 * 16 + 2 * 32 * 32
NORMS = 2 * (32 + 32 + 8 + 8) + 32


@pytest.mark.parametrize(
    ("changed", "block"),
    [({}, ATTENTION + 3 * 32 * 96), ({"activation": "relu2"}, ATTENTION + 2 * 32 * 128)],
)
def test_parameters_and_operations_by_hand(changed: dict[str, str], block: int) -> None:
    """6 a weight that multiplies; of attention 12 a block, dimension and position of the context.

    For each of 24 positions a head takes 2 * 8 operations for its score and 2 * 8 for its value: of
    4 heads 128, which with the backward pass (twice as many) is 384 = 12 * 32.
    """
    config = SMALL.model_copy(update=changed)
    model = make_model(VOCAB, config)
    matrices = VOCAB * 32 + 2 * block
    assert n_parameters(model) == matrices + NORMS
    assert flops_per_token(model, config) == 6 * matrices + 2 * 24 * 384


def test_an_embedding_that_is_looked_up_multiplies_nothing() -> None:
    config = SMALL.model_copy(update={"tied": False})
    untied, tied = make_model(VOCAB, config), make_model(VOCAB, SMALL)
    assert flops_per_token(untied, config) == flops_per_token(tied, SMALL)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H200", 989e12),
        ("NVIDIA H20", 148e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA L4", 121e12),
        ("Tesla P4", None),
    ],
)
def test_a_device_is_found_by_its_whole_name(name: str, peak: float | None) -> None:
    assert peak_flops(name) == peak
