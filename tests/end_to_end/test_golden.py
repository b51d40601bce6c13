"""The golden run against what was planted in the sample crawl."""

import json
import shutil
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from classifiers.languagetags import tag_of
from pipeline.ledger import Manifest
from pipeline.shardset import ShardSet
from tests.end_to_end.golden_run import Golden, answer_of, curate
from tokenizer.shards import Shard
from training.data import Loader

STAGES = ("extract", "filter", "lines", "dedup", "weight", "shards")


def rows(golden: Golden, stage: str, prefix: str) -> list[dict[str, Any]]:
    return [
        row
        for path in sorted((golden.folder / stage).glob(f"{prefix}-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def manifest(golden: Golden, stage: str) -> Manifest:
    found = Manifest.read(str(golden.folder / stage))
    assert found is not None
    return found


def test_no_record_is_lost_from_archive_to_shard(golden: Golden) -> None:
    counts = [manifest(golden, stage).counts for stage in STAGES]
    for before, after in pairwise(counts):
        assert after.read == before.kept
    for stage, total in zip(STAGES, counts, strict=True):
        total.check(stage)
    assert counts[-1].kept > 100


def test_every_capture_has_exactly_one_row(golden: Golden) -> None:
    kept, dropped = rows(golden, "extract", "part"), rows(golden, "extract", "dropped")
    ids = Counter(row["id"] for row in [*kept, *dropped])
    for planted in golden.truth:
        if planted["expect"] != "failed":
            assert ids[planted["record_id"]] == 1, planted
    assert manifest(golden, "extract").counts.read == len(kept) + len(dropped)


def test_rows_on_disk_are_those_of_the_manifests(golden: Golden) -> None:
    for stage in ("extract", "filter"):
        counts = manifest(golden, stage).counts
        assert counts.kept == len(rows(golden, stage, "part"))
        reasons = Counter((r["outcome"], r["reason"]) for r in rows(golden, stage, "dropped"))
        assert {k[1]: n for k, n in reasons.items() if k[0] == "dropped"} == counts.dropped
        assert {k[1]: n for k, n in reasons.items() if k[0] == "failed"} == counts.failed


def test_verdicts_are_those_planted(golden: Golden) -> None:
    kept = {row["id"] for row in rows(golden, "filter", "part")}
    wrong = [
        (planted["url"], planted["kind"], planted["expect"])
        for planted in golden.truth
        if planted["expect"] != "failed"
        and (planted["record_id"] in kept) != (planted["expect"] == "kept")
    ]
    assert wrong == []


def test_planted_telephone_numbers_are_replaced_and_nothing_else(golden: Golden) -> None:
    """The planted addresses are of the names and networks that are reserved for examples."""
    planted = {one["record_id"]: one["personal_data"] for one in golden.truth}
    total = 0
    for row in rows(golden, "filter", "part"):
        phones = [datum["text"] for datum in planted[row["id"]] if datum["type"] == "phone"]
        assert [edit["kind"] for edit in row["edits"]] == ["phone"] * len(phones), row["url"]
        assert not [phone for phone in phones if phone in row["text"]], row["url"]
        assert row["text"].count("<PHONE>") == row["phone"] == len(phones)
        total += len(phones)
    assert total


def test_opt_outs_are_recorded_where_they_are_planted(golden: Golden) -> None:
    opted = {row["id"] for row in rows(golden, "extract", "part") if row["opt_outs"]}
    planted = {one["record_id"] for one in golden.truth if one["kind"] == "noindex"}
    assert planted
    assert opted == planted


def test_the_truncated_record_is_a_failed_row(golden: Golden) -> None:
    failed = [row for row in rows(golden, "extract", "dropped") if row["outcome"] == "failed"]
    assert len(failed) == sum(planted["expect"] == "failed" for planted in golden.truth) == 1
    assert failed[0]["reason"] == "truncated"


def test_languages_are_those_planted_whatever_the_charset(golden: Golden) -> None:
    planted = {one["record_id"]: one for one in golden.truth}
    pairs = [
        (row["language"], tag_of(planted[row["id"]]["language"]), planted[row["id"]]["charset"])
        for row in rows(golden, "filter", "part")
    ]
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len({pair[1] for pair in pairs}) >= 12


def test_planted_duplicates_are_found_and_nothing_else(golden: Golden) -> None:
    kept = {row["id"] for row in rows(golden, "filter", "part")}
    removed = {row["id"]: row for row in rows(golden, "dedup", "duplicates")}
    by_url = {planted["url"]: planted for planted in golden.truth}

    def original(planted: dict[str, Any]) -> str:
        source = planted["duplicate_of"] or planted["near_duplicate_of"]
        return original(by_url[source]) if source else planted["url"]

    groups: dict[str, set[str]] = {}
    for planted in golden.truth:
        if planted["record_id"] in kept:
            groups.setdefault(original(planted), set()).add(planted["record_id"])
    copies = sum(len(group) - 1 for group in groups.values())
    assert copies > 60
    found = sum(len(group & removed.keys()) for group in groups.values() if len(group) > 1)
    assert found >= 0.95 * copies
    group_of = {one: name for name, group in groups.items() for one in group}
    assert [
        row for row in removed.values() if group_of[row["id"]] != group_of[row["kept_id"]]
    ] == []
    assert not {row["kept_id"] for row in removed.values()} & removed.keys()


def test_pages_that_wikipedia_cites_score_higher(golden: Golden) -> None:
    cited = {planted["record_id"] for planted in golden.truth if planted["cited"]}
    scores: dict[bool, list[float]] = {True: [], False: []}
    for row in rows(golden, "filter", "part"):
        scores[row["id"] in cited].append(row["quality"])
    means = {key: sum(values) / len(values) for key, values in scores.items()}
    assert means[True] > means[False]


def test_weights_say_how_often_a_document_stands_in_the_shards(golden: Golden) -> None:
    weighed = {row["id"]: row for row in rows(golden, "weight", "part")}
    repeats = {key: row["repeats"] for key, row in weighed.items()}
    copies = {
        name: Counter(row["doc_id"] for row in rows(golden, "shards", name))
        for name in ("train", "valid", "anneal")
    }
    assert set(copies["valid"].values()) == set(copies["anneal"].values()) == {1}
    assert sum(map(len, copies.values())) == len(set().union(*copies.values()))
    assert {
        **copies["train"],
        **{key: repeats[key] for key in copies["valid"] | copies["anneal"]},
    } == {key: count for key, count in repeats.items() if count}
    french = [count for key, count in repeats.items() if weighed[key]["language"] == "fra_Latn"]
    assert set(french) == {0, 1}


def test_the_best_documents_of_each_language_are_set_aside(golden: Golden) -> None:
    weighed = rows(golden, "weight", "part")
    aside = {row["id"]: row for row in weighed if row["anneal"]}
    shard = rows(golden, "shards", "anneal")
    # What is held out for validation is so whatever its quality.
    held_out = {row["doc_id"] for row in rows(golden, "shards", "valid")}
    assert aside
    assert {row["doc_id"]: row["n_bytes"] for row in shard} == {
        key: row["n_bytes"] for key, row in aside.items() if key not in held_out
    }
    assert not aside.keys() & {row["doc_id"] for row in rows(golden, "shards", "train")}
    best = {
        language: min(row["quality"] for row in aside.values() if row["language"] == language)
        for language in {row["language"] for row in aside.values()}
    }
    mixed = [row for row in weighed if row["repeats"] and not row["anneal"]]
    assert all(row["quality"] <= best.get(row["language"], 1) for row in mixed)
    stated = json.loads((golden.folder / "shards" / "anneal.json").read_text())
    assert stated["documents"] == len(shard)
    assert stated["tokens"] == sum(row["n_tokens"] for row in shard)
    assert stated["tokens"] == manifest(golden, "shards").facts["anneal_tokens"]
    names = {path.name for path in (golden.folder / "shards").glob("anneal-*")}
    assert stated["files"].keys() == names


def test_statistics_show_the_mixture_and_the_score(golden: Golden) -> None:
    domains = {row["name"]: row for row in golden.stats["domains"]}
    facts = manifest(golden, "shards").facts
    tokens = [row["tokens"] for row in domains.values()]
    weighed = {row["id"]: row for row in rows(golden, "weight", "part")}
    assert sum(tokens) == facts["train_tokens"] + facts["valid_tokens"]
    for table in (golden.stats["domains"], golden.stats["mixture"]):
        assert sum(row["share_after"] for row in table) == pytest.approx(1)
        assert sum(row["documents"] for row in table) == manifest(golden, "dedup").counts.kept
    assert domains["reference"]["share_after"] == pytest.approx(0.05, abs=0.01)
    assert domains["reference"]["epochs"] >= 1
    every = golden.stats["quality"][0]
    scored = [row for row in weighed.values() if row["duplicate_of"] is None]
    assert every["documents"] == len(scored) == sum(every["histogram"])
    assert every["highest"][-1] == max(row["quality"] for row in scored)
    assert every["seen"][0] < every["seen"][-1]
    ways = {row["language"]: row for row in golden.stats["language_ways"]}
    for stage in ("extracted", "filtered", "deduplicated", "weighted", "tokens"):
        assert sum(row[stage] for row in ways.values()) == pytest.approx(1)
    assert ways["fra_Latn"]["weighted"] < ways["fra_Latn"]["deduplicated"]
    kept = {row["language"]: row["share"] for row in golden.stats["languages"]}
    assert ways["deu_Latn"]["deduplicated"] == kept["deu_Latn"]


def test_shards_decode_to_the_kept_texts(golden: Golden) -> None:
    tokenizer = Tokenizer.from_file(str(golden.folder / "tokenizer" / "tokenizer.json"))
    texts = {row["id"]: row["text"] for row in rows(golden, "lines", "part")}
    seen = 0
    for path in sorted((golden.folder / "shards").glob("[tva]*.parquet")):
        shard = Shard(path)
        shard.verify()
        for row in range(pq.read_metadata(path).num_rows):
            document = shard.document(row)
            ids = document.tokens.tolist()
            assert tokenizer.decode(ids, skip_special_tokens=True) == texts[document.doc_id]
            assert ids[-1] == tokenizer.token_to_id("<|endoftext|>")
            assert document.n_bytes == len(texts[document.doc_id].encode())
            seen += 1
    assert seen > 100


def test_transformers_loads_the_tokenizer_with_equal_ids(golden: Golden) -> None:
    path = str(golden.folder / "tokenizer" / "tokenizer.json")
    plain, wrapped = Tokenizer.from_file(path), PreTrainedTokenizerFast(tokenizer_file=path)
    for row in rows(golden, "filter", "part")[:50]:
        assert wrapped(row["text"])["input_ids"] == plain.encode(row["text"]).ids


def test_duckdb_reads_the_shards(golden: Golden) -> None:
    total = duckdb.sql(
        f"select sum(n_tokens), count(*), sum(octet_length(tokens)) "
        f"from '{golden.folder}/shards/train-*.parquet'"
    ).fetchall()[0]
    facts = manifest(golden, "shards").facts
    assert total[:2] == (facts["train_tokens"], facts["train_documents"])
    assert total[2] == 2 * total[0]


def test_statistics_show_the_languages_against_their_speakers(golden: Golden) -> None:
    table = {row["language"]: row for row in golden.stats["languages"]}
    assert sum(row["share"] for row in table.values()) == pytest.approx(1)
    tokens = manifest(golden, "shards").facts
    assert sum(row["tokens"] for row in table.values()) == (
        tokens["train_tokens"] + tokens["valid_tokens"]
    )
    german = table["deu_Latn"]
    assert german["ratio"] == pytest.approx(german["share"] / german["speakers_share"])
    assert 0.1 < table["cmn_Hani"]["speakers_share"] < 0.2
    kept = manifest(golden, "dedup").counts.kept
    assert sum(row["documents"] for row in table.values()) == kept
    again = curate("stats", str(golden.folder), "--json")
    assert json.loads(again.stdout) == golden.stats


def test_the_plan_says_what_the_mixture_aims_at(golden: Golden, tmp_path: Path) -> None:
    words = ("run", str(golden.config), "--output", str(tmp_path), "--dry-run")
    status, output, errors = answer_of(*words, "--json")
    assert status == 0, errors
    assert json.loads(output)["weights"] == {
        "weight.max_repeats": 4,
        "weight.languages.deu_Latn": 1.5,
        "weight.languages.fra_Latn": 0.5,
        "weight.shares.domains.reference": 0.05,
        "weight.quality.mode": "quantile",
        "weight.quality.keep_share": 0.9,
        "weight.anneal.share": 0.05,
    }
    assert "weight.shares.domains.reference = 0.05" in answer_of(*words)[1]


def test_the_model_learned_something(golden: Golden) -> None:
    lines = (golden.folder / "model" / "metrics.jsonl").read_text().splitlines()
    losses = [
        row["valid_bits_per_byte"] for row in map(json.loads, lines) if "valid_bits_per_byte" in row
    ]
    assert losses[-1] < 0.9 * losses[0]


def test_a_sentence_is_traced_to_its_bytes(golden: Golden) -> None:
    held_out = {row["doc_id"] for row in rows(golden, "shards", "train")}
    row = next(row for row in rows(golden, "lines", "part") if row["id"] in held_out)
    sentence = row["text"].splitlines()[1][:60]
    status, output, errors = answer_of("trace", str(golden.folder), sentence, "--json")
    assert status == 0, errors
    found = [one for one in json.loads(output) if one["id"] == row["id"]]
    assert [(one["warc"], one["offset"]) for one in found] == [(row["warc"], row["offset"])]
    assert sentence in found[0]["context"]
    record = Path(row["warc"]).read_bytes()[row["offset"] : row["offset"] + row["length"]]
    assert record.startswith(b"\x1f\x8b")


def test_a_sentence_is_traced_from_the_anneal_shard(golden: Golden) -> None:
    aside = {row["doc_id"] for row in rows(golden, "shards", "anneal")}
    row = next(row for row in rows(golden, "lines", "part") if row["id"] in aside)
    status, output, errors = answer_of("trace", str(golden.folder), row["text"][:60], "--json")
    assert status == 0, errors
    (found,) = [one for one in json.loads(output) if one["id"] == row["id"]]
    assert Path(found["shard"]).name.startswith("anneal-")


def test_a_sentence_that_is_nowhere_is_said_so(golden: Golden) -> None:
    status, _, errors = answer_of("trace", str(golden.folder), "no page has ever said this")
    assert status == 2
    assert "no document in the shards says" in errors


def test_a_batch_is_traced_to_its_documents(golden: Golden) -> None:
    status, output, errors = answer_of("trace", str(golden.folder), "--batch", "7", "--json")
    assert status == 0, errors
    traced = json.loads(output)
    texts = {row["id"]: row for row in rows(golden, "lines", "part")}
    tokenizer = Tokenizer.from_file(str(golden.folder / "tokenizer" / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    end = tokenizer.token_to_id("<|endoftext|>")
    found: dict[int, list[int]] = {}
    for one in traced:
        text = texts[one["id"]]
        ids = [*tokenizer.encode(text["text"]).ids, end]
        found.setdefault(one["sequence"], []).extend(
            ids[one["first_token"] : one["last_token"] + 1]
        )
        for name in ("url", "warc", "offset", "length", "language"):
            assert one[name] == text[name]
    shards = ShardSet.read(str(golden.folder / "shards"))
    # As in the configuration.
    loader = Loader(shards, context=64, batch=8, seed=0)
    batch = next(islice(loader, 6, None))
    sequences = np.hstack([batch.inputs, batch.targets[:, -1:]]).tolist()
    assert [found[number] for number in range(8)] == sequences


def test_a_batch_that_was_not_is_refused(golden: Golden) -> None:
    for words, problem in (
        (("--batch", "31"), "the training has the steps 1 to 30"),
        (("--batch", "0"), "the training has the steps 1 to 30"),
    ):
        status, _, errors = answer_of("trace", str(golden.folder), *words)
        assert status == 2
        assert problem in errors


def test_a_batch_of_the_end_of_training_is_traced_to_anneal_shards(golden: Golden) -> None:
    answers = [
        answer_of("trace", str(golden.folder), "--batch", step, "--json")[1] for step in ("1", "30")
    ]
    first, last = (
        {Path(row["shard"]).name.split("-")[0] for row in json.loads(answer)} for answer in answers
    )
    assert (first, last) == ({"train"}, {"train", "anneal"})


def test_a_batch_of_other_shards_is_not_traced(golden: Golden, tmp_path: Path) -> None:
    for stage in ("shards", "model"):
        shutil.copytree(golden.folder / stage, tmp_path / stage)
    path = tmp_path / "model" / "settings.json"
    content = json.loads(path.read_text("utf-8"))
    content["upstream"]["shards"] = "0" * 64
    path.write_text(json.dumps(content), encoding="utf-8")
    status, _, errors = answer_of("trace", str(tmp_path), "--batch", "1")
    assert status == 2
    assert "not what was trained on; run `curate train` again" in errors
    path.unlink()
    assert "nothing was trained" in answer_of("trace", str(tmp_path), "--batch", "1")[2]
