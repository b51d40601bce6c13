"""From parts of `extract` and a table of references to the classifier, without Beam."""

import json
import mmap
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifiers import calibration, identifiers
from classifiers import quality as classifier
from pipeline import files, models
from pipeline.config import Config, QualitySection
from pipeline.errors import UserError
from pipeline.files import Access
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.sandbox import Guard, Pool, shared_pool
from pipeline.schema import DOCUMENTS
from pipeline.stages.filtering import classifiers_of
from pipeline.tasks import quality
from pipeline.tasks.filtering import Judges, check_models
from pipeline.urls import canonical_url
from tests.classifiers.examples import BAD, GOOD
from tests.webserver import accesses, serving

ORIGIN = quality.Origin("run", "careful", "extracted", "cited")
QUICK = {"epochs": (5,), "learning_rate": (0.5, 0.1), "bucket": 1000}
Rows = list[dict[str, Any]]


def page(number: int) -> dict[str, Any]:
    """Every fourth page of its domain is cited, and its words tell."""
    random = Random(number)
    host = f"d{number % 90}.org"
    own = GOOD if number % 4 == 0 else BAD
    text = " ".join(random.choices(own, k=30) + random.choices(GOOD + BAD, k=30))
    values = {
        "id": f"id-{number}",
        "url": f"http://www.{host}/pages/{number}?utm_source=x",
        "host": host,
        "text": text,
        "n_chars": 300 if number % 5 else 100,
        "language": "eng_Latn" if number % 3 else "ukr_Cyrl",
        "link_density": 0.5,
    }
    empty: dict[str, Any] = {"licences": [], "opt_outs": [], "offset": 0, "length": 0}
    rest = {field.name: "" for field in DOCUMENTS if field.name not in {**empty, **values}}
    return {**rest, **empty, "language_score": 0.9, **values}


PAGES = [page(number) for number in range(900)]
CITED = [canonical_url(row["url"]) for row in PAGES if int(row["id"][3:]) % 4 == 0]


def parts(folder: Path, pages: Sequence[Rows]) -> list[str]:
    folder.mkdir(parents=True)
    for number, rows in enumerate(pages):
        table = pa.Table.from_pylist(rows, schema=DOCUMENTS)
        pq.write_table(table, folder / f"part-{number}.parquet")
    return sorted(map(str, folder.iterdir()))


def table(folder: Path, urls: Sequence[str]) -> list[str]:
    folder.mkdir(parents=True)
    hosts = [url.split("/")[2] for url in urls]
    pq.write_table(pa.table({"canonical_url": urls, "host": hosts}), folder / "part-0.parquet")
    return [str(folder / "part-0.parquet")]


def a_child() -> Pool:
    """A pool of one child, which starts once for all tests."""
    return shared_pool(1, 60, 4 << 30)


def train(
    base: Path, section: QualitySection, pages: Sequence[Rows] = (PAGES,), urls: Rows | Any = CITED
) -> dict[str, Any]:
    """The stage's tasks in their order; returns the manifest's facts."""
    folder = str(base / "out")
    sources, cited = parts(base / "extract", pages), table(base / "table", urls)
    pool = a_child()
    pool.submit(quality.sample, sources, cited, section, folder, Access()).result()
    for index in range(len(quality.candidates(section))):
        pool.submit(quality.try_candidate, index, section, folder).result()
    return pool.submit(quality.finish, section, ORIGIN, folder).result()


def outputs(base: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (base / "out").iterdir() if path.is_file()}


