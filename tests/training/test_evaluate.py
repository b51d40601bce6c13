"""Losses against sums done by hand."""

import math
from pathlib import Path

import pytest
import torch

from tests.training.shard_files import describe, random_documents, write_folder, write_shard
from training.config import TrainConfig
from training.evaluate import bits_per_byte, evaluate
from training.model import make_model
from training.sequences import Sequences

CONFIG = TrainConfig(depth=1, width=16, heads=2, context=8)


def held_out(folder: Path) -> Sequences:
    return Sequences(describe(folder), "valid", 8, "concat")


def test_bits_per_byte_by_hand() -> None:
    """Ten tokens of ln 16 nats are 40 bits; over 32 bytes of text, 1.25."""
    assert bits_per_byte(10 * math.log(16), 32) == pytest.approx(1.25)


def test_a_uniform_guess_costs_the_bits_of_the_vocabulary(tmp_path: Path) -> None:
    """64 tokens are 6 bits each; at 3 bytes a token that is 2 bits a byte."""
    write_folder(tmp_path, {"a": [random_documents(20)]}, kind="valid")
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, held_out(tmp_path), 4, 3)
    assert result["valid_loss"] == pytest.approx(math.log(64), rel=1e-6)
    assert result["valid_bits_per_byte"] == pytest.approx(2, rel=1e-6)


def test_only_the_bytes_of_predicted_tokens_count(tmp_path: Path) -> None:
    """8 tokens of 6 bits; the first token of the window predicts but is not predicted."""
    write_shard(tmp_path / "valid-a-0.parquet", [[1, 2, 3]], bytes_per_token=10)
    write_shard(tmp_path / "valid-a-1.parquet", [[4] * 30], bytes_per_token=1)
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, held_out(tmp_path), 1, 1)
    assert result["valid_bits_per_byte"] == pytest.approx(8 * 6 / (2 * 10 + 6 * 1), rel=1e-6)


def test_the_windows_measured_are_spread_over_the_text(tmp_path: Path) -> None:
    """Of four windows the first and the third; every predicted token costs 6 bits."""
    for number, tokens in enumerate([[7] * 17, [7] * 8, [7] * 8]):
        path = tmp_path / f"valid-a-{number}.parquet"
        write_shard(path, [tokens], bytes_per_token=10**number)
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, held_out(tmp_path), 2, 1)
    assert result["valid_bits_per_byte"] == pytest.approx(2 * 8 * 6 / (8 * 1 + 8 * 10), rel=1e-6)


def test_all_domains_are_measured_and_a_short_window_counts_as_it_is(tmp_path: Path) -> None:
    """Two windows of `a`, of 8 and 4 predicted tokens, and one of `b` of 2."""
    write_shard(tmp_path / "valid-a-0.parquet", [[7] * 13], bytes_per_token=1)
    write_shard(tmp_path / "valid-b-0.parquet", [[7] * 3], bytes_per_token=5)
    model = make_model(64, CONFIG)
    torch.nn.init.zeros_(model.embedding.weight)
    result = evaluate(model, held_out(tmp_path), 4, 4)
    assert result["valid_loss"] == pytest.approx(math.log(64), rel=1e-6)
    assert result["valid_bits_per_byte"] == pytest.approx(14 * 6 / (12 * 1 + 2 * 5), rel=1e-6)


def test_the_loss_does_not_depend_on_the_batch(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a": [random_documents(20)]}, kind="valid")
    windows = held_out(tmp_path)
    model = make_model(64, CONFIG)
    whole = evaluate(model, windows, 1000, 1)
    parts = evaluate(model, windows, 7, 1000)
    assert parts["valid_loss"] == pytest.approx(whole["valid_loss"], rel=1e-6)
    assert parts["valid_bits_per_byte"] == pytest.approx(whole["valid_bits_per_byte"], rel=1e-6)
