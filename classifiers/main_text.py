"""Which blocks of a page are its main text: gradient-boosted trees on measures of the blocks.

The model is `models/main_text.txt`, LightGBM's own text format, trained by
`scripts/train_main_text.py` on pages whose main text was marked by hand.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lightgbm import Booster

MODEL = Path(__file__).with_name("models") / "main_text.txt"


def probabilities(names: list[str], values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The share of each block that is main text, as far as can be told.

    Args:
        names: The measures, in the order of the model's training.
        values: Their values; shape (measures, blocks).
    """
    booster = _load()
    assert names == _names(), "the model was trained on other measures; train it anew"
    found: NDArray[np.float64] = booster.predict(np.ascontiguousarray(values.T), num_threads=1)
    return found


@cache
def _load() -> "Booster":
    # Takes a third of a second, and the run's own process never needs it.
    import lightgbm

    return lightgbm.Booster(model_file=str(MODEL))


@cache
def _names() -> list[str]:
    return list(_load().feature_name())
