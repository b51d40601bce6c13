"""What `curate plan` answers, in known arithmetic, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.errors import UserError
from pipeline.ledger import Manifest
from training.planning.cost import Rates, cost
from training.planning.hardware import GPUS
from training.planning.memory import OPTIMIZERS, PRECISIONS, Layout, Shape, memory
from training.planning.quantities import quantity, short, whole
from training.planning.runs import read_runs

LLAMA = ["--params", "405e9", "--tokens", "15.6e12"]
RATES = Rates(989.4e12, 0.4, 0.4, 2.0, 700, 1.1, 0.385, 8)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["plan", *words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_llama_3_405b(capsys: pytest.CaptureFixture[str]) -> None:
    """3.8e25 FLOPs (Grattafiori et al. 2024), 126 layers of 16,384; some 26M hours at 40%."""
    found = ask(capsys, *LLAMA)
    assert found["flops"]["training"] == pytest.approx(3.8e25, rel=0.01)
    assert found["tokens_per_param"] == pytest.approx(38.5, abs=0.05)
    assert found["costs"]["total"]["gpu_hours"] == pytest.approx(26.6e6, rel=0.01)
    assert found["costs"]["total"]["money"] == 2 * found["costs"]["total"]["gpu_hours"]
    assert found["shape"]["layers"] == pytest.approx(126, abs=2)
    assert found["shape"]["width"] == pytest.approx(16384, rel=0.01)
    assert found["memory"]["state"] == 405e9 * 16
    assert found["intervals"]["params"] is None and found["intervals"]["loss"] is not None
    assert any(note.startswith("extrapolated") for note in found["notes"])


def test_llama_3_405b_energy(capsys: pytest.CaptureFixture[str]) -> None:
    """Its model card says 30.84M hours at 700 W, and 8,930 t of CO2 by the grid's mean."""
    hours = ["--gpu-hours", "30.84M", "--params", "405B", "--utilization", "0.345"]
    found = ask(capsys, *hours)
    assert found["costs"]["total"]["gpu_hours"] == pytest.approx(30.84e6)
    assert found["costs"]["total"]["co2_kg"] == pytest.approx(8.93e6, rel=0.05)
    assert found["tokens"] == pytest.approx(15.6e12, rel=0.01)


def test_mixture_of_experts(capsys: pytest.CaptureFixture[str]) -> None:
    """FLOPs by what is active, memory by all: DeepSeek-V3, 37B of 671B on 14.8T tokens."""
    found = ask(capsys, "--params", "671B", "--active-params", "37B", "--tokens", "14.8T")
    assert found["flops"]["training"] == pytest.approx(6 * 37e9 * 14.8e12)
    assert found["memory"]["state"] == 671e9 * 16
    assert found["tokens_per_param"] == pytest.approx(400)


def test_a_budget_is_spent_whole_in_each_unit(capsys: pytest.CaptureFixture[str]) -> None:
    by_flops = ask(capsys, "--flops", "1e21")
    hours = by_flops["costs"]["total"]["gpu_hours"]
    by_hours = ask(capsys, "--gpu-hours", repr(hours))
    by_money = ask(capsys, "--money", repr(2 * hours))
    for found in (by_flops, by_hours, by_money):
        assert found["flops"]["total"] == pytest.approx(1e21)
        low, high = found["intervals"]["params"]
        assert low < found["params"] < high
    serving = ask(capsys, "--money", "1e5", "--inference-tokens", "1T", "--inference-utilization",
                  "0.1")  # fmt: skip
    assert serving["costs"]["total"]["money"] == pytest.approx(1e5)
    parts = serving["costs"]
    assert parts["training"]["money"] + parts["inference"]["money"] == pytest.approx(1e5)


def test_what_is_left_of_a_budget(capsys: pytest.CaptureFixture[str]) -> None:
    by_params = ask(capsys, "--flops", "1e21", "--params", "1B", "--inference-tokens", "30B")
    assert by_params["tokens"] == pytest.approx(1e21 / 6e9 - 10e9)
    again = ask(capsys, "--flops", "1e21", "--tokens", repr(by_params["tokens"]),
                "--inference-tokens", "30B")  # fmt: skip
    assert again["params"] == pytest.approx(1e9)


