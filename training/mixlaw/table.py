"""The table of a swarm: a row a proxy, with the weights of its mixture and what was measured."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline import files
from pipeline.errors import UserError
from training.mixlaw.swarm import DIGITS, Numbers

WEIGHT, METRIC = "weight:", "metric:"
_CLOSE = 0.02
"""How far from 1 weights may add up: RegMix's published ones, of three decimals, do by 0.008."""


@dataclass(frozen=True)
class Swarm:
    """What proxies were trained on, and what came of it.

    Attributes:
        domains: Names of the domains.
        metrics: Names of the metrics; of all, less is better.
        weights: Shares by proxy and domain, shape (proxies, domains); rows add up to 1.
        values: Shape (proxies, metrics).
    """

    domains: tuple[str, ...]
    metrics: tuple[str, ...]
    weights: Numbers
    values: Numbers


def write(path: str, swarm: Swarm) -> None:
    """Write a swarm as CSV; see `read`."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        [*(WEIGHT + name for name in swarm.domains), *(METRIC + name for name in swarm.metrics)]
    )
    for weights, values in zip(swarm.weights, swarm.values, strict=True):
        rows.writerow(
            [*(f"{one:.{DIGITS}f}" for one in weights), *(f"{one:.8f}" for one in values)]
        )
    with files.open_atomic(path) as out:
        out.write(text.getvalue().encode())


def read(path: str) -> Swarm:
    """The swarm in a CSV file, with columns `weight:DOMAIN` and `metric:NAME`; others do not count.

    Raises:
        UserError: The file cannot be read, columns are missing or there twice, a value is no number
            or out of its bounds, or the weights of a row do not add up to 1.
    """
    try:
        lines = list(csv.reader(io.StringIO(files.read_input(path).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: no CSV file in UTF-8 ({error})") from error
    header, *rows = lines or [[]]
    weights, metrics = _columns(path, header, WEIGHT), _columns(path, header, METRIC)
    found = [
        _row(f"{path}, row {number}", row, header, (weights, metrics))
        for number, row in enumerate(rows, start=1)
        if row
    ]
    if not found:
        raise UserError(f"{path}: no rows; a row is a proxy")
    shares, values = (np.array(part, np.float64) for part in zip(*found, strict=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return Swarm(tuple(weights), tuple(metrics), shares, values)


def _columns(path: str, header: Sequence[str], prefix: str) -> dict[str, int]:
    """Places of the columns with a prefix, by the name after it."""
    named = [(name, at) for at, name in enumerate(header) if name.startswith(prefix)]
    if not named:
        raise UserError(f"{path}: no columns {prefix}NAME; see docs/data-format.md")
    found = {name.removeprefix(prefix): at for name, at in named}
    if len(found) < len(named):
        raise UserError(f"{path}: columns {prefix}… of one name; rename them")
    return found


def _row(
    where: str, row: Sequence[str], header: Sequence[str], columns: Sequence[Mapping[str, int]]
) -> tuple[list[float], list[float]]:
    if len(row) != len(header):
        raise UserError(f"{where}: {len(row)} values, the header has {len(header)}")
    weights, values = (
        [_number(where, header[at], row[at]) for at in one.values()] for one in columns
    )
    if abs((total := math.fsum(weights)) - 1) > _CLOSE:
        raise UserError(f"{where}: weights add up to {total:g}, not to 1")
    return weights, values


def _number(where: str, column: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and (value > 0 or (value == 0 and column.startswith(WEIGHT)))):
        bound = "from 0 on" if column.startswith(WEIGHT) else "above 0"
        raise UserError(f"{where}: {column} is {word!r}, not a number {bound}")
    return value
