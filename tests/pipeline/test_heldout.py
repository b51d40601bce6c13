"""Texts that are measured and that no arm may hold."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import heldout
from pipeline.errors import UserError
from pipeline.heldout import HeldOut, choose, is_held_out, read_texts
from pipeline.proveconfig import HeldOutSection, ProveSection

SECTION = ProveSection(documents=3, characters=20)

texts = st.lists(
    st.builds(
        HeldOut,
        kind=st.sampled_from(["a", "b"]),
        id=st.integers(0, 5).map(str),
        site=st.sampled_from(["s", "t", "u", "v"]),
        language=st.just("eng_Latn"),
        text=st.integers(0, 30).map(lambda number: f"{number:02} words of some document, and more"),
    ),
    max_size=60,
)


@given(texts, st.randoms(use_true_random=False), st.integers(0, 40))
def test_the_choice_depends_on_the_texts_alone(
    given_texts: list[HeldOut], random: object, cut: int
) -> None:
    chosen = choose(given_texts, SECTION)
    shuffled = list(given_texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(shuffled, SECTION) == chosen
    in_parts = [*choose(shuffled[:cut], SECTION), *choose(shuffled[cut:], SECTION)]
    assert choose(in_parts, SECTION) == chosen
    for kind in {one.kind for one in given_texts}:
        there = {(one.site, one.text) for one in given_texts if one.kind == kind}
        found = [(one.site, one.text) for one in chosen if one.kind == kind]
        assert len({*found}) == len(found) == min(3, len(there))
        assert len({site for site, _ in found}) == min(3, len({site for site, _ in there}))
    assert all(len(one.text) == 20 for one in chosen)


def test_empty_texts_are_not_measured() -> None:
    assert choose([HeldOut("a", "1", "s", "und", " \n ")], SECTION) == []


def test_about_the_share_of_the_hosts_is_held_out() -> None:
    count = sum(is_held_out(f"host{number}.example", 0.1) for number in range(10_000))
    assert 900 < count < 1100


def test_texts_are_read_from_the_field(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"passage": "one"}\n{"passage": "half \\ud800 pair"}\n', encoding="utf-8")
    sections = {"own": HeldOutSection(paths=(str(path),), field="passage")}
    found = [(one.kind, one.id, one.language, one.text) for one in read_texts(sections)]
    assert found == [
        ("own", f"{path}:1", "und", "one"),
        ("own", f"{path}:2", "und", "half ? pair"),
    ]


@pytest.mark.parametrize("record", [{"text": 1, "body": "words"}, {"body": "words"}])
def test_a_record_without_the_field_is_an_error(tmp_path: Path, record: object) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UserError, match=r"held_out\.own: .*own\.jsonl, record 1: no text in"):
        [*read_texts({"own": HeldOutSection(paths=(str(path),))})]


def test_overlap_is_the_share_of_a_text_that_a_page_holds(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(60)]
    path = str(tmp_path / "texts.parquet")
    heldout.write(path, [HeldOut("a", "1", "s", "und", " ".join(words))])
    assert heldout.overlap("Before. " + " ".join(words[:30]).upper() + " after", path) == 0.5
    assert heldout.overlap(" ".join(words), path) == 1
    assert heldout.overlap("something else entirely, of no such words at all", path) == 0


def test_a_page_like_many_texts_overlaps_with_each(tmp_path: Path) -> None:
    """What stands in many benchmark items is a formula; in many measured texts it is measured."""
    words = " ".join(f"word{number}" for number in range(60))
    path = str(tmp_path / "texts.parquet")
    heldout.write(path, [HeldOut("a", f"{n}", "s", "und", f"{words} own{n}") for n in range(30)])
    assert heldout.overlap(words, path) > 0.9


def test_sites_are_held_out_whole() -> None:
    for number in range(50):
        site = f"site{number}.co.uk"
        assert is_held_out(f"www.{site}", 0.5) == is_held_out(f"a.b.{site}", 0.5)


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "parquet"])
def test_records_are_read_as_they_are(tmp_path: Path, ending: str) -> None:
    path, row = tmp_path / f"own.{ending}", {"text": "one", "meta": {"context": "two"}}
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        line = json.dumps(row).encode() + b"\n"
        path.write_bytes(gzip.compress(line) if ending.endswith("gz") else line)
    assert [one.text for one in read_texts({"own": HeldOutSection(paths=(str(path),))})] == ["one"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("own.jsonl", b"{", "line 1: not JSON"),
        ("own.jsonl.gz", b"no gzip", "cannot be read"),
        ("own.parquet", b"no parquet", "cannot be read"),
        ("own.jsonl", b"[1]", "it has no fields"),
    ],
)
def test_broken_files_are_errors(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    sections = {"own": HeldOutSection(paths=(str(tmp_path / name),))}
    with pytest.raises(UserError, match=problem):
        [*read_texts(sections)]
