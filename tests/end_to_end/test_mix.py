"""`curate mix` on the shards of a run: trains once, goes on, and judges anew without training."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.proxies import SCORES
from pipeline.shardset import TRAIN, VALID, ShardSet
from tests.end_to_end.golden_run import Golden, answer_of, digests
from training.mixlaw import table

MIX = """
[mix]
proxies = {proxies}
check_seeds = 2
{more}

[mix.train]
depth = 1
width = 16
heads = 1
kv_heads = 1
context = 64
batch_sequences = 4
steps = {steps}
learning_rate = 0.02
eval_every = 100
checkpoint_every = 3
"""

Ask = Callable[..., tuple[int, dict[str, Any], str]]


def configured(
    golden: Golden, folder: Path, *, proxies: int = 10, steps: int = 12, more: str = ""
) -> str:
    """The golden configuration with a swarm."""
    path = folder / f"mix-{proxies}-{steps}-{len(more)}.toml"
    text = golden.config.read_text(encoding="utf-8")
    if "metrics" not in more:
        # The run has no validation documents of its other domain.
        more += "\nmetrics = { unknown = 1.0 }"
    path.write_text(text + MIX.format(proxies=proxies, steps=steps, more=more), encoding="utf-8")
    return str(path)


def without_model(golden: Golden, output: Path) -> Path:
    """A copy of the run to whose shards proxies are trained."""
    shutil.copytree(golden.folder, output / "golden", ignore=shutil.ignore_patterns("model"))
    return output / "golden" / "mix"


@pytest.fixture(scope="module")
def swarm(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run with a finished swarm that proposes nothing."""
    output = tmp_path_factory.mktemp("mix")
    without_model(golden, output)
    config = configured(golden, output, more="min_rank_correlation = 1.0")
    status, _, errors = answer_of("mix", config, "--output", str(output))
    assert status == 2
    (last,) = [line for line in errors.splitlines() if line.startswith("curate: ")]
    assert "rank correlation of" in last and "which must be 1 or more" in last
    assert "nothing is proposed; have more proxies, or train them longer" in last
    return output


@pytest.fixture
def ask(golden: Golden, swarm: Path, tmp_path: Path) -> Ask:
    """Asks a copy of that run."""
    shutil.copytree(swarm / "golden", tmp_path / "golden")

    def asked(*words: str, **settings: Any) -> tuple[int, dict[str, Any], str]:
        config = configured(golden, tmp_path, **settings)
        status, output, errors = answer_of(
            "mix", config, "--output", str(tmp_path), "--json", *words
        )
        return status, json.loads(output) if output else {}, errors

    return asked


def test_the_table_has_a_row_a_proxy_and_columns_of_the_shards(swarm: Path) -> None:
    found = table.read(str(swarm / "golden" / "mix" / "swarm.csv"))
    shards = ShardSet.read(str(swarm / "golden" / "shards"))
    tokens = dict.fromkeys(found.domains, 0)
    for shard in shards.of_kind(TRAIN):
        tokens[shard.domain] += shard.tokens
    assert set(found.metrics) == {shard.domain for shard in shards.of_kind(VALID)}
    assert found.weights.shape == (10, len(tokens))
    natural = [count / sum(tokens.values()) for count in tokens.values()]
    assert found.weights[0] == pytest.approx(natural, abs=1e-6)
    assert len({tuple(row) for row in found.weights.tolist()}) == 10
    assert (found.values > 1).all() and (found.values < 10).all()


def test_a_killed_swarm_goes_on_to_the_same_bytes(
    golden: Golden, swarm: Path, tmp_path: Path
) -> None:
    folder = without_model(golden, tmp_path)
    config = configured(golden, tmp_path, more="min_rank_correlation = 1.0")
    command = [sys.executable, "-m", "pipeline", "mix", config, "--output", str(tmp_path)]
    begun = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while sum(path.name.startswith(SCORES) for path in folder.glob("*.parquet")) < 3:
            assert begun.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
    assert not (folder / "manifest.json").exists() and not (folder / "swarm.csv").exists()
    status, _, _ = answer_of("mix", config, "--output", str(tmp_path))
    assert status == 2
    assert digests(folder) == digests(swarm / "golden" / "mix")


