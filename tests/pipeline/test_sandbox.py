"""The sandbox: whatever a page does to its process, the other pages come through."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import psutil
import pytest

from pipeline.errors import UserError
from pipeline.sandbox import Pool, SandboxError, shared_pool
from tests import standins

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(workers=2, page_seconds=1.0, memory_bytes=256 * MIB) as pool:
        yield pool


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (standins.signal_self, "killed by SIGSEGV"),
        (standins.read_null, "killed by SIGSEGV"),
        (standins.leave, "exited with status 3"),
        (standins.hang_in_python, "no progress for 1 s"),
        (standins.hang_in_c, "no progress for 1 s"),
        (standins.eat_malloc, "killed by SIGSEGV"),
    ],
)
def test_a_page_that_kills_its_process_is_named_and_the_others_are_done(
    pool: Pool, page: Callable[[], object], reason: str
) -> None:
    rows = pool.submit(standins.work_through, [None, page, None]).result()
    assert rows == [(0, "ok"), (1, reason), (2, "ok")]


def test_a_page_that_fills_shared_memory_is_named() -> None:
    # With time enough on a busy machine: it is not for standing still that it is killed.
    with Pool(workers=1, page_seconds=30.0, memory_bytes=256 * MIB) as pool:
        rows = pool.submit(standins.work_through, [standins.eat_shared, None]).result()
    assert rows == [(0, "over 256 MiB of memory"), (1, "ok")]


def test_a_page_beyond_the_data_limit_raises_in_the_task(pool: Pool) -> None:
    rows = pool.submit(standins.work_through, [None, standins.eat_bytearray, None]).result()
    assert rows == [(0, "ok"), (1, "MemoryError"), (2, "ok")]


def test_several_bad_pages_in_one_task(pool: Pool) -> None:
    pages: list[standins.Page] = [None] * 12
    pages[0] = standins.leave
    pages[5] = standins.signal_self
    pages[6] = standins.eat_bytearray
    pages[11] = standins.hang_in_c
    rows = dict(pool.submit(standins.work_through, pages).result())
    bad = {
        0: "exited with status 3",
        5: "killed by SIGSEGV",
        6: "MemoryError",
        11: "no progress for 1 s",
    }
    assert rows == dict.fromkeys(range(12), "ok") | bad


def test_workers_that_die_at_once_do_not_mix_up_their_tasks(pool: Pool) -> None:
    """Eight tasks on two workers, each with another crash at another page."""
    crashes = [standins.signal_self, standins.leave]
    reasons = ["killed by SIGSEGV", "exited with status 3"]
    tasks: list[list[standins.Page]] = [[*[None] * n, crashes[n % 2], None] for n in range(8)]
    futures = [pool.submit(standins.work_through, pages) for pages in tasks]
    for n, future in enumerate(futures):
        assert future.result() == [
            *((i, "ok") for i in range(n)),
            (n, reasons[n % 2]),
            (n + 1, "ok"),
        ]


def test_a_death_outside_any_page_is_tried_once_again(pool: Pool, tmp_path: Path) -> None:
    assert pool.submit(standins.crash_once, str(tmp_path / "mark")).result() == "done"


def test_a_second_death_outside_any_page_fails_the_task_by_name(pool: Pool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    future = pool.submit(standins.run_outside_pages, standins.signal_self, str(log))
    expected = r"tests\.standins\.run_outside_pages: killed by SIGSEGV outside any page"
    with pytest.raises(SandboxError, match=expected):
        future.result()
    assert log.read_text() == "tried\n" * 2
    assert pool.submit(standins.add, 1, 2).result() == 3


def test_a_task_that_tries_a_poisoned_page_again_fails(pool: Pool) -> None:
    with pytest.raises(SandboxError, match=r"exited with status 3 at page 0 \(again\)"):
        pool.submit(standins.ignore_poison).result()


def test_a_death_is_logged_with_the_name_of_its_page(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    pool.submit(standins.work_through, [standins.leave]).result()
    assert "work_through: exited with status 3 at page 0 (page-0)" in caplog.text


def test_a_task_that_leaks_from_page_to_page_comes_to_an_end(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run gets no further than the one before, so the number of runs is bounded."""
    monkeypatch.setattr("pipeline.sandbox._MOST_DEATHS", 3)
    future = pool.submit(standins.leak_through, 1_000_000, 4 * MIB)
    with pytest.raises(SandboxError, match=r"over 256 MiB of memory at page .* given up"):
        future.result()


def test_an_error_of_the_task_keeps_its_type_and_words(pool: Pool) -> None:
    with pytest.raises(UserError) as caught:
        pool.submit(standins.refuse, "run.toml: mend it").result()
    assert str(caught.value) == "run.toml: mend it"
    assert "in refuse" in "\n".join(caught.value.__notes__)


def test_an_error_pickle_cannot_carry_is_told_in_words(pool: Pool) -> None:
    future = pool.submit(standins.run_outside_pages, standins.raise_unpicklable)
    with pytest.raises(SandboxError, match="UnpicklableError: a and b"):
        future.result()


def test_a_task_that_exits_does_not_end_the_parent(pool: Pool) -> None:
    with pytest.raises(SandboxError, match="SystemExit: 3"):
        pool.submit(standins.quit_task).result()


def test_a_result_pickle_cannot_carry_is_an_error(pool: Pool) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pool.submit(standins.return_unpicklable).result()


def test_a_task_pickle_cannot_carry_is_refused_at_once(pool: Pool) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pool.submit(lambda guard: None)


