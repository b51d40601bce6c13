"""Questions with several answers, of which one is right, read from benchmark files.

Files are those of `benchmarkitems`. An item is such a question if it has answers (`choices`,
`options`, `endings`, `sol1`, `sol2`, …; also as `{"text": […], "label": […]}`) and says which is
right (`gold`, `answer`, `answerKey`, `label`): a number is its place, from 0; a string is its
label, its text, its place or its letter. `context_options` with a `continuation` are the other way
round: of several beginnings one has the likeliest end (as Winogrande is asked by Trinh and Le
2018).

What the model reads is the item's context and question, and then an answer after a space. A field
`question`, or a text that has a line `Question:`, is asked as `Question: …`, `Answer: …`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from pipeline.benchmarkitems import CONTEXTS, LABEL, QUESTIONS, plain_name, records
from pipeline.errors import UserError

_ANSWERS = frozenset("choice choices option options answer_choices ending endings sol".split())
_GOLD = "gold answer answerkey answer_key label answer_idx".split()


@dataclass(frozen=True)
class Question:
    """A question, as a model is asked it.

    Attributes:
        benchmark: The file's path below the folder that all files have in common.
        prompts: What stands before each answer.
        answers: The answers, each with the space before it.
        gold: The place of the right one.
    """

    benchmark: str
    prompts: tuple[str, ...]
    answers: tuple[str, ...]
    gold: int


def read_questions(paths: Sequence[str]) -> Iterator[Question]:
    """The questions of benchmark files; other items are left out.

    Raises:
        UserError: As `benchmarkitems.records`, or an item's right answer is none of its answers.
    """
    for benchmark, number, record in records(paths):
        if isinstance(record, dict):
            question = _question(benchmark, number, record)
            if question is not None:
                yield question


def _question(benchmark: str, number: int, record: Mapping[str, Any]) -> Question | None:
    """The question of an item; None if it is none."""
    texts, labels = _answers(record)
    beginnings = record.get("context_options")
    end = record.get("continuation")
    if isinstance(beginnings, list) and isinstance(end, str):
        texts, labels = [str(one).rstrip() for one in beginnings], []
    held = {plain_name(key): value for key, value in record.items()}
    gold = next((held[name] for name in _GOLD if held.get(name) is not None), None)
    if len(texts) < 2 or gold is None:
        return None
    place = _place(gold, texts, labels)
    if place is None:
        raise UserError(
            f"{benchmark}: item {number}: {gold!r} is none of its {len(texts)} answers; mend it, "
            "or leave the file out"
        )
    if isinstance(end, str):
        return Question(benchmark, tuple(texts), (f" {end.strip()}",) * len(texts), place)
    prompt = _prompt(record)
    answers = tuple(f" {text.strip()}" for text in texts)
    return Question(benchmark, (prompt,) * len(texts), answers, place)


def _answers(record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """An item's answers, and their labels."""
    texts: list[str] = []
    labels: list[str] = []
    for key, value in record.items():
        if plain_name(key) not in _ANSWERS:
            continue
        if isinstance(value, dict):
            texts += map(str, value.get("text", ()))
            labels += map(str, value.get("label", ()))
        elif isinstance(value, list):
            for one in value:
                texts.append(str(one["text"] if isinstance(one, dict) and "text" in one else one))
                labels += [str(one["label"])] if isinstance(one, dict) and "label" in one else []
        else:
            texts.append(str(value))
            labels.append(key[len(key.rstrip("0123456789")) :])
    return texts, labels


def _place(gold: Any, texts: Sequence[str], labels: Sequence[str]) -> int | None:
    """The place of the right answer; None if it cannot be told."""
    if isinstance(gold, str):
        for names in (labels, texts):
            if gold in names:
                return names.index(gold)
        if gold in (letters := ascii_uppercase[: len(texts)]) and gold:
            return letters.index(gold)
        gold = int(gold) if gold.isdecimal() else None
    is_place = isinstance(gold, int) and not isinstance(gold, bool) and 0 <= gold < len(texts)
    return gold if is_place else None


def _prompt(record: Mapping[str, Any]) -> str:
    """What a model reads before the answer; without a space at its end."""
    held = {plain_name(key): value for key, value in record.items() if isinstance(value, str)}
    asked = next((name for name in QUESTIONS if held.get(name)), None)
    contexts = [held[name] for name in CONTEXTS if held.get(name)]
    if asked is None:
        return "\n".join(contexts).rstrip()
    text = held[asked].strip()
    if asked.startswith("question") and not LABEL.search(text):
        text = f"Question: {text}"
    text = "\n".join([*contexts, text])
    return f"{text}\nAnswer:" if LABEL.search(text) else text
