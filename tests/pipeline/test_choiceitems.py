"""Questions of the formats that benchmarks come in."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.choiceitems import Question, read_questions
from pipeline.errors import UserError

BENCHMARKS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "benchmarks"


def questions(tmp_path: Path, *records: Any) -> list[Question]:
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return list(read_questions([str(path)]))


PLAIN = Question("own.jsonl", ("Question: Why?\nAnswer:",) * 2, (" So.", " Not."), 1)


@pytest.mark.parametrize(
    "record",
    [
        {"question": "Why?", "choices": ["So.", "Not."], "answer": 1},
        {"question": "Why?", "choices": ["So.", "Not."], "answer": "1"},
        {"question": "Why?", "choices": ["So.", "Not."], "answer": "B"},
        {"question": "Why?", "choices": ["So.", "Not."], "answer": "Not."},
        {"query": "Question: Why?\n", "choices": ["So.", "Not."], "gold": 1},
        {
            "question": "Why?",
            "choices": {"text": ["So.", "Not."], "label": ["1", "2"]},
            "answerKey": "2",
        },
        {
            "question": "Why?",
            "choices": [{"text": "So.", "label": "C"}, {"text": "Not.", "label": "A"}],
            "answerKey": "A",
        },
        {"question": "Why?", "option1": "So.", "option2": "Not.", "answer": "2"},
        {"question": "Why?", "sol1": "So.", "sol2": "Not.", "label": 1},
        {"question": "Why?", "choices": ["So.", "Not."], "gold": 1, "label": "x"},
    ],
    ids=str,
)
def test_one_question_in_many_formats(tmp_path: Path, record: Any) -> None:
    assert questions(tmp_path, record) == [PLAIN]


def test_a_text_without_label_is_gone_on_with(tmp_path: Path) -> None:
    record = {"ctx": "She sat ", "endings": ["down.", "3"], "label": "0"}
    assert questions(tmp_path, record) == [
        Question("own.jsonl", ("She sat",) * 2, (" down.", " 3"), 0)
    ]


def test_a_passage_comes_before_the_question(tmp_path: Path) -> None:
    record = {"passage": "It rains.", "question": "Wet?", "choices": ["no", "yes"], "answer": 1}
    (found,) = questions(tmp_path, record)
    assert found.prompts[0] == "It rains.\nQuestion: Wet?\nAnswer:"


def test_beginnings_with_one_end(tmp_path: Path) -> None:
    record = {"context_options": ["A so A", "A so B"], "continuation": "won.", "gold": 0}
    assert questions(tmp_path, record) == [
        Question("own.jsonl", ("A so A", "A so B"), (" won.",) * 2, 0)
    ]


def test_what_is_no_question_is_left_out(tmp_path: Path) -> None:
    assert not questions(
        tmp_path,
        {"context": "One and one?", "answer": "2"},
        {"question": "Why?", "choices": ["So.", "Not."]},
        {"question": "Why?", "choices": ["So."], "answer": 0},
        {"prompt": "def f():", "task_id": "1"},
    )


@pytest.mark.parametrize("gold", [2, -1, "C", "", "Maybe.", True])
def test_a_right_answer_that_is_none_of_the_answers(tmp_path: Path, gold: Any) -> None:
    record = {"question": "Why?", "choices": ["So.", "Not."], "answer": gold}
    with pytest.raises(UserError, match=r"own\.jsonl: item 0: .* is none of its 2 answers"):
        questions(tmp_path, record)


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="no ../shared/data/benchmarks")
def test_the_published_files() -> None:
    found = list(read_questions([str(BENCHMARKS)]))
    counts = {
        name: sum(one.benchmark == name for one in found) for name in {q.benchmark for q in found}
    }
    assert counts == {
        "arc_challenge.jsonl": 1172,
        "arc_easy.jsonl": 2376,
        "boolq.jsonl": 3270,
        "copa.jsonl": 100,
        "openbook_qa.jsonl": 500,
        "piqa.jsonl": 1838,
        "winogrande.jsonl": 1267,
    }
    first = next(one for one in found if one.benchmark == "copa.jsonl")
    assert first.prompts[0] == "The man turned on the faucet, therefore"
    assert first.answers[first.gold] == " water flowed from the spout."
