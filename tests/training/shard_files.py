"""Small shards for the tests of training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tokenizer.shardwriter import ShardWriter, TokenizedDocument, rows_of


def write_shard(
    path: Path,
    documents: Sequence[Sequence[int]],
    *,
    vocab_size: int = 64,
    tokenizer: str = "ab12",
    bytes_per_token: int = 3,
) -> str:
    """Writes documents in row groups of about 40 tokens; returns the path."""
    with (
        path.open("wb") as file,
        ShardWriter(
            file, vocab_size=vocab_size, tokenizer_sha256=tokenizer, row_group_tokens=40
        ) as writer,
    ):
        rows = [
            TokenizedDocument(
                np.asarray(tokens, np.int64),
                f"{path.stem} {number}",
                "web",
                "eng_Latn",
                bytes_per_token * len(tokens),
            )
            for number, tokens in enumerate(documents)
        ]
        writer.write(rows_of(rows, vocab_size), "split")
    return str(path)


def random_documents(count: int, *, seed: int = 0, vocab_size: int = 64) -> list[list[int]]:
    """Documents of 1 to 30 random tokens."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, vocab_size, rng.integers(1, 31)).tolist() for _ in range(count)]
