"""The same input and configuration give the same bytes, however the run came about."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.golden_run import Golden, curate, digests

KILLS = 10
EMBEDDED = ("--", "--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def test_with_one_worker(same_run: Callable[..., None]) -> None:
    same_run("--workers", "1")


def test_with_three_workers_and_the_input_in_another_order(
    same_run: Callable[..., None], golden: Golden
) -> None:
    inputs = sorted(map(str, golden.config.parent.glob("crawl-*.warc.gz")), reverse=True)
    same_run("--workers", "3", "--input", *inputs, inputs[0])


def test_through_beams_portable_protocol(same_run: Callable[..., None]) -> None:
    same_run(*EMBEDDED)


def test_when_killed_again_and_again(golden: Golden, tmp_path: Path) -> None:
    """SIGKILL to the process group at ten moments spread over the run, then once undisturbed."""
    command = [sys.executable, "-m", "pipeline", "run", str(golden.config)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = 0
    for attempt in range(KILLS):
        process = subprocess.Popen(
            [*command, "--output", str(tmp_path)],
            env=environment,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        # The first moments of a run are imports; each attempt gets a little further.
        time.sleep(4 + 0.7 * (attempt * 7 % 10))
        killed += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()
    assert killed >= KILLS // 2
    done = curate("run", str(golden.config), "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "golden") == golden.files
