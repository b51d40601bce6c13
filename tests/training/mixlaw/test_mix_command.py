"""From shards to a proposal that is checked, where what helps is known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from pipeline import mixcommand
from pipeline.config import Config
from pipeline.job import Job
from pipeline.mixcommand import Answer, answer
from pipeline.order import MIX
from pipeline.progress import Progress
from pipeline.shardset import ShardSet
from tests.training.shard_files import describe, write_shard
from training.data import Loader

VALUES: dict[str, Any] = {
    "run": {"name": "known"},
    "workers": {"count": 1},
    "mix": {
        "proxies": 10,
        "tokens": 20_000,
        "penalty": 0.01,
        "check_seeds": 2,
        "metrics": {"even": 1.0, "odd": 3.0},
        "train": {
            "depth": 1,
            "width": 16,
            "heads": 1,
            "context": 32,
            "batch_sequences": 4,
            "steps": 30,
            "learning_rate": 0.02,
            "eval_every": 30,
            "checkpoint_every": 30,
        },
    },
}


def documents(first: int, count: int, seed: int) -> list[list[int]]:
    """Each counts up or down by two from some token: even ones stay even, odd ones odd."""
    rng = np.random.default_rng(seed)
    starts, steps = rng.integers(0, 32, count), rng.choice([-2, 2], count)
    return [
        [int(token) for token in (first + 2 * start + step * np.arange(24)) % 64]
        for start, step in zip(starts, steps, strict=True)
    ]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Asks for a mixture of three domains, of which `noise` helps nobody."""
    shards = tmp_path / "known" / "shards"
    shards.mkdir(parents=True)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 64, (400, 24)).tolist()
    for domain, text in {
        "even": documents(0, 200, 1),
        "noise": noise,
        "odd": documents(1, 200, 2),
    }.items():
        write_shard(shards / f"train-{domain}-00000.parquet", text, domain=domain)
    for number, domain in enumerate(("even", "odd")):
        text = documents(number, 20, 3)
        write_shard(shards / f"valid-{domain}-00000.parquet", text, domain=domain)
    describe(shards)

    def made(config: Config, options: Any, progress: Progress, only: str, overwrite: bool) -> None:
        """The stage alone, without those before it."""
        job = Job(only, config, str(tmp_path / "known"), MIX.settings(config), {})
        MIX.execute(job, options, progress)

    monkeypatch.setattr(mixcommand, "run", made)

    def asked(**settings: Any) -> Answer:
        values = VALUES | {
            "run": {"name": "known", "output": str(tmp_path)},
            "mix": VALUES["mix"] | settings,
        }
        config = Config.model_validate(values)
        return answer(config, None, False, Progress(Console(quiet=True)))

    return asked


def test_what_helps_nobody_is_left_to_others(ask: Callable[..., Answer], tmp_path: Path) -> None:
    """Noise loses, the metric that counts thrice wins, up to the cap; fresh seeds confirm it."""
    found = ask()
    assert found.mixed.refusal == ""
    natural = {row.name: row.prior for row in found.mixed.domains}
    assert natural == pytest.approx({"even": 0.25, "noise": 0.5, "odd": 0.25})
    assert found.weights["noise"] < 0.25 < found.weights["even"] < found.weights["odd"]
    assert all(row.epochs is not None and row.epochs <= 4 for row in found.mixed.domains)
    assert found.check is not None and found.check.verdict == "verified"
    # What is proposed is what a training takes.
    shards = ShardSet.read(str(tmp_path / "known" / "shards"))
    loader = Loader(shards, context=32, batch=4, weights=found.weights)
    assert loader.round > 0


def test_domains_that_are_not_weighed_keep_their_share(ask: Callable[..., Answer]) -> None:
    found = ask(domains=["odd", "even"], metrics={"odd": 1.0}, check_seeds=0)
    assert list(found.weights) == ["even", "odd"]
    assert sum(found.weights.values()) == pytest.approx(0.5, abs=1e-6)
    assert found.weights["odd"] > 0.35
    assert found.check is None
    # Their epochs are those of half of the tokens planned.
    for row in found.mixed.domains:
        assert row.proposal is not None
        assert row.epochs == pytest.approx(row.proposal * 10_000 / row.unique_tokens)
