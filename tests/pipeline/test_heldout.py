"""Texts that are measured and that no arm may hold."""

import json
from pathlib import Path

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
        id=st.integers(0, 30).map(str),
        language=st.just("eng_Latn"),
        text=st.just("words of some document, and more of them"),
    ),
    max_size=40,
    unique_by=lambda one: (one.kind, one.id),
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
        there = [one for one in given_texts if one.kind == kind]
        assert len([one for one in chosen if one.kind == kind]) == min(3, len(there))
    assert all(one.text == "words of some docume" for one in chosen)


def test_empty_texts_are_not_measured() -> None:
    assert choose([HeldOut("a", "1", "und", " \n ")], SECTION) == []


def test_about_the_share_of_the_hosts_is_held_out() -> None:
    count = sum(is_held_out(f"host{number}.example", 0.1) for number in range(10_000))
    assert 900 < count < 1100


def test_texts_are_read_from_the_field(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"passage": "one"}\n{"passage": "half \\ud800 pair"}\n', encoding="utf-8")
    sections = {"own": HeldOutSection(paths=(str(path),), field="passage")}
    assert [*read_texts(sections)] == [
        HeldOut("own", "own.jsonl:0", "und", "one"),
        HeldOut("own", "own.jsonl:1", "und", "half ? pair"),
    ]


@pytest.mark.parametrize("record", [{"text": 1, "body": "words"}, {"body": "words"}])
def test_a_record_without_the_field_is_an_error(tmp_path: Path, record: object) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UserError, match=r"prove\.held_out\.own: own\.jsonl, record 0: no text in"):
        [*read_texts({"own": HeldOutSection(paths=(str(path),))})]


def test_overlap_is_the_share_of_a_text_that_a_page_holds(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(60)]
    path = str(tmp_path / "texts.parquet")
    heldout.write(path, [HeldOut("a", "1", "und", " ".join(words))])
    assert heldout.overlap("Before. " + " ".join(words[:30]).upper() + " after", path) == 0.5
    assert heldout.overlap(" ".join(words), path) == 1
    assert heldout.overlap("something else entirely, of no such words at all", path) == 0