def test_what_decides_the_proposal_alone_trains_no_swarm_anew(ask: Ask, tmp_path: Path) -> None:
    """What the law predicts is judged anew; a proposal is checked with fresh seeds."""
    mix = tmp_path / "golden" / "mix"
    before = digests(mix)
    more = "min_rank_correlation = 0.0\nmax_epochs = 50\npenalty = 0.01\ntokens = 300_000"
    status, found, errors = ask(more=more)
    assert "mix: done before" in errors
    after = digests(mix)
    assert before.items() <= after.items()
    objective = found["mixed"]["metrics"][-1]
    low, _ = objective["quality"]["interval"]
    assert status == (0 if low > 0 else 2)
    if status == 0:
        assert found["check"]["seeds"] == 2
        assert sum(name.startswith(f"{SCORES}check-") for name in after) == 4
        assert sum(found["weights"].values()) == pytest.approx(1, abs=1e-6)


def test_more_proxies_go_on_from_those_there_are(ask: Ask, swarm: Path, tmp_path: Path) -> None:
    mix = tmp_path / "golden" / "mix"
    before = {path: path.stat().st_mtime_ns for path in mix.glob(f"{SCORES}*")}
    status, _, _ = ask(proxies=11, more="min_rank_correlation = 1.0")
    assert status == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before
    old = (swarm / "golden" / "mix" / "swarm.csv").read_text(encoding="utf-8")
    new = (mix / "swarm.csv").read_text(encoding="utf-8")
    assert new.startswith(old) and new.count("\n") == 12


def test_other_proxies_are_refused_by_the_setting_s_name(ask: Ask) -> None:
    status, _, errors = ask(steps=13)
    assert status == 2
    assert "made with other settings: settings.train.steps (was 12, is 13)" in errors


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"proxies": 9}, "mix.proxies = 9: too few to weigh 2 domains; set 10 or more"),
        ({"more": 'domains = ["reference", "sports"]'}, "no train shards of 'sports'; there are"),
        ({"more": 'domains = ["reference"]'}, "mix: reference alone cannot be weighed"),
        ({"more": "metrics = {sports = 1.0}"}, "mix.metrics.sports: nothing is measured"),
        ({"more": "metrics = {}"}, "mix: no validation documents of reference, which would only"),
        ({"more": "tokens = 1_000_000_000"}, "mix.max_epochs = 4: so often all domains together"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    ask: Ask, settings: dict[str, Any], said: str
) -> None:
    status, _, errors = ask(**settings)
    assert status == 2
    assert errors.startswith("curate: ") and said in errors and errors.count("\n") == 1


def test_a_table_that_was_changed_is_made_anew(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "golden" / "mix" / "swarm.csv"
    before = path.read_bytes()
    for change in (path.unlink, lambda: path.write_bytes(before.replace(b"0.", b"0.0", 1))):
        change()
        status, _, errors = ask(more="min_rank_correlation = 1.0")
        assert (status, path.read_bytes()) == (2, before)
        assert "rank correlation of" in errors


def test_a_damaged_shard_is_named(ask: Ask, tmp_path: Path) -> None:
    shard = next((tmp_path / "golden" / "shards").glob("train-*.parquet"))
    shard.write_bytes(shard.read_bytes()[:1000])
    status, _, errors = ask(more="min_rank_correlation = 1.0")
    assert status == 2
    assert errors.startswith("curate: ") and shard.name in errors and errors.count("\n") == 1


def test_without_shards_there_is_nothing_to_mix(golden: Golden, tmp_path: Path) -> None:
    status, _, errors = answer_of("mix", configured(golden, tmp_path), "--output", str(tmp_path))
    assert status == 2
    assert "no shards; run `curate shard` first" in errors
