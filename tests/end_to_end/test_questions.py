"""What a finished run is asked: what if, explain, inspect, contamination."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.ledger import Manifest
from tests.end_to_end.golden_run import Golden, answer_of


def asked(*words: str) -> Any:
    status, output, errors = answer_of(*words, "--json")
    assert status == 0, errors
    return json.loads(output)


def filtered_anew(golden: Golden, config: Path, folder: Path) -> None:
    """The golden run up to the filter, by another configuration of that."""
    for stage in ("extract", "references", "quality"):
        shutil.copytree(golden.folder / stage, folder / "golden" / stage)
    words = ("run", str(config), "--output", str(folder), "--until", "filter")
    status, _, errors = answer_of(*words)
    assert status == 0, errors


def rows(golden: Golden, stage: str, prefix: str) -> list[dict[str, Any]]:
    paths = sorted((golden.folder / stage).glob(f"{prefix}-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def test_without_other_bounds_nothing_changes(golden: Golden) -> None:
    answer = asked("what-if", str(golden.folder), "language_score.low=0.5")
    manifest = Manifest.read(str(golden.folder / "filter"))
    assert manifest is not None
    assert answer["kept"] == answer["would_keep"] == manifest.counts.kept
    assert answer["read"] == manifest.counts.read
    assert answer["dropped"] == answer["would_drop"] == manifest.counts.dropped
    assert (answer["gained"], answer["lost"], answer["changes"]) == (0, 0, [])


def test_what_if_says_what_a_run_with_those_bounds_keeps(golden: Golden, tmp_path: Path) -> None:
    text = golden.config.read_text(encoding="utf-8")
    other = tmp_path / "other.toml"
    bounds = "mean_word_length = {high = 5}\nlanguage_score"
    other.write_text(text.replace("language_score", bounds, 1), encoding="utf-8")
    filtered_anew(golden, other, tmp_path)
    manifest = Manifest.read(str(tmp_path / "golden" / "filter"))
    assert manifest is not None
    answer = asked("what-if", str(golden.folder), "mean_word_length.high=5", "-n", "3")
    assert answer["would_keep"] == manifest.counts.kept < answer["kept"]
    assert answer["would_drop"] == manifest.counts.dropped
    assert answer["lost"] > answer["gained"] == 0
    kept = {row["id"]: row for row in rows(golden, "filter", "part")}
    assert len(answer["changes"]) == 3
    for change in answer["changes"]:
        assert (change["was"], change["now"]) == ("kept", "mean_word_length")
        assert change["value"] == kept[change["id"]]["mean_word_length"] > 5


def test_what_if_leaves_the_bound_that_it_does_not_name(golden: Golden) -> None:
    """`word_count` has bounds 50 and 100,000 here: naming one as it is changes nothing."""
    for bound in ("word_count.high=100000", "word_count.low=50"):
        answer = asked("what-if", str(golden.folder), bound)
        assert answer["would_drop"] == answer["dropped"]
    assert "word_count" in answer["dropped"]
    lifted = asked("what-if", str(golden.folder), "word_count.low=none")
    assert "word_count" not in lifted["would_drop"]
    extracted = Manifest.read(str(golden.folder / "extract"))
    assert extracted is not None
    screened = [
        extracted.counts.dropped[key] for key in extracted.counts.dropped if "screen" in key
    ]
    assert lifted["screened"] == sum(screened)


def test_what_if_refuses_what_the_run_did_not_measure(golden: Golden) -> None:
    status, output, errors = answer_of("what-if", str(golden.folder), "bad_words.high=0.1")
    assert (status, output) == (2, "")
    assert "it measured no bad_words" in errors


def test_explain_tells_a_kept_pages_whole_way(golden: Golden) -> None:
    weighed = {row["id"]: row for row in rows(golden, "weight", "part")}
    page = next(row for row in rows(golden, "filter", "part") if row["edits"])
    (story,) = [
        story for story in asked("explain", str(golden.folder), page["url"])
        if story["id"] == page["id"]
    ]  # fmt: skip
    assert (story["warc"], story["offset"]) == (page["warc"], page["offset"])
    assert story["extract"]["language"] == page["language"]
    assert story["filter"]["outcome"] == "kept"
    told = {one["rule"]: one for one in story["filter"]["statistics"]}
    assert told["word_count"] == {
        "rule": "word_count", "value": page["word_count"], "low": 50, "high": 100_000,
    }  # fmt: skip
    assert told["language_score"]["low"] == 0.5
    (source,) = [row for row in rows(golden, "extract", "part") if row["id"] == page["id"]]
    for edit, stored in zip(story["filter"]["edits"], page["edits"], strict=True):
        assert edit["was"] == source["text"][stored["start"] : stored["stop"]]
        assert edit["is"] == stored["text"]
    if story["dedup"]["outcome"] == "kept":
        assert story["weight"]["repeats"] == weighed[page["id"]]["repeats"]


def test_explain_tells_where_a_page_went(golden: Golden) -> None:
    dropped = rows(golden, "filter", "dropped")[0]
    stories = asked("explain", str(golden.folder), dropped["id"])
    assert [story["filter"]["reason"] for story in stories] == [dropped["reason"]]
    assert "weight" not in stories[0]
    early = next(row for row in rows(golden, "extract", "dropped") if row["reason"] == "status")
    (story,) = asked("explain", str(golden.folder), early["id"])
    assert story["extract"]["reason"] == "status"
    assert "filter" not in story
    duplicate = rows(golden, "dedup", "duplicates")[0]
    (story,) = asked("explain", str(golden.folder), duplicate["id"])
    assert story["dedup"]["kept_id"] == duplicate["kept_id"]


def test_inspect_shows_pages_that_a_rule_dropped_as_they_were_extracted(golden: Golden) -> None:
    dropped = {row["id"]: row for row in rows(golden, "filter", "dropped")}
    reason = next(iter(dropped.values()))["reason"]
    texts = {row["id"]: row["text"] for row in rows(golden, "extract", "part")}
    found = asked("inspect", str(golden.folder), "--dropped-by", reason, "-n", "2")
    assert 1 <= len(found) <= 2
    for page in found:
        assert dropped[page["id"]]["reason"] == reason
        assert page["text"] == texts[page["id"]]
        assert page["value"] == dropped[page["id"]]["value"]
    kept = {row["id"]: row["text"] for row in rows(golden, "filter", "part")}
    assert all(kept[page["id"]] == page["text"] for page in asked("inspect", str(golden.folder)))


def test_contamination_tells_items_in_pages_and_items_not_looked_for(
    golden: Golden, tmp_path: Path
) -> None:
    page = rows(golden, "filter", "part")[0]
    items = [{"question": " ".join(page["text"].split()[:20])}, {"question": "Why so?"}]
    benchmark = tmp_path / "items.json"
    benchmark.write_text(json.dumps(items), encoding="utf-8")
    other = tmp_path / "other.toml"
    text = golden.config.read_text(encoding="utf-8")
    section = f'[filter]\nbenchmarks = ["{benchmark}"]\n\n[filter.rules]'
    other.write_text(text.replace("[filter.rules]", section, 1), encoding="utf-8")
    filtered_anew(golden, other, tmp_path)
    found, unsought = asked("contamination", str(tmp_path / "golden"))
    assert (found["item"], found["covered"]) == (0, 1.0)
    assert found["pages"] >= 1
    zeros = {"n_words": 0, "covered": 0, "pages": 0, "page_id": "", "url": ""}
    assert unsought == {"benchmark": "items.json", "item": 1} | zeros
    _, shown, _ = answer_of("contamination", str(tmp_path / "golden"))
    (row,) = [line.split() for line in shown.splitlines() if line.split()[1:2] == ["items.json"]]
    assert [cell for cell in row if cell.isdigit()] == ["1", "1", "1"]
    assert "item 1" not in shown


def test_answers_are_shown_to_a_person_too(golden: Golden) -> None:
    page = rows(golden, "filter", "part")[0]
    for words in (
        ("what-if", str(golden.folder), "word_count.low=400"),
        ("explain", str(golden.folder), page["url"]),
        ("inspect", str(golden.folder), "-n", "1"),
    ):
        status, output, _ = answer_of(*words)
        assert status == 0
        assert "word_count" in output or "http" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("what-if", "word_count=5"), "write a bound as RULE.low=N or RULE.high=N"),
        (("what-if", "word_cont.low=5"), "did you mean 'word_count'?"),
        (("what-if", "word_count.low=five"), "'five' is no number"),
        (("what-if", "word_count.low=9", "word_count.high=5"), "nothing is kept"),
        (("explain", "http://nowhere.example/"), "no record of 'http://nowhere.example/'"),
        (("inspect", "--dropped-by", "nothing"), "dropped nothing for 'nothing'"),
        (("contamination",), "filtered without benchmarks"),
    ],
)
def test_a_wrong_question_is_one_clear_line(
    golden: Golden, words: tuple[str, ...], said: str
) -> None:
    status, _, errors = answer_of(words[0], str(golden.folder), *words[1:])
    assert status == 2
    (line,) = errors.splitlines()
    assert said in line
