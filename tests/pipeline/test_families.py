"""The families' bounds as published, and how configuration, families and languages make one set."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.identifiers import LID176, load
from classifiers.languagetags import UNDETERMINED
from pipeline.config import Bounds, FilterSection
from pipeline.families import FAMILIES, bounds_of, most_contaminated
from pipeline.languagebounds import LANGUAGES
from pipeline.rules import RULES

Pair = tuple[float | None, float | None]

WITHOUT_TABLE = UNDETERMINED
# Of the rules' own: they hold whatever families are chosen.
ALWAYS: Mapping[str, Pair] = {
    "url_lists": (None, 0),
    "opt_out": (None, 0),
    "language_score": (0.65, None),
    "bad_words": (None, 0.0125),
    "machine_text": (None, 0),
    "contamination": (None, 0.5),
}

# Rae et al. 2021 (Gopher), appendix A1.1, "Quality Filtering".
GOPHER_QUALITY: Mapping[str, Pair] = {
    "word_count": (50, 100_000),
    "mean_word_length": (3, 10),
    "hash_ratio": (None, 0.1),
    "ellipsis_ratio": (None, 0.1),
    "bullet_lines": (None, 0.9),
    "ellipsis_lines": (None, 0.3),
    "alphabetic_words": (0.8, None),
    "stop_words": (2, None),
}
# Ibid., table A1.
GOPHER_REPETITION: Mapping[str, Pair] = {
    "duplicate_lines": (None, 0.30),
    "duplicate_paragraphs": (None, 0.30),
    "duplicate_line_characters": (None, 0.20),
    "duplicate_paragraph_characters": (None, 0.20),
    "top_2_gram": (None, 0.20),
    "top_3_gram": (None, 0.18),
    "top_4_gram": (None, 0.16),
    "duplicate_5_grams": (None, 0.15),
    "duplicate_6_grams": (None, 0.14),
    "duplicate_7_grams": (None, 0.13),
    "duplicate_8_grams": (None, 0.12),
    "duplicate_9_grams": (None, 0.11),
    "duplicate_10_grams": (None, 0.10),
}
# Penedo et al. 2024 (FineWeb), section 3.6: lines that end in a mark, characters in repeated lines,
# lines of fewer than 30 characters. New lines a word are DataTrove's FineWebQualityFilter's.
FINEWEB: Mapping[str, Pair] = {
    "terminal_lines": (0.12, None),
    "repeated_line_characters": (None, 0.01),
    "short_line_ratio": (None, 0.67),
    "newline_ratio": (None, 0.3),
}
PUBLISHED: Mapping[str, Mapping[str, Pair]] = {
    "gopher_quality": GOPHER_QUALITY,
    "gopher_repetition": GOPHER_REPETITION,
    "fineweb": FINEWEB,
    # Raffel et al. 2020, section 2.2: 3 sentences at least in the journal and in TFDS (c4_utils,
    # MIN_NUM_SENTENCES), 5 in the first preprint and in DataTrove (min_num_sentences).
    "c4_tfds": {
        "sentence_count": (3, None),
        "lorem_ipsum": (None, 0),
        "curly_brackets": (None, 0),
    },
    "c4_datatrove": {
        "sentence_count": (5, None),
        "lorem_ipsum": (None, 0),
        "curly_brackets": (None, 0),
    },
    # Xue et al. 2021 (mT5), section 3.1: at least three lines of 200 or more characters.
    "mc4": {"long_lines": (3, None)},
    # Penedo et al. 2023 (RefinedWeb), appendix G.2: dropped if corrections are over 5% of it.
    "refinedweb": {"removed_words": (None, 0.05)},
}


def of(*families: str, code: str = "eng_Latn") -> dict[str, Pair]:
    return bounds_of(FilterSection(families=families), code)


@pytest.mark.parametrize("name", PUBLISHED)
def test_bounds_are_the_published_ones(name: str) -> None:
    """In English, for which they were published; DataTrove's readings may stand beside them."""
    assert PUBLISHED[name].items() <= FAMILIES[name].of("eng_Latn").items()
    assert set(FAMILIES[name].of("eng_Latn")) - set(PUBLISHED[name]) <= {"alphabetic_tokens"}


def test_bounds_that_always_hold() -> None:
    assert of() == ALWAYS


@pytest.mark.parametrize("name", FAMILIES)
def test_every_rule_of_a_family_exists(name: str) -> None:
    """In every language; no family drops everything, and each says where it is from."""
    family = FAMILIES[name]
    assert family.source
    for bounds in (family.bounds, *map(family.of, sorted(load(LID176).tags))):
        assert bounds
        assert set(bounds) <= set(RULES)
        for low, high in bounds.values():
            assert low is None or high is None or low < high


def test_fineweb2_has_the_bounds_of_each_language() -> None:
    """FineWeb-2's, but for the language's score, which is another classifier's."""
    for code, table in LANGUAGES.items():
        own = {name: pair for name, pair in table.bounds.items() if name != "language_score"}
        found = of("fineweb2", code=code)
        assert {name: found[name] for name in own if own[name] != (None, None)} == {
            name: pair for name, pair in own.items() if pair != (None, None)
        }


