"""The table of domains: every topic and format has one, every name and id is understood."""

import json
import tomllib
from pathlib import Path

import pytest

from classifiers import domain_scheme
from classifiers.domain_scheme import domain_of, label_of, names

ROOT = Path(__file__).resolve().parents[2]
TABLE = tomllib.loads((ROOT / "classifiers/domains.toml").read_text(encoding="utf-8"))
PAIRS = [(topic, form) for topic in names("topic") for form in names("format")]


def test_every_topic_and_format_is_of_one_domain_of_the_scheme() -> None:
    assert len(PAIRS) == len(set(PAIRS)) == 24 * 24
    assert {domain_of(*pair) for pair in PAIRS} == set(names("domain"))


def test_every_row_decides_something_and_names_only_what_there_is() -> None:
    first = []
    for topic, form in PAIRS:
        fits = [
            number
            for number, row in enumerate(TABLE["rows"])
            if topic in row.get("topics", [topic]) and form in row.get("formats", [form])
        ]
        first.append(fits[0])
    assert set(first) == set(range(len(TABLE["rows"])))
    for row in TABLE["rows"]:
        assert set(row.get("topics", [])) <= set(names("topic"))
        assert set(row.get("formats", [])) <= set(names("format"))
    assert set(TABLE["hosts"].values()) <= set(names("domain"))
    assert set(TABLE["also"].values()) <= {*names("topic"), *names("format")}


@pytest.mark.parametrize(
    ("topic", "form", "domain"),
    [
        ("adult", "product_page", "adult"),
        ("health", "spam_ads", "spam"),
        ("software_development", "q_and_a_forum", "code"),
        ("software", "documentation", "code"),
        ("hardware", "documentation", "technology"),
        ("games", "comment_section", "forum"),
        ("science_and_technology", "knowledge_article", "encyclopedia"),
        ("science_and_technology", "tutorial", "science"),
        ("history", "academic_writing", "science"),
        ("politics", "news_article", "news"),
        ("sports_and_fitness", "listicle", "sports"),
        ("food_and_dining", "tutorial", "home"),
    ],
)
def test_what_kind_of_page_is_of_which_domain(topic: str, form: str, domain: str) -> None:
    assert domain_of(topic, form) == domain


@pytest.mark.parametrize(
    ("scheme", "given", "label"),
    [
        ("topic", "Science<br>& Tech.", "science_and_technology"),
        ("topic", "Science & Technology", "science_and_technology"),
        ("topic", "science_and_technology", "science_and_technology"),
        ("topic", 12, "health"),
        ("format", "Q&A", "q_and_a_forum"),
        ("format", "Q&A Forum", "q_and_a_forum"),
        ("format", "Spam / Ads", "spam_ads"),
        ("format", "About (Org.)", "about_org"),
        ("domain", "News", "news"),
        ("domain", 3, None),
        ("topic", "News", None),
        ("topic", 24, None),
        ("topic", -1, None),
        ("topic", True, None),
        ("topic", 1.0, None),
        ("topic", ["Health"], None),
    ],
)
def test_labels_go_by_any_name_and_by_id(scheme: str, given: object, label: str | None) -> None:
    assert label_of(scheme, given) == label


@pytest.mark.parametrize("scheme", ["topic", "format"])
def test_names_and_ids_are_weborganizer_s(scheme: str) -> None:
    path = ROOT / f"../shared/data/topics/{scheme}s.json"
    if not path.exists():
        pytest.skip("no real data here")
    for row in json.loads(path.read_text(encoding="utf-8")):
        label = names(scheme)[row["domain_id"]]
        assert label_of(scheme, row["domain_id"]) == label
        for key in ("domain_name", "domain_fullname"):
            if key in row:
                assert label_of(scheme, row[key]) == label


def test_lists_are_of_a_domain_or_of_none() -> None:
    assert domain_scheme.domain_of_list("press") == "news"
    assert domain_scheme.domain_of_list("malware") is None
