"""What a proof finds, by models whose scores are known, and how it is drawn."""

import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from rich.console import Console

from pipeline.arms import Arm
from pipeline.proof import Proof, result
from pipeline.proofplot import proof_plot
from pipeline.prooftables import show
from pipeline.proxies import Scores
from pipeline.shardset import ShardFile, ShardSet

ARMS = (
    Arm("raw", None, "extract"),
    Arm("filter", "raw", "filter"),
    Arm("lines", "filter", "lines"),
    Arm("dedup", "lines", "lines"),
)
# Bits a byte that the models of an arm need more than those of `raw`, by kind of text.
EFFECTS = {
    "raw": {"books": 0.0, "forums": 0.0},
    "filter": {"books": -0.1, "forums": 0.05},
    "dedup": {"books": -0.1, "forums": 0.05},
}


def shards(sha256: str, tokens: int) -> ShardSet:
    shard = ShardFile("f", "train", "all", 10, tokens, 4 * tokens, 1, sha256, ())
    return ShardSet("folder", 4096, "hash", (shard,))


def scores(arm: str, seed: int) -> Scores:
    """Of 40 documents a kind: their own difficulty, the arm's effect, and chance for each seed."""
    nats, sizes = {}, {}
    for kind, effect in EFFECTS[arm].items():
        n_bytes = np.random.default_rng(len(kind)).integers(500, 3000, 40)
        hard = np.random.default_rng(len(kind) + 1).normal(2, 0.3, 40)
        chance = np.random.default_rng([seed, len(arm), len(kind)])
        own = effect + chance.normal(0, 0.003) + chance.normal(0, 0.05, 40)
        nats[kind], sizes[kind] = (hard + own) * n_bytes * np.log(2), n_bytes
    return Scores(nats, sizes, 1_300_000, 600_000)


@pytest.fixture(scope="module")
def proof() -> Proof:
    measured = {name: [scores(name, seed) for seed in range(3)] for name in EFFECTS}
    measured["lines"] = measured["filter"]
    sets = {
        "raw": shards("a", 2_000_000),
        "filter": shards("b", 1_200_000),
        "lines": shards("b", 1_200_000),
        "dedup": shards("c", 300_000),
    }
    return result(ARMS, sets, measured, (0, 1, 2), 7)


def test_planted_wins_and_losses_are_both_found(proof: Proof) -> None:
    found = {(one.arm, one.kind): one for one in proof.against_raw}
    for arm in ("filter", "dedup"):
        assert found[arm, "books"].verdict == "better"
        assert found[arm, "forums"].verdict == "worse"
        for kind, one in EFFECTS[arm].items():
            assert found[arm, kind].low < one < found[arm, kind].high


def test_a_step_that_changes_nothing_is_no_difference(proof: Proof) -> None:
    found = {(one.arm, one.against): one for one in proof.against_before if one.kind == "books"}
    assert {*found} == {("filter", "raw"), ("lines", "filter"), ("dedup", "lines")}
    same = found["lines", "filter"]
    assert (same.difference, same.p_value, same.verdict) == (0, 1, "")
    assert found["dedup", "lines"].verdict == ""
    assert [arm.same_as for arm in proof.arms] == [None, None, "filter", None]


def test_epochs_are_tokens_read_over_tokens_there(proof: Proof) -> None:
    assert [arm.epochs for arm in proof.arms] == pytest.approx([0.3, 0.5, 0.5, 2.0])


def test_it_is_stored_whole(proof: Proof) -> None:
    assert Proof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


def test_the_plot_has_a_panel_a_kind_and_a_line_an_arm(proof: Proof) -> None:
    drawing = proof_plot(proof)
    words = [element.text for element in ET.fromstring(drawing).iter() if element.text]
    assert words.count("books") == words.count("forums") == 1
    for arm in ("filter", "lines", "dedup"):
        assert words.count(arm) == 2
    assert "raw" not in words
    assert drawing.count("<circle") == 6


def test_the_tables_say_what_was_found(proof: Proof) -> None:
    out = io.StringIO()
    show(proof, Console(file=out, width=140))
    shown = out.getvalue()
    assert "3 models an arm, of 1,300,000 parameters and 600,000 tokens each" in shown
    assert "lines has the documents of filter" in shown
    assert "raw is without 7 pages" in shown
    one = next(one for one in proof.against_raw if (one.arm, one.kind) == ("filter", "books"))
    assert f"{one.difference:+.3f} ±{(one.high - one.low) / 2:.3f} *" in shown
