"""Synthetic pages with planted near-duplicates, and how a deduplication is judged by them.

Pages are made from real ones: a real page's words in runs of three, the runs in another order, so
that no two pages share shingles by chance. Some 30% of the pages stand in planted clusters, whose
sizes follow a power law: an original, and copies in which words are replaced at a rate of 0 to 8%.
Others may stand in chains: each page is similar by some .85 to the next, having more of its words
replaced, and after five steps hardly half is left that two pages share.

What is judged is only which pages were removed, so that all engines are judged alike:

- `recall`: of the copies in clusters of two whose Jaccard similarity to the original is
  `dedup.min_similarity` or more, the share after which one of the two is left;
  `recall_by_similarity` for bands of that similarity, with how many copies each has. (In larger
  clusters the page kept is a copy, too, to which another copy may not be near.)
- `precision`: of the pages removed, the share in whose planted cluster or chain a page is kept.
- `over_merged`: the pages removed that are like no page kept: their true similarity to each is
  below .5. `over_merged_in_chains` counts those of the `removed_in_chains`.

True similarities are those of the sets of word n-grams, by `minhash.words` and `dedup.ngram`.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array

from pipeline import minhash, warc
from pipeline.config import DedupSection, ExtractSection
from pipeline.extract import extract
from pipeline.ledger import Counts, Manifest, Part
from pipeline.parts import PartWriter, finished
from pipeline.records import Document, Page
from pipeline.schema import CAPTURE

PART_PAGES = 10_000
_IN_CLUSTERS = 0.3
_EXPONENT = 2.5
_LARGEST = 1000
_MOST_REPLACED = 0.08
_IN_CHAINS = 0.04
_CHAIN = 20
# Five of 100 shingles end with each of 100 words: 91.75% are shared, a similarity of .85.
_REPLACED_A_LINK = 0.0165
_LEAST_WORDS, _MOST_WORDS = 150, 800
_VARIED = 0.4
_RUN = 3
_LETTERS = np.array(list("bdfgklmnprstvz"))
_BANDS = np.arange(0, 1.05, 0.05)
_UNLIKE = 0.5
_TEXTS = pa.schema(
    [
        *CAPTURE,
        pa.field("text", pa.string()),
        pa.field("n_chars", pa.int64()),
        pa.field("quality", pa.float64()),
        pa.field("exact", pa.binary(16)),
    ]
)

Row = dict[str, Any]
Flags = npt.NDArray[np.bool_]
Similarities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """What is planted where.

    Attributes:
        cluster: Each page's cluster or chain, its own number where it stands alone; shape (pages,).
        is_copy: Whether it is a copy of the page that its cluster is named after; shape (pages,).
        link: Its place in its chain, from 0; -1 outside of chains; shape (pages,).
    """

    cluster: npt.NDArray[np.int64]
    is_copy: Flags
    link: npt.NDArray[np.int64]


def plant(pages: int, rng: np.random.Generator, *, chains: bool) -> Plan:
    """Clusters of pages and, if wanted, chains, thrown together in a random order."""
    sizes, left = [], pages * _IN_CLUSTERS
    while left > 0:
        # The inverse of the distribution function of a power law from 2 on.
        size = int(2 * (1 - rng.random()) ** (-1 / (_EXPONENT - 1)))
        sizes.append(min(size, _LARGEST))
        left -= sizes[-1]
    places = rng.permutation(pages)
    cluster, is_copy = np.arange(pages), np.zeros(pages, dtype=bool)
    link = np.full(pages, -1)
    at = 0
    for size in sizes:
        members = places[at : at + size]
        cluster[members] = members[0]
        is_copy[members[1:]] = True
        at += size
    for _ in range(int(pages * _IN_CHAINS / _CHAIN) if chains else 0):
        members = places[at : at + _CHAIN]
        cluster[members] = members[0]
        link[members] = np.arange(_CHAIN)
        at += _CHAIN
    return Plan(cluster, is_copy, link)


def real_texts(archives: Sequence[str]) -> Iterator[str]:
    """The texts of the pages of WARC files."""
    section = ExtractSection(engine="resiliparse")
    for path in archives:
        for split in warc.plan_splits(path, 1 << 40):
            for page in warc.read_records(split, 1 << 30):
                document = extract(page, section, None) if isinstance(page, Page) else None
                if isinstance(document, Document):
                    yield document.text


class Texts:
    """The words of the pages of a plan, each a function of its number alone.

    Args:
        plan: What is planted.
        real: Texts to make pages from; of those that are long enough, and no tables of the same
            words, the first words are taken.
        rng: Decides everything.
    """

    def __init__(self, plan: Plan, real: Sequence[str], rng: np.random.Generator) -> None:
        self.plan = plan
        begins = (minhash.words(text)[:_MOST_WORDS] for text in real)
        self._real = [
            words
            for words in begins
            if len(words) >= _LEAST_WORDS and len({*words}) >= _VARIED * len(words)
        ]
        self._seeds = rng.integers(1 << 62, size=len(plan.cluster))

    def words(self, number: int) -> list[str]:
        """A page's words."""
        seed = self._seeds[self.plan.cluster[number]]
        words = self._made(np.random.default_rng(seed))
        if self.plan.is_copy[number]:
            rng = np.random.default_rng(self._seeds[number])
            count = round(rng.uniform(0, _MOST_REPLACED) * len(words))
            return _replaced(words, rng.choice(len(words), count, replace=False), rng)
        if self.plan.link[number] > 0:
            rng = np.random.default_rng((seed, 1))
            count = self.plan.link[number] * round(_REPLACED_A_LINK * len(words))
            return _replaced(words, rng.permutation(len(words))[:count], rng)
        return words

    def _made(self, rng: np.random.Generator) -> list[str]:
        """A real page's words, in runs, in another order."""
        words = self._real[rng.integers(len(self._real))]
        runs = [words[at : at + _RUN] for at in range(0, len(words), _RUN)]
        return [word for place in rng.permutation(len(runs)) for word in runs[place]]

    def similarities(self, left: Sequence[int], right: Sequence[int]) -> Similarities:
        """The Jaccard similarities of pages to others; shape (left, right)."""
        n = DedupSection().ngram
        sets = [
            np.unique(minhash.shingles(minhash.words(" ".join(self.words(page))), n))
            for page in (*left, *right)
        ]
        sizes = np.array(list(map(len, sets)))
        _, columns = np.unique(np.concatenate(sets), return_inverse=True)
        ends = np.concatenate([[0], np.cumsum(sizes)])
        held = csr_array((np.ones(len(columns), dtype=np.int64), columns, ends))
        shared = (held[: len(left)] @ held[len(left) :].T).toarray()
        found: Similarities = shared / (
            sizes[: len(left), None] + sizes[None, len(left) :] - shared
        )
        return found


