"""Child processes for work in which C code may crash, hang or leak.

A task goes page by page and tells its `Guard` which one it is at. If the child process dies, hangs
or outgrows its memory, the page it was at is to blame: the task is run again in a fresh child that
knows why that page must not be tried, stores a failed row for it, and goes on.

    def task(guard: Guard, path: str) -> Result:
        for index, page in enumerate(read(path)):
            if reason := guard.poison(index):
                fail(page, reason)
            else:
                with guard.page(index, page.url):
                    work(page)

Children are plain subprocesses. The parent cannot fork, since Beam's process has threads.
multiprocessing's `forkserver` and `spawn` import the parent's main module in every child (for a
Beam program more than a second and 150 MB), run a script without `__main__` guard again, and the
children of a fork server keep it and one another alive, so that one hanging in C code outlives a
killed parent. A plain subprocess imports what its task needs and nothing else, the one thread that
owns it waits for it, and Linux kills it when that thread dies.
"""

import atexit
import ctypes
import logging
import mmap
import os
import pickle
import queue
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Self, TypeVar, TypeVarTuple

import psutil

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LOG = logging.getLogger(__name__)

# Since when the child is where it is (monotonic seconds, one clock for all processes), the page's
# index, its name. The time comes first, so that a half-written state never looks overdue.
_STATE = struct.Struct("=dq240s")
_NO_PAGE = -1
_TICK_SECONDS = 0.5
# Bounds a task that leaks from page to page, which would die again at each next page.
_MOST_DEATHS = 100
_PR_SET_PDEATHSIG = 1


class SandboxError(Exception):
    """A task could not be finished, and no single page is to blame."""


class Guard:
    """What a task says about its pages, and what it is told about them.

    Attributes:
        exhausted: Whether memory ran out; the child is then replaced after the task.
    """

    def __init__(self, state: mmap.mmap, poison: Mapping[int, str]) -> None:
        self.exhausted = False
        self._state = state
        self._poison = poison

    def poison(self, index: int) -> str | None:
        """Why a page must not be tried: how it ended an earlier child. None if it may be."""
        return self._poison.get(index)

    @contextmanager
    def page(self, index: int, what: str) -> Iterator[None]:
        """Mark that a page is being worked on. Pages do not nest.

        Args:
            index: The page's running number in the task, from 0, the same in every run of it.
            what: A short name for messages, such as the URL.
        """
        self._mark(index, what[:240].encode(errors="replace"))
        try:
            yield
        except MemoryError:
            self.exhausted = True
            raise
        finally:
            self._mark(_NO_PAGE, b"")

    def _mark(self, index: int, what: bytes) -> None:
        _STATE.pack_into(self._state, 0, time.monotonic(), index, what)


