"""The domain classifier: what it learns from planted pages, and that it learns it alike."""

import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import domain, domain_card, domain_pages, domain_scheme, domain_training
from classifiers.domain_pages import Examples, Page, prepare
from classifiers.domain_training import LISTED, MADE, OWN, Settings, Trained
from classifiers.labelled import LabelledPage, read
from pipeline import models
from pipeline.errors import UserError
from tests.classifiers import labelled_pages

GRID = (Settings(30, 1.0, 1.0), Settings(5, 0.5, 0.5))


def no_lists(url: str) -> None:
    return None


@pytest.fixture(autouse=True)
def few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_training, "GRID", GRID)


def prepared(tmp_path: Path, rows: list[dict[str, Any]]) -> list[Page]:
    path = labelled_pages.write(tmp_path / "pages.jsonl", rows)
    return prepare(read([path]), no_lists)


def trained(tmp_path: Path, rows: list[dict[str, Any]]) -> tuple[list[Page], list[Trained]]:
    pages = prepared(tmp_path, rows)
    done = domain_training.train(pages, str(tmp_path), lambda text: None)
    domain_training.write(done, str(tmp_path))
    return pages, done


def test_every_page_is_for_testing_in_one_of_five_rotations() -> None:
    rows = labelled_pages.rows(100)
    tested: Counter[str] = Counter()
    for rotation in range(5):
        read_again = [LabelledPage(row["url"], "t", {"topic": "health"}) for row in rows]
        pages = prepare(read_again, no_lists, rotation)
        tested.update(page.site for page in pages if page.split == "test")
    assert tested == {f"site{number}.org": 1 for number in range(100)}


def test_pages_of_a_registered_domain_stay_together() -> None:
    hosts = ("news.bbc.co.uk", "www.bbc.co.uk", "bbc.co.uk")
    urls = [f"https://{host}/{number}" for host in hosts for number in range(20)]
    pages = prepare((LabelledPage(url, "t", {"topic": "health"}) for url in urls), no_lists)
    assert len(pages) == 60
    assert {page.site for page in pages} == {"bbc.co.uk"}
    assert len({page.split for page in pages}) == 1


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Page], list[Trained]]:
    """A model of the planted pages: its folder, the pages, what was trained."""
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domain_training, "GRID", GRID)
        return folder, *trained(folder, labelled_pages.rows())


def test_it_finds_what_was_planted_and_knows_how_sure_it_is(
    planted: tuple[Path, list[Page], list[Trained]],
) -> None:
    folder, pages, done = planted
    model = domain.load(str(folder / domain.MODEL))
    right = 0
    unseen = labelled_pages.rows(100, seed=1)
    for row in unseen:
        url = row["url"].replace("site", "other")
        found = model.judge(url, row["text"], "eng_Latn")
        label = domain_scheme.domain_of(row["topic"], row["format"])
        right += found["domain"].label == label
        assert all(0 < one.score <= 1 for one in found.values())
    assert right > 90
    card = domain_card.card_of(done, pages, [])
    for scheme, found_of in card["schemes"].items():
        assert found_of["test"]["macro_f1"] > 0.85, scheme
        assert found_of["baselines"]["majority"]["macro_f1"] < 0.5
    # Only the form of a page shows in its URL.
    assert card["schemes"]["format"]["baselines"]["url"]["accuracy"] == 1.0
    assert card["schemes"]["topic"]["baselines"]["url"]["accuracy"] < 0.8


def test_a_domain_is_made_of_topic_and_format_or_learned_where_these_are_not_known(
    planted: tuple[Path, list[Page], list[Trained]], tmp_path: Path
) -> None:
    made = planted[2][-1]
    assert made.way == MADE
    assert made.ways[MADE].macro_f1 >= made.ways[OWN].macro_f1
    rows = labelled_pages.rows()
    for row in rows:
        row["domain"] = domain_scheme.domain_of(row.pop("topic"), row.pop("format"))
    (own,) = trained(tmp_path, rows)[1]
    assert own.way == OWN
    model = domain.load(str(tmp_path / domain.MODEL))
    assert list(model.judge("", "the doctor", "eng_Latn")) == ["domain"]
    assert model.judge("", "der Arzt", "deu_Latn") == {}


@given(st.integers(0, 1000))
def test_the_probabilities_of_domains_are_the_sums_over_the_pairs_that_make_them(seed: int) -> None:
    topics, formats = np.random.default_rng(seed).dirichlet(np.ones(24) / 4, size=(2, 3))
    sums = np.zeros((3, len(domain_scheme.names("domain"))))
    for row in range(3):
        for topic, name in enumerate(domain_scheme.names("topic")):
            for form, other in enumerate(domain_scheme.names("format")):
                column = domain_scheme.names("domain").index(domain_scheme.domain_of(name, other))
                sums[row, column] += topics[row, topic] * formats[row, form]
    assert domain.derived(topics, formats) == pytest.approx(sums)


