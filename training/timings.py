"""How fast a run is, in a file of its own: what the clock says differs from run to run."""

import json
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Steps over which the rate is taken.
_WINDOW = 20
# Bytes of the end of a file that are read; a row has some 200.
_TAIL = 4096


class Timings:
    """Writes a row a step to `timings.jsonl`; what killed processes wrote stays, and counts.

    Attributes:
        seconds: Since training began, in all processes that went on one after the other.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        steps: int,
        devices: int,
        flops_per_token: int,
        peak_flops: float | None,
        price_per_hour: float | None,
    ) -> None:
        """Goes on where the last process ended.

        Args:
            path: The file; None writes nothing.
            steps: Steps of the whole run.
            devices: Devices that work at it.
            flops_per_token: Operations a token takes.
            peak_flops: Operations a second of a device; without it there is no `mfu`.
            price_per_hour: Of a device; without it there is no `cost`.
        """
        self._path = path
        self._steps = steps
        self._flops = flops_per_token
        self._peak = peak_flops and peak_flops * devices
        self._price = price_per_hour and price_per_hour * devices / 3600
        last = None
        if path:
            last = last_timing(path)
            _drop_torn_row(path)
        self.seconds: float = last["seconds"] if last else 0.0
        self._cost: float = (last or {}).get("cost", 0.0)
        self._begun = self._before = time.perf_counter()
        self._spent = self._waited = 0.0
        self._done = 0
        self._recent: deque[tuple[float, float, int]] = deque(maxlen=_WINDOW)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the block's time as waiting for data."""
        begun = time.perf_counter()
        yield
        self._waited += time.perf_counter() - begun

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step; what is between it and the next one is no part of the rate."""
        begun, self._waited = time.perf_counter(), 0.0
        yield
        self._spent = time.perf_counter() - begun

    def add(self, step: int, tokens: int, loss: float) -> dict[str, Any]:
        """Tells of the step that ended.

        Args:
            step: From 1.
            tokens: Predicted in it, on all devices.
            loss: Of the step; for whoever watches.

        Returns:
            The row: step, loss, `tokens_per_second` (over the last 20 steps, without validation and
            checkpoints), `data_wait` (share of their time), `seconds`, `seconds_left`; `mfu` (share
            of the devices' peak) and `cost` where they are known.
        """
        now = time.perf_counter()
        passed, self._before = now - self._before, now
        self.seconds += passed
        self._done += 1
        self._recent.append((self._spent, self._waited, tokens))
        spent, waited, read = (sum(column) for column in zip(*self._recent, strict=True))
        row: dict[str, Any] = {
            "step": step,
            "loss": loss,
            "tokens_per_second": read / spent,
            "data_wait": waited / spent,
            "seconds": self.seconds,
            "seconds_left": (now - self._begun) / self._done * (self._steps - step),
        }
        if self._peak:
            row["mfu"] = read / spent * self._flops / self._peak
        if self._price is not None:
            self._cost += passed * self._price
            row["cost"] = self._cost
        if self._path:
            with self._path.open("ab") as file:
                file.write(json.dumps(row).encode() + b"\n")
        return row


def last_timing(path: Path) -> dict[str, Any] | None:
    """The last whole row of a file of timings; None if there is none."""
    if not path.exists():
        return None
    lines = _tail(path).split(b"\n")[:-1]
    row: dict[str, Any] | None = json.loads(lines[-1]) if lines else None
    return row


def _drop_torn_row(path: Path) -> None:
    """Forgets what a power cut left of a row."""
    if path.exists() and (torn := len(_tail(path).rpartition(b"\n")[2])):
        os.truncate(path, path.stat().st_size - torn)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read()