def test_inverse_questions_agree(capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, "--flops", "1e21")
    for name in ("params", "tokens", "loss"):
        again = ask(capsys, f"--{name}", repr(found[name]))
        assert again["flops"]["total"] == pytest.approx(1e21, rel=1e-3)


def test_limited_data(capsys: pytest.CaptureFixture[str]) -> None:
    limited = ask(capsys, "--flops", "1e22", "--unique-tokens", "25B")
    free = ask(capsys, "--flops", "1e22", "--law", "muennighoff")
    assert limited["law"]["name"] == "muennighoff" and limited["loss"] > free["loss"]
    assert limited["unique"]["epochs"] == pytest.approx(limited["tokens"] / 25e9)
    assert limited["unique"]["effective_tokens"] < limited["tokens"]
    assert limited["params"] < free["params"]


def test_json_has_the_same_keys_whatever_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    plain = ask(capsys, *LLAMA)
    for words in (["--flops", "1e20"], ["--flops", "1e20", "--unique-tokens", "1B"]):
        assert ask(capsys, *words).keys() == plain.keys()
    assumed = plain["assumptions"]
    assert all(one["value"] is not None and one["source"] for one in assumed.values())
    assert assumed["--utilization"]["value"] == 0.4
    given = ask(capsys, *LLAMA, "--utilization", "0.5", "--gpu", "h200")["assumptions"]
    assert given["--utilization"] == {"value": 0.5, "source": "given"}
    assert given["--memory"]["value"] == 141e9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to plan from"),
        (["--flops", "1e21", "--money", "5"], "two budgets"),
        ([*LLAMA, "--flops", "1e21"], "decide"),
        (["--loss", "2", "--params", "7B"], "--loss"),
        (["--loss", "1.5"], "no budget"),
        (["--flops=-1e21"], "above 0"),
        (["--flops", "nan"], "no number"),
        (["--flops", "inf"], "no number"),
        (["--flops", "0"], "above 0"),
        (["--flops", "1e50"], "at most"),
        (["--flops", "1"], "too small"),
        (["--flops", "1e20", "--utilization", "1.01"], "--utilization"),
        (["--flops", "1e20", "--devices", "1.5"], "whole"),
        (["--flops", "1e20", "--active-params", "1B"], "--params"),
        (["--params", "1B", "--active-params", "2B"], "more than --params"),
        (["--params", "70B", "--flops", "1e20", "--inference-tokens", "1T"], "answering"),
        (["--flops", "1e20", "--unique-tokens", "1B", "--law", "hoffmann"], "muennighoff"),
        (["--params", "1B", "--unique-tokens", "1B"], "needs a budget"),
        (["--flops", "1e28", "--unique-tokens", "1B"], "cannot use so much"),
        (["--flops", "1e20", "--tensor-parallel", "16"], "--devices"),
        (["--flops", "1e20", "fit", "x.csv"], "takes no --flops"),
        (["fit", "x.csv"], "x.csv"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *LLAMA]) == 0
    shown = capsys.readouterr().out
    for word in ("405B", "15.6T", "38.5", "3.79e+25", "26,607,035", "--pue", "note: extrapolated"):
        assert word in shown


@given(st.floats(1e15, 1e28), st.floats(1.01, 10), st.sampled_from(sorted(GPUS)))
def test_costs_grow_with_operations(flops: float, factor: float, gpu: str) -> None:
    rates = RATES.__class__(**{**vars(RATES), "peak_flops": GPUS[gpu].peak_flops})
    less, more = (cost(flops * by, rates, rates.utilization) for by in (1, factor))
    for name, value in vars(less).items():
        assert getattr(more, name) == pytest.approx(value * factor)
    assert rates.flops_of_hours(less.gpu_hours) == pytest.approx(flops)
    assert rates.flops_of_money(less.money) == pytest.approx(flops)
    slower = cost(flops, rates, rates.utilization / factor)
    assert slower.gpu_hours == pytest.approx(more.gpu_hours)


