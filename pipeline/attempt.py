"""Work on one record that may go wrong in any way, and then becomes a stored `failed` row."""

from collections.abc import Callable
from typing import TypeVar

from pipeline.errors import UserError
from pipeline.records import Capture, Rejected
from pipeline.sandbox import Guard

T = TypeVar("T")


def attempt(guard: Guard, step: int, capture: Capture, work: Callable[[], T]) -> T | Rejected:
    """The result of the work, or the failure it ended in.

    Args:
        guard: The child process's guard.
        step: The page's running number in the task.
        capture: The record worked on.
        work: What to do.

    Raises:
        UserError: The work's own: a mistake in the configuration is no page's fault.
    """
    if reason := guard.poison(step):
        return Rejected(capture, "failed", "killed", detail=reason)
    try:
        with guard.page(step, capture.url):
            return work()
    except UserError:
        raise
    except MemoryError:
        return Rejected(capture, "failed", "memory")
    except Exception as error:  # noqa: BLE001 - a page may break any library; it is stored
        return Rejected(capture, "failed", "exception", detail=f"{type(error).__name__}: {error}")
