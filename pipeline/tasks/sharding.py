"""Shards: the documents of a part to token Parquet; train, validation and anneal apart."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.attempt import attempt
from pipeline.config import ShardsSection
from pipeline.files import join, open_atomic, write_json
from pipeline.ledger import Counts, Part
from pipeline.parts import (
    COUNTS_KEY,
    FACTS_KEY,
    PartWriter,
    capture_of,
    finished,
    read_rows,
    read_table,
    rejected_row,
)
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, REJECTED
from tokenizer.encode import encoder
from tokenizer.shardwriter import ShardWriter, TokenizedDocument

PREFIXES = ("train", "valid", "dropped")
ANNEAL = "anneal"
ANNEAL_MANIFEST = "anneal.json"


def is_valid(doc_id: str, fraction: float) -> bool:
    """Whether a document is held out for validation: by a hash of its id alone."""
    return xxhash.xxh64_intdigest(f"valid:{doc_id}".encode()) < fraction * 2**64


def encode_part(
    guard: Guard,
    source: str,
    weight: str,
    name: str,
    model: tuple[str, str, str],
    section: ShardsSection,
    anneal: bool,
    folder: str,
) -> Part:
    """Write the train and validation shards of one part of `lines`, and that of the anneal split.

    A document repeats in the train shard as its weight says; one that is held out for validation,
    or set aside for the end of training, stands once in its own. There is an anneal shard only if
    documents are set aside at all.
    """
    prefixes = (*PREFIXES, ANNEAL) if anneal else PREFIXES
    kinds = [kind for kind in prefixes if kind != "dropped"]
    if not finished(folder, name, prefixes):
        encode = encoder(*model)
        documents = _weighted(
            join(source, f"part-{name}.parquet"), join(weight, f"part-{name}.parquet")
        )
        # What is entered first is left last: the train shard, whose presence means all are there.
        with ExitStack() as stack:
            shards = {
                kind: stack.enter_context(
                    ShardWriter(
                        stack.enter_context(open_atomic(join(folder, f"{kind}-{name}.parquet"))),
                        vocab_size=encode.vocab_size,
                        tokenizer_sha256=model[2],
                        row_group_tokens=section.row_group_tokens,
                    )
                )
                for kind in kinds
            }
            dropped = stack.enter_context(
                PartWriter(join(folder, f"dropped-{name}.parquet"), REJECTED)
            )
            failed: Counter[str] = Counter()
            facts: Counter[str] = Counter()
            kept = 0
            for index, row in documents:
                tokens = attempt(guard, index, capture_of(row), partial(encode.encode, row["text"]))
                if isinstance(tokens, Rejected):
                    failed[tokens.reason] += 1
                    dropped.write(rejected_row(tokens))
                    continue
                kind = kind_of(row, section.valid_fraction)
                for document in _copies(row, tokens, row["repeats"] if kind == "train" else 1):
                    shards[kind].write(document)
                    facts[f"{kind}_documents"] += 1
                    facts[f"{kind}_tokens"] += len(tokens)
                kept += 1
            read = kept + failed.total()
            shards["train"].describe(_footer(Counts(read, kept, {}, dict(failed)), facts))
    done = finished(folder, name, prefixes)
    assert done is not None
    return done


def write_anneal_manifest(parts: list[Part], folder: str) -> list[Part]:
    """Write what the anneal shards are, for whoever trains on them; returns the parts."""
    write_json(join(folder, ANNEAL_MANIFEST), anneal_manifest(parts))
    return parts


def anneal_manifest(parts: Iterable[Part]) -> dict[str, Any]:
    """What the anneal shards of all parts are."""
    found = sorted(parts, key=lambda part: part.name)
    return {
        "documents": sum(part.facts.get(f"{ANNEAL}_documents", 0) for part in found),
        "tokens": sum(part.facts.get(f"{ANNEAL}_tokens", 0) for part in found),
        "files": {
            name: part.files[name]
            for part in found
            if (name := f"{ANNEAL}-{part.name}.parquet") in part.files
        },
    }


def kind_of(row: Mapping[str, Any], valid_fraction: float) -> str:
    """The shard of a document; validation has its share of the best documents, too."""
    if is_valid(row["id"], valid_fraction):
        return "valid"
    return ANNEAL if row["anneal"] else "train"


def _weighted(source: str, weights: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The documents that are seen at all, with their row, domain and repeats."""
    rows = read_rows(source, [*CAPTURE_COLUMNS, "text", "language"])
    beside = read_table(weights, ["domain", "anneal", "repeats"]).to_pylist()
    for index, (row, weight) in enumerate(zip(rows, beside, strict=True)):
        if weight["repeats"]:
            yield index, row | weight


def _copies(
    row: dict[str, Any], tokens: npt.NDArray[np.int64], repeats: int
) -> Iterator[TokenizedDocument]:
    n_bytes = len(row["text"].encode())
    for copy in range(repeats):
        yield TokenizedDocument(tokens, row["id"], row["domain"], row["language"], n_bytes, copy)


def _footer(counts: Counts, facts: Counter[str]) -> dict[str, str]:
    return {
        COUNTS_KEY: json.dumps(counts.to_json()),
        FACTS_KEY: json.dumps(dict(sorted(facts.items()))),
    }