def _replaced(
    words: list[str], places: npt.NDArray[np.int64], rng: np.random.Generator
) -> list[str]:
    """The words with some replaced by others that no page has."""
    altered = list(words)
    letters = _LETTERS[rng.integers(len(_LETTERS), size=(len(places), 9))]
    for place, word in zip(places.tolist(), letters, strict=True):
        altered[place] = "".join(word)
    return altered


def write_texts(run: Path, texts: Texts) -> Similarities:
    """The parts of `lines`; returns each copy's Jaccard similarity to its original."""
    firsts = range(0, len(texts.plan.cluster), PART_PAGES)
    with multiprocessing.get_context("fork").Pool() as pool:
        written = pool.map(partial(_write_texts, run, texts), firsts, chunksize=1)
    parts, similarities = zip(*written, strict=True)
    Manifest.of_parts("lines", {}, {}, parts, {}).write(str(run / "lines"))
    return np.concatenate(similarities)


def _write_texts(run: Path, texts: Texts, first: int) -> tuple[Part, Similarities]:
    """A part; and the similarities of the copies in it, 0 for other pages."""
    plan = texts.plan
    numbers = range(first, min(first + PART_PAGES, len(plan.cluster)))
    rows = [row_of(number, " ".join(texts.words(number))) for number in numbers]
    similarity = np.zeros(len(rows))
    for at in np.flatnonzero(plan.is_copy[first : numbers.stop]).tolist():
        original = int(plan.cluster[first + at])
        similarity[at] = texts.similarities([first + at], [original])[0, 0]
    return write_part(run / "lines", first, rows, _TEXTS, "part"), similarity


