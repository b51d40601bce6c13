"""Byte-level BPE: training on text, by the Hugging Face trainer.

Byte-pair encoding after Sennrich et al. 2016 on the bytes of GPT-2's pre-tokens (Radford et al.
2019): every string has an encoding, none has an unknown token, and decoding gives it back.
"""

from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


def train(
    texts: Iterator[str], vocab_size: int, min_frequency: int, special_tokens: Sequence[str]
) -> Tokenizer:
    """A tokenizer trained on the texts.

    Args:
        texts: The corpus, each document as often as it counts.
        vocab_size: Tokens at most: special tokens, 256 bytes, then merges.
        min_frequency: A pair of tokens rarer than this is not merged.
        special_tokens: They get the ids from 0 on.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
