"""Quality: the classifier, trained on the pages of this crawl that Wikipedia cites."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import xxhash

from classifiers import quality
from pipeline import files, models, urls
from pipeline.config import QualitySection
from pipeline.parts import read_rows, read_table
from pipeline.sandbox import Guard

MODEL = "model.bin"


def train_quality(
    guard: Guard, sources: list[str], table: list[str], section: QualitySection, folder: str
) -> dict[str, Any]:
    """Train the classifier, or take the one given; returns the manifest's facts.

    Args:
        guard: The child process's guard.
        sources: The parts of documents to learn from.
        table: The table of what Wikipedia cites, in parts. Without it and without a model the
            facts are empty: there is no classifier, and documents have no quality.
        section: How to train.
        folder: Where to write.
    """
    if section.model:
        return {"sha256": files.sha256(models.local(section.model))}
    if not table:
        return {}
    report = quality.train(_examples(sources, _Cited(table)), _settings(section), folder)
    return {"sha256": files.sha256(files.join(folder, MODEL)), "report": asdict(report)}


class _Cited:
    """The canonical URLs of a table of references, as hashes: 8 bytes each."""

    def __init__(self, table: Iterable[str]) -> None:
        parts = [
            np.fromiter(
                map(_hash, read_table(path, ["canonical_url"])["canonical_url"].to_pylist()),
                np.uint64,
            )
            for path in table
        ]
        self._hashes = np.unique(np.concatenate(parts))

    def __contains__(self, canonical_url: str) -> bool:
        key = np.uint64(_hash(canonical_url))
        place = int(self._hashes.searchsorted(key))
        return place < len(self._hashes) and bool(self._hashes[place] == key)


def _hash(url: str) -> int:
    return xxhash.xxh3_64_intdigest(url.encode())


def _examples(sources: list[str], cited: _Cited) -> Iterator[quality.Example]:
    columns = ["id", "url", "host", "text"]
    for source in sources:
        for row in read_rows(source, columns):
            label = urls.canonical_url(row["url"]) in cited
            yield quality.Example(**row, label=label)


def _settings(section: QualitySection) -> quality.QualitySettings:
    return quality.QualitySettings(
        **section.model_dump(exclude={"dumps", "references", "model"}),
    )
