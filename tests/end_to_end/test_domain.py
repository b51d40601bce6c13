"""The domain classifier from labelled pages to the weights of documents, by the command."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from classifiers import domain, domain_training
from pipeline import models
from pipeline.files import Access
from tests.classifiers import labelled_pages
from tests.end_to_end.golden_run import Golden, answer_of, digests
from tests.webserver import Site, accesses, serving

STAGES = ("extract", "references", "quality")
LABELS = {"topic": {"health", "religion"}, "format": {"news_article", "tutorial"}}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that the command trained, under the address that it printed."""
    folder = tmp_path_factory.mktemp("model")
    path = labelled_pages.write(folder / "pages.jsonl", labelled_pages.rows(150))
    words = ("classifier", "train", "domain", path, "--output", str(folder / "model"), "--json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domain_training, "GRID", domain_training.GRID[:1])
        status, output, errors = answer_of(*words)
    assert status == 0, errors
    answer = json.loads(output)
    assert answer["card"] == json.loads((folder / "model/card.json").read_text())
    assert "macro-F1" in (folder / "model/card.md").read_text()
    return str(answer["address"])


@pytest.fixture
def site(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A web server with the model, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    models.local.cache_clear()
    folder = Path(address).parent
    with serving() as found:
        found.reset(**{path.name: path.read_bytes() for path in folder.iterdir()})
        yield found


def run(golden: Golden, folder: Path, section: str, *words: str) -> tuple[int, str, str]:
    """The golden run up to its weights, with a domain section; what comes before is taken over."""
    config = folder / "golden.toml"
    config.write_text(
        f"{golden.config.read_text(encoding='utf-8')}\n[domain]\n{section}\n", "utf-8"
    )
    for stage in STAGES:
        if not (folder / "golden" / stage).exists():
            shutil.copytree(golden.folder / stage, folder / "golden" / stage)
    return answer_of("run", str(config), "--output", str(folder), "--until", "weight", *words)


def test_a_model_elsewhere_is_reached_as_inputs_are(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, access = accesses(monkeypatch), Access(retries=3)
    domain.load(f"{site.url}model.json#{address.partition('#')[2]}", access)
    assert seen
    assert set(seen) == {access}
    assert {"/model.json", "/topic.bin", "/format.bin"} <= {path for path, _ in site.requests}


def rows(folder: Path, stage: str, prefix: str = "part") -> list[dict[str, Any]]:
    paths = sorted((folder / "golden" / stage).glob(f"{prefix}-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def expected(row: dict[str, Any], min_score: float) -> str:
    """The domain that a document is weighed by."""
    if row["host"] == "lumen-reference.example":
        return "reference"
    return str(row["domain"]) if (row["domain_score"] or 0) >= min_score else "unknown"


def test_documents_have_domains_and_are_weighed_by_them(
    golden: Golden, site: Site, address: str, tmp_path: Path
) -> None:
    sha256 = address.partition("#")[2]
    section = f'model = "{site.url}model.json#{sha256}"\nmin_score = 0.2'
    status, _, errors = run(golden, tmp_path, section)
    assert status == 0, errors
    every = [*rows(tmp_path, "filter"), *rows(tmp_path, "filter", "dropped")]
    done = [row for row in every if row.get("outcome") != "failed"]
    assert len({row["domain"] for row in done}) > 2
    judged = [row for row in done if row["language"] == "eng_Latn"]
    for row in done:
        assert (row["domain"] is None) == (row not in judged)
    for row in judged:
        assert all(row[scheme] in names for scheme, names in LABELS.items())
        assert all(0 < row[f"{scheme}_score"] <= 1 for scheme in (*LABELS, "domain"))
    kept = {row["id"]: row for row in rows(tmp_path, "lines")}
    weights = rows(tmp_path, "weight")
    assert {row["id"]: row["domain"] for row in weights} == {
        key: expected(row, 0.2) for key, row in kept.items()
    }
    # Another threshold weighs anew and reads no text.
    before = digests(tmp_path / "golden")
    scores = sorted(row["domain_score"] for row in kept.values() if row["domain_score"])
    median = scores[len(scores) // 2]
    sure = section.replace("0.2", str(median))
    assert run(golden, tmp_path, sure, "--dry-run")[0] == 0
    status, _, errors = run(golden, tmp_path, sure)
    assert (status, "domain.min_score (was 0.2, is" in errors) == (2, True)
    assert run(golden, tmp_path, sure, "--overwrite")[0] == 0
    after = digests(tmp_path / "golden")
    assert {name.split("/")[0] for name in before if before[name] != after[name]} == {"weight"}
    now = {row["id"]: row["domain"] for row in rows(tmp_path, "weight")}
    assert now == {key: expected(row, median) for key, row in kept.items()}
    assert {"unknown", "reference"} < set(now.values())
    page = next(row for row in kept.values() if row["domain"])
    story = json.loads(answer_of("explain", str(tmp_path / "golden"), page["id"], "--json")[1])
    assert story[0]["filter"]["domain"] == page["domain"]
    shown = answer_of("inspect", str(tmp_path / "golden"), "-n", "3", "--json")[1]
    assert all(one["domain"] == kept[one["id"]]["domain"] for one in json.loads(shown))


def test_without_a_model_nothing_has_a_domain_but_its_host_s(golden: Golden) -> None:
    for row in rows(golden.folder.parent, "filter"):
        assert row["domain"] is row["domain_score"] is row["topic"] is row["format"] is None
    assert {row["domain"] for row in rows(golden.folder.parent, "weight")} == {
        "reference",
        "unknown",
    }


@pytest.mark.parametrize("command", ["--dry-run", "--overwrite"])
def test_models_that_are_none_are_refused_before_any_work(
    golden: Golden, site: Site, address: str, tmp_path: Path, command: str
) -> None:
    sha256 = address.partition("#sha256=")[2]
    damaged = tmp_path / "damaged"
    shutil.copytree(Path(address).parent, damaged)
    (damaged / "topic.bin").write_bytes(b"something else")
    for given, message in (
        (f"{site.url}model.json", "domain.model: should end in #sha256="),
        (f"{site.url}model.json#sha256={'0' * 64}", f"SHA-256 is {sha256}, but {'0' * 64}"),
        (f"{site.url}gone.json#sha256={'1' * 64}", "gone.json: cannot be fetched (HTTP 404"),
        (f"{tmp_path}/gone.json", "gone.json: no such file"),
        (str(golden.config), "no domain model"),
        (str(damaged / "model.json"), "topic.bin: its SHA-256 is"),
    ):
        status, _, errors = run(golden, tmp_path, f'model = "{given}"', command)
        assert (status, errors.count("curate: ")) == (2, 1), errors
        assert message in errors
        assert not (tmp_path / "golden/filter").exists()


def test_a_folder_with_a_model_is_not_written_to(address: str) -> None:
    folder = Path(address).parent
    words = ("classifier", "train", "domain", str(folder.parent / "pages.jsonl"))
    status, _, errors = answer_of(*words, "--output", str(folder))
    assert (status, "there already" in errors) == (2, True)
