"""Quality: the classifier, trained on the pages of this crawl that Wikipedia cites."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from classifiers import quality, wikipedia
from pipeline import files, urls
from pipeline.config import QualitySection
from pipeline.parts import read_rows
from pipeline.sandbox import Guard

MODEL = "model.bin"


def train_quality(
    guard: Guard, sources: list[str], section: QualitySection, folder: str
) -> dict[str, Any]:
    """Train the classifier, or take the one given; returns the manifest's facts.

    Without dumps and without a model the facts are empty: there is no classifier, and documents
    have no quality.
    """
    if section.model:
        return {"sha256": files.sha256(section.model)}
    if not section.dumps:
        return {}
    cited = wikipedia.cited_urls(files.expand(section.dumps))
    report = quality.train(_examples(sources, cited), _settings(section), folder)
    return {"sha256": files.sha256(files.join(folder, MODEL)), "report": asdict(report)}


def _examples(sources: list[str], cited: dict[str, int]) -> Iterator[quality.Example]:
    columns = ["id", "url", "host", "text"]
    for source in sources:
        for row in read_rows(source, columns):
            label = urls.canonical_url(row["url"]) in cited
            yield quality.Example(**row, label=label)


def _settings(section: QualitySection) -> quality.QualitySettings:
    return quality.QualitySettings(
        **section.model_dump(exclude={"dumps", "model"}),
    )
