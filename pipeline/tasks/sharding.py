"""Shards: the documents of a part to token Parquet, train and validation apart."""

import json
from collections import Counter
from contextlib import ExitStack
from functools import partial

import xxhash

from pipeline.attempt import attempt
from pipeline.config import ShardsSection
from pipeline.files import join, open_atomic
from pipeline.ledger import Counts, Part
from pipeline.parts import COUNTS_KEY, FACTS_KEY, finished, read_rows, read_table
from pipeline.records import Capture, Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE
from tokenizer.encode import Encoder, encoder
from tokenizer.shards import ShardWriter, TokenizedDocument

PREFIXES = ("train", "valid")


_CAPTURE_COLUMNS = [field.name for field in CAPTURE]


def is_valid(doc_id: str, fraction: float) -> bool:
    """Whether a document is held out for validation: by a hash of its id alone."""
    return xxhash.xxh64_intdigest(f"valid:{doc_id}".encode()) < fraction * 2**64


def encode_part(
    guard: Guard,
    source: str,
    weight: str,
    name: str,
    model: tuple[str, str],
    section: ShardsSection,
    folder: str,
) -> Part:
    """Write the train and validation shards of one part of `filter`.

    A document repeats in the train shard as its weight says; a validation document stands once.
    """
    if not finished(folder, name, PREFIXES):
        encode = encoder(*model)
        with ExitStack() as stack:
            train, valid = (
                stack.enter_context(
                    ShardWriter(
                        stack.enter_context(open_atomic(join(folder, f"{kind}-{name}.parquet"))),
                        vocab_size=encode.vocab_size,
                        tokenizer_sha256=encode.sha256,
                        row_group_tokens=section.row_group_tokens,
                    )
                )
                for kind in PREFIXES
            )
            _encode(guard, source, weight, name, encode, section.valid_fraction, train, valid)
    done = finished(folder, name, PREFIXES)
    assert done is not None
    return done


def _encode(
    guard: Guard,
    source: str,
    weight: str,
    name: str,
    encode: Encoder,
    valid_fraction: float,
    train: ShardWriter,
    valid: ShardWriter,
) -> None:
    part = f"part-{name}.parquet"
    weights = read_table(join(weight, part), ["domain", "repeats"]).to_pylist()
    failed: Counter[str] = Counter()
    facts: Counter[str] = Counter()
    columns = [*_CAPTURE_COLUMNS, "text", "language"]
    read = 0
    for index, row in enumerate(read_rows(join(source, part), columns)):
        domain, repeats = weights[index]["domain"], weights[index]["repeats"]
        if not repeats:
            continue
        read += 1
        capture = Capture(*(row[column] for column in _CAPTURE_COLUMNS))
        tokens = attempt(guard, index, capture, partial(encode.encode, row["text"]))
        if isinstance(tokens, Rejected):
            failed[tokens.reason] += 1
            continue
        held_out = is_valid(row["id"], valid_fraction)
        kind, shard = ("valid", valid) if held_out else ("train", train)
        n_bytes = len(row["text"].encode())
        for copy in range(1 if held_out else repeats):
            shard.write(
                TokenizedDocument(tokens, row["id"], domain, row["language"], n_bytes, copy)
            )
            facts[f"{kind}_documents"] += 1
            facts[f"{kind}_tokens"] += len(tokens)
    counts = Counts(read, read - failed.total(), {}, dict(failed))
    train.describe(
        {
            COUNTS_KEY: json.dumps(counts.to_json()),
            FACTS_KEY: json.dumps(dict(sorted(facts.items()))),
        }
    )