def test_a_child_serves_task_after_task() -> None:
    with Pool(1, 1.0, 256 * MIB) as pool:
        assert len({pool.submit(standins.pid).result() for _ in range(5)}) == 1


def test_a_child_is_replaced_after_it_ran_out_of_memory() -> None:
    with Pool(1, 5.0, 256 * MIB) as pool:
        first = pool.submit(standins.pid_after_memory_error).result()
        second = pool.submit(standins.pid).result()
        assert second != first
        with pytest.raises(MemoryError):
            pool.submit(standins.run_outside_pages, standins.eat_at_once).result()
        assert pool.submit(standins.pid).result() != second


@pytest.mark.parametrize(("size", "replaced"), [(16 * MIB, False), (140 * MIB, True)])
def test_a_child_is_replaced_when_it_keeps_more_than_half_its_memory(
    size: int, replaced: bool
) -> None:
    with Pool(1, 5.0, 256 * MIB) as pool:
        first = pool.submit(standins.pid_after_leak, size).result()
        assert (pool.submit(standins.pid).result() != first) == replaced


def test_children_use_one_thread_for_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with Pool(1, 5.0, 256 * MIB) as pool:
        assert pool.submit(standins.threads_with_numpy).result() == 1


def test_a_large_argument_and_result_come_through(pool: Pool) -> None:
    numbers = list(range(300_000))
    rows = pool.submit(standins.work_through, [None] * len(numbers)).result()
    assert [index for index, _ in rows] == numbers


def test_closing_kills_what_hangs_and_leaves_no_process_behind() -> None:
    before = {child.pid for child in children()}
    pool = Pool(2, 600.0, 256 * MIB)
    running = [pool.submit(standins.work_through, [standins.hang_in_c]) for _ in range(2)]
    waiting = pool.submit(standins.add, 1, 2)
    wait_until(lambda: all(future.running() for future in running))
    pool.close()
    for future in running:
        with pytest.raises(SandboxError, match="closed"):
            future.result(timeout=0)
    with pytest.raises(CancelledError):
        waiting.result(timeout=0)
    assert {child.pid for child in children()} == before
    with pytest.raises(SandboxError, match="closed"):
        pool.submit(standins.add, 1, 2)


def test_children_ignore_the_interrupt_key() -> None:
    with Pool(1, 5.0, 256 * MIB) as pool:
        child = pool.submit(standins.pid).result()
        assert os.getsid(child) != os.getsid(0)
        os.kill(child, signal.SIGINT)
        assert pool.submit(standins.pid).result() == child


def test_pools_are_shared_by_settings() -> None:
    one = shared_pool(1, 1.0, 256 * MIB)
    assert shared_pool(1, 1.0, 256 * MIB) is one
    other = shared_pool(1, 2.0, 256 * MIB)
    assert other is not one
    found: list[Pool] = []
    threads = [
        threading.Thread(target=lambda: found.append(shared_pool(1, 3.0, 256 * MIB)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    for pool in (one, other, found[0]):
        pool.close()


def start_program(tmp_path: Path, code: str, *how: str) -> subprocess.Popen[str]:
    """Run a program without a `__main__` guard, as a file or otherwise."""
    (tmp_path / "program.py").write_text(textwrap.dedent(code))
    return subprocess.Popen(
        [sys.executable, "-W", "error", *(how or [str(tmp_path / "program.py")])],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


HANGING = """
    import sys
    from pipeline.sandbox import shared_pool
    from tests import standins

    pool = shared_pool(1, 600.0, 1 << 28)
    pool.submit(standins.hang_after_writing_pid, "pid").result()
"""


def start_hanging(tmp_path: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A program whose child hangs in C, holding the GIL, and that child."""
    path = tmp_path / "pid"
    program = start_program(tmp_path, HANGING)
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
    return program, psutil.Process(int(path.read_text()))


def is_gone(process: psutil.Process) -> bool:
    """Ended, if perhaps not waited for yet by whatever adopts orphans on this machine."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a hanging orphan")
def test_a_hanging_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program, child = start_hanging(tmp_path)
    program.kill()
    program.communicate()
    wait_until(lambda: is_gone(child))


def test_an_interrupted_program_ends_and_takes_its_children_along(tmp_path: Path) -> None:
    program, child = start_hanging(tmp_path)
    os.killpg(program.pid, signal.SIGINT)
    _, errors = program.communicate(timeout=20)
    assert program.returncode == -signal.SIGINT
    assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1
    assert is_gone(child)


@pytest.mark.parametrize("how", [[], ["-m", "program"], ["-c", "import program"]])
def test_any_main_module_will_do_and_is_not_run_again(tmp_path: Path, how: list[str]) -> None:
    code = """
        from pipeline.sandbox import shared_pool
        from tests import standins

        print("main")
        print("program" in shared_pool(1, 5.0, 1 << 28).submit(standins.loaded_modules).result())
    """
    program = start_program(tmp_path, code, *how)
    output, errors = program.communicate(timeout=20)
    assert (output, errors, program.returncode) == ("main\nFalse\n", "", 0)


def test_children_import_from_wherever_the_parent_does(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "tasks.py").write_text("def triple(guard, number):\n    return 3 * number\n")
    code = f"""
        import sys
        sys.path.append({str(folder)!r})
        import tasks
        from pipeline.sandbox import shared_pool

        print(shared_pool(1, 5.0, 1 << 28).submit(tasks.triple, 14).result())
    """
    output, errors = start_program(tmp_path, code).communicate(timeout=20)
    assert (output, errors) == ("42\n", "")
