"""A configuration that no run could use is refused with the key at fault."""

import pytest
from pydantic import ValidationError

from training.config import TrainConfig


def test_the_defaults_are_a_valid_configuration() -> None:
    config = TrainConfig()
    assert config.width // config.heads == 32


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
        ({"learning_rate": 0}, "learning_rate"),
        ({"device": "tpu"}, "device"),
        ({"seed": -1}, "seed"),
        ({"context": 2.5}, "context"),
    ],
)
def test_a_bad_value_is_refused_by_name(values: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        TrainConfig.model_validate(values)
