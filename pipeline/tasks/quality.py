"""Quality: the classifier, trained on the pages of this crawl that Wikipedia cites.

Examples are sampled by one task, which reads addresses and lengths twice and texts once; each
choice of hyper-parameters is a task; the last takes the best model, calibrates it and writes its
card.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from classifiers import calibration, fasttext_model, quality, qualitycard, qualitytraining
from classifiers.calibration import Calibration
from classifiers.labels import COLUMN, Cited
from classifiers.matching import Matched, match
from classifiers.qualitytext import markdown
from classifiers.ranking import auc, estimate
from classifiers.reliability import Bin, drawing
from classifiers.splits import Split
from pipeline import files, models, urls
from pipeline.config import QualitySection
from pipeline.exchange import WORK
from pipeline.files import join
from pipeline.languagebounds import LANGUAGES
from pipeline.parts import read_rows, read_table
from pipeline.sandbox import Guard
from pipeline.schema import EXAMPLES, SCORED_EXAMPLES

CARD = "card.json"
CARD_TEXT = "card.md"
# Bounds the memory of sampling to about 1 GB. More examples no longer change so small a model.
MAX_POSITIVES = 50_000
_SAMPLE = "sample.json"
_EXAMPLES = "examples.parquet"


@dataclass(frozen=True)
class Origin:
    """Where examples come from, for the card.

    Attributes:
        run: The run's name.
        engine: What extracted the pages' texts.
        extract: The fingerprint of the stage `extract`.
        references: The fingerprint of the table of references.
    """

    run: str
    engine: str
    extract: str
    references: str


def model_file(section: QualitySection) -> str:
    """The name of the model that is trained."""
    return "model.ftz" if section.quantize else "model.bin"


def candidates(section: QualitySection) -> list[qualitytraining.Hyperparameters]:
    """The hyper-parameters that are compared."""
    return qualitytraining.grid(
        section.epochs, section.dim, section.learning_rate, section.word_ngrams, section.bucket
    )


def take_model(guard: Guard, model: str, access: files.Access) -> dict[str, Any]:
    """The manifest's facts of a model that is given, which is loaded to see that it is one."""
    curve = calibration.read(model, quality.FEATURES, access)
    quality.load(model, curve, access)
    return {"sha256": files.sha256(models.local(model, access)), **_calibrated(curve)}


def _calibrated(curve: Calibration) -> dict[str, Any]:
    """The facts of a calibration: the curve itself, so that all scores are by the same one."""
    return {"calibration": calibration.name(curve), "curve": calibration.content(curve)}


def sample(
    guard: Guard,
    sources: list[str],
    table: list[str],
    section: QualitySection,
    folder: str,
    access: files.Access,
) -> None:
    """Write the examples, unless they are there already.

    Args:
        guard: The child process's guard.
        sources: The parts of documents to learn from.
        table: The table of what Wikipedia cites, in parts.
        section: How to train.
        folder: The stage's folder.
        access: How the table is reached.

    Raises:
        UserError: There are too few cited pages.
    """
    if files.exists(join(folder, WORK, _SAMPLE)):
        return
    cited = Cited(_names(table, COLUMN[section.match], access), section.match)
    seen = {False: 0, True: 0}

    def pages() -> Iterator[_Page]:
        seen.update({False: 0, True: 0})
        for page in _pages(sources, cited):
            seen[page.label] += 1
            yield page

    matched = match(pages, section.negatives_per_positive, MAX_POSITIVES)
    examples = _with_texts(matched, sources)
    qualitytraining.check_enough(examples)
    _write(join(folder, WORK, _EXAMPLES), examples)
    content = {
        "cited": len(cited),
        "pages": sum(seen.values()),
        "cited_pages": seen[True],
        "matching": qualitycard.matching(matched.positives, matched.wanted, matched.taken),
    }
    files.write_json(join(folder, WORK, _SAMPLE), content)


def try_candidate(guard: Guard, index: int, section: QualitySection, folder: str) -> int:
    """Train one of the candidates, unless that is done or there is nothing to choose by.

    Returns:
        Its number.
    """
    done, path = (join(folder, WORK, name) for name in (_tried_mark(index), f"model-{index}"))
    if files.exists(done):
        return index
    examples = join(folder, WORK, _EXAMPLES)
    tuned = qualitytraining.can_tune(read_table(examples, ["split", "label"]))
    if tuned or not index:
        # Several of these run at once: none of them holds all texts.
        training = (row for row in read_rows(examples) if row["split"] == "train")
        classifier = qualitytraining.train(training, candidates(section)[index], path)
        tuning = [row for row in read_rows(examples) if row["split"] == "tune"]
        table = pa.Table.from_pylist(tuning, schema=EXAMPLES)
        found = qualitytraining.tuning_auc(table, classifier) if tuned else None
        files.write_json(done, {"auc": found})
    return index