def card_of(base: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((base / "out" / "card.json").read_text())
    return found


def loaded(path: Path) -> classifier.QualityModel:
    """The model as a filter elsewhere loads it, with the curve beside it."""
    return classifier.load(str(path), calibration.read(str(path), classifier.FEATURES))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("trained")
    facts = train(base, QualitySection(**QUICK))
    assert facts["file"] == "model.bin"
    assert facts["better_than_baselines"]
    return base


def test_it_writes_a_model_its_calibration_and_a_card(trained: Path) -> None:
    assert set(outputs(trained)) == {
        "model.bin",
        "model.calibration.json",
        "examples.parquet",
        "card.json",
        "card.md",
        "reliability.svg",
    }
    card = card_of(trained)
    assert card["data"]["pages"] == len(PAGES)
    assert card["data"]["cited_pages"] == card["data"]["cited"] == len(CITED)
    assert card["calibration"] == "platt"
    assert card["auc"][1] > 0.9
    assert [row["chosen"] for row in card["search"]].count(True) == 1
    best = max(row["auc"] for row in card["search"])
    assert next(row["auc"] for row in card["search"] if row["chosen"]) == best


def test_examples_are_labelled_and_matched_and_their_domains_on_one_side(trained: Path) -> None:
    rows = pq.read_table(trained / "out" / "examples.parquet").to_pylist()
    assert sum(row["label"] for row in rows) == len(CITED)
    assert all(row["label"] == (canonical_url(row["url"]) in CITED) for row in rows)
    sides: dict[str, set[str]] = {}
    for row in rows:
        sides.setdefault(row["domain"], set()).add(row["split"])
        assert (row["stop_words"] is None) == (row["language"] not in ("eng_Latn", "ukr_Cyrl"))
    assert {len(side) for side in sides.values()} == {1}
    assert {side for found in sides.values() for side in found} == {
        "train",
        "tune",
        "calibrate",
        "test",
    }


def test_the_stored_scores_are_those_the_filter_gives(trained: Path) -> None:
    model = loaded(trained / "out" / "model.bin")
    texts = {row["id"]: row["text"] for row in PAGES}
    for row in pq.read_table(trained / "out" / "examples.parquet").to_pylist():
        assert model.score(texts[row["id"]]) == pytest.approx(row["score"], abs=1e-12)


def test_same_bytes_whatever_the_parts_and_their_order(trained: Path, tmp_path: Path) -> None:
    shuffled = Random(1).sample(PAGES, len(PAGES))
    train(tmp_path, QualitySection(**QUICK), [shuffled[:10], [], shuffled[10:500], shuffled[500:]])
    assert outputs(tmp_path) == outputs(trained)


def test_pages_to_test_on_do_not_make_the_model(trained: Path, tmp_path: Path) -> None:
    """Whatever stands on them: neither the words nor what is chosen and calibrated by them."""
    rows = pq.read_table(trained / "out" / "examples.parquet").to_pylist()
    tested = {row["id"] for row in rows if row["split"] == "test"}
    altered = [row | {"text": "altered"} if row["id"] in tested else row for row in PAGES]
    train(tmp_path, QualitySection(**QUICK), [altered])
    for name in ("model.bin", "model.calibration.json"):
        assert outputs(tmp_path)[name] == outputs(trained)[name]
    assert card_of(tmp_path)["auc"] != card_of(trained)["auc"]


def test_what_was_done_is_not_done_again(trained: Path, tmp_path: Path) -> None:
    """As after a kill: the sample and one candidate are there, the rest is made from them."""
    section, folder = QualitySection(**QUICK), tmp_path / "out"
    (folder / "work").mkdir(parents=True)
    for name in ("sample.json", "examples.parquet", "model-0", "tried-0.json"):
        (folder / "work" / name).write_bytes((trained / "out" / "work" / name).read_bytes())
    pool = a_child()
    nowhere = (["nowhere"], ["nowhere"])
    pool.submit(quality.sample, *nowhere, section, str(folder), Access()).result()
    for index in range(len(quality.candidates(section))):
        pool.submit(quality.try_candidate, index, section, str(folder)).result()
    pool.submit(quality.finish, section, ORIGIN, str(folder)).result()
    assert outputs(tmp_path) == outputs(trained)


def test_a_quantized_model_is_judged_as_it_is(trained: Path, tmp_path: Path) -> None:
    facts = train(tmp_path, QualitySection(**QUICK, quantize=True))
    assert facts["file"] == "model.ftz"
    assert "model.bin" not in outputs(tmp_path)
    assert len(outputs(tmp_path)["model.ftz"]) < len(outputs(trained)["model.bin"]) / 2
    card = card_of(tmp_path)
    assert card["unquantized_auc"] == pytest.approx(card_of(trained)["auc"], abs=1e-9)
    model = loaded(tmp_path / "out" / "model.ftz")
    texts = {row["id"]: row["text"] for row in PAGES}
    for row in pq.read_table(tmp_path / "out" / "examples.parquet").slice(0, 50).to_pylist():
        assert model.score(texts[row["id"]]) == pytest.approx(row["score"], abs=1e-12)


def test_wider_matches_have_more_positives(tmp_path: Path) -> None:
    """Cited are the folder of half of the sites, and a page that nobody read of the others."""
    urls = [f"https://d{n}.org/pages" if n % 2 else f"https://d{n}.org/x" for n in range(90)]
    found = {}
    for match in ("path", "host"):
        section = QualitySection(**QUICK, match=match)  # type: ignore[arg-type]
        sources = parts(tmp_path / match / "extract", [PAGES])
        out = tmp_path / match / "out"
        cited = table(tmp_path / match / "table", urls)
        future = a_child().submit(quality.sample, sources, cited, section, str(out), Access())
        if match == "host":
            with pytest.raises(UserError, match="no other pages of the languages"):
                future.result()
            continue
        future.result()
        found[match] = json.loads((out / "work" / "sample.json").read_text())
    assert found["path"]["cited_pages"] == len(PAGES) // 2


def test_too_few_to_search_or_to_calibrate_is_said(tmp_path: Path) -> None:
    train(tmp_path, QualitySection(**QUICK), [PAGES[:160]])
    card = card_of(tmp_path)
    assert card["calibration"] == "none"
    assert not card["searched"]
    assert [row["auc"] for row in card["search"]] == [None]
    text = (tmp_path / "out" / "card.md").read_text()
    assert "No hyper-parameters were compared" in text
    assert "scores are fastText's own" in text


def test_too_few_cited_pages_say_how_many(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"cites \d pages to train on .* take a wider quality.match"
    ):
        train(tmp_path, QualitySection(**QUICK), [PAGES[:30]])


def test_a_model_that_is_given_is_looked_at(trained: Path, tmp_path: Path) -> None:
    with Pool(1, 60, 4 << 30) as pool:
        model = tmp_path / "model.bin"
        model.write_bytes((trained / "out" / "model.bin").read_bytes())
        bare = pool.submit(quality.take_model, str(model), Access()).result()
        beside = tmp_path / "model.calibration.json"
        beside.write_bytes((trained / "out" / "model.calibration.json").read_bytes())
        calibrated = pool.submit(quality.take_model, str(model), Access()).result()
        assert (bare["calibration"], calibrated["calibration"]) == ("none", "platt")
        assert bare["sha256"] == calibrated["sha256"]
        assert calibration.of(calibrated["curve"]) == calibration.read(
            str(model), classifier.FEATURES
        )
        beside.write_bytes(b"{}")
        with Pool(1, 60, 4 << 30) as other, pytest.raises(UserError, match="no calibration"):
            other.submit(quality.take_model, str(model), Access()).result()


def test_models_and_tables_elsewhere_are_reached_as_inputs_are(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder, access, seen = trained / "out", Access(retries=3), accesses(monkeypatch)
    cited, sources = table(tmp_path / "table", CITED), parts(tmp_path / "extract", [PAGES])
    paths = [folder / "model.bin", folder / "model.calibration.json", Path(cited[0])]
    guard = Guard(mmap.mmap(-1, 4096), {})
    with serving() as site:
        site.reset(**{path.name: path.read_bytes() for path in paths})
        model, other = (
            models.pinned(f"{site.url}{path.name}", files.sha256(str(path))) for path in paths[::2]
        )
        section, there = QualitySection(**QUICK), [f"{site.url}{paths[2].name}"]
        for use in (
            lambda: identifiers.fetch(other, access),
            lambda: check_models(guard, model, "", access),
            lambda: quality.take_model(guard, model, access),
            lambda: quality.sample(guard, sources, there, section, str(tmp_path), access),
        ):
            seen.clear()
            use()
            assert set(seen) == {access}


def test_a_model_in_a_folder_elsewhere(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's output may be a store: what was trained there is loaded from there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    section, guard = QualitySection(**QUICK), Guard(mmap.mmap(-1, 4096), {})
    folder = f"memory://{tmp_path.name}/quality"
    for path in (trained / "out" / "work").iterdir():
        with files.open_atomic(f"{folder}/work/{path.name}") as out:
            out.write(path.read_bytes())
    facts = quality.finish(guard, section, ORIGIN, folder)
    assert files.read_input(f"{folder}/model.bin") == outputs(trained)["model.bin"]
    run = f"memory://{tmp_path.name}"
    manifest = Manifest.of_parts("quality", {}, {}, (), facts)
    config = Config.model_validate({"run": {"name": "r"}})
    given = classifiers_of(Job("filter", config, run, {}, {"quality": manifest}))
    model = Judges.of(given).quality
    assert model is not None
    texts = {row["id"]: row["text"] for row in PAGES}
    for row in pq.read_table(trained / "out" / "examples.parquet").slice(0, 50).to_pylist():
        assert model.score(texts[row["id"]]) == pytest.approx(row["score"], abs=1e-12)
    files.remove_folder(run)
