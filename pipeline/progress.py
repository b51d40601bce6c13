"""What a run is doing: a bar with rate and remaining time on a terminal, plain lines in a log."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_POLL_SECONDS = 0.5
_LOG_SECONDS = 10.0


class Progress:
    """Reports to a console, usually that of standard error.

    Progress is counted from what stands in a stage's folder: whatever runner does the work, and
    however often it was begun, that is what is done.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """Write a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def skipped(self, stage: str) -> None:
        """Say that a stage had been done before."""
        self.note(f"{stage}: done before")

    @contextmanager
    def watch(
        self,
        stage: str,
        total: int | None,
        done: Callable[[], int],
        about: Callable[[], str] = str,
    ) -> Iterator[None]:
        """Report how many of a stage's pieces are done while the block runs.

        Args:
            stage: The stage's name.
            total: How many pieces there are; None if that is not known yet.
            done: Counts those that are done.
            about: What else there is to say of the work just now.
        """
        ended = threading.Event()
        follow = self._draw if self._console.is_terminal else self._log
        thread = threading.Thread(
            target=follow, args=(stage, total, done, about, ended), daemon=True
        )
        begun = time.monotonic()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        self.note(f"{stage}: {done()} done in {time.monotonic() - begun:.1f} s")

    def _draw(
        self,
        stage: str,
        total: int | None,
        done: Callable[[], int],
        about: Callable[[], str],
        ended: threading.Event,
    ) -> None:
        columns = (
            TextColumn("{task.description:10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[about]}"),
        )
        begun, before = time.monotonic(), done()
        with Bar(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(stage, total=total, rate="", about="", completed=before)
            while not ended.wait(_POLL_SECONDS):
                now = done()
                rate = (now - before) / (time.monotonic() - begun)
                bar.update(task, completed=now, rate=f"{rate:.2f}/s", about=about())

    def _log(
        self,
        stage: str,
        total: int | None,
        done: Callable[[], int],
        about: Callable[[], str],
        ended: threading.Event,
    ) -> None:
        begun, before = time.monotonic(), done()
        of = "done" if total is None else f"of {total}"
        self.note(f"{stage}: {before} {of}")
        while not ended.wait(_LOG_SECONDS):
            now = done()
            said = f"{stage}: {now} {of}"
            if rate := (now - before) / (time.monotonic() - begun):
                said += f", {rate:.2f} a second"
                said += "" if total is None else f", {(total - now) / rate:.0f} s left"
            self.note(said + (f", {more}" if (more := about()) else ""))
