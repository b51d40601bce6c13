"""The merges, against Hugging Face's trainer on the same text."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import random_texts, real_texts
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from tokenizer import bpe
from tokenizer.counts import Counts
from tokenizer.model import Model
from tokenizer.pretokenize import Pretokenizer

SPECIAL = ("<|endoftext|>", "<|pad|>")


def trained(
    texts: Mapping[str, int], vocab_size: int, min_frequency: int, how: Pretokenizer
) -> Model:
    counts = Counts(1 << 30)
    for text, repeats in texts.items():
        counts.add_text(text, repeats, how)
    return bpe.train(counts.table(), vocab_size, min_frequency, SPECIAL, how, "none")


def trained_by_hugging_face(
    texts: Mapping[str, int], vocab_size: int, min_frequency: int, how: Pretokenizer
) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(how.pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    repeated = (text for text, repeats in texts.items() for _ in range(repeats))
    tokenizer.train_from_iterator(repeated, trainer)
    return tokenizer


def learned(tokenizer: Tokenizer | str) -> tuple[object, object]:
    """Its merges in their order, and the id of every token."""
    text = tokenizer if isinstance(tokenizer, str) else tokenizer.to_str()
    model = json.loads(text)["model"]
    return model["merges"], model["vocab"]


@pytest.mark.parametrize(
    ("vocab_size", "style", "step"),
    [(1_000, "gpt2", 9), (8_192, "cl100k", 4), (8_192, "o200k", 4), (32_768, "o200k", 1)],
)
def test_merges_of_a_hundred_languages_are_hugging_faces(
    vocab_size: int, style: str, step: int
) -> None:
    how = Pretokenizer(style)  # type: ignore[arg-type]
    texts = dict.fromkeys(real_texts()[::step], 1)
    model = trained(texts, vocab_size, 2, how)
    assert len(model) == vocab_size
    assert learned(model.to_json()) == learned(trained_by_hugging_face(texts, vocab_size, 2, how))


few_letters = st.text(alphabet="ab ", min_size=1, max_size=40)


@given(
    st.dictionaries(few_letters | random_texts, st.integers(0, 5), max_size=8),
    st.integers(258, 330),
    st.integers(1, 4),
)
@settings(max_examples=200, deadline=None)
def test_merges_of_small_corpora_are_hugging_faces(
    texts: dict[str, int], vocab_size: int, min_frequency: int
) -> None:
    """Where ties and runs of equal letters abound."""
    how = Pretokenizer("o200k")
    model = trained(texts, vocab_size, min_frequency, how)
    other = trained_by_hugging_face(texts, vocab_size, min_frequency, how)
    assert learned(model.to_json()) == learned(other)


def test_counts_beyond_32_bits_are_right() -> None:
    model = trained({"aab": 3_000_000_000, "cd": 4_000_000_000}, 260, 1, Pretokenizer("gpt2"))
    assert model.merges == ((b"c", b"d"), (b"a", b"a"))
