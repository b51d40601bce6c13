"""A configuration that no run could use is refused with the key at fault."""

import pytest
from pydantic import ValidationError

from training.config import TrainConfig


@pytest.mark.parametrize(
    ("depth", "sizes"), [(1, (64, 1, 1)), (4, (256, 4, 1)), (6, (384, 6, 3)), (9, (576, 9, 9))]
)
def test_sizes_follow_from_the_depth(depth: int, sizes: tuple[int, int, int]) -> None:
    """64 dimensions a block and a head; a key and value head serves 4 query heads, or 2, or 1."""
    config = TrainConfig(depth=depth)
    assert (config.width, config.heads, config.kv_heads) == sizes


def test_sizes_that_are_given_stay() -> None:
    config = TrainConfig(depth=3, width=128)
    assert (config.width, config.heads, config.kv_heads) == (128, 2, 1)
    config = TrainConfig(depth=3, width=96, heads=6, kv_heads=6)
    assert (config.width, config.heads, config.kv_heads) == (96, 6, 6)


def test_what_decides_no_byte_is_no_part_of_what_decides() -> None:
    plain = TrainConfig()
    other = TrainConfig(
        parallel="fsdp", loader_threads=5, peak_flops=1e12, price_per_hour=2.0, steps=1000
    )
    assert plain.deciding() == other.deciding()
    assert plain.deciding() != TrainConfig(micro_batch_sequences=1).deciding()


def test_every_key_is_documented() -> None:
    assert all(field.description for field in TrainConfig.model_fields.values())


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"dept": 3}, "dept"),
        ({"depth": 0}, "depth"),
        ({"width": 100, "heads": 8}, "width = 100"),
        ({"width": 12, "heads": 4, "kv_heads": 4}, "width = 12"),
        ({"heads": 4, "kv_heads": 3}, "kv_heads = 3"),
        ({"warmup_share": 0.6, "decay_share": 0.6}, "warmup_share = 0.6 and decay_share = 0.6"),
        ({"anneal_share": 0.5, "decay_share": 0.0}, "anneal_share = 0.5 with decay_share = 0"),
        ({"anneal_share": 1.5}, "anneal_share"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"device": "tpu"}, "device"),
        ({"seed": -1}, "seed"),
        ({"context": 2.5}, "context"),
    ],
)
def test_a_bad_value_is_refused_by_name(values: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        TrainConfig.model_validate(values)
