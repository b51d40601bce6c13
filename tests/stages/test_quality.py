"""What decides the quality stage's bytes, and what stands beside a model on a server."""

from typing import Any

import pytest

from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.stages import quality
from tests.webserver import serving

NOTHING: dict[str, Any] = {"epochs": [3], "match": "host", "quantize": True}
SHA256 = "0" * 64


def config(**section: Any) -> Config:
    return Config.model_validate({"run": {"name": "a"}, "quality": section})


def test_settings_that_do_nothing_make_nothing_stale() -> None:
    assert quality.settings(config()) == quality.settings(config(**NOTHING)) == {}
    given = {"model": "model.bin"}
    assert quality.settings(config(**given, **NOTHING)) == given
    trained = quality.settings(config(dumps=["x"], **NOTHING))
    assert trained.items() >= NOTHING.items()
    assert trained == quality.settings(config(references="x", **NOTHING))


def test_a_server_that_does_not_tell_of_a_calibration() -> None:
    with serving() as site:
        site.reset(**{"model.bin": b"model"})
        section = config(model=f"{site.url}model.bin#sha256={SHA256}")
        assert quality.inputs(section) == ()
        site.status = {"model.calibration.json": (403, 0)}
        with pytest.raises(UserError, match=r"model.calibration.json: .* \(HTTP 403 .*; copy the"):
            quality.inputs(section)
