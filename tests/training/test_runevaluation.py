"""Text fits of documents against sums by hand; the file that an evaluation leaves."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tests.training.shard_files import describe, random_documents, write_shard
from tests.training.trained_models import CONFIG, VOCABULARY, a_trained
from tokenizer.shards import Shard
from training.checkpoint import save_model
from training.likelihood import token_nats
from training.loop import make_model
from training.perplexity import validation_fits
from training.runevaluation import Extent, evaluate_run
from training.trained import trained

SIZE = len(VOCABULARY)


def a_run(folder: Path) -> str:
    """A run's folder with shards of two domains, a tokenizer and a model that learned nothing."""
    shards = folder / "shards"
    shards.mkdir()
    for domain, seed in (("news", 1), ("web", 2)):
        documents = random_documents(20, seed=seed, vocab_size=SIZE, longest=90)
        write_shard(
            shards / f"valid-{domain}-0.parquet",
            documents,
            vocab_size=SIZE,
            domain=domain,
            languages=("eng_Latn", "deu_Latn"),
        )
    describe(shards, vocab_size=SIZE)
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "tokenizer.json").write_text(VOCABULARY.to_json(), encoding="utf-8")
    (folder / "model").mkdir()
    save_model(folder / "model" / "model.safetensors", a_trained().model, SIZE, CONFIG)
    return str(folder)


def test_documents_are_predicted_one_by_one(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    with trained(run) as model:
        whole, domains, languages = validation_fits(model, ShardSet.read(f"{run}/shards"), None)
        nats = {}
        for domain in ("news", "web"):
            shard = Shard(tmp_path / "shards" / f"valid-{domain}-0.parquet")
            ids = [np.append(0, shard.document(row).tokens) for row in range(20)]
            found = token_nats(model.model, [one.astype(np.int64) for one in ids], CONFIG.context)
            nats[domain] = sum(float(one.sum()) for one in found)
            n_tokens, fit = shard.n_tokens, domains[domain]
            assert (fit.documents, fit.tokens, fit.n_bytes) == (20, n_tokens, 3 * n_tokens)
            assert fit.perplexity == pytest.approx(math.exp(nats[domain] / n_tokens))
            expected = nats[domain] / (3 * n_tokens * math.log(2))
            assert fit.bits_per_byte == pytest.approx(expected)
    assert {name: fit.documents for name, fit in languages.items()} == dict.fromkeys(
        ("deu_Latn", "eng_Latn"), 20
    )
    nats_of_languages = (fit.tokens * math.log(fit.perplexity) for fit in languages.values())
    assert sum(nats_of_languages) == pytest.approx(sum(nats.values()))
    assert whole.tokens == sum(fit.tokens for fit in domains.values())
    expected = sum(nats.values()) / (whole.n_bytes * math.log(2))
    assert whole.bits_per_byte == pytest.approx(expected)


def test_a_share_of_the_documents_is_spread_over_all(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    with trained(run) as model:
        _, domains, _ = validation_fits(model, ShardSet.read(f"{run}/shards"), 8)
    assert {name: fit.documents for name, fit in domains.items()} == {"news": 4, "web": 4}


def test_an_evaluation_is_written_beside_the_model(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = [
        {"question": f"{rng.integers(10**6)}?", "choices": ["no", "yes"], "answer": n % 2}
        for n in range(40)
    ]
    (folder / "own.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "lines.txt").write_text("\n".join(str(n) for n in range(3)), encoding="utf-8")
    found = evaluate_run(run, [str(folder)], Extent(None, 30, 2000), lambda line: None)
    stored = json.loads((tmp_path / "model" / "evaluation.json").read_bytes())
    assert stored == asdict(found)
    assert found.choices["own.jsonl"].questions == 30
    assert found.choices["own.jsonl"].chance == 0.5
    assert list(found.choices) == list(found.order) == ["own.jsonl"]
    again = evaluate_run(run, [str(folder)], Extent(None, 30, 2000), lambda line: None)
    assert again == found
    assert evaluate_run(run, [str(folder)], Extent(3, 1, 0), lambda line: None).order == {}


def test_what_a_run_lacks_is_said_in_one_line(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    model = tmp_path / "model" / "model.safetensors"
    save_model(model, make_model(SIZE + 1, CONFIG), SIZE + 1, CONFIG)
    with pytest.raises(UserError, match=f"a vocabulary of {SIZE + 1} tokens"), trained(run):
        pass
    model.write_bytes(b"no model")
    with pytest.raises(UserError, match="is no model of this program"), trained(run):
        pass
    model.unlink()
    with pytest.raises(UserError, match="no trained model; run `curate train` first"), trained(run):
        pass
