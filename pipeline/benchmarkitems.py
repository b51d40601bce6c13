"""Benchmark items read from files.

A file is JSON lines, JSON, CSV, TSV, Parquet or plain text (an item a line), each also gzipped;
a folder stands for all such files in it and below but hidden ones. What of an item is searched for:

- The *question* is the first of the fields in `QUESTIONS` that the item has, else the first of
  those in `TEXTS`. Names count without case and trailing digits: `choice1` is a `choice`. Answers,
  ids and labels are not searched for: they are no part of the question.
- A *context*, such as a passage to be read, is no question: pages hold it because benchmarks took
  it from the web. (Brown et al. 2020, appendix C, found those of reading comprehension in their
  training text, but not the questions.) It serves, as the *choices* do, to make a question that is
  too short by itself longer.
- A prompt with a line `Question: ...` is a context up to and with that label, and a question after
  the last one; a line `Answer:` ends it.
- An item without a field of a known name has all its strings for questions.
- Nested JSON: the objects with a question are the items, however deep they lie, as in SQuAD.
- A CSV or TSV file whose first line names no known field has no header: the first cell is the
  question, the others are choices, as in MMLU.
"""

import csv
import gzip
import io
import json
import posixpath
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import IO, Any, cast

import pyarrow.parquet as pq
import regex

from pipeline import files
from pipeline.errors import UserError

QUESTIONS = (
    "premise question query problem prompt goal stem question_stem question_text question_content "
    "sentence ctx context_options input_sentence statement claim turns"
).split()
"""Names of fields that hold a question, the surest first."""
TEXTS = ["input", "instruction", "text", "context"]
"""Names that hold the question where no other field does."""
CHOICES = (
    "choice choices option options answer_choices ending endings sol answera answerb answerc ans "
    "continuation completion hypothesis"
).split()
"""Names of fields that hold possible answers."""
CONTEXTS = "context passage article story support paragraph paragraphs body".split()
"""Names of fields that hold what a question is about."""

LABEL = regex.compile(r"(?mi)^[ \t]*(?:question|q|problem)[ \t]*:")
"""What stands before a question within a text."""
_ANSWER = regex.compile(r"(?mi)^[ \t]*(?:answer|a|solution)[ \t]*:")
_BATCH_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Item:
    """A benchmark item.

    Attributes:
        benchmark: The file's path below the folder that all files have in common.
        number: The item's place in its file, from 0.
        questions: The texts that are searched for; a page with one of them holds the item.
        context: What a question follows; empty if nothing.
        choices: What may follow a question.
    """

    benchmark: str
    number: int
    questions: tuple[str, ...]
    context: str = ""
    choices: tuple[str, ...] = ()


def find_files(paths: Sequence[str]) -> list[str]:
    """The benchmark files that paths name, sorted, each once.

    Args:
        paths: Files, folders or globs; local or fsspec URLs.

    Raises:
        UserError: A path does not exist, is of no known format, or is a folder without any file of
            one.
    """
    found = [name for path in paths for name in _files_below(path) or files.expand((path,))]
    for path in found:
        if _format_of(path) is None:
            raise UserError(f"{path}: no benchmark format; give {', '.join(_READERS)}, or .gz")
    return files.distinct(found)


def _files_below(folder: str) -> list[str]:
    """The benchmark files in a folder and below it; none if it is no folder."""
    if files.is_web(folder):
        return []
    fs, inner = files.filesystem(folder)
    if not fs.isdir(inner):
        return []
    root = len(inner.rstrip("/")) + 1
    names = [str(name)[root:] for name in fs.find(inner)]
    visible = [name for name in names if not name.startswith(".") and "/." not in name]
    found = [files.join(folder, name) for name in visible if _format_of(name)]
    if not found:
        raise UserError(f"{folder}: no benchmark file in it ({', '.join(_READERS)}, or .gz)")
    return found


def _format_of(path: str) -> str | None:
    suffix = posixpath.splitext(path.lower().removesuffix(".gz"))[1]
    return suffix if suffix in _READERS else None


def read(paths: Sequence[str]) -> Iterator[Item]:
    """The items of benchmark files, file by file in the order of their paths.

    Raises:
        UserError: As `records`.
    """
    return (_item(*record) for record in records(paths))


def records(paths: Sequence[str]) -> Iterator[tuple[str, int, Any]]:
    """The items as they are stored: benchmark and number as of `Item`, and the value.

    Raises:
        UserError: As `find_files`; or a file cannot be read, is not what its name says, or holds no
            item.
    """
    found = find_files(paths)
    folders = [path.split("/")[:-1] for path in found]
    depth = len(list(takewhile(lambda steps: len({*steps}) == 1, zip(*folders, strict=False))))
    for path in found:
        benchmark = "/".join(path.split("/")[depth:])
        items = (item for record in _records(path) for item in _nested(record) or [record])
        number = -1
        for number, item in enumerate(items):
            yield benchmark, number, item
        if number < 0:
            raise UserError(f"{path}: no benchmark item in it; fetch it anew or leave it out")