def test_gopher_asks_for_the_stop_words_of_a_language_that_has_them() -> None:
    for code in ("eng_Latn", "deu_Latn", "rus_Cyrl", "cmn_Hani", "hin_Deva"):
        assert of("gopher_quality", code=code)["stop_words"] == (2, None)
    for code in ("kor_Hang", "mlt_Latn", WITHOUT_TABLE):
        assert "stop_words" not in of("gopher_quality", code=code)


def test_the_length_of_words_is_not_judged_where_a_letter_is_one() -> None:
    for code in ("cmn_Hani", "jpn_Jpan", "tha_Thai", "lao_Laoo", "khm_Khmr", "mya_Mymr"):
        assert "mean_word_length" not in of("gopher_quality", code=code)
    assert of("gopher_quality", code="deu_Latn")["mean_word_length"] == (3, 10)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_language_without_a_table_has_the_rules_that_need_none(name: str) -> None:
    assert WITHOUT_TABLE not in LANGUAGES
    bounds = FAMILIES[name].of(WITHOUT_TABLE)
    assert "stop_words" not in bounds
    assert set(FAMILIES[name].bounds) - set(bounds) <= {"stop_words", "mean_word_length"}


families = st.lists(st.sampled_from(sorted(FAMILIES)), unique=True)
codes = st.sampled_from(sorted(load(LID176).tags))


def keeps(bounds: Mapping[str, Pair], name: str, value: float) -> bool:
    low, high = bounds.get(name, (None, None))
    return (low is None or value >= low) and (high is None or value <= high)


@given(families, codes)
def test_every_chosen_family_must_keep_a_page(chosen: list[str], code: str) -> None:
    """A value is kept exactly if each family and the rule itself keep it; order does not matter."""
    each = [ALWAYS, *(FAMILIES[family].of(code) for family in chosen)]
    found = of(*chosen, code=code)
    for name in RULES:
        ends = [end for bounds in each for end in bounds.get(name, ()) if end is not None]
        for value in (end + step for end in ends for step in (-1e-6, 0, 1e-6)):
            assert keeps(found, name, value) == all(keeps(bounds, name, value) for bounds in each)
    assert of(*chosen[::-1], code=code) == found


def test_the_narrower_bounds_of_two_families_hold() -> None:
    both = of("c4_tfds", "c4_datatrove", "gopher_quality", "fineweb")
    assert both["sentence_count"] == (5, None)
    assert both["terminal_lines"] == (0.12, None)
    assert both["word_count"] == (50, 100_000)


def test_a_configured_bound_stands_in_place_of_all_others() -> None:
    """Of several families' and of the rules' own; the other bound stays, unless it is lifted."""
    rules = {
        "word_count": Bounds(low=7),
        "mean_word_length": Bounds(low="none", high=12),
        "sentence_count": Bounds(low="none"),
        "bad_words": Bounds(high=0.5),
        "quality": Bounds(low=0),
    }
    chosen = ("gopher_quality", "c4_tfds", "c4_datatrove")
    before = of(*chosen)
    after = bounds_of(FilterSection(families=chosen, rules=rules), "eng_Latn")
    assert after["word_count"] == (7, 100_000)
    assert after["mean_word_length"] == (None, 12)
    assert "sentence_count" not in after
    assert after["bad_words"] == (None, 0.5)
    assert after["quality"] == (0, None)
    others = set(RULES) - set(rules)
    assert {name: before.get(name) for name in others} == {name: after.get(name) for name in others}


def test_opt_outs_are_obeyed_unless_said_otherwise() -> None:
    section = FilterSection(families=(), respect_opt_out=False)
    assert bounds_of(section, "eng_Latn") == {k: v for k, v in ALWAYS.items() if k != "opt_out"}
    allowed = FilterSection(families=(), respect_opt_out=False, rules={"opt_out": Bounds(high=1)})
    assert bounds_of(allowed, "eng_Latn")["opt_out"] == (None, 1)


@pytest.mark.parametrize("rules", [{}, {"contamination": Bounds(high=0.2)}])
def test_a_page_is_not_dropped_for_spans_that_are_taken_out(rules: dict[str, Bounds]) -> None:
    section = FilterSection(families=(), contaminated="span", rules=rules)
    assert bounds_of(section, "eng_Latn") == {
        k: v for k, v in ALWAYS.items() if k != "contamination"
    }


def test_the_share_of_a_benchmark_item_that_may_stand() -> None:
    """The rule's own, or the configured one, or no limit."""
    for rules, most in (
        ({}, 0.5),
        ({"contamination": Bounds(high=0.0)}, 0),
        ({"contamination": Bounds()}, 0.5),
        ({"contamination": Bounds(high="none")}, float("inf")),
    ):
        assert most_contaminated(FilterSection(rules=rules)) == most


def test_a_language_may_have_a_least_score_of_its_own() -> None:
    """It stands in place of the rule's and of the one given for all languages."""
    section = FilterSection(
        families=(),
        min_language_scores={"sr-Latn": 0.25, "de": 0.9},
        rules={"language_score": {"low": 0.5}},
    )
    found = {code: bounds_of(section, code) for code in ("srp_Latn", "deu_Latn", "eng_Latn")}
    assert {code: bounds["language_score"] for code, bounds in found.items()} == {
        "srp_Latn": (0.25, None),
        "deu_Latn": (0.9, None),
        "eng_Latn": (0.5, None),
    }
