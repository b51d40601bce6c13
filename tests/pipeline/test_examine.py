"""A whole document: what is taken out of it, in the coordinates of its text, and what is told."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import Bounds, EditsSection, FilterSection
from pipeline.edits import apply
from pipeline.examine import Examined, Lists, Subject, examine
from pipeline.families import bounds_of
from pipeline.languagebounds import LANGUAGES
from pipeline.rules import RULES, judge
from pipeline.textstats import TextStats

QUESTION = (
    "If the ferry leaves the island at seven and crosses twelve miles of open water at four miles "
    "an hour, when does it reach the town?"
)
START = "The keeper of the lighthouse had a garden behind the tower,[3] and nobody knew of it."
SCRIPT = "Please enable JavaScript to see the garden."
MAIL = "Write to anna.berg@harbourmail.org, or call +44 20 7946 0958 before the winter."
LISTED = "The sailors said blorp and snarfing wug."
GERMAN = "Die Fähre fährt um sieben Uhr, und niemand weiß, wann sie in der Stadt ankommt."
CHINESE = "老灯塔看守人每天晚上都爬上塔顶点亮那盏灯。"
PAGE = "\n".join([START, SCRIPT, f"They ask: {QUESTION} Nobody knows.", MAIL, LISTED])

EDITS = EditsSection(citation_marks=True, javascript_lines=True)
KINDS = ("email", "phone", "ip_address")


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> FilterSection:
    """A configuration with small lists of our own."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "casino.txt").write_text("blocked.example.com\n")
    (folder / "spam.txt").write_text("blocked.example.com/offers\nother.example.com\n")
    (folder / "words").mkdir()
    (folder / "words" / "en").write_text("blorp\nsnarfing wug\n")
    items = [
        QUESTION,
        "Which of these seven birds does never build a nest of its own on an island?",
    ]
    lines = "".join(json.dumps({"question": item, "answer": "ten"}) + "\n" for item in items)
    (folder / "items.jsonl").write_text(lines)
    return FilterSection(
        families=(),
        edits=EDITS,
        url_lists=(str(folder / "casino.txt"), str(folder / "spam.txt")),
        bad_words=str(folder / "words"),
        benchmarks=(str(folder / "items.jsonl"),),
        personal_data=KINDS,
    )


def changed(section: FilterSection, **values: Any) -> FilterSection:
    return FilterSection.model_validate({**section.model_dump(), **values})


def subject(text: str, **values: Any) -> Subject:
    known: dict[str, Any] = {
        "id": "1",
        "url": "https://tealbarn.example.com/garden",
        "language": "eng_Latn",
        "language_score": 0.9,
        "opt_outs": (),
        "quality": None,
    }
    return Subject(text=text, **{**known, **values})


def look(text: str, section: FilterSection, **values: Any) -> Examined:
    return examine(subject(text, **values), section, Lists.of(section))


def stretches(text: str, found: Examined) -> list[tuple[str, str, str]]:
    """Each edit: its kind, what it takes out of the text as extracted, and what it puts there."""
    return [(edit.kind, text[edit.start : edit.stop], edit.text) for edit in found.edits]


def test_what_is_taken_out_and_replaced(section: FilterSection) -> None:
    """The edits are on the text as extracted, whatever was found after which edit."""
    found = look(PAGE, section)
    assert found.text == "\n".join(
        [
            "The keeper of the lighthouse had a garden behind the tower, and nobody knew of it.",
            f"They ask: {QUESTION} Nobody knows.",
            "Write to <EMAIL>, or call <PHONE> before the winter.",
            LISTED,
        ]
    )
    assert stretches(PAGE, found) == [
        ("citation_marks", "[3]", ""),
        ("javascript_lines", f"\n{SCRIPT}", ""),
        ("email", "anna.berg@harbourmail.org", "<EMAIL>"),
        ("phone", "+44 20 7946 0958", "<PHONE>"),
    ]


