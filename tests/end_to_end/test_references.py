"""The table of references in a run, and made beforehand: the same classifier."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq

from tests.end_to_end.golden_run import Golden, answer_of, digests


def test_the_runs_table_names_the_pages_planted(golden: Golden) -> None:
    (path,) = (golden.folder / "references").glob("part-*.parquet")
    table = pq.read_table(path)
    planted = {one["url"] for one in golden.truth if one["cited"]}
    assert set(table["url"].to_pylist()) == planted
    assert set(table["citations"].to_pylist()) == {1}
    assert set(table["categories"].combine_chunks().flatten().to_pylist()) == {"Sample articles"}


def test_a_table_made_beforehand_trains_the_same_classifier(golden: Golden, tmp_path: Path) -> None:
    dump, table = golden.config.parent / "wiki-sample.xml.bz2", tmp_path / "table"
    assert answer_of("classifier", "references", str(dump), "--output", str(table))[0] == 0
    made = {name: digest for name, digest in digests(table).items() if name.startswith("part-")}
    assert made == {name: golden.files[f"references/{name}"] for name in made}
    config = tmp_path / "golden.toml"
    text = golden.config.read_text(encoding="utf-8")
    config.write_text(text.replace(f'dumps = ["{dump}"]', f'references = "{table}"'), "utf-8")
    shutil.copytree(golden.folder / "extract", tmp_path / "golden/extract")
    words = (str(config), "--output", str(tmp_path))
    # It does not ask for a stage `references` that would read nothing.
    status, _, errors = answer_of("classifier", "train", "quality", *words)
    assert status == 0, errors
    model = digests(tmp_path / "golden")["quality/model.bin"]
    assert model == golden.files["quality/model.bin"]


def test_a_table_that_is_none(golden: Golden, tmp_path: Path) -> None:
    config = tmp_path / "golden.toml"
    text = golden.config.read_text(encoding="utf-8")
    config.write_text(text.replace("[quality]", '[quality]\nreferences = "nowhere"'), "utf-8")
    words = ("run", str(config), "--output", str(tmp_path))
    status, _, errors = answer_of(*words)
    assert (status, "dumps and references stand in place of each other" in errors) == (2, True)
    for folder in ("nowhere", str(golden.folder / "extract")):
        dumps = text[text.index("dumps = ") : text.index("\n", text.index("dumps = "))]
        config.write_text(text.replace(dumps, f'references = "{folder}"'), "utf-8")
        status, _, errors = answer_of(*words)
        assert status == 2
        assert f"quality.references: {folder}: no " in errors
        assert not (tmp_path / "golden").exists()
