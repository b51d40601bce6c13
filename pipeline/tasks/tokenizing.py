"""Tokenizer: trained on every document as often as its weight says."""

from collections.abc import Iterator
from typing import Any

from pipeline import files
from pipeline.config import TokenizerSection
from pipeline.parts import read_rows, read_table
from pipeline.sandbox import Guard
from tokenizer import bpe

FILE = "tokenizer.json"


def train_tokenizer(
    guard: Guard,
    source: str,
    weight: str,
    names: list[str],
    section: TokenizerSection,
    folder: str,
) -> dict[str, Any]:
    """Train on every document as often as it repeats, and write `tokenizer.json`."""
    trained = bpe.train(
        (text for text, repeats in weighted_texts(source, weight, names) for _ in range(repeats)),
        section.vocab_size,
        section.min_frequency,
        section.special_tokens,
    )
    path = files.join(folder, FILE)
    with files.open_atomic(path) as out:
        out.write(trained.to_str(pretty=True).encode())
    return {"vocab_size": trained.get_vocab_size(), "sha256": files.sha256(path)}


def weighted_texts(source: str, weight: str, names: list[str]) -> Iterator[tuple[str, int]]:
    """Each document's text and its repeats, part by part."""
    for name in names:
        part = f"part-{name}.parquet"
        repeats = read_table(files.join(weight, part), ["repeats"])["repeats"].to_pylist()
        rows = read_rows(files.join(source, part), ["text"])
        yield from ((row["text"], count) for row, count in zip(rows, repeats, strict=True))