def test_statistics_are_of_what_the_line_edits_leave(section: FilterSection) -> None:
    """Personal data and benchmark items are measured as they stood there."""
    edited = PAGE.replace("[3]", "").replace(f"{SCRIPT}\n", "")
    stats = TextStats.of(edited)
    found = look(PAGE, section).statistics
    assert list(found) == list(RULES)
    expected = {
        "language_score": 0.9,
        "word_count": stats.word_count,
        "sentence_count": stats.sentence_count,
        "top_2_gram": stats.ngram_characters(2),
        "stop_words": stats.stop_words(LANGUAGES["eng_Latn"].stop_words),
        "removed_words": 7 / len(PAGE.split()),
        "email": 1,
        "phone": 1,
        "ip_address": 0,
        "iban": None,
        "contamination": 1,
        "machine_text": 0,
        "bad_words": 3 / stats.word_count,
        "url_lists": 0,
        "opt_out": 0,
        "quality": None,
        "curly_brackets": 0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_machine_text_and_marked_lines_are_counted(section: FilterSection) -> None:
    text = f"{START}\nLorem ipsum dolor sit amet.\nAs an AI language model, I cannot see gardens."
    found = look(text, section).statistics
    assert (found["lorem_ipsum"], found["curly_brackets"], found["machine_text"]) == (1, 0, 1)


def test_a_blocked_url_and_opt_outs_are_told(section: FilterSection) -> None:
    found = look(
        PAGE,
        section,
        url="http://www.blocked.example.com/offers/1",
        opt_outs=["noai", "noindex"],
        quality=0.25,
    )
    told = [found.statistics[name] for name in ("url_lists", "opt_out", "quality")]
    assert told == [2, 2, 0.25]
    assert found.details["url_lists"] == "casino, spam"
    assert found.details["opt_out"] == "noai, noindex"
    assert judge(found.statistics, bounds_of(section, "eng_Latn")) == ("url_lists", 2)


def test_the_item_of_a_benchmark_is_told_with_its_page(section: FilterSection) -> None:
    (row,) = look(PAGE, section).coverage
    assert (row.benchmark, row.item, row.covered, row.page_id) == ("items.jsonl", 0, 1, "1")
    assert judge(look(PAGE, section).statistics, {"contamination": (None, 0.5)})
    clean = look(f"{START}\n{MAIL}", section)
    assert (clean.coverage, clean.statistics["contamination"]) == ([], 0)


def test_items_are_taken_out_where_the_page_may_stay(section: FilterSection) -> None:
    """The edits stay in one coordinate system, and the share is told as it was."""
    spans = changed(section, contaminated="span")
    found = look(PAGE, spans)
    assert "ferry" not in found.text
    assert "They ask: " in found.text
    assert found.statistics["contamination"] == 1
    assert apply(PAGE, found.edits) == found.text
    taken = {kind: stretch for kind, stretch, _ in stretches(PAGE, found)}
    assert taken["contamination"] == QUESTION.rstrip("?")
    assert taken["email"] == "anna.berg@harbourmail.org"


@pytest.mark.parametrize(("high", "taken"), [(0.4, True), (0.9, False)])
def test_the_bound_says_how_much_of_an_item_may_stay(
    section: FilterSection, high: float, taken: bool
) -> None:
    """Most of an item, but not all of it."""
    rules = {"contamination": Bounds(high=high).model_dump()}
    part = f"They ask: {QUESTION[: QUESTION.index(', when')]}."
    found = look(part, changed(section, contaminated="span", rules=rules))
    assert 0.4 < (found.statistics["contamination"] or 0) < 0.9
    assert ("ferry" not in found.text) == taken


def test_a_contaminated_stretch_holds_what_edits_took_out_of_it(section: FilterSection) -> None:
    """An item with a citation mark in it is found, and goes with its mark in one edit."""
    text = f"{START}\nThey ask: {QUESTION.replace('seven', 'seven[4]')}"
    found = look(text, changed(section, contaminated="span"))
    assert [edit.kind for edit in found.edits] == ["citation_marks", "contamination"]
    assert "[4]" in stretches(text, found)[1][1]
    assert apply(text, found.edits) == found.text


def test_what_is_not_configured_has_no_number(section: FilterSection) -> None:
    """Without lists nothing is said of them; personal data stays where nobody looks for it."""
    bare = FilterSection(families=(), personal_data=())
    found = look(PAGE, bare)
    assert (found.text, list(found.edits)) == (PAGE, [])
    for name in ("url_lists", "bad_words", "contamination", *KINDS):
        assert found.statistics[name] is None
    assert Lists.of(bare) == Lists(None, None, None)


def test_a_language_without_tables_has_the_statistics_that_need_none(
    section: FilterSection,
) -> None:
    found = look(PAGE, section, language="und").statistics
    for name in ("stop_words", "bad_words", "unigram_cross_entropy"):
        assert found[name] is None
    assert found["word_count"] == look(PAGE, section).statistics["word_count"]


pages = st.lists(
    st.sampled_from([START, SCRIPT, MAIL, QUESTION, LISTED, GERMAN, CHINESE, "", "[1] [2]", "- a"])
    | st.text(" .[]12javscript{\n", max_size=20),
    max_size=8,
).map(lambda drawn: "\n".join(drawn).strip())
languages = st.sampled_from(["eng_Latn", "deu_Latn", "cmn_Hani", "und"])
modes = st.sampled_from(["page", "span"])


@settings(deadline=None, max_examples=60)
@given(pages, languages, modes)
def test_edits_make_the_text_of_the_extracted_one(
    section: FilterSection, page: str, code: str, mode: str
) -> None:
    """In order, disjoint, none empty, each where its kind was; personal data counts by edit."""
    found = look(page, changed(section, contaminated=mode), language=code)
    assert apply(page, found.edits) == found.text
    ends = [0, *(edit.stop for edit in found.edits)]
    assert all(end <= edit.start < edit.stop for end, edit in zip(ends, found.edits, strict=False))
    kinds = [edit.kind for edit in found.edits]
    for kind in KINDS:
        assert found.statistics[kind] == kinds.count(kind)
    for kind, stretch, _ in stretches(page, found):
        assert kind != "email" or stretch == "anna.berg@harbourmail.org"
        assert kind != "contamination" or "ferry" in stretch


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(pages, languages), max_size=4), modes, st.randoms())
def test_neither_other_documents_nor_their_order_matter(
    section: FilterSection, drawn: list[tuple[str, str]], mode: str, random: Any
) -> None:
    """Each document has what it has alone, whenever and how often it is examined."""
    chosen = changed(section, contaminated=mode)
    first = [look(page, chosen, language=code) for page, code in drawn]
    order = [*range(len(drawn))] * 2
    random.shuffle(order)
    for place in order:
        page, code = drawn[place]
        assert look(page, chosen, language=code) == first[place]
