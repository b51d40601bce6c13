"""What the trained model of a finished run is asked: generate, evaluate, export."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.cli import make_parser
from tests.end_to_end.golden_run import Golden, answer_of


@pytest.fixture
def run(golden: Golden, tmp_path: Path) -> str:
    """A copy of what the commands need, since an evaluation is written into the run."""
    for name in ("model", "tokenizer", "shards"):
        shutil.copytree(golden.folder / name, tmp_path / "run" / name)
    return str(tmp_path / "run")


def test_text_is_drawn_by_seed(run: str) -> None:
    words = ("generate", run, "The ", "", "--tokens", "20", "--top-k", "50", "--json")
    status, output, errors = answer_of(*words, "--seed", "5")
    assert (status, errors) == (0, "")
    found = json.loads(output)
    assert [one["prompt"] for one in found] == ["The ", ""]
    assert all(one["tokens"] == 20 or one["ended"] for one in found)
    assert answer_of(*words, "--seed", "5")[1] == output
    assert answer_of(*words, "--seed", "6")[1] != output
    _, shown, _ = answer_of(
        "generate", run, "The ", "--tokens", "20", "--top-k", "50", "--seed", "5"
    )
    assert shown.startswith("The " + found[0]["text"][:5].split("\n")[0])


def test_an_evaluation_is_shown_and_stored(run: str, tmp_path: Path) -> None:
    lines = [
        json.dumps({"question": f"{n * n}?", "choices": ["a", "b", "c"], "answer": n % 3})
        for n in range(40)
    ]
    own = tmp_path / "own.jsonl"
    own.write_text("\n".join(lines), encoding="utf-8")
    words = ("evaluate", run, "--benchmarks", str(own), "--order-tokens", "800")
    status, output, _ = answer_of(*words, "--json")
    assert status == 0
    found = json.loads(output)
    assert found == json.loads((Path(run) / "model" / "evaluation.json").read_bytes())
    shards = json.loads((Path(run) / "shards" / "manifest.json").read_bytes())["facts"]["shards"]
    valid = [shard for shard in shards.values() if shard["kind"] == "valid"]
    for count in ("documents", "tokens", "n_bytes"):
        expected = sum(shard[count] for shard in valid)
        assert found["validation"][count] == expected
        assert sum(fit[count] for fit in found["domains"].values()) == expected
        assert sum(fit[count] for fit in found["languages"].values()) == expected
    status, shown, _ = answer_of(*words)
    assert status == 0
    for text in ("Validation, by domain", "eng_Latn", "own.jsonl", "33.3%"):
        assert text in shown


def test_an_export_is_written_once(run: str, tmp_path: Path) -> None:
    status, output, _ = answer_of("export", run, "--output", str(tmp_path / "hf"), "--json")
    assert status == 0
    assert sorted(Path(path).name for path in json.loads(output)) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    status, _, errors = answer_of("export", run, "--output", run + "/model")
    assert status == 2
    assert errors.startswith(f"curate: {run}/model: holds ")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--temperature", "-1"), "no number from 0 to inf"),
        (("--temperature", "inf"), "no number from 0 to inf"),
        (("--top-p", "1.5"), "no number from 0 to 1"),
        (("--top-k", "0"), "less than 1"),
        (("--tokens", "x"), "no count"),
        (("--seed", str(2**63)), "not below 2**63"),
    ],
)
def test_impossible_settings_are_refused(
    words: tuple[str, str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["generate", "runs/none", *words])
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("command", ["generate", "evaluate", "export"])
def test_a_run_without_a_model_is_refused(command: str, tmp_path: Path) -> None:
    more = ("--output", str(tmp_path / "hf")) if command == "export" else ()
    status, output, errors = answer_of(command, str(tmp_path), *more)
    assert (status, output) == (2, "")
    path = tmp_path / "model" / "model.safetensors"
    assert errors == f"curate: {path}: no trained model; run `curate train` first\n"


def test_a_machine_without_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.modelcommands.find_spec", lambda name: None)
    status, _, errors = answer_of("generate", "runs/none")
    assert status == 2
    assert errors == (
        "curate: torch is not installed, which models need; pip install 'curate[train]'\n"
    )
