"""What the benchmarks share: runs in turns, medians and spread, the cost of a child process.

From a script beside this file: `from measure import in_turns, machine, run_child, summary`.
"""

import os
import platform
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

_SAMPLE_SECONDS = 0.1
_TAIL = 2000

T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """What a process and all its descendants used.

    Attributes:
        cpu_seconds: User and system time together.
        wall_seconds: From start to end.
        peak_memory_mb: The greatest sum over the processes at one moment, in 10^6 bytes, sampled
            ten times a second. Memory that processes share is counted once (proportional set size).
    """

    cpu_seconds: float
    wall_seconds: float
    peak_memory_mb: float


def run_child(
    command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its end and measure it.

    Args:
        command: Program and arguments.
        cwd: The folder it runs in.
        env: Variables set in addition to ours.

    Raises:
        RuntimeError: It exited with another status than 0; says the end of its output.
    """
    sampler = _Sampler()
    begun = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout
        sampler.start(process.pid)
        output = process.stdout.read()
        sampler.stop()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode:
        tail = output[-_TAIL:].decode("utf-8", "replace")
        raise RuntimeError(f"{' '.join(command)}: exit status {process.returncode}\n{tail}")
    # The kernel's sum misses processes that nobody waited for, the samples miss the last moments.
    cpu = max(usage.ru_utime + usage.ru_stime, sampler.cpu_seconds)
    return Cost(cpu, wall, sampler.peak_bytes / 1e6)


class _Sampler:
    """Watches a process and its descendants from a thread."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._cpu: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def cpu_seconds(self) -> float:
        """The sum of what each process had used when last seen."""
        return sum(self._cpu.values())

    def start(self, pid: int) -> None:
        self._thread = threading.Thread(target=self._follow, args=(psutil.Process(pid),))
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _follow(self, root: psutil.Process) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            try:
                processes = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.peak_bytes = max(self.peak_bytes, sum(map(self._look, processes)))

    def _look(self, process: psutil.Process) -> int:
        """Note the time a process used so far; returns its memory in bytes, 0 if it is gone."""
        try:
            with process.oneshot():
                times = process.cpu_times()
                self._cpu[process.pid, process.create_time()] = times.user + times.system
                return int(process.memory_full_info().pss)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            return 0


def in_turns(sides: Mapping[str, Callable[[], T]], repeat: int) -> dict[str, list[T]]:
    """Every side's results: a, b, c, b, c, a … so that a change of the load meets all alike."""
    results: dict[str, list[T]] = {name: [] for name in sides}
    names = list(sides)
    for turn in range(repeat):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(sides[name]())
    return results


def summary(values: Sequence[float]) -> tuple[float, list[float]]:
    """The median, and the least and the greatest value."""
    return statistics.median(values), [min(values), max(values)]


def machine() -> dict[str, object]:
    """The machine in words: processor, cores, memory in GiB, system, Python."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