@given(
    st.floats(1e7, 1e12),
    st.sampled_from(PRECISIONS),
    st.sampled_from(OPTIMIZERS),
    st.integers(1, 4096),
    st.integers(1, 8),
    st.booleans(),
)
def test_memory(
    params: float, precision: str, optimizer: str, devices: int, batch: int, recompute: bool
) -> None:
    shape = Shape.of(params, None, None, 32_000)
    layout = Layout(precision, optimizer, devices, 1, 2048, batch, recompute)
    found = memory(params, shape, layout, 80e9)
    assert found.state == found.weights + found.master + found.gradients + found.optimizer
    assert found.per_device == found.state / devices + found.activations
    needed = found.devices_needed
    if needed is not None:
        fitting = Layout(precision, optimizer, needed, 1, 2048, batch, recompute)
        assert memory(params, shape, fitting, 80e9).fits
        if needed > 1:
            fewer = Layout(precision, optimizer, needed - 1, 1, 2048, batch, recompute)
            assert not memory(params, shape, fewer, 80e9).fits


def test_memory_of_known_recipes() -> None:
    """16 bytes a parameter in mixed precision (Rajbhandari et al. 2020); Muon keeps 12."""
    shape = Shape.of(1e9, None, None, 32_000)
    adamw = memory(1e9, shape, Layout("bf16", "adamw", 1, 1, 2048, 1, False), 80e9)
    muon = memory(1e9, shape, Layout("bf16", "muon", 1, 1, 2048, 1, False), 80e9)
    again = memory(1e9, shape, Layout("bf16", "adamw", 1, 1, 2048, 1, True), 80e9)
    halved = memory(1e9, shape, Layout("bf16", "adamw", 2, 2, 2048, 1, False), 80e9)
    assert (adamw.state, muon.state) == (16e9, 12e9)
    assert again.activations < adamw.activations
    assert halved.activations == adamw.activations / 2


@given(st.floats(1, 1e30))
def test_numbers_are_read_as_written(number: float) -> None:
    read = quantity()
    assert read("--x", repr(number)) == number
    assert read("--x", short(number)) == pytest.approx(number, rel=6e-3)


def test_numbers_people_write() -> None:
    read = quantity()
    words = ["405e9", "405B", "405b", "405_000_000_000", "405,000,000,000", "0.405T", "405G"]
    assert {read("--x", word) for word in words} == {405e9}
    assert whole("--x", "8") == 8
    for bad in ("", "B", "1.2.3", "4 05", "12Q", "-3", "0", "1e999"):
        with pytest.raises(UserError, match="--x"):
            read("--x", bad)


def finished(folder: Path, params: int, loss: float, shards: str) -> str:
    facts = {"n_parameters": params, "tokens": 1000 * params, "valid_loss": loss}
    (folder / "model").mkdir(parents=True)
    manifest = Manifest.of_parts("model", {}, {"shards": shards}, (), facts)
    manifest.write(str(folder / "model"))
    return str(folder)


def test_runs_of_folders_and_tables(tmp_path: Path) -> None:
    one = finished(tmp_path / "one", 10, 3.5, "aa")
    table = tmp_path / "more.jsonl"
    table.write_text('{"params": 20, "tokens": 3e4, "loss": 3.25}\n', encoding="utf-8")
    assert read_runs([one, str(table)]) == [(10, 10_000, 3.5), (20, 3e4, 3.25)]
    other = finished(tmp_path / "other", 10, 3.5, "bb")
    with pytest.raises(UserError, match="other shards"):
        read_runs([one, other])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "params,tokens\n1,2\n", "row 1: no loss"),
        ("a.csv", "params,tokens,loss\n1,2,3\n1,x,3\n", "row 2: tokens"),
        ("a.csv", "params,tokens,loss\n1,2,-3\n", "loss"),
        ("a.jsonl", "{", "not JSON"),
        ("a.jsonl", "[1]", "no JSON object"),
    ],
)
def test_bad_tables_say_where(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_runs([str(path)])


def test_planning_loads_no_torch() -> None:
    code = "import sys, training.planning.fitted, training.planning.arguments; "
    shown = subprocess.run(
        [sys.executable, "-c", code + "print('torch' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == "False"
