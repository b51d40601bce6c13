"""The file of metrics: one JSON object a line, without clock values."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pipeline.errors import UserError

Row = dict[str, Any]
Report = Callable[[Row], None]


class Metrics:
    """Appends rows to the file and reports them; a context manager."""

    def __init__(self, path: Path | None, n_bytes: int, report: Report) -> None:
        """Opens the file and forgets what a killed run wrote after its last checkpoint.

        Args:
            path: The file; made if it is missing. None writes and reports nothing.
            n_bytes: Its length at the checkpoint.
            report: Called with every row.

        Raises:
            UserError: If the file is shorter than the checkpoint says.
        """
        self._file: IO[bytes] | None = None
        self._report = report
        if path is None:
            return
        self._file = path.open("ab")
        if self._file.tell() < n_bytes:
            self._file.close()
            raise UserError(
                f"{path} is shorter than at the last checkpoint; train into another folder"
            )
        self._file.truncate(n_bytes)
        self._file.seek(n_bytes)

    def add(self, row: Row, **clock: float) -> None:
        """Writes and reports a row; what the clock says is reported only."""
        if self._file is None:
            return
        self._file.write(json.dumps(row).encode() + b"\n")
        # Whoever watches the run counts its rows.
        self._file.flush()
        self._report(row | clock)

    def sync(self) -> int:
        """Waits until all rows are on disk; returns the length of the file."""
        if self._file is None:
            return 0
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()
