"""What the stages' graphs share: part tasks in child processes, the manifest, the runner.

As little logic as possible stands in this layer: a transform hands plain values to a plain
function. Elements are work and counts; text stays in files.
"""

import argparse
import difflib
import errno
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import apache_beam as beam
import psutil
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners import create_runner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from pipeline import files
from pipeline.config import WorkersSection
from pipeline.errors import UserError
from pipeline.exchange import WORK
from pipeline.job import Job
from pipeline.ledger import Manifest, Part
from pipeline.sandbox import Pool, SandboxError, shared_pool

Task = Callable[..., Any]
Graph = Callable[[beam.Pipeline], None]

_REFUSED_RUNNERS = {
    "DaskRunner": "it drops what a bundle emits at its end and ignores tagged outputs",
    "BundleBasedDirectRunner": "it leaks memory",
    "PrismRunner": "it fetches a binary",
    "SwitchingDirectRunner": "it fetches a binary",
    "DirectRunner": "leave --runner out to run locally",
}
_REFUSED_MODES = ("multi_processing", "multi_threading")


class RunTasks(beam.PTransform):
    """Runs a task on each element's arguments in child processes; outputs the results.

    It spreads the elements over the machines itself: made with `beam.Create`, they need no
    reshuffle of their own, which is a sixth of a graph's steps.

    Args:
        task: An importable function `task(guard, *arguments)`; see `pipeline.sandbox`.
        workers: Limits of the child processes.
        whole_machine: Whether a task may use all memory, for the few that are not page work.
    """

    def __init__(self, task: Task, workers: WorkersSection, whole_machine: bool = False) -> None:
        super().__init__()
        self._task = task
        self._workers = workers
        self._whole_machine = whole_machine

    def expand(self, arguments: beam.PCollection) -> beam.PCollection:
        """Apply the task to a PCollection of argument tuples."""
        return (
            arguments
            | "Spread" >> beam.Reshuffle()
            | "Run" >> beam.ParDo(_RunTasks(self._task, self._workers, self._whole_machine))
        )