def finish(guard: Guard, section: QualitySection, origin: Origin, folder: str) -> dict[str, Any]:
    """Take the best candidate, calibrate it and judge it; returns the manifest's facts."""
    examples = read_table(join(folder, WORK, _EXAMPLES))
    tried, best = _tried(section, folder, qualitytraining.can_tune(examples))
    trained, path = join(folder, WORK, f"model-{best}"), join(folder, model_file(section))
    address = models.pinned(trained, files.sha256(trained))
    full = fasttext_model.load(address)
    if section.quantize:
        classifier = fasttext_model.quantize(address, path)
    else:
        classifier = full
        with files.open_read(trained) as source, files.open_atomic(path) as out:
            out.write(source.read())
    curve = qualitytraining.calibrate(examples, classifier)
    calibration.write(curve, path, quality.FEATURES)
    scores = curve(qualitytraining.raw_scores(classifier, examples))
    scored = examples.drop_columns("words").append_column("score", pa.array(scores))
    _write(join(folder, _EXAMPLES), scored.cast(SCORED_EXAMPLES))
    words_for, words_against = qualitytraining.preferences(full, examples)
    sampled = files.read_json(join(folder, WORK, _SAMPLE))
    matching = sampled.pop("matching")
    card: dict[str, Any] = {
        "data": {**asdict(origin), **sampled, "match": section.match},
        "settings": section.model_dump(mode="json", exclude={"dumps", "references", "model"}),
        "counts": qualitycard.counts(scored),
        "matching": matching,
        "search": tried,
        "searched": len(tried) > 1,
        "calibration": calibration.name(curve),
        "calibrated_on": int(
            qualitytraining.labels_of(qualitytraining.part(examples, "calibrate")).sum()
        ),
        **qualitycard.performance(scored),
        "unquantized_auc": _unquantized(full, examples) if section.quantize else None,
        "words_for": qualitycard.words(words_for),
        "words_against": qualitycard.words(words_against),
        "model": {"file": model_file(section), "sha256": files.sha256(path)},
    }
    return {**_publish(card, examples, folder), **_calibrated(curve)}


def _publish(card: Mapping[str, Any], examples: pa.Table, folder: str) -> dict[str, Any]:
    """Write the card in its forms; returns the manifest's facts."""
    digest = hashlib.sha256(card["model"]["sha256"].encode())
    for row in qualitytraining.rows(examples, ["label", "words"]):
        digest.update(f"{qualitytraining.line(row)}\n".encode())
    content = qualitycard.plain(
        {**card, "warnings": qualitycard.warnings(card), "fingerprint": digest.hexdigest()}
    )
    diagram = drawing([Bin(**row) for row in card["reliability"]])
    for name, text in (("reliability.svg", diagram), (CARD_TEXT, markdown(content))):
        with files.open_atomic(join(folder, name)) as out:
            out.write(text.encode())
    files.write_json(join(folder, CARD), content)
    told = ("auc", "average_precision", "better_than_baselines", "fingerprint")
    return {**{key: content[key] for key in told}, **content["model"]}


def _tried_mark(index: int) -> str:
    return f"tried-{index}.json"


def _tried(section: QualitySection, folder: str, tuned: bool) -> tuple[list[dict[str, Any]], int]:
    """The candidates with their AUC on the pages to choose by, and the number of the best."""
    rows = []
    for index, candidate in enumerate(candidates(section)[: None if tuned else 1]):
        found = files.read_json(join(folder, WORK, _tried_mark(index)))["auc"]
        rows.append(asdict(candidate) | {"auc": found})
    best = max(range(len(rows)), key=lambda n: rows[n]["auc"]) if tuned else 0
    return [row | {"chosen": n == best} for n, row in enumerate(rows)], best


def _unquantized(full: fasttext_model.Classifier, examples: pa.Table) -> Any:
    test = qualitytraining.part(examples, "test")
    labels, scores = qualitytraining.labels_of(test), qualitytraining.raw_scores(full, test)
    return estimate(auc, labels, scores, test["domain"].to_pylist())


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that may become an example: where it stands, and what decides whether it does."""

    id: str
    domain: str
    language: str
    length: int
    label: bool
    source: int
    row: int


def _pages(sources: Sequence[str], cited: Cited) -> Iterator[_Page]:
    columns = ["id", "url", "host", "language", "n_chars"]
    for number, source in enumerate(sources):
        for index, row in enumerate(read_rows(source, columns)):
            yield _Page(
                row["id"],
                urls.registered_domain(row["host"]),
                row["language"],
                row["n_chars"],
                urls.canonical_url(row["url"]) in cited,
                number,
                index,
            )


def _names(table: Iterable[str], column: str, access: files.Access) -> Iterator[str]:
    for path in table:
        yield from read_table(path, [column], access)[column].to_pylist()


def _with_texts(matched: Matched[_Page], sources: Sequence[str]) -> pa.Table:
    """The examples, in the order of their ids' hashes."""
    order = {(page.source, page.row): n for n, (page, _) in enumerate(matched.pages)}
    found: dict[int, dict[str, Any]] = {}
    columns = ["id", "url", "host", "language", "n_chars", "link_density", "text"]
    for number in sorted({page.source for page, _ in matched.pages}):
        for index, row in enumerate(read_rows(sources[number], columns)):
            if (place := order.get((number, index))) is not None:
                found[place] = _example(row, *matched.pages[place])
    return pa.Table.from_pylist([found[n] for n in range(len(order))], schema=EXAMPLES)


def _example(row: Mapping[str, Any], page: _Page, split: Split) -> dict[str, Any]:
    words = quality.features(row["text"])
    return {
        **{key: row[key] for key in ("id", "url", "language", "n_chars", "link_density")},
        "domain": page.domain,
        "stop_words": stop_word_share(words.split(), row["language"]),
        "split": split,
        "label": page.label,
        "words": words,
    }


def stop_word_share(words: Sequence[str], language: str) -> float | None:
    """The share of stop words; None in a language of which we know none."""
    if language not in LANGUAGES or not words:
        return None
    table = LANGUAGES[language].stop_words
    return sum(word in table for word in words) / len(words)


def _write(path: str, table: pa.Table) -> None:
    with files.open_atomic(path) as out:
        pq.write_table(table, pa.PythonFile(out, mode="w"), compression="zstd")
