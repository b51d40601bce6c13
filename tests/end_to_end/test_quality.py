"""The quality classifier in a run: its command, its card, a model that is given."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from classifiers import calibration, quality
from tests.end_to_end.golden_run import Golden, answer_of, digests

TRAIN = ("classifier", "train", "quality")


def prepared(golden: Golden, folder: Path, quality: str) -> Path:
    """A run whose pages are extracted already, and a configuration of the rest."""
    for stage in ("extract", "references"):
        shutil.copytree(golden.folder / stage, folder / "golden" / stage)
    text = golden.config.read_text(encoding="utf-8")
    config = folder / "golden.toml"
    config.write_text(text.replace("[quality]", f"[quality]\n{quality}"), encoding="utf-8")
    return config


def without_dumps(config: Path, instead: str) -> None:
    lines = config.read_text(encoding="utf-8").splitlines()
    changed = [instead if line.startswith("dumps = ") else line for line in lines]
    config.write_text("\n".join(changed), encoding="utf-8")


def without_scores(config: Path) -> None:
    """Ask for nothing that needs them."""
    text = config.read_text(encoding="utf-8")
    text = text.replace('mode = "quantile"\nkeep_share = 0.9', 'mode = "off"')
    for line in ("share = 0.05", "anneal_share = 0.5"):
        text = text.replace(f"\n{line}\n", "\n")
    config.write_text(text, encoding="utf-8")


def scores(run: Path) -> dict[str, float]:
    paths = sorted((run / "filter").glob("*.parquet"))
    tables = [pq.read_table(path, columns=["id", "quality"]) for path in paths]
    return {row["id"]: row["quality"] for table in tables for row in table.to_pylist()}


def test_the_card_tells_what_was_planted(golden: Golden) -> None:
    words = (str(golden.config), "--output", str(golden.folder.parent))
    status, output, errors = answer_of(*TRAIN, *words, "--json")
    assert status == 0, errors
    card: dict[str, Any] = json.loads(output)
    extracted = [
        row
        for path in (golden.folder / "extract").glob("part-*.parquet")
        for row in pq.read_table(path, columns=["id"]).to_pylist()
    ]
    ids = {row["id"] for row in extracted}
    cited = {one["record_id"] for one in golden.truth if one["cited"]} & ids
    assert card["data"]["pages"] == len(extracted)
    examples = pq.read_table(golden.folder / "quality" / "examples.parquet").to_pylist()
    assert cited <= {row["id"] for row in examples if row["label"]}
    assert card["data"]["cited_pages"] == sum(row["label"] for row in examples)
    assert sum(row["cited"] + row["other"] for row in card["counts"]) == len(examples)
    assert card["warnings"]
    status, text, errors = answer_of(*TRAIN, *words)
    assert status == 0, errors
    assert text.strip() == (golden.folder / "quality" / "card.md").read_text().strip()


def test_pages_are_scored_by_the_model_that_was_made(golden: Golden, tmp_path: Path) -> None:
    config = prepared(golden, tmp_path, "quantize = true\nepochs = [2]\nword_ngrams = [1]")
    status, _, errors = answer_of(*TRAIN, str(config), "--output", str(tmp_path))
    assert status == 0, errors
    status, _, errors = answer_of(
        "run", str(config), "--output", str(tmp_path), "--until", "filter"
    )
    assert status == 0, errors
    path = str(tmp_path / "golden/quality/model.ftz")
    model = quality.load(path, calibration.read(path, quality.FEATURES))
    found = scores(tmp_path / "golden")
    for path in (tmp_path / "golden/extract").glob("part-*.parquet"):
        for row in pq.read_table(path, columns=["id", "text"]).to_pylist():
            assert found[row["id"]] == model.score(row["text"])
    assert not (tmp_path / "golden/quality/work").exists()


def test_a_model_that_is_given_scores_as_where_it_was_made(
    golden: Golden, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("model.bin", "model.calibration.json"):
        shutil.copy(golden.folder / "quality" / name, models / name)
    config = prepared(golden, tmp_path, "")
    without_dumps(config, f'model = "{models}/model.bin"')
    shutil.rmtree(tmp_path / "golden/references")
    words = (str(config), "--output", str(tmp_path), "--until", "filter")
    with caplog.at_level(logging.WARNING):
        status, _, errors = answer_of("run", *words)
    assert status == 0, errors
    assert "no calibration" not in caplog.text
    assert scores(tmp_path / "golden") == scores(golden.folder)

    (models / "model.calibration.json").unlink()
    status, _, errors = answer_of("run", *words)
    assert status == 2
    assert "model.calibration.json" in errors
    with caplog.at_level(logging.WARNING):
        status, _, errors = answer_of("run", *words, "--overwrite")
    assert status == 0, errors
    assert f"{models}/model.bin: no calibration beside it" in caplog.text
    facts = json.loads((tmp_path / "golden/quality/manifest.json").read_text())["facts"]
    assert facts["calibration"] == "none"

    (models / "model.calibration.json").write_text("{}")
    status, _, errors = answer_of("run", *words, "--overwrite")
    assert status == 2
    assert "no calibration of a classifier" in errors
    assert "Traceback" not in errors


def test_nothing_to_train_on(golden: Golden, tmp_path: Path) -> None:
    config = prepared(golden, tmp_path, "")
    before = digests(tmp_path)
    for instead in ("", 'model = "model.bin"'):
        without_dumps(config, instead)
        without_scores(config)
        status, _, errors = answer_of(*TRAIN, str(config), "--output", str(tmp_path))
        assert status == 2
        assert "quality: nothing to train on; set dumps or references, and no model" in errors
        config.write_text(golden.config.read_text(encoding="utf-8"), encoding="utf-8")
    assert digests(tmp_path).keys() == before.keys()


def test_a_stage_run_alone_does_not_ask_for_stages_that_have_nothing_to_make(
    golden: Golden, tmp_path: Path
) -> None:
    config = prepared(golden, tmp_path, "")
    shutil.rmtree(tmp_path / "golden/references")
    without_dumps(config, "")
    without_scores(config)
    words = (str(config), "--output", str(tmp_path))
    status, _, errors = answer_of("lines", *words)
    assert (status, "run `curate filter` first" in errors) == (2, True)
    status, _, errors = answer_of("filter", *words)
    assert status == 0, errors
    assert set(scores(tmp_path / "golden").values()) == {None}


def test_an_empty_choice_is_refused(golden: Golden, tmp_path: Path) -> None:
    config = prepared(golden, tmp_path, "epochs = []")
    status, _, errors = answer_of(*TRAIN, str(config), "--output", str(tmp_path))
    assert status == 2
    assert "quality.epochs" in errors
