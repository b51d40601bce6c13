"""Dedup, before the shuffle: the signature of every document of a part."""

from dataclasses import dataclass
from functools import partial

from pipeline import minhash
from pipeline.attempt import attempt
from pipeline.config import DedupSection
from pipeline.files import join
from pipeline.ledger import Counts
from pipeline.parts import PartWriter, finished, read_rows
from pipeline.records import Capture, Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE, SIGNATURES

SIGNED = ("signatures",)
"""The files of a signed part."""


_CAPTURE_COLUMNS = [field.name for field in CAPTURE]


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
        columns = [*_CAPTURE_COLUMNS, "text", "quality"]
        rows = read_rows(join(source, f"part-{part.name}.parquet"), columns)
        failed = 0
        with PartWriter(join(folder, f"signatures-{part.name}.parquet"), SIGNATURES) as out:
            for index, row in enumerate(rows):
                capture = Capture(*(row[name] for name in _CAPTURE_COLUMNS))
                signed = attempt(guard, index, capture, partial(_sign, row["text"], section))
                failed += isinstance(signed, Rejected)
                exact, signature = (None, None) if isinstance(signed, Rejected) else signed
                out.write(
                    {
                        "id": row["id"],
                        "url": row["url"],
                        "quality": row["quality"],
                        "n_chars": len(row["text"]),
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
