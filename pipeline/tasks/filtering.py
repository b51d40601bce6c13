"""Filter: the verdict on every document of a part, its statistics and its edits beside it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from classifiers import calibration, domain, quality
from classifiers.calibration import Calibration
from classifiers.domain import DomainModel
from classifiers.quality import QualityModel
from pipeline.attempt import attempt
from pipeline.config import FilterSection
from pipeline.contamination import Coverage, merge
from pipeline.edits import EDIT
from pipeline.examine import OBEYED, Examined, Lists, Subject, examine
from pipeline.families import bounds_of
from pipeline.files import DEFAULT_ACCESS, Access, join
from pipeline.ledger import Part
from pipeline.parts import PartWriter, SplitWriter, capture_of, finished, read_rows
from pipeline.records import Rejected
from pipeline.rules import STATISTICS, Bounds, judge
from pipeline.sandbox import Guard
from pipeline.schema import COVERAGE, DOMAIN_COLUMNS, filter_rejected, filtered

_BESIDE = ("host", "n_chars", "language", "language_score")


@dataclass(frozen=True)
class Models:
    """The classifiers that judge a text, by their addresses; empty where there is none.

    Attributes:
        quality: The quality classifier.
        calibrated: From its probabilities to scores.
        domain: The domain classifier.
        quality_access: How the quality classifier is fetched from elsewhere.
        domain_access: How the domain classifier is.
    """

    quality: str
    calibrated: Calibration
    domain: str
    quality_access: Access = DEFAULT_ACCESS
    domain_access: Access = DEFAULT_ACCESS


@dataclass(frozen=True)
class Judges:
    """The classifiers that judge a text, loaded.

    Attributes:
        quality: The quality classifier, if there is one.
        domain: The domain classifier, if there is one.
    """

    quality: QualityModel | None
    domain: DomainModel | None

    @classmethod
    def of(cls, models: Models) -> "Judges":
        """Load them; a process loads each once.

        Raises:
            UserError: One cannot be had, or is none.
        """
        return cls(
            quality.load(models.quality, models.calibrated, models.quality_access)
            if models.quality
            else None,
            domain.load(models.domain, models.domain_access) if models.domain else None,
        )


def filter_part(
    guard: Guard, source: str, name: str, section: FilterSection, models: Models, folder: str
) -> Part:
    """Write the verdicts on one part of `extract`, unless they are there already."""
    prefixes = ("part", "dropped", "contamination")[: 3 if section.benchmarks else 2]
    if not finished(folder, name, prefixes):
        # Here: no page is to blame for how long they take.
        lists, judges = Lists.of(section), Judges.of(models)
        bounds = cache(partial(bounds_of, section))
        covered = [*lists.benchmarks.unindexed] if lists.benchmarks else []
        kept, rejected = filtered(STATISTICS), filter_rejected(STATISTICS)
        with SplitWriter(folder, name, kept, rejected) as part:
            for index, row in enumerate(read_rows(join(source, f"part-{name}.parquet"))):
                work = partial(_examine, row, section, lists, judges)
                found = attempt(guard, index, capture_of(row), work)
                _place(part, row, found, section.languages, bounds)
                if isinstance(found, _Judged):
                    covered += found.examined.coverage
            if section.benchmarks:
                _write_coverage(join(folder, f"contamination-{name}.parquet"), covered)
    part_done = finished(folder, name, prefixes)
    assert part_done is not None
    return part_done


def check_lists(guard: Guard, section: FilterSection) -> None:
    """Read everything that documents are compared with.

    Raises:
        UserError: A list cannot be read.
    """
    Lists.of(section)


def _write_coverage(path: str, covered: Iterable[Coverage]) -> None:
    """What the part's pages hold of each benchmark item."""
    with PartWriter(path, COVERAGE) as writer:
        for row in merge(covered):
            writer.write(asdict(row))


def check_models(guard: Guard, quality_model: str, domain_model: str, access: Access) -> None:
    """Load the classifiers that are given.

    Args:
        guard: The child process's guard.
        quality_model: The quality classifier's address; empty if none is given.
        domain_model: The domain classifier's.
        access: How they are fetched from elsewhere.

    Raises:
        UserError: One cannot be had, or is none, or what stands beside it is no calibration of it.
    """
    if quality_model:
        curve = calibration.read(quality_model, quality.FEATURES, access)
        quality.load(quality_model, curve, access)
    if domain_model:
        domain.load(domain_model, access)


@dataclass(frozen=True)
class _Judged:
    """What was found on a document.

    Attributes:
        examined: By its text.
        labels: By the domain classifier, by column.
    """

    examined: Examined
    labels: Mapping[str, str | float]


def _examine(
    row: Mapping[str, Any], section: FilterSection, lists: Lists, judges: Judges
) -> _Judged:
    examined = examine(_subject(row, judges.quality), section, lists)
    labels: dict[str, str | float] = {}
    if judges.domain:
        page = (row["url"], row["text"], row["language"])
        for scheme, found in judges.domain.judge(*page).items():
            labels |= {scheme: found.label, f"{scheme}_score": found.score}
    return _Judged(examined, labels)


def _subject(row: Mapping[str, Any], model: QualityModel | None) -> Subject:
    """A document of `extract`, to examine."""
    score = model.score(row["text"]) if model else None
    own = {key: row[key] for key in ("id", "url", "text", "language", "language_score")}
    return Subject(**own, opt_outs=sorted(OBEYED.intersection(row["opt_outs"])), quality=score)


def _place(
    part: SplitWriter,
    row: Mapping[str, Any],
    found: _Judged | Rejected,
    languages: Collection[str],
    bounds: Callable[[str], Mapping[str, Bounds]],
) -> None:
    """Write a document where it belongs."""
    beside = {key: row[key] for key in _BESIDE}
    if isinstance(found, Rejected):
        nothing = dict.fromkeys([*DOMAIN_COLUMNS, *STATISTICS])
        part.reject(found, beside | {"edits": [], **nothing})
        return
    examined = found.examined
    measured: dict[str, Any] = {name: examined.statistics[name] for name in STATISTICS}
    measured |= {column: found.labels.get(column) for column in DOMAIN_COLUMNS}
    measured["edits"] = [asdict(edit) for edit in examined.edits]
    if (rejection := _verdict(row, examined, languages, bounds)) is None:
        part.keep({**row, **measured, "text": examined.text, "n_chars": len(examined.text)})
        part.facts["characters"] += len(examined.text)
        part.facts.update(Counter(f"{EDIT}{edit.kind}" for edit in examined.edits))
    else:
        part.reject(rejection, beside | measured)


def _verdict(
    row: Mapping[str, Any],
    found: Examined,
    languages: Collection[str],
    bounds: Callable[[str], Mapping[str, Bounds]],
) -> Rejected | None:
    """Why a document is dropped; None if it is kept."""
    capture, code = capture_of(row), row["language"]
    if languages and code not in languages:
        return Rejected(capture, "dropped", "language", detail=code)
    broken = judge(found.statistics, bounds(code))
    if broken is None:
        return None
    return Rejected(capture, "dropped", *broken, found.details.get(broken[0], ""))