def _records(path: str) -> Iterator[Any]:
    """What a file holds, record by record."""
    suffix = _format_of(path)
    assert suffix is not None
    try:
        with files.open_input(path) as stored:
            zipped = path.lower().endswith(".gz")
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stored)) if zipped else stored
            yield from _READERS[suffix](stream)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    except (ValueError, csv.Error) as error:
        kind = "parquet" if suffix == ".parquet" else f"{suffix[1:]} in UTF-8"
        raise UserError(f"{path}: not {kind} ({error}); mend or rename it") from error


def _json_lines(stream: IO[bytes]) -> Iterator[Any]:
    for number, line in enumerate(_text(stream), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error


def _json(stream: IO[bytes]) -> Iterator[Any]:
    """The elements of a list, or the one object; JSON lines under this name are read as such."""
    content = stream.read()
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError:
        yield from _json_lines(io.BytesIO(content))
    else:
        yield from value if isinstance(value, list) else [value]


def _table(stream: IO[bytes], delimiter: str) -> Iterator[Any]:
    header: list[str] | None = None
    for number, row in enumerate(csv.reader(_text(stream), delimiter=delimiter)):
        if number == 0 and any(plain_name(cell) in _KNOWN for cell in row):
            header = row
        elif header is not None:
            yield dict(zip(header, row, strict=False))
        elif row:
            yield {"question": row[0], "choices": row[1:]}


def _parquet(stream: IO[bytes]) -> Iterator[Any]:
    seekable = io.BytesIO(stream.read()) if isinstance(stream, gzip.GzipFile) else stream
    for batch in pq.ParquetFile(seekable).iter_batches(_BATCH_ROWS, use_threads=False):
        yield from batch.to_pylist()


def _lines(stream: IO[bytes]) -> Iterator[Any]:
    return ({"question": line} for line in _text(stream) if line.strip())


_READERS: Mapping[str, Callable[[IO[bytes]], Iterator[Any]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": partial(_table, delimiter=","),
    ".tsv": partial(_table, delimiter="\t"),
    ".parquet": _parquet,
    ".txt": _lines,
}
_KNOWN = frozenset([*QUESTIONS, *TEXTS, *CHOICES, *CONTEXTS])


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def _nested(value: Any) -> list[Mapping[str, Any]]:
    """The objects with a question at or below a value; none if it names no question."""
    if isinstance(value, list):
        return [item for child in value for item in _nested(child)]
    if not isinstance(value, dict):
        return []
    named = {plain_name(key) for key, child in value.items() if _is_text(child)}
    if not named.isdisjoint(QUESTIONS):
        return [value]
    # The paragraphs of SQuAD have a text of their own, and their questions below them.
    below = [item for child in value.values() for item in _nested(child)]
    return below or ([value] if not named.isdisjoint(TEXTS) else [])


def _item(benchmark: str, number: int, item: Any) -> Item:
    fields: dict[str, list[str]] = {}
    if isinstance(item, dict):
        for key, value in item.items():
            fields.setdefault(plain_name(key), []).extend(_strings(value))
    held = [name for name in [*QUESTIONS, *TEXTS] if fields.get(name)]
    if not held:
        return Item(benchmark, number, tuple(_strings(item)))
    contexts = [text for name in CONTEXTS if name != held[0] for text in fields.get(name, [])]
    choices = [text for name in CHOICES for text in fields.get(name, [])]
    context, questions = "\n".join(contexts), []
    for text in fields[held[0]]:
        before, question = _split_prompt(text)
        context += before
        questions.append(question)
    return Item(benchmark, number, tuple(questions), context, tuple(choices))


def _split_prompt(text: str) -> tuple[str, str]:
    """What stands before a prompt's question, its label included, and the question."""
    end = max((label.end() for label in LABEL.finditer(text)), default=0)
    question = _ANSWER.split(text[end:], maxsplit=1)[0]
    return (text[:end], question) if question.strip() else ("", text)


def plain_name(key: Any) -> str:
    """A field's name without case, spaces and trailing digits."""
    return str(key).strip().lower().replace(" ", "_").rstrip("_0123456789")


def _is_text(value: Any) -> bool:
    """Whether a value is a text, or a list of texts."""
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(text, str) and text.strip() for text in values)


def _strings(value: Any) -> Iterator[str]:
    """The texts at or below a value; a single letter is a label and no text."""
    if isinstance(value, str):
        if len(value.strip()) > 1:
            yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