class Pool:
    """Child processes that run tasks.

    Args:
        workers: How many; each is started when there is work for it.
        page_seconds: A page that takes longer is killed. Time outside pages is not limited.
        memory_bytes: A child that holds more is killed; one above half of it after a task is
            replaced before the next.
    """

    def __init__(self, workers: int, page_seconds: float, memory_bytes: int) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        # Its end of file wakes all workers at once.
        self._closing, self._closer = Pipe(duplex=False)
        self._workers = [
            _Worker(self._jobs, self._closing, page_seconds, memory_bytes) for _ in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def submit(self, task: Callable[[Guard, *Ts], T], *args: *Ts) -> Future[T]:
        """Run a task in a child.

        Args:
            task: A function that a child can import by its module's name, called with a `Guard`
                and the arguments. It may be run several times, so it must be safe to repeat.
            *args: Picklable arguments.

        Returns:
            The future result. Its exception is the task's own, a `SandboxError` in its place if
            pickle cannot carry it, or a `SandboxError` if the task could not be finished.

        Raises:
            SandboxError: The pool is closed.
            Exception: Whatever pickle raises about the task or the arguments.
        """
        job = _Job(f"{task.__module__}.{task.__qualname__}", pickle.dumps((task, args)))
        with self._lock:
            if self._closed:
                raise SandboxError(f"{job.name}: the pool is closed")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Kill the children. Tasks under way fail, waiting ones are cancelled."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._closer.close()
                for _ in self._workers:
                    self._jobs.put(None)
        for worker in self._workers:
            worker.join()
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


_pools: dict[tuple[int, float, int], Pool] = {}
_pools_lock = threading.Lock()


def shared_pool(workers: int, page_seconds: float, memory_bytes: int) -> Pool:
    """This process's one pool of these settings, closed when the process exits."""
    settings = (workers, page_seconds, memory_bytes)
    with _pools_lock:
        if settings not in _pools:
            _pools[settings] = Pool(*settings)
            atexit.register(_pools[settings].close)
        return _pools[settings]


@dataclass(frozen=True)
class _Job:
    """A task with its arguments, pickled, and the future that waits for it."""

    name: str
    payload: bytes
    future: Future[Any] = field(default_factory=Future)


class _DeathError(Exception):
    """A child is gone, and this is the page it was at."""

    def __init__(self, page: int, what: str, reason: str) -> None:
        place = "outside any page" if page == _NO_PAGE else f"at page {page} ({what})"
        super().__init__(f"{reason} {place}")
        self.page = page
        self.reason = reason


class _Worker(threading.Thread):
    """A thread that owns one child at a time. Nobody else signals the child or waits for it."""

    def __init__(
        self,
        jobs: "queue.SimpleQueue[_Job | None]",
        closing: Connection,
        page_seconds: float,
        memory_bytes: int,
    ) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._jobs = jobs
        self._closing = closing
        self._limits = (page_seconds, memory_bytes)
        self._child: _Child | None = None

    def run(self) -> None:
        """Work off jobs until there is a None."""
        while (job := self._jobs.get()) is not None:
            if self._closing.poll():
                job.future.cancel()
            if job.future.set_running_or_notify_cancel():
                try:
                    job.future.set_result(self._result(job))
                except Exception as error:  # noqa: BLE001 - whoever waits for the future gets it
                    job.future.set_exception(error)
        if self._child is not None:
            self._child.kill()

    def _result(self, job: _Job) -> Any:
        """Run a task until a child lives through it; return its result or raise its error."""
        poison: dict[int, str] = {}
        while True:
            child = self._child or _Child(*self._limits)
            self._child = None
            try:
                reply = child.run(pickle.dumps((job.payload, poison)), self._closing)
            except _DeathError as death:
                # No task tries a poisoned page again, but all pass outside any page again.
                if death.page in poison or len(poison) == _MOST_DEATHS:
                    raise SandboxError(f"{job.name}: {death}; given up") from None
                poison[death.page] = death.reason
                _LOG.warning("%s: %s; run again", job.name, death)
                continue
            worn, answer = pickle.loads(reply)
            if worn:
                child.kill()
            else:
                self._child = child
            succeeded, value = pickle.loads(answer)
            if succeeded:
                return value
            raise value


class _Child:
    """A child process, seen from the parent."""

    def __init__(self, page_seconds: float, memory_bytes: int) -> None:
        self._page_seconds = page_seconds
        self._memory_bytes = memory_bytes
        self._connection, theirs = Pipe()
        with theirs, tempfile.TemporaryFile() as file:
            file.truncate(_STATE.size)
            self._state = mmap.mmap(file.fileno(), _STATE.size)
            self._state[:] = _STATE.pack(0.0, _NO_PAGE, b"")
            fds = (theirs.fileno(), file.fileno())
            command = (
                f"import sys; sys.path[:] = {sys.path!r}; from pipeline.sandbox import serve; "
                f"serve({fds[0]}, {fds[1]}, {os.getpid()}, {memory_bytes})"
            )
            # A session of its own, so that the terminal's Ctrl-C reaches the parent alone. No
            # threads for OpenBLAS and Arrow unless asked for: there is a child a core, and each
            # such thread takes up to 40 MB of the memory limit.
            self._process = subprocess.Popen(
                [sys.executable, "-c", command],
                stdin=subprocess.DEVNULL,
                env={"OMP_NUM_THREADS": "1", **os.environ},
                pass_fds=fds,
                start_new_session=True,
            )

    def run(self, message: bytes, closing: Connection) -> bytes:
        """Have the child answer a message. One that did not answer is dead.

        Raises:
            _DeathError: The child died or had to be killed.
            SandboxError: `closing` became ready first.
        """
        try:
            self._connection.send_bytes(message)
            while not (ready := wait([self._connection, closing], _TICK_SECONDS)):
                self._check()
            if closing in ready:
                raise SandboxError("the pool was closed")
            return self._connection.recv_bytes()
        except (EOFError, ConnectionError):
            raise self._dead() from None
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """Leave nothing of the process. One that is ending already keeps its own exit status."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _check(self) -> None:
        if self._process.poll() is not None:
            raise self._dead()
        seen = self._state[:]
        since, page, _ = _STATE.unpack(seen)
        if page != _NO_PAGE and time.monotonic() - since > self._page_seconds:
            raise self._dead(f"no progress for {self._page_seconds:g} s", seen)
        if psutil.Process(self._process.pid).memory_info().rss > self._memory_bytes:
            raise self._dead(f"over {self._memory_bytes >> 20} MiB of memory")

    def _dead(self, verdict: str = "", seen: bytes | None = None) -> _DeathError:
        """End the process, and say what it died of.

        Args:
            verdict: Why the parent ends it; empty if it ended itself.
            seen: The state judged; a child that moved on meanwhile is not at a page to blame.
        """
        self.kill()
        _, page, what = _STATE.unpack(self._state)
        if seen is not None and seen != self._state[:]:
            page = _NO_PAGE
        name = what.rstrip(b"\0").decode(errors="replace")
        return _DeathError(page, name, verdict or _cause(self._process.returncode))


def _cause(code: int) -> str:
    names = {-number: f"killed by {number.name}" for number in signal.Signals}
    return names.get(code, f"exited with status {code}")


def serve(connection_fd: int, state_fd: int, parent: int, memory_bytes: int) -> None:
    """A child process: answer messages until the parent closes the connection.

    Args:
        connection_fd: The connection to the parent.
        state_fd: The file that holds the state shared with the parent.
        parent: The parent's process id.
        memory_bytes: Most memory to hold.
    """
    if sys.platform == "linux":
        # The death of its parent kills this process, even while C code holds the GIL. Elsewhere it
        # lives until its task is done.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent process is gone")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for fd in (connection_fd, state_fd):
        os.set_inheritable(fd, False)
    # RLIMIT_DATA counts memory that is private and writable. RLIMIT_AS would also count mapped
    # models and address space that allocators and threads reserve and never touch.
    for kind, limit in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (soft, hard))
    state = mmap.mmap(state_fd, _STATE.size)
    connection = Connection(connection_fd)
    while True:
        try:
            message = connection.recv_bytes()
        except EOFError:
            return
        payload, poison = pickle.loads(message)
        answer = _answer(payload, guard := Guard(state, poison))
        worn = guard.exhausted or psutil.Process().memory_info().rss > memory_bytes / 2
        connection.send_bytes(pickle.dumps((worn, answer)))


def _answer(payload: bytes, guard: Guard) -> bytes:
    """Run a task: whether it succeeded and its result or exception, pickled."""
    try:
        task, args = pickle.loads(payload)
        return pickle.dumps((True, task(guard, *args)))
    except BaseException as error:  # noqa: BLE001 - it travels to the future
        guard.exhausted |= isinstance(error, MemoryError)
        portable = _portable(error)
        portable.add_note(f"In the child process:\n{traceback.format_exc()}")
        return pickle.dumps((False, portable))


def _portable(error: BaseException) -> Exception:
    """The error, or its words where pickle cannot carry it or it would end the parent."""
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - an exception's class may do anything when copied
        copy = None
    if isinstance(error, Exception) and type(copy) is type(error):
        return error
    return SandboxError(f"{type(error).__name__}: {error}")
