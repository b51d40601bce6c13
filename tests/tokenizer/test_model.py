"""The files, read by the libraries they are for: the same ids, and the text comes back."""

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import random_texts, real_texts
from tiktoken.load import load_tiktoken_bpe
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from pipeline.errors import UserError
from pipeline.files import sha256
from tokenizer import bpe
from tokenizer.counts import Counts
from tokenizer.encode import Encoder, encoder, load
from tokenizer.model import Model
from tokenizer.pretokenize import Normalization, Pretokenizer

END = "<|endoftext|>"
KINDS = {
    "gpt2": Pretokenizer("gpt2"),
    "cl100k": Pretokenizer("cl100k", "single"),
    "o200k": Pretokenizer("o200k", "threes", whitespace_runs=True),
}
each = pytest.mark.parametrize("kind", KINDS)
Encode = Callable[[str], list[int]]


@cache
def model(kind: str, normalization: Normalization = "none") -> Model:
    counts = Counts(1 << 30)
    for text in [*real_texts()[::3], "a" * 50, "ab" * 30, "def f():\n    pass\n" * 9]:
        counts.add_text(text, 1, KINDS[kind])
    return bpe.train(counts.table(), 6_000, 2, (END, "<|pad|>"), KINDS[kind], normalization)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizers")
    for kind in KINDS:
        (folder / kind).mkdir()
        (folder / kind / "tokenizer.json").write_text(model(kind).to_json(), encoding="utf-8")
        (folder / kind / "tokenizer.tiktoken").write_bytes(model(kind).to_tiktoken())
    return folder


def by_tokenizers(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    return tokenizer


def by_tiktoken(path: Path) -> tiktoken.Encoding:
    return tiktoken.Encoding(
        "trained",
        pat_str=KINDS[path.name].pattern,
        mergeable_ranks=load_tiktoken_bpe(str(path / "tokenizer.tiktoken")),
        special_tokens={END: 0, "<|pad|>": 1},
    )


def by_us(path: Path) -> Encoder:
    return Encoder(load(str(path / "tokenizer.json")), END)


@each
@given(text=random_texts)
@settings(max_examples=300, deadline=None)
def test_random_text_has_the_same_ids_everywhere_and_comes_back(
    kind: str, folder: Path, text: str
) -> None:
    check(folder / kind, text)


@each
def test_real_text_has_the_same_ids_everywhere_and_comes_back(kind: str, folder: Path) -> None:
    for text in real_texts()[1::6]:
        check(folder / kind, text)


@cache
def readers(path: Path) -> tuple[Encoder, Tokenizer, tiktoken.Encoding]:
    return by_us(path), by_tokenizers(path), by_tiktoken(path)


def check(path: Path, text: str) -> None:
    us, tokenizers_, tiktoken_ = readers(path)
    *ids, end = us.encode(text).tolist()
    assert end == 0
    assert ids == tokenizers_.encode(text).ids == tiktoken_.encode_ordinary(text)
    assert us.decode(us.encode(text)) == tokenizers_.decode(ids) == tiktoken_.decode(ids) == text


@each
@pytest.mark.parametrize(
    "load", [PreTrainedTokenizerFast.from_pretrained, AutoTokenizer.from_pretrained]
)
def test_transformers_reads_the_folder(
    kind: str, folder: Path, load: Callable[[str], PreTrainedTokenizerFast]
) -> None:
    tokenizer = load(str(folder / kind))
    text = f"Wait , isn't 12345 it ?  {real_texts()[5]}"
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert ids == by_tokenizers(folder / kind).encode(text).ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.convert_tokens_to_ids(END) == 0


@each
def test_a_page_cannot_forge_a_special_token(kind: str, folder: Path) -> None:
    text = f"a{END}b"
    check(folder / kind, text)
    assert 0 not in by_us(folder / kind).encode(text)[:-1]


@each
def test_the_json_says_all_there_is(kind: str) -> None:
    assert Model.of_json(model(kind).to_json()) == model(kind)


@pytest.fixture(scope="module")
def nfc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nfc")
    (folder / "tokenizer.json").write_text(model("o200k", "nfc").to_json(), encoding="utf-8")
    return folder


@given(text=random_texts | st.text(alphabet="eo\u0301\u0323\u0302é한\u1112\u1161 "))
@settings(max_examples=200, deadline=None)
def test_nfc_gives_the_normalized_text_back(nfc: Path, text: str) -> None:
    us, tokenizer = readers_of_nfc(nfc)
    ids = us.encode(text)[:-1]
    assert ids.tolist() == tokenizer.encode(text).ids
    # Unicode versions differ over characters that are new.
    known = "".join(c for c in text if unicodedata.ucd_3_2_0.category(c) != "Cn")
    assert us.decode(us.encode(known)) == unicodedata.normalize("NFC", known)


@cache
def readers_of_nfc(path: Path) -> tuple[Encoder, Tokenizer]:
    return by_us(path), by_tokenizers(path)


@pytest.mark.parametrize("text", ["a" * 300_000, " " * 300_000, "ab" * 150_000, "中文" * 100_000])
def test_long_runs_take_almost_linear_time(text: str, folder: Path) -> None:
    encoder = by_us(folder / "o200k")
    assert encoder.decode(encoder.encode(text)) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "{", "no tokenizer of curate's"),
        (lambda text: "{}", "no tokenizer of curate's"),
        (lambda text: text.replace("gp", "pg"), "curate"),
        (lambda text: text.replace('"ignore_merges": false', '"ignore_merges": true'), "changed"),
    ],
)
def test_a_file_that_is_not_as_we_wrote_it_is_refused(
    change: Callable[[str], str], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(change(model("gpt2").to_json()), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        load(str(path))


def test_a_file_that_is_missing_or_another_than_was_trained_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(UserError, match="run `curate train-tokenizer` first"):
        encoder(str(path), END, "")
    path.write_text(model("gpt2").to_json(), encoding="utf-8")
    assert encoder(str(path), END, sha256(str(path))).vocab_size == 6_000
    with pytest.raises(UserError, match=f"changed since it was trained; delete {tmp_path} and run"):
        encoder(str(path), END, "0" * 64)
