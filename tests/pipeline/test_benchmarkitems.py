"""Benchmark files of every format give the same items, and the texts that matter."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import benchmarkitems
from pipeline.benchmarkitems import Item
from pipeline.errors import UserError

DATA = Path(__file__).resolve().parents[2] / "../shared/data/benchmarks"
RECORDS = [
    {"id": "q-1", "question": "How far does the heron fly?", "choices": "A mile", "answer": "A"},
    {"id": "q-2", "question": 'He said "no",\nand left. Why?', "choices": "Él sabe", "answer": "B"},
]


def separated(delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(RECORDS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(RECORDS)
    return out.getvalue().encode()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RECORDS), out)
    return out.getvalue()


CONTENTS = {
    "items.jsonl": "\n".join(map(json.dumps, RECORDS)).encode() + b"\n\n",
    "items.ndjson": "\n".join(map(json.dumps, RECORDS)).encode(),
    "items.json": json.dumps(RECORDS, indent=1).encode(),
    "lines.json": "\n".join(map(json.dumps, RECORDS)).encode(),
    "deep.json": json.dumps({"version": "1", "data": {"test": RECORDS}}).encode(),
    "marked.json": json.dumps(RECORDS, ensure_ascii=False).encode("utf-8-sig"),
    "items.csv": separated(","),
    "items.tsv": separated("\t"),
    "items.parquet": parquet(),
}


def items_of(folder: Path, *records: Any) -> list[Item]:
    path = folder / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return list(benchmarkitems.read([str(path)]))


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", CONTENTS)
def test_every_format_gives_the_same_items(tmp_path: Path, name: str, zipped: bool) -> None:
    path = tmp_path / (name + ".gz" if zipped else name)
    path.write_bytes(gzip.compress(CONTENTS[name]) if zipped else CONTENTS[name])
    assert list(benchmarkitems.read([str(path)])) == [
        Item(path.name, 0, ("How far does the heron fly?",), "", ("A mile",)),
        Item(path.name, 1, ('He said "no",\nand left. Why?',), "", ("Él sabe",)),
    ]


def test_a_text_file_has_an_item_a_line(tmp_path: Path) -> None:
    (tmp_path / "items.txt").write_text("Where does it rain?\n\nQuestion: Who?\nAnswer: I\n")
    items = benchmarkitems.read([str(tmp_path)])
    questions = [[text.strip() for text in item.questions] for item in items]
    assert questions == [["Where does it rain?"], ["Who?"], ["Answer: I"]]


@pytest.mark.parametrize(
    ("record", "questions", "context", "choices"),
    [
        ({"context": "Tim ran home and"}, ["Tim ran home and"], "", []),
        ({"context": "Tim ran.", "question": "Who ran?"}, ["Who ran?"], "Tim ran.", []),
        ({"Question ": "Who ran?", "Best Answer": "Tim did"}, ["Who ran?"], "", []),
        (
            {"premise": "It rained.", "choice1": "He hid.", "choice2": "He sang.", "question": "x"},
            ["It rained."],
            "",
            ["He hid.", "He sang."],
        ),
        (
            {"question": {"stem": "Who?", "choices": [{"text": "Tim", "label": "A"}]}, "id": "7"},
            ["Who?"],
            "",
            ["Tim"],
        ),
        (
            {"question": "Who?", "choices": {"text": ["Tim", "Ann"], "label": ["A", "B"]}},
            ["Who?"],
            "",
            ["Tim", "Ann"],
        ),
        (
            {
                "context_options": ["Ann saw him so Ann", "Ann saw him so he"],
                "continuation": "left.",
            },
            ["Ann saw him so Ann", "Ann saw him so he"],
            "",
            ["left."],
        ),
        ({"question": "", "text": "Sum the list."}, ["Sum the list."], "", []),
        (
            {"frage": "Wer lief?", "nr": 3, "rest": ["Tim", {"x": "Ann"}]},
            ["Wer lief?", "Tim", "Ann"],
            "",
            [],
        ),
        (["Who ran?", "Tim"], ["Who ran?", "Tim"], "", []),
        ({"query": "Question: Who ran?\n"}, [" Who ran?\n"], "Question:", []),
        (
            {"query": "Passage: Tim ran.\nQuestion: who ran?\nAnswer:"},
            [" who ran?\n"],
            "Passage: Tim ran.\nQuestion:",
            [],
        ),
        (
            {"prompt": "Q: Who sat?\nA: Ann\n\nQ: Who ran?\nA:"},
            [" Who ran?\n"],
            "Q: Who sat?\nA: Ann\n\nQ:",
            [],
        ),
        ({"prompt": "Say it.\nQuestion:"}, ["Say it.\nQuestion:"], "", []),
    ],
)
def test_the_question_is_told_from_what_is_around_it(
    tmp_path: Path, record: Any, questions: list[str], context: str, choices: list[str]
) -> None:
    expected = Item("items.jsonl", 0, tuple(questions), context, tuple(choices))
    assert items_of(tmp_path, record) == [expected]


def test_questions_below_a_passage_are_items_of_their_own(tmp_path: Path) -> None:
    """The layout of SQuAD, whose answers are objects with a text."""
    answers = [{"text": "Tim", "answer_start": 0}]
    asked = [{"question": "Who ran?", "answers": answers}, {"question": "Why?", "answers": answers}]
    paragraphs = {"paragraphs": [{"context": "Tim ran.", "qas": asked}]}
    items = items_of(tmp_path, {"title": "Tim", "data": [paragraphs]}, {"question": "When?"})
    assert [item.questions for item in items] == [("Who ran?",), ("Why?",), ("When?",)]
    assert [item.number for item in items] == [0, 1, 2]


def test_passages_beside_a_question_are_no_items(tmp_path: Path) -> None:
    """The layout of MuSiQue."""
    record = {"paragraphs": [{"text": "Tim ran."}, {"text": "Ann sat."}], "question": "Who ran?"}
    (item,) = items_of(tmp_path, record)
    assert item.questions == ("Who ran?",)
    assert item.context == "Tim ran.\nAnn sat."


def test_a_table_without_a_header_loses_no_row(tmp_path: Path) -> None:
    """The layout of MMLU."""
    (tmp_path / "test.csv").write_text('"Who, then, ran?",Tim,Ann,B\nWhy?,Fun,Fear,A\n')
    assert list(benchmarkitems.read([str(tmp_path)])) == [
        Item("test.csv", 0, ("Who, then, ran?",), "", ("Tim", "Ann")),
        Item("test.csv", 1, ("Why?",), "", ("Fun", "Fear")),
    ]


def test_files_are_named_below_the_folder_they_share(tmp_path: Path) -> None:
    for name in ("a/test.txt", "b/c/test.txt.gz", "b/notes.md", "b/.cache/old.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"Who?") if name.endswith(".gz") else b"Who?")
    both = [str(tmp_path / "b"), str(tmp_path / "a/test.txt"), f"{tmp_path}/a/"]
    expected = ["a/test.txt", "b/c/test.txt.gz"]
    assert [item.benchmark for item in benchmarkitems.read(both)] == expected
    assert [item.benchmark for item in benchmarkitems.read(both[::-1])] == expected
    assert [item.benchmark for item in benchmarkitems.read(both[1:2])] == ["test.txt"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.jsonl", b'{"a": 1}\n{"a": \n', "bad.jsonl: not jsonl in UTF-8 .line 2: "),
        ("bad.json", b"[1, 2", "bad.json: not json in UTF-8 .line 1: "),
        ("bad.txt", b"\xff\xfe\xfd", "bad.txt: not txt in UTF-8"),
        ("bad.parquet", b"PAR1", "bad.parquet: not parquet .Parquet "),
        ("bad.csv", b"question\n" + b"x" * 200_000, "bad.csv: not csv"),
        ("bad.txt.gz", gzip.compress(b"Who ran?" * 99, mtime=0)[:-9], "bad.txt.gz: cannot be read"),
        ("bad.json.gz", b"[]", "bad.json.gz: cannot be read"),
        ("empty.jsonl", b"", "empty.jsonl: no benchmark item in it"),
        (
            "empty.jsonl.gz",
            gzip.compress(b"\n \n", mtime=0),
            "empty.jsonl.gz: no benchmark item in it",
        ),
        ("empty.json", b"[]", "empty.json: no benchmark item in it"),
        ("empty.csv", b"question,choices\n", "empty.csv: no benchmark item in it"),
        ("empty.txt", b"\n", "empty.txt: no benchmark item in it"),
        ("bad.docx", b"", "bad.docx: no benchmark format; give .jsonl"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        list(benchmarkitems.read([str(tmp_path / name)]))
    assert "\n" not in str(caught.value)


def test_a_path_that_holds_no_benchmark_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no benchmark file in it"):
        list(benchmarkitems.read([str(tmp_path)]))
    with pytest.raises(UserError, match="no such file"):
        list(benchmarkitems.read([str(tmp_path / "absent.jsonl")]))


def test_every_line_of_the_real_benchmarks_is_an_item_with_a_question() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is absent")
    items = list(benchmarkitems.read([str(DATA)]))
    lines = sum(len(path.read_bytes().splitlines()) for path in DATA.iterdir())
    assert len(items) == lines
    assert all(text.strip() for item in items for text in item.questions)
    passages = [item for item in items if item.benchmark == "boolq.jsonl"]
    assert all("Passage:" in item.context for item in passages)
    assert not any("Passage:" in text for item in passages for text in item.questions)