def test_labels_of_one_page_in_two_files_come_together(tmp_path: Path) -> None:
    topic = LabelledPage("https://a.org", "t", {"topic": "health"})
    form = LabelledPage("https://a.org", "t", {"format": "faq"})
    other = LabelledPage("https://a.org", "t", {"topic": "games"})
    for order in itertools.permutations([topic, form, other]):
        (page,) = prepare(order, no_lists)
        labels = [page.label(scheme) for scheme in domain_scheme.SCHEMES]
        assert labels == ["games", "faq", "entertainment"]


def test_it_finds_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    rows = labelled_pages.rows(400)
    for row, other in zip(rows, labelled_pages.rows(400, seed=9), strict=True):
        row["topic"] = other["topic"]
        del row["format"]
    pages, done = trained(tmp_path, rows)
    card = domain_card.card_of(done, pages, [])
    assert list(card["schemes"]) == ["topic"]
    found = card["schemes"]["topic"]
    assert found["test"]["high"] < 0.65
    # A coin's loss: it knows that it does not know.
    assert found["log_loss"]["calibrated"] == pytest.approx(np.log(2), abs=0.05)
    assert found["log_loss"]["calibrated"] <= found["log_loss"]["uncalibrated"]


def test_the_order_of_the_pages_changes_no_byte(tmp_path: Path) -> None:
    rows = labelled_pages.rows(120)
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pages, done = trained(tmp_path / name, rows)
        card = json.dumps(domain_card.card_of(done, pages, []))
        made.append(
            [card, *((tmp_path / name / f).read_bytes() for f in files_of(tmp_path / name))]
        )
        random.Random(0).shuffle(rows)
    assert made[0] == made[1]


def files_of(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir() if path.name != "pages.jsonl")
    assert names == ["format.bin", "model.json", "topic.bin"]
    return names


def test_the_card_s_numbers_are_those_of_the_model_written(
    planted: tuple[Path, list[Page], list[Trained]],
) -> None:
    folder, pages, done = planted
    model = domain.load(str(folder / domain.MODEL))
    found = domain_card.card_of(done, pages, [])["schemes"]["topic"]
    tested = {page.site for page in pages if page.split == "test"}
    rows = [row for row in labelled_pages.rows() if row["url"][12:].split("/")[0] in tested]
    judged = [model.judge(row["url"], row["text"], "eng_Latn")["topic"] for row in rows]
    right = [one.label == row["topic"] for one, row in zip(judged, rows, strict=True)]
    assert len(rows) == found["pages"]["test"]
    assert found["test"]["accuracy"] == pytest.approx(np.mean(right), abs=1e-4)
    for threshold in found["thresholds"]:
        sure = [
            ok for one, ok in zip(judged, right, strict=True) if one.score >= threshold["score"]
        ]
        assert threshold["covered"] == pytest.approx(len(sure) / len(rows), abs=1e-4)
        if sure:
            assert threshold["accuracy"] == pytest.approx(np.mean(sure), abs=1e-4)


def test_host_lists_teach_where_they_are_right_and_are_left_where_they_are_wrong(
    tmp_path: Path,
) -> None:
    rows = labelled_pages.rows(400)
    for row in rows:
        row["domain"] = domain_scheme.domain_of(row.pop("topic"), row.pop("format"))
        row["url"] = row["url"].replace("site", f"listed-{row['domain']}-")
    train = {page.site for page in prepared(tmp_path, rows) if page.split == "train"}
    for number, row in enumerate(rows):
        if f"listed-{row['domain']}-{number}.org" in train and number % 20:
            del row["domain"]
    path = labelled_pages.write(tmp_path / "pages.jsonl", rows)
    right = {"health": "health", "religion": "religion", "news": "news"}
    wrong = dict(zip(right, ["religion", "news", "health"], strict=True))
    done = {}
    for name, table in (("right", right), ("wrong", wrong)):

        def listed(url: str, table: dict[str, str] = table) -> str | None:
            return next((table[one] for one in table if f"listed-{one}-" in url), None)

        pages = prepare(read([path]), listed)
        (tmp_path / name).mkdir()
        (done[name],) = domain_training.train(pages, str(tmp_path / name), lambda text: None)
    assert done["right"].way == LISTED
    assert len(done["right"].made.examples.pages) > 200
    assert done["wrong"].way == OWN
    assert len(done["wrong"].made.examples.pages) < 100