class _RunTasks(beam.DoFn):
    """Hands a bundle's elements to the pool and collects their results when the bundle ends.

    All elements of a bundle are under way at once, so a local run in one process uses all cores.
    """

    def __init__(self, task: Task, workers: WorkersSection, whole_machine: bool) -> None:
        super().__init__()
        self._task = task
        self._workers = workers
        self._whole_machine = whole_machine
        self._futures: list[Future[Any]] = []

    def start_bundle(self) -> None:
        """Forget a bundle that failed."""
        self._futures = []

    def process(self, arguments: tuple[Any, ...]) -> None:
        """Submit one element."""
        pool = _pool(self._workers, self._whole_machine)
        self._futures.append(pool.submit(self._task, *arguments))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Emit the results in the order of the elements."""
        for future in self._futures:
            yield WindowedValue(_result(future), 0, [GlobalWindow()])
        self._futures = []


def _pool(workers: WorkersSection, whole_machine: bool) -> Pool:
    memory = psutil.virtual_memory().total if whole_machine else workers.memory_mib << 20
    return shared_pool(workers.processes, workers.page_seconds, memory)


def call_task(task: Task, workers: WorkersSection, *arguments: Any) -> Any:
    """Run one task in a child process, outside any graph, and wait for its result."""
    return _result(_pool(workers, whole_machine=False).submit(task, *arguments))


def _result(future: Future[Any]) -> Any:
    """A task's result; an error of the machine's becomes one that tells the user what to do."""
    try:
        return future.result()
    except OSError as error:
        changed = error.errno == errno.ESTALE
        remedy = "delete the stage's folder" if changed else "mend it"
        reason = error.strerror or str(error)
        raise UserError(
            f"{error.filename or 'a file'}: {reason}; {remedy} and run again"
        ) from error
    except SandboxError as error:
        raise UserError(f"{error}; look at that input, or raise workers.memory_mib") from error
    except MemoryError as error:
        raise UserError("out of memory outside any page; raise workers.memory_mib") from error


class Gather(beam.PTransform):
    """All elements as one list, an empty one too.

    A side input takes fewer steps than Beam's global combination, and on few elements a graph
    spends its time on its steps.
    """

    def expand(self, found: beam.PCollection) -> beam.PCollection:
        """Gather a PCollection."""
        return (
            found.pipeline
            | "Once" >> beam.Impulse()
            | "List" >> beam.Map(lambda _, every: every, beam.pvalue.AsList(found))
        )


class All(beam.PTransform):
    """All results of some tasks as one list; fails if they are not as many as are due."""

    def __init__(self, due: int) -> None:
        super().__init__()
        self._due = due

    def expand(self, done: beam.PCollection) -> beam.PCollection:
        """Gather a PCollection."""
        return done | "List" >> Gather() | "Check" >> beam.Map(_checked, self._due)


def _checked(done: list[Any], due: int) -> list[Any]:
    if len(done) != due:
        raise AssertionError(f"{len(done)} of {due} results arrived")
    return done


class Then(beam.PTransform):
    """Goes on with other elements when all of a PCollection are done; see `All`."""

    def __init__(self, elements: Sequence[Any], due: int) -> None:
        super().__init__()
        self._elements = elements
        self._due = due

    def expand(self, done: beam.PCollection) -> beam.PCollection:
        """Wait for a PCollection."""
        elements = self._elements
        return done | "All" >> All(self._due) | "Next" >> beam.FlatMap(lambda _: elements)


class WriteManifest(beam.PTransform):
    """Adds up a stage's parts and writes its manifest: the mark that the stage is finished.

    What the stage's tasks left for one another is deleted before.

    A part that did not arrive, or arrived twice, fails the run: runners have lost elements without
    an error before.

    Args:
        job: The stage's job.
        names: The names of the parts that must arrive: known beforehand, or a side input.
        reads: The stage whose kept records this one reads; None for records from outside.
        facts: What the stage found out beside its parts: known beforehand, or a side input.
    """

    def __init__(
        self,
        job: Job,
        names: Sequence[str] | beam.pvalue.AsList,
        reads: str | None = None,
        facts: Mapping[str, Any] | beam.pvalue.AsSingleton | None = None,
    ) -> None:
        super().__init__()
        self._names = names
        self._facts = facts or {}
        self._empty = Manifest.of_parts(job.stage, job.settings, job.upstream_prints, ())
        self._folder = job.folder
        self._read = job.upstream[reads].counts.kept if reads else None

    def expand(self, parts: beam.PCollection) -> beam.PCollection:
        """Write the manifest of a PCollection of `Part`."""
        return (
            parts
            | "Gather" >> Gather()
            | "Write"
            >> beam.Map(_write, self._names, self._facts, self._empty, self._folder, self._read)
        )


def _write(
    parts: Iterable[Part],
    names: Sequence[str],
    facts: Mapping[str, Any],
    empty: Manifest,
    folder: str,
    read: int | None,
) -> None:
    """Write a manifest like an empty one, but of parts that are all there."""
    stage = empty.stage
    manifest = Manifest.of_parts(stage, empty.settings, empty.upstream, parts, facts)
    arrived = Counter(part.name for part in manifest.parts)
    arrived.subtract(Counter(names))
    if wrong := [f"{name} {count:+d}" for name, count in sorted(arrived.items()) if count]:
        raise AssertionError(f"{stage}: parts lost (-) or not expected (+): {', '.join(wrong[:9])}")
    if read not in (None, manifest.counts.read):
        raise AssertionError(f"{stage}: read {manifest.counts.read} of {read} records")
    _close(manifest, folder)


def _close(manifest: Manifest, folder: str) -> None:
    """Delete what tasks left for one another, and write the manifest, the mark of the end."""
    work = files.join(folder, WORK)
    # Killed in between, the next run must not trust a mark whose files are gone.
    for mark in files.names(work):
        if mark.endswith(".json"):
            files.remove(files.join(work, mark))
    files.remove_folder(work)
    manifest.write(folder)


class WriteFacts(beam.PTransform):
    """Writes the manifest of a stage without parts, from the facts of its one task."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._folder = job.folder
        self._stage = job.stage
        self._settings = job.settings
        self._upstream = job.upstream_prints

    def expand(self, facts: beam.PCollection) -> beam.PCollection:
        """Write the manifest of a PCollection of one mapping."""
        return facts | "Write" >> beam.Map(self._write)

    def _write(self, facts: Mapping[str, Any]) -> None:
        manifest = Manifest.of_parts(self._stage, self._settings, self._upstream, (), facts)
        _close(manifest, self._folder)


