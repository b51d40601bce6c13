"""Numbers as people write them: `405e9`, `405B`, `15.6T`, `1e21`."""

import math
import re
from collections.abc import Callable

from pipeline.errors import UserError

_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_NUMBER = re.compile(r"([+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kmbgt]?)", re.IGNORECASE)
_SHOWN = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))

Reader = Callable[[str, str], float]


def quantity(most: float = 1e40) -> Reader:
    """A reader of numbers above 0.

    Args:
        most: The largest that makes sense.

    Returns:
        A function of an option's name and its word, which raises UserError for any other word.
    """

    def read(flag: str, word: str) -> float:
        found = _NUMBER.fullmatch(word.strip())
        if found is None:
            raise UserError(f"{flag}: {word!r} is no number, such as 405e9, 405B or 15.6T")
        number = float(found[1].replace(",", "").replace("_", "")) * _FACTORS[found[2].lower()]
        if not (math.isfinite(number) and 0 < number <= most):
            raise UserError(f"{flag}: {word!r} is not above 0 and at most {most:g}")
        return number

    return read


def whole(flag: str, word: str) -> int:
    """A reader of whole numbers of 1 and more.

    Raises:
        UserError: The word is none.
    """
    number = quantity(1e12)(flag, word)
    if number != int(number):
        raise UserError(f"{flag}: {word!r} is no whole number")
    return int(number)


def short(number: float) -> str:
    """Three digits and a letter: `405B`, `15.6T`; powers of ten beyond."""
    if number < 1e15:
        for factor, letter in _SHOWN:
            # What rounds to 1,000 of a letter is 1 of the next.
            if number >= factor * 0.9995:
                return f"{number / factor:.3g}{letter}"
    return f"{number:.3g}"
