"""Reads what finished trainings came to: run folders of ours, or tables of others."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger import Manifest
from training.planning.fit import Run

_COLUMNS = ("params", "tokens", "loss")


def read_runs(paths: Sequence[str]) -> list[Run]:
    """The runs of folders and tables, in their order.

    Raises:
        UserError: One cannot be read, is not finished, or was measured on other text than the rest.
    """
    runs: list[Run] = []
    shards: dict[str, str] = {}
    for path in paths:
        if path.endswith((".csv", ".jsonl")):
            runs += _table(path)
        else:
            run, measured_on = _folder(path)
            runs.append(run)
            shards[measured_on] = path
    if len(shards) > 1:
        first, second, *_ = shards.values()
        raise UserError(
            f"{first} and {second} were measured on other shards, so that their losses cannot be "
            "compared; give runs of the same shards"
        )
    return runs


def _folder(path: str) -> tuple[Run, str]:
    """A run folder's run, and the fingerprint of its shards."""
    folder = files.join(path, "model")
    manifest = Manifest.read(folder)
    if manifest is None:
        raise UserError(f"{path}: no finished training; run `curate train`")
    facts = manifest.facts
    row = {"params": facts["n_parameters"], "tokens": facts["tokens"], "loss": facts["valid_loss"]}
    return _run(row, folder), manifest.upstream["shards"]


def _table(path: str) -> Iterator[Run]:
    try:
        text = files.read_input(path).decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8") from error
    rows = _lines(path, text) if path.endswith(".jsonl") else csv.DictReader(io.StringIO(text))
    for number, row in enumerate(rows, start=1):
        yield _run(row, f"{path}, row {number}")


def _lines(path: str, text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}, row {number}: not JSON") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}, row {number}: no JSON object")
        yield row


def _run(row: Mapping[str, Any], where: str) -> Run:
    values = []
    for name in _COLUMNS:
        if row.get(name) is None:
            raise UserError(f"{where}: no {name}; columns are {', '.join(_COLUMNS)}")
        try:
            value = float(row[name])
        except (TypeError, ValueError):
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            raise UserError(f"{where}: {name} is {row[name]!r}, not a number above 0")
        values.append(value)
    return Run(*values)
