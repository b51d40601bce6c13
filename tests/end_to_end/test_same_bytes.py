"""The same input and configuration give the same bytes, however the run came about."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.end_to_end.golden_run import Golden, curate, digests

KILLS = 6
EMBEDDED = ("--", "--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def test_with_three_workers_and_the_input_in_another_order(
    same_run: Callable[..., None], golden: Golden
) -> None:
    inputs = sorted(map(str, golden.config.parent.glob("crawl-*.warc.gz")), reverse=True)
    same_run("--workers", "3", "--input", *inputs, inputs[0])


def test_with_one_worker_through_beams_portable_protocol(same_run: Callable[..., None]) -> None:
    same_run("--workers", "1", *EMBEDDED)


def seen(folder: Path) -> set[tuple[str, int]]:
    """What stands in a run's folder, half-written files included: paths and sizes."""
    found = set()
    for entry in os.scandir(folder):
        if entry.is_dir():
            found |= seen(Path(entry))
        else:
            found.add((entry.path, entry.stat().st_size))
    return found


def kill_after(process: subprocess.Popen[bytes], folder: Path, changes: int, delay: float) -> bool:
    """SIGKILL the process group once so much has changed in the folder; False if it ended first."""
    known = seen(folder)
    changed = 0
    while changed < changes and process.poll() is None:
        try:
            now = seen(folder)
        except FileNotFoundError:
            continue
        changed += len(now - known)
        known = now
        time.sleep(0.01)
    time.sleep(delay)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def test_when_killed_again_and_again(golden: Golden, tmp_path: Path) -> None:
    """Killed at random moments spread over the whole run, then left alone."""
    random = Random(7)
    command = [sys.executable, "-m", "pipeline", "run", str(golden.config)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [*command, "--output", str(tmp_path)],
            env=environment,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        changes, delay = random.randint(5, 40), random.uniform(0, 0.3)
        if not kill_after(process, tmp_path, changes, delay):
            break
        killed += 1
    # A slow disk shows fewer changes at a time: then the run ends before the last kills.
    assert killed >= KILLS // 2
    done = curate("run", str(golden.config), "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "golden") == golden.files