def parse_options(arguments: list[str]) -> PipelineOptions:
    """Read Beam's options, refusing what is unknown and what is known to lose data.

    Raises:
        UserError: An option no Beam class declares, or a runner or mode that loses elements.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False, add_help=False)
    for section in PipelineOptions.__subclasses__():
        section._add_argparse_args(parser)
    known = [name for action in parser._actions for name in action.option_strings]
    try:
        values, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UserError(f"Beam option: {error}") from error
    if unknown:
        close = difflib.get_close_matches(unknown[0].split("=")[0], known, n=1)
        hint = f"; did you mean {close[0]}?" if close else "; see Beam's documentation"
        raise UserError(f"Beam option {unknown[0]}: unknown{hint}")
    runner = (values.runner or "").rsplit(".", 1)[-1]
    if runner in _REFUSED_RUNNERS:
        raise UserError(f"Beam option --runner={runner}: refused: {_REFUSED_RUNNERS[runner]}")
    if values.direct_running_mode in _REFUSED_MODES:
        raise UserError(
            f"Beam option --direct_running_mode={values.direct_running_mode}: refused: it loses "
            "elements without an error; workers.count in the configuration uses all cores"
        )
    if values.direct_num_workers not in (None, 1):
        raise UserError(
            "Beam option --direct_num_workers: refused: it loses elements without an error; "
            "set workers.count in the configuration"
        )
    if runner:
        try:
            create_runner(values.runner)
        except (ValueError, ImportError, AttributeError) as error:
            raise UserError(f"Beam option --runner={runner}: {error}") from error
    return PipelineOptions(arguments)


def run_graph(build: Callable[[beam.Pipeline], None], options: PipelineOptions) -> None:
    """Build a pipeline and run it to its end.

    Locally on `FnApiRunner` within this process, named explicitly: Beam's default first tries one
    that fetches a binary.

    Raises:
        UserError: A task raised it, on whatever machine.
        KeyboardInterrupt: The user stopped the run; Beam's wrapping is undone.
    """
    named = options.get_all_options().get("runner")
    pipeline = beam.Pipeline(runner=named or FnApiRunner(), options=options)
    build(pipeline)
    try:
        pipeline.run().wait_until_finish()
    except Exception as error:  # noqa: BLE001 - a runner may wrap an error in any other
        if str(error).startswith(KeyboardInterrupt.__name__):
            raise KeyboardInterrupt from None
        raise _user_error_in(error) or error from None


def _user_error_in(error: BaseException) -> UserError | None:
    """The UserError that a runner passed on, as itself or as the text of another error."""
    if isinstance(error, UserError):
        return UserError(_unaugmented(str(error)))
    mark = f"{UserError.__module__}.{UserError.__qualname__}: "
    for line in str(error).splitlines():
        if mark in line:
            return UserError(_unaugmented(line.split(mark, 1)[1]))
    return None


def _unaugmented(message: str) -> str:
    """A message without the name of the step that Beam adds."""
    return message.rsplit(" [while running", 1)[0]
