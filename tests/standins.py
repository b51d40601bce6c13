"""Tasks and pages that go wrong on purpose, run in child processes by the tests."""

import ctypes
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from pipeline.errors import UserError
from pipeline.sandbox import Guard


def signal_self() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def read_null() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def hang_in_python() -> None:
    while True:
        time.sleep(0.01)


def hang_in_c() -> None:
    """Sleep in C without giving up the GIL: no thread or signal handler of this process runs."""
    ctypes.PyDLL(None).sleep(600)


def eat_bytearray() -> None:
    block = bytearray()
    while True:
        block.extend(bytes(16 << 20))


def eat_at_once() -> None:
    bytearray(1 << 40)


def eat_malloc() -> None:
    """Fill memory from C, as a library does that does not check what malloc returns."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    while True:
        ctypes.memset(libc.malloc(16 << 20), 1, 16 << 20)


def eat_shared() -> None:
    """Fill shared memory, which the limit on a process's data does not count."""
    blocks = []
    while True:
        blocks.append(mmap.mmap(-1, 16 << 20))
        blocks[-1].write(bytes(16 << 20))
        time.sleep(0.02)


def raise_unpicklable() -> None:
    raise UnpicklableError("a", "b")


class UnpicklableError(Exception):
    """An exception that pickle writes but cannot read back, as many libraries have."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


Page = Callable[[], object] | None
Row = tuple[int, str]


def work_through(guard: Guard, pages: Sequence[Page]) -> list[Row]:
    """A row for each page: `ok`, why it was not tried, or the exception it raised."""
    rows = []
    for index, page in enumerate(pages):
        if reason := guard.poison(index):
            rows.append((index, reason))
            continue
        try:
            with guard.page(index, f"page-{index}"):
                if page is not None:
                    page()
            rows.append((index, "ok"))
        except Exception as error:  # noqa: BLE001 - the row names it
            rows.append((index, type(error).__name__))
    return rows


def run_outside_pages(guard: Guard, work: Callable[[], object], log: str = os.devnull) -> object:
    """Do something outside any page, and leave a mark for each time it was tried."""
    with Path(log).open("a") as file:
        file.write("tried\n")
    return work()


def ignore_poison(guard: Guard) -> None:
    """Try a page again although it killed the process before."""
    with guard.page(0, "again"):
        leave()


def crash_once(guard: Guard, mark: str) -> str:
    """Die outside any page the first time, succeed the second."""
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    return "done"


def refuse(guard: Guard, message: str) -> None:
    raise UserError(message)


def quit_task(guard: Guard) -> None:
    sys.exit(3)


def return_unpicklable(guard: Guard) -> object:
    return lambda: None


def pid(guard: Guard) -> int:
    return os.getpid()


def pid_after_memory_error(guard: Guard) -> int:
    """The child's process id, after a page ran out of memory and was let off."""
    work_through(guard, [eat_at_once])
    return os.getpid()


_kept: list[bytes | mmap.mmap] = []


def pid_after_leak(guard: Guard, size: int) -> int:
    """The child's process id, after it kept so many bytes for good."""
    _kept.append(b"x" * size)
    return os.getpid()


def leak_through(guard: Guard, pages: int, size: int) -> list[Row]:
    """Pages of which each keeps so many bytes for good, out of the data limit's sight."""
    rows = []
    for index in range(pages):
        if reason := guard.poison(index):
            rows.append((index, reason))
            continue
        with guard.page(index, "leak"):
            shared = mmap.mmap(-1, size)
            shared.write(bytes(size))
            _kept.append(shared)
    return rows


def hang_after_writing_pid(guard: Guard, path: str) -> None:
    """Say who this is, then hang in C holding the GIL."""
    Path(path).write_text(f"{os.getpid()}\n")
    with guard.page(0, "hang"):
        hang_in_c()


def loaded_modules(guard: Guard) -> list[str]:
    return sorted(sys.modules)


def threads_with_numpy(guard: Guard) -> int:
    """How many threads this process has once numpy has multiplied matrices."""
    import numpy as np

    np.ones((500, 500)) @ np.ones((500, 500))
    return psutil.Process().num_threads()


def add(guard: Guard, left: int, right: int) -> int:
    return left + right
