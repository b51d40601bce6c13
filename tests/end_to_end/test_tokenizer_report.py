"""What the report says of a tokenizer, against `tokenizers` itself."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models

from pipeline import tokenizerreport
from tests.end_to_end.golden_run import Golden, answer_of

OWN = "run"


def reported(golden: Golden, *words: str) -> Any:
    status, output, errors = answer_of("tokenizer", "report", str(golden.folder), *words, "--json")
    assert status == 0, errors
    return json.loads(output)


def seen(golden: Golden) -> list[dict[str, Any]]:
    """The documents that are seen in training."""
    rows = []
    for path in sorted((golden.folder / "lines").glob("part-*.parquet")):
        weights = pq.read_table(golden.folder / "weight" / path.name).to_pylist()
        for row, weight in zip(pq.read_table(path).to_pylist(), weights, strict=True):
            if weight["repeats"]:
                rows.append(row | {"domain": weight["domain"]})
    return rows


def test_tokens_are_those_that_tokenizers_counts(golden: Golden) -> None:
    path = str(golden.folder / "tokenizer" / "tokenizer.json")
    found = reported(golden, "--against", path)
    tokenizer = Tokenizer.from_file(path)
    assert found["vocab_sizes"] == {OWN: 2048, path: 2048}
    documents = seen(golden)
    assert {row["name"] for row in found["languages"]} == {one["language"] for one in documents}
    for row in found["languages"]:
        assert row["tokens"][OWN] == row["tokens"][path] > 0
        texts = [one["text"] for one in documents if one["language"] == row["name"]]
        sizes = sorted(len(text.encode()) for text in texts)
        assert 1 <= row["documents"] <= len(texts)
        assert row["n_bytes"] <= sum(sizes) / 2 + sizes[-1]
        if len(texts) == 1:
            assert row["tokens"][OWN] == len(tokenizer.encode(texts[0]).ids)
        assert row["bytes_per_token"][OWN] == row["n_bytes"] / row["tokens"][OWN]
        assert row["tokens_per_word"][OWN] == row["tokens"][OWN] / row["words"]
    sums = [
        Counter({key: sum(row[key] for row in found[rows]) for key in ("documents", "n_bytes")})
        for rows in ("languages", "domains")
    ]
    assert sums[0] == sums[1]


def test_texts_are_shown_token_by_token(golden: Golden) -> None:
    path = str(golden.folder / "tokenizer" / "tokenizer.json")
    found = reported(golden, "--against", path)
    tokenizer = Tokenizer.from_file(path)
    for text, pieces in found["pieces"].items():
        assert "".join(pieces[OWN]) == text
        assert pieces[path] == tokenizer.encode(text).tokens


def test_tokens_that_no_text_has_and_the_longest(golden: Golden) -> None:
    found = reported(golden, "--mib", "1")
    tokenizer = Tokenizer.from_file(str(golden.folder / "tokenizer" / "tokenizer.json"))
    every = Counter[int]()
    for one in seen(golden):
        every.update(tokenizer.encode(one["text"]).ids)
    # The sample has at most what all texts have.
    assert found["never_used"] >= tokenizer.get_vocab_size() - len(every) - 1
    lengths = [len(token.encode()) for token in found["longest"]]
    assert lengths == sorted(lengths, reverse=True)
    ids = {tokenizer.decode([id_]): id_ for id_ in range(1, tokenizer.get_vocab_size())}
    for token, uses in found["longest"].items():
        assert uses <= every[ids[token]]
    assert max(map(len, ids)) == len(next(iter(found["longest"])))


def test_languages_with_enough_text_have_a_price(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(row["price"] is None for row in reported(golden)["languages"])
    monkeypatch.setattr(tokenizerreport, "_LEAST_TRAINING_BYTES", 20_000)
    found = reported(golden)
    assert set(found["vocab_sizes"]) == {OWN, "english"}
    rows = {row["name"]: row for row in found["languages"]}
    priced = {name for name, row in rows.items() if row["price"]}
    assert len(priced) >= 2
    for name in priced - {"eng_Latn"}:
        # A tokenizer of English alone serves no other language as well as one that knows it.
        english, own = (rows[name]["tokens_per_word"][one] for one in ("english", OWN))
        assert english > own
        # And a vocabulary of its own would cost it less.
        assert rows[name]["price"] > 1


def test_another_tokenizer_is_taken_whole_and_may_know_few_characters(
    golden: Golden, tmp_path: Path
) -> None:
    own = str(golden.folder / "tokenizer" / "tokenizer.json")
    bounded = Tokenizer.from_file(own)
    bounded.enable_truncation(5)
    bounded.enable_padding(length=8)
    plain = Tokenizer(models.BPE({"a": 0, "b": 1}, []))
    for name, tokenizer in (("bounded", bounded), ("plain", plain)):
        tokenizer.save(str(tmp_path / name))
    paths = [str(tmp_path / name) for name in ("bounded", "plain")]
    for row in reported(golden, "--against", *paths)["languages"]:
        assert row["tokens"][paths[0]] == row["tokens"][OWN]
        assert (paths[1] in row["bytes_per_token"]) == (row["tokens"][paths[1]] > 0)


def test_columns_of_the_report_are_no_files(golden: Golden) -> None:
    words = ("tokenizer", "report", str(golden.folder), "--against", "english")
    status, _, errors = answer_of(*words)
    assert (status, errors.count("\n")) == (2, 1)
    assert "write ./english" in errors


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot be read"), ("{}", "no tokenizer.json")]
)
def test_a_file_that_is_no_tokenizer_is_refused(
    golden: Golden, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "other.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    words = ("tokenizer", "report", str(golden.folder), "--against", str(path))
    status, _, errors = answer_of(*words)
    assert (status, errors.count("\n")) == (2, 1)
    assert f"{path}: {message}" in errors


def test_a_run_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    status, _, errors = answer_of("tokenizer", "report", str(tmp_path))
    assert status == 2
    assert "run `curate train-tokenizer` first" in errors
