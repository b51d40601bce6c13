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


# Two documents a site.
SITES = {
    (kind, f"{number}"): f"{number // 2}" for kind in ("books", "forums") for number in range(40)
}


def facts(tokens: int) -> dict[str, int]:
    return {"documents": 10, "tokens": tokens, "n_bytes": 4 * tokens}


def scores(arm: str, seed: int) -> Scores:
    """Of 40 documents a kind: their own difficulty, the arm's effect, and chance for each seed."""
    nats, sizes = {}, {}
    for kind, effect in EFFECTS[arm].items():
        n_bytes = np.random.default_rng(len(kind)).integers(500, 3000, 40)
        hard = np.random.default_rng(len(kind) + 1).normal(2, 0.3, 40)
        chance = np.random.default_rng([seed, len(arm), len(kind)])
        own = effect + chance.normal(0, 0.003) + chance.normal(0, 0.05, 40)
        nats[kind], sizes[kind] = (hard + own) * n_bytes * np.log(2), n_bytes
    ids = {kind: [f"{number}" for number in range(40)] for kind in nats}
    return Scores(ids, nats, sizes, 1_300_000, 600_000, 0)


@pytest.fixture(scope="module")
def proof() -> Proof:
    measured = {name: [scores(name, seed) for seed in range(3)] for name in EFFECTS}
    measured["lines"] = measured["filter"]
    sizes = {
        "raw": facts(2_000_000),
        "filter": facts(1_200_000),
        "lines": facts(1_200_000),
        "dedup": facts(300_000),
    }
    alike = {"raw": "raw", "filter": "filter", "lines": "filter", "dedup": "dedup"}
    return result(ARMS, sizes, alike, measured, (0, 1, 2), SITES, 7)


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


def test_what_one_site_says_is_said_once(proof: Proof) -> None:
    assert proof.held_out["books"]["documents"] == 40
    assert proof.held_out["books"]["sites"] == 20
    measured = {name: [scores(name, seed) for seed in range(3)] for name in EFFECTS}
    arms, sizes = (ARMS[0], ARMS[1]), {"raw": facts(100), "filter": facts(100)}
    alike = {"raw": "raw", "filter": "filter"}
    own = {key: key[1] for key in SITES}
    apart = result(arms, sizes, alike, measured, (0, 1, 2), own, 0)
    # The same documents, each four times: as sites of four they say as much as before, no more.
    many = {name: [fourfold(one) for one in some] for name, some in measured.items()}
    together = {(kind, f"{n}"): f"{n % 40}" for kind, _ in SITES for n in range(160)}
    found = result(arms, sizes, alike, many, (0, 1, 2), together, 0)
    for one, other in zip(apart.against_raw, found.against_raw, strict=True):
        assert (one.low, one.high) == pytest.approx((other.low, other.high))


def fourfold(one: Scores) -> Scores:
    return Scores(
        {kind: [f"{number}" for number in range(160)] for kind in one.nats},
        {kind: np.tile(nats, 4) for kind, nats in one.nats.items()},
        {kind: np.tile(sizes, 4) for kind, sizes in one.n_bytes.items()},
        one.n_parameters,
        one.tokens,
        one.cuda,
    )


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