def test_of_too_many_pages_those_with_the_lowest_hashes_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = prepared(tmp_path, labelled_pages.rows(60))
    monkeypatch.setattr(domain_pages, "MOST_PAGES", 25)
    some = prepared(tmp_path, labelled_pages.rows(60))
    assert [page.key for page in some] == [page.key for page in whole[:25]]


def test_examples_are_joined_in_the_order_of_their_hashes(tmp_path: Path) -> None:
    pages = prepared(tmp_path, labelled_pages.rows(50))
    train, test = (Examples.of(pages, "topic", part) for part in ("train", "test"))
    joined = train + test
    assert list(joined.pages) == [page for page in pages if page.split in ("train", "test")]
    assert joined.labels == [page.label("topic") for page in joined.pages]


@pytest.mark.parametrize("count", [0, 1, 6])
def test_too_few_pages(tmp_path: Path, count: int) -> None:
    with pytest.raises(UserError, match="label"):
        trained(tmp_path, labelled_pages.rows(count))


def test_a_language_of_few_pages_is_not_judged(tmp_path: Path) -> None:
    rows = labelled_pages.rows(200)
    for row in rows[:25]:
        row["text"] = "Der Arzt hat gestern mit den Kranken in der Stadt gesprochen. " + row["url"]
    pages, done = trained(tmp_path, rows)
    assert {page.language for page in pages} >= {"deu_Latn", "eng_Latn"}
    assert list(domain_training.languages(done)) == ["eng_Latn"]
    assert list(domain_card.card_of(done, pages, [])["languages"]) == ["eng_Latn"]


def test_too_few_pages_of_every_language_are_told_before_training(tmp_path: Path) -> None:
    tags = itertools.cycle(["eng_Latn", "deu_Latn", "fra_Latn", "spa_Latn", "ita_Latn", "por_Latn"])
    rows = labelled_pages.rows(150)
    pages = [replace(page, language=next(tags)) for page in prepared(tmp_path, rows)]
    notes: list[str] = []
    with pytest.raises(UserError, match="no language has 30"):
        domain_training.train(pages, str(tmp_path), notes.append)
    assert notes == []


def test_pages_in_no_one_language_make_no_language(tmp_path: Path) -> None:
    pages = [replace(page, language="und") for page in prepared(tmp_path, labelled_pages.rows())]
    with pytest.raises(UserError, match="no language has 30"):
        domain_training.train(pages, str(tmp_path), lambda text: None)


WILD = Settings(5, 1e30, 1.0)


def test_settings_that_diverge_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_training, "GRID", (WILD, GRID[0]))
    pages = prepared(tmp_path, labelled_pages.rows())
    notes: list[str] = []
    done = domain_training.train(pages, str(tmp_path), notes.append)
    assert {one.settings for one in done} == {GRID[0]}
    assert any("diverged" in note and "1e+30" in note for note in notes)
    search = domain_card.card_of(done, pages, [])["schemes"]["topic"]["search"]
    assert [row["macro_f1"] is None for row in search] == [True, False]


def test_settings_that_all_diverge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_training, "GRID", (WILD,))
    with pytest.raises(UserError, match="topic: training diverged with all settings"):
        trained(tmp_path, labelled_pages.rows())


def test_common_words_are_not_read() -> None:
    assert domain.line("path:a", "the church", {"the", "path:a"}) == "path:a church"


def broken(folder: Path) -> list[tuple[str, str]]:
    """What may be wrong with a model: how the JSON is changed, and what is said of it."""
    good = json.loads((folder / domain.MODEL).read_text())
    older = good | {"features": 0}
    strange = good | {"schemes": {"mood": good["schemes"]["topic"]}}
    swapped = json.loads(json.dumps(good))
    swapped["schemes"]["topic"]["file"] = "format.bin"
    return [
        ("{", "no domain model"),
        ("[]", "no domain model"),
        (
            '{"features": 1, "languages": [], "schemes": {"topic": {"file": "a"}}}',
            "no domain model",
        ),
        (json.dumps(older), "another version"),
        (json.dumps(strange), "another version"),
        (json.dumps(swapped), "format.bin: its SHA-256 is"),
    ]


def test_a_model_that_is_none(tmp_path: Path) -> None:
    trained(tmp_path, labelled_pages.rows(120))
    for number, (content, message) in enumerate(itertools.chain(broken(tmp_path))):
        path = tmp_path / f"model{number}.json"
        path.write_text(content)
        with pytest.raises(UserError, match=message):
            domain.load(str(path))
    models.local.cache_clear()
    (tmp_path / "topic.bin").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"topic.bin: its SHA-256 is"):
        domain.load(str(tmp_path / domain.MODEL))
