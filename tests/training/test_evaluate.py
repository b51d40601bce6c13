"""Losses against sums done by hand."""

import math
from pathlib import Path

import pytest
import torch

from tests.training.shard_files import random_documents, write_shard
from training.config import TrainConfig
from training.data import Corpus, Windows
from training.evaluate import bits_per_byte, evaluate
from training.loop import make_model

CONFIG = TrainConfig(depth=1, width=16, heads=2, context=8)


def test_bits_per_byte_by_hand() -> None:
    """Ten tokens of ln 16 nats are 40 bits; over 32 bytes of text, 1.25."""
    assert bits_per_byte(10 * math.log(16), 32) == pytest.approx(1.25)


def test_a_uniform_guess_costs_the_bits_of_the_vocabulary(tmp_path: Path) -> None:
    """64 tokens are 6 bits each; at 3 bytes a token that is 2 bits a byte."""
    path = write_shard(tmp_path / "v.parquet", random_documents(20))
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, Windows(Corpus("validation", [path], 64), 8), 4, 3)
    assert result["valid_loss"] == pytest.approx(math.log(64), rel=1e-6)
    assert result["valid_bits_per_byte"] == pytest.approx(2, rel=1e-6)


def test_only_the_bytes_of_predicted_tokens_count(tmp_path: Path) -> None:
    """8 tokens of 6 bits; the first token of the window predicts but is not predicted."""
    dense = write_shard(tmp_path / "a.parquet", [[1, 2, 3]], bytes_per_token=10)
    thin = write_shard(tmp_path / "b.parquet", [[4] * 30], bytes_per_token=1)
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, Windows(Corpus("validation", [dense, thin], 64), 8), 1, 1)
    assert result["valid_bits_per_byte"] == pytest.approx(8 * 6 / (2 * 10 + 6 * 1), rel=1e-6)


def test_the_windows_measured_are_spread_over_the_text(tmp_path: Path) -> None:
    """Of four windows the first and the third; every predicted token costs 6 bits."""
    tokens = [[7] * 17, [7] * 8, [7] * 8]
    paths = [
        write_shard(tmp_path / f"{n}.parquet", [tokens[n]], bytes_per_token=10**n) for n in range(3)
    ]
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, Windows(Corpus("validation", paths, 64), 8), 2, 1)
    assert result["valid_bits_per_byte"] == pytest.approx(2 * 8 * 6 / (8 * 1 + 8 * 10), rel=1e-6)


def test_the_loss_does_not_depend_on_the_batch(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "v.parquet", random_documents(20))
    windows = Windows(Corpus("validation", [path], 64), 8)
    model = make_model(64, CONFIG)
    whole = evaluate(model, windows, 1000, 1)
    parts = evaluate(model, windows, 7, 1000)
    assert parts["valid_loss"] == pytest.approx(whole["valid_loss"], rel=1e-6)
    assert parts["valid_bits_per_byte"] == pytest.approx(whole["valid_bits_per_byte"], rel=1e-6)
