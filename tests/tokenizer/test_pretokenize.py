"""Our splitter against the two engines that run the patterns, and against what the options say."""

from functools import cache

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import random_texts, real_texts
from tokenizers import Regex, pre_tokenizers

from tokenizer.pretokenize import EVERY, Pretokenizer

BYTES = {bytes([byte]): byte for byte in range(256)}
each = pytest.mark.parametrize("how", EVERY, ids=lambda how: "-".join(map(str, vars(how).values())))


@cache
def by_tokenizers(pattern: str) -> pre_tokenizers.Split:
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def split_by_tokenizers(how: Pretokenizer, text: str) -> list[str]:
    return [piece for piece, _ in by_tokenizers(how.pattern).pre_tokenize_str(text)]


def split_by_tiktoken(how: Pretokenizer, text: str) -> list[str]:
    """With a vocabulary of all substrings every pre-token is one token."""
    data = text.encode()
    substrings = {data[i:j] for i in range(len(data)) for j in range(i + 2, len(data) + 1)}
    ranks = BYTES | {part: 256 + rank for rank, part in enumerate(sorted(substrings))}
    encoding = tiktoken.Encoding(
        "substrings", pat_str=how.pattern, mergeable_ranks=ranks, special_tokens={}
    )
    return [
        piece.decode() for piece in encoding.decode_tokens_bytes(encoding.encode_ordinary(text))
    ]


@each
@given(random_texts)
@settings(max_examples=150, deadline=None)
def test_splits_random_text_as_tokenizers_does(how: Pretokenizer, text: str) -> None:
    assert how.split(text) == split_by_tokenizers(how, text)


@each
@given(random_texts)
@settings(max_examples=20, deadline=None)
def test_splits_random_text_as_tiktoken_does(how: Pretokenizer, text: str) -> None:
    assert how.split(text[:30]) == split_by_tiktoken(how, text[:30])


@each
def test_splits_real_text_as_tokenizers_does(how: Pretokenizer) -> None:
    for text in real_texts()[:: len(EVERY) // 2]:
        assert how.split(text) == split_by_tokenizers(how, text)


def test_every_character_is_of_the_class_that_tokenizers_gives_it() -> None:
    """Each stands between letters, a number and a mark, and as a contraction."""
    how = Pretokenizer("o200k")
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(codes), 1 << 8):
        text = "".join(f"a{chr(code)}A1!'{chr(code)}b " for code in codes[start : start + (1 << 8)])
        assert how.split(text) == split_by_tokenizers(how, text)


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "o200k"])
@given(text=random_texts)
@settings(max_examples=150, deadline=None)
def test_a_pattern_cuts_as_the_one_that_was_published(name: str, text: str) -> None:
    published = {
        "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        "cl100k": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
        r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    }
    pieces = [piece for piece, _ in by_tokenizers(published[name]).pre_tokenize_str(text)]
    assert Pretokenizer(name).split(text) == pieces  # type: ignore[arg-type]


@each
@given(st.integers(min_value=0, max_value=10**40))
def test_digits_are_cut_as_asked(how: Pretokenizer, number: int) -> None:
    pieces = how.split(str(number))
    if how.digits == "threes":
        assert ",".join(pieces) == f"{number:,}"
    elif how.digits == "single":
        assert pieces == list(str(number))


@each
def test_long_numbers_take_linear_time(how: Pretokenizer) -> None:
    """In the pattern too: looking ahead anew at every group would take minutes."""
    text = "7" * 200_000
    assert how.split(text) == split_by_tokenizers(how, text)


@pytest.mark.parametrize("style", ["gpt2", "cl100k", "o200k"])
def test_indents_stay_whole_where_asked(style: str) -> None:
    code = "def f():\n    if x:\n\t\treturn  1\n"
    runs = Pretokenizer(style, whitespace_runs=True)  # type: ignore[arg-type]
    assert {"    ", "\t\t", "  "} <= set(runs.split(code))
    assert "    " not in Pretokenizer(style).split(code)  # type: ignore[arg-type]


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(TypeError):
        Pretokenizer("gpt2").split("\ud800")
