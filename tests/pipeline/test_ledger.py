"""Counts add up or are refused; fingerprints tell what changed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ledger import Counts, Manifest, Part, changed_keys, fingerprint

reasons = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 100))


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    kept, dropped, failed = draw(st.integers(0, 100)), draw(reasons), draw(reasons)
    return Counts(kept + sum(dropped.values()) + sum(failed.values()), kept, dropped, failed)


@given(counts(), counts())
def test_sums_of_conserved_counts_are_conserved(one: Counts, other: Counts) -> None:
    total = one + other
    total.check("sum")
    assert total.read == one.read + other.read
    assert total == other + one


@given(counts(), st.integers(-5, 5).filter(bool))
def test_a_lost_or_invented_record_is_refused(one: Counts, error: int) -> None:
    wrong = Counts(one.read + error, one.kept, one.dropped, one.failed)
    with pytest.raises(AssertionError, match="part 7: read"):
        wrong.check("part 7")


@given(counts())
def test_counts_survive_json(one: Counts) -> None:
    assert Counts.from_json(one.to_json()) == one


def test_a_manifest_refuses_parts_that_lost_a_record() -> None:
    part = Part("x", Counts(read=2, kept=1), {})
    with pytest.raises(AssertionError, match="filter, part x"):
        Manifest.of_parts("filter", {}, {}, [part])


def test_a_manifest_is_the_same_in_whatever_order_parts_arrive(tmp_path: Path) -> None:
    parts = [Part(name, Counts(1, 1), {}, {"tokens": 2}) for name in "bca"]
    for folder, order in (("one", parts), ("two", parts[::-1])):
        Manifest.of_parts("filter", {"k": 1}, {"up": "f"}, order).write(str(tmp_path / folder))
    one, two = ((tmp_path / name / "manifest.json").read_bytes() for name in ("one", "two"))
    assert one == two
    manifest = Manifest.read(str(tmp_path / "one"))
    assert manifest is not None
    assert [part.name for part in manifest.parts] == ["a", "b", "c"]
    assert manifest.facts == {"tokens": 6}
    assert manifest.counts == Counts(3, 3)


def test_a_manifest_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 0}')
    with pytest.raises(UserError, match="not a manifest of this version"):
        Manifest.read(str(tmp_path))


@given(st.data())
def test_a_manifest_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    parts = [Part(name, Counts(2, 1, {"rule": 1}), {"part-x": {"rows": 1}}) for name in "ab"]
    with tempfile.TemporaryDirectory() as folder:
        manifest = Manifest.of_parts("filter", {"k": 1.5}, {"up": "f"}, parts, {"é": [None, 1]})
        manifest.write(folder)
        assert Manifest.read(folder) == manifest
        path = Path(folder) / "manifest.json"
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        try:
            found = Manifest.read(folder)
        except UserError:
            return
        # White space says nothing.
        assert found == manifest


def test_the_fingerprint_depends_on_settings_and_upstream_not_on_key_order() -> None:
    base = fingerprint("filter", {"a": 1, "b": 2}, {"extract": "x"})
    assert base == fingerprint("filter", {"b": 2, "a": 1}, {"extract": "x"})
    assert base != fingerprint("filter", {"a": 1, "b": 3}, {"extract": "x"})
    assert base != fingerprint("filter", {"a": 1, "b": 2}, {"extract": "y"})
    assert base != fingerprint("dedup", {"a": 1, "b": 2}, {"extract": "x"})


def test_changed_keys_name_the_key_and_both_values() -> None:
    old = {"rules": {"word_count": {"low": 50}}, "same": 1}
    new = {"rules": {"word_count": {"low": 60}}, "same": 1, "added": [1]}
    assert changed_keys(old, new) == [
        "added (was null, is [1])",
        "rules.word_count.low (was 50, is 60)",
    ]
