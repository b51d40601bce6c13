"""Models are loaded before any page, which would be to blame for how long that takes."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from classifiers import domain, identifiers, quality
from classifiers.calibration import Uncalibrated
from classifiers.config import LanguageConfig
from pipeline.config import ExtractSection, FilterSection
from pipeline.files import Access
from pipeline.sandbox import Guard
from pipeline.tasks.extracting import extract_piece
from pipeline.tasks.filtering import Models, filter_part
from pipeline.tasks.planning import Piece
from tests.tasks.test_extracting import archive
from tests.tasks.test_quality import PAGES, parts


class Watched(Guard):
    """Notes what happens, in its order."""

    def __init__(self) -> None:
        super().__init__(mmap.mmap(-1, 4096), {})
        self.seen: list[str] = []

    @contextmanager
    def page(self, index: int, what: str) -> Iterator[None]:
        """Note a page."""
        self.seen.append("page")
        with super().page(index, what):
            yield


class Judge:
    """A model that knows nothing."""

    def score(self, text: str) -> float:
        return 0.5

    def judge(self, url: str, text: str, language: str) -> dict[str, Any]:
        return {}


def test_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts(tmp_path / "extract", [PAGES[:3]])
    guard = Watched()
    for module in (quality, domain):
        name = module.__name__
        load = lambda *_, name=name: (guard.seen.append(name), Judge())[1]  # noqa: E731
        monkeypatch.setattr(module, "load", load)
    models = Models("quality.bin", Uncalibrated(), "domain.json")
    source, out = str(tmp_path / "extract"), str(tmp_path / "out")
    part = filter_part(guard, source, "0", FilterSection(), models, out)
    assert part.counts.read == 3
    assert not part.counts.failed
    assert guard.seen == ["classifiers.quality", "classifiers.domain", "page", "page", "page"]


def test_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard, load = Watched(), identifiers.load
    monkeypatch.setattr(
        identifiers, "load", lambda name: (guard.seen.append(name), load("lid.176"))[1]
    )
    piece = Piece(archive(tmp_path / "a.warc.gz", ["good"]))
    language = LanguageConfig(second="py3langid")
    extract_piece(guard, piece, ExtractSection(), language, None, str(tmp_path / "out"), Access())
    assert guard.seen[:3] == ["lid.176", "py3langid", "page"]
