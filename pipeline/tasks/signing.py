"""Dedup, before the shuffle: the signature of every document of a part."""

from dataclasses import dataclass
from functools import partial

from pipeline import minhash
from pipeline.attempt import attempt
from pipeline.config import DedupSection
from pipeline.files import join
from pipeline.ledger import Counts
from pipeline.parts import PartWriter, capture_of, finished, read_rows
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, SIGNATURES

SIGNED = ("signatures",)
"""The files of a signed part."""


@dataclass(frozen=True)
class SignedPart:
    """A part of the corpus, its documents numbered through from `first`.

    Attributes:
        name: The part's name.
        first: Number of its first document.
    """

    name: str
    first: int


def sign_part(
    guard: Guard, source: str, part: SignedPart, section: DedupSection, folder: str
) -> SignedPart:
    """Write the signatures of one part of `filter`, a row a document in the same order.

    A document whose signature cannot be computed has none, and so is nobody's duplicate.
    """
    if not finished(folder, part.name, SIGNED):
        columns = [*CAPTURE_COLUMNS, "text", "n_chars", "quality"]
        rows = read_rows(join(source, f"part-{part.name}.parquet"), columns)
        failed = 0
        with PartWriter(join(folder, f"signatures-{part.name}.parquet"), SIGNATURES) as out:
            for index, row in enumerate(rows):
                capture = capture_of(row)
                signed = attempt(guard, index, capture, partial(_sign, row["text"], section))
                failed += isinstance(signed, Rejected)
                exact, signature = (None, None) if isinstance(signed, Rejected) else signed
                out.write(
                    {
                        "id": row["id"],
                        "url": row["url"],
                        "quality": row["quality"],
                        "n_chars": row["n_chars"],
                        "exact": exact,
                        "signature": signature,
                    }
                )
            out.describe(Counts(), {"unsigned": failed})
    return part


def _sign(text: str, section: DedupSection) -> tuple[bytes | None, bytes | None]:
    signature = minhash.text_signature(text, section.ngram, section.bands * section.rows)
    if signature is None:
        return None, None
    return minhash.exact_hash(text), signature.tobytes()
