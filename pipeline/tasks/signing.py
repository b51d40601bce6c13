"""Dedup, before the shuffle: the signature of every document of a part."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import xxhash

from pipeline import minhash
from pipeline.attempt import attempt
from pipeline.config import DedupSection
from pipeline.files import join
from pipeline.ledger import Counts
from pipeline.parts import PartWriter, capture_of, finished, read_rows
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, SIGNATURES
from pipeline.urls import canonical_url

SIGNED = ("signatures",)
"""The files of a signed part."""
_NO_HASHES: Mapping[str, bytes | None] = dict.fromkeys(("canonical_url", "exact", "signature"))


@dataclass(frozen=True)
class SignedPart:
    """A part of the corpus, its documents numbered through from `first`.

    Attributes:
        name: The part's name.
        first: Number of its first document.
        source: The folder of `lines` with its documents.
        folder: The folder of `dedup` with its signatures.
        earlier: Whether it is of an earlier run, whose documents are all kept.
    """

    name: str
    first: int
    source: str
    folder: str
    earlier: bool


def sign_part(guard: Guard, part: SignedPart, section: DedupSection) -> SignedPart:
    """Write the signatures of one part of `lines`, a row a document in the same order.

    A document whose signature cannot be computed has none, and so is nobody's duplicate.
    """
    if not finished(part.folder, part.name, SIGNED):
        columns = [*CAPTURE_COLUMNS, "text", "n_chars", "quality", "exact"]
        rows = read_rows(join(part.source, f"part-{part.name}.parquet"), columns)
        failed = 0
        with PartWriter(join(part.folder, f"signatures-{part.name}.parquet"), SIGNATURES) as out:
            for index, row in enumerate(rows):
                capture = capture_of(row)
                signed = attempt(guard, index, capture, partial(_sign, row, section))
                failed += isinstance(signed, Rejected)
                hashes = _NO_HASHES if isinstance(signed, Rejected) else signed
                beside = {key: row[key] for key in ("id", "url", "date", "quality", "n_chars")}
                out.write({**beside, **hashes})
            out.describe(Counts(), {"unsigned": failed})
    return part


def _sign(row: Mapping[str, Any], section: DedupSection) -> Mapping[str, bytes | None]:
    """What the document is compared by; nothing for a text without a word."""
    text = row["text"]
    signature = minhash.text_signature(text, section.ngram, section.bands * section.rows)
    if signature is None:
        return _NO_HASHES
    return {
        "canonical_url": xxhash.xxh3_128_digest(canonical_url(row["url"]).encode()),
        "exact": row["exact"],
        "signature": signature.tobytes(),
    }