def row_of(number: int, text: str) -> Row:
    """A page as `lines` keeps it."""
    return {
        "id": f"{number:012d}",
        "url": f"https://page{number}.example/",
        "date": "2024-01-01T00:00:00Z",
        "warc": "",
        "offset": 0,
        "length": 0,
        "text": text,
        "n_chars": len(text),
        "quality": None,
        "exact": minhash.exact_hash(text),
    }


def write_part(folder: Path, first: int, rows: list[Row], schema: pa.Schema, prefix: str) -> Part:
    """Write a part whose first page has a number."""
    name = f"{first:012d}"
    with PartWriter(str(folder / f"{prefix}-{name}.parquet"), schema) as writer:
        for row in rows:
            writer.write(row)
        writer.describe(Counts(len(rows), len(rows)), {})
    part = finished(str(folder), name, [prefix])
    assert part
    return part


def judged(plan: Plan, similarity: Similarities, gone: Flags) -> dict[str, Any]:
    """What was found of what was planted.

    Args:
        plan: What was planted.
        similarity: Of each copy to its original; shape (pages,).
        gone: Whether a page was removed; shape (pages,).
    """
    sizes = np.bincount(plan.cluster, minlength=len(gone))
    copies = np.flatnonzero(plan.is_copy & (sizes[plan.cluster] == 2))
    found = gone[copies] ^ gone[plan.cluster[copies]]
    asked = similarity[copies] >= DedupSection().min_similarity
    left = np.bincount(plan.cluster[~gone], minlength=len(gone))
    return {
        "planted": int(plan.is_copy.sum()),
        "removed": int(gone.sum()),
        "recall": float(found[asked].mean()),
        "precision": float((left[plan.cluster[gone]] > 0).mean()),
        "recall_by_similarity": by_band(similarity[copies], found),
    }


def over_merged(texts: Texts, gone: Flags) -> dict[str, int]:
    """How many pages were removed that are like no page kept, and how many of them in chains."""
    plan = texts.plan
    unlike = np.zeros(len(gone), dtype=bool)
    order = np.argsort(plan.cluster, kind="stable")
    bounds = np.flatnonzero(np.diff(plan.cluster[order])) + 1
    for members in np.split(order, bounds):
        removed, kept = members[gone[members]], members[~gone[members]]
        if len(removed) and len(kept):
            similarities = texts.similarities(removed.tolist(), kept.tolist())
            unlike[removed] = similarities.max(axis=1) < _UNLIKE
        else:
            unlike[removed] = True
    in_chains = plan.link >= 0
    return {
        "over_merged": int(unlike.sum()),
        "in_chains": int(in_chains.sum()),
        "removed_in_chains": int((gone & in_chains).sum()),
        "over_merged_in_chains": int((unlike & in_chains).sum()),
    }


def by_band(values: Similarities, hits: Flags) -> dict[str, tuple[float, int]]:
    """The share of hits and the number of values, by band."""
    bands = np.clip(np.digitize(values, _BANDS) - 1, 0, len(_BANDS) - 2)
    return {
        f"{_BANDS[band]:.2f}": (float(hits[bands == band].mean()), int((bands == band).sum()))
        for band in np.unique(bands)
    }
