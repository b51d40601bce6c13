"""What words of the command line may be: numbers and names, read or refused in one line."""

import argparse
import math
from collections.abc import Callable


def count(word: str) -> int:
    """A number from 0 on."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is no count, such as 20")
    return int(word)


def positive(word: str) -> int:
    """A number from 1 on."""
    if (value := count(word)) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is less than 1")
    return value


def mib(word: str) -> int:
    """A number of MiB, up to a TiB."""
    if not 0 < (value := count(word)) <= 1 << 20:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 to {1 << 20}")
    return value


def seed(word: str) -> int:
    """A seed that torch takes."""
    if (value := count(word)) >= 2**63:
        raise argparse.ArgumentTypeError(f"{word!r} is not below 2**63")
    return value


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of finite numbers within bounds."""

    def read(word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not low <= value <= high or math.isinf(value):
            raise argparse.ArgumentTypeError(f"{word!r} is no number from {low} to {high}")
        return value

    return read


def name(word: str) -> str:
    """Words that are not empty."""
    if not word:
        raise argparse.ArgumentTypeError("is empty")
    return word
