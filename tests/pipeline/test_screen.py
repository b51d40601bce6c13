"""The screen rejects what the filter must drop anyway, and nothing for words that are there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.identifiers import LID176, load
from pipeline.config import Bounds, ExtractSection, FilterSection
from pipeline.extract import extract
from pipeline.languagebounds import LANGUAGES
from pipeline.maintext.markup import strip
from pipeline.records import Page, Rejected, Split
from pipeline.screen import Screen, visible_lines
from pipeline.textstats import TextStats
from pipeline.warc import read_records
from pipeline.words import cut_of

MULTILINGUAL = Path(__file__).resolve().parents[2] / "../shared/data/multilingual/pages.warc.gz"

ENGLISH = "The old lighthouse keeper climbed to the top of the tower and lit the lamp every night. "
GERMAN = "Der alte Leuchtturmwärter stieg jeden Abend auf den Turm und zündete dort die Lampe an. "
RUSSIAN = "Старый смотритель маяка каждый вечер поднимался на башню и зажигал там большую лампу. "
CHINESE = "老灯塔看守人每天晚上都爬上塔顶点亮那盏灯，然后坐在窗边看着海上的船只慢慢驶过。"
BARE = (
    "Sailors watched bright lanterns burning above rocky northern coastlines every winter night. "
)

ANY = Screen(frozenset(), {"eng_Latn": 0}, {})
TWO = {"eng_Latn": 2.0}


def page(text: str, tag: str = "p") -> bytes:
    head = "<html><head><title>Words of the title do not count</title></head>"
    return f"{head}<body><{tag}>{text}</{tag}></body></html>".encode()


def test_it_asks_for_what_the_filters_rules_ask_for() -> None:
    gopher = ("gopher_quality",)
    english = FilterSection(languages=("eng_Latn",), families=gopher)
    assert Screen.of(english) == Screen(frozenset({"eng_Latn"}), {"eng_Latn": 50}, TWO)
    rules = {"word_count": Bounds(low=7), "stop_words": Bounds(low="none", high=3)}
    bare = FilterSection(languages=("eng_Latn",), families=gopher, rules=rules)
    assert Screen.of(bare) == Screen(frozenset({"eng_Latn"}), {"eng_Latn": 7}, {"eng_Latn": 0})


def test_each_language_kept_is_asked_for_its_own_stop_words() -> None:
    """Korean's are parts of words and not asked for; among all languages, none are."""
    kept = FilterSection(
        languages=("deu_Latn", "kor_Hang", "eng_Latn"), families=("gopher_quality",)
    )
    assert Screen.of(kept).min_stop_words == {"deu_Latn": 2, "kor_Hang": 0, "eng_Latn": 2}
    assert Screen.of(FilterSection(families=("gopher_quality",))).min_stop_words == {}


def test_words_are_asked_for_as_each_language_kept_cuts_them() -> None:
    """One language stands for those whose words are cut alike."""
    kept = FilterSection(
        languages=("swe_Latn", "eng_Latn", "fra_Latn", "dan_Latn"), families=("gopher_quality",)
    )
    assert Screen.of(kept).min_words == {"dan_Latn": 50, "eng_Latn": 50, "fra_Latn": 50}
    every = Screen.of(FilterSection(families=("gopher_quality",)))
    assert set(map(cut_of, every.min_words)) == set(map(cut_of, load(LID176).tags))
    assert len(every.min_words) < 10
    assert set(Screen.of(FilterSection(families=())).min_words.values()) == {0}
    few, elided = page("quatre mots. "), page("l'an d'or")
    assert Screen(frozenset(), {"eng_Latn": 3, "fra_Latn": 3}, {}).rejects(elided) is None
    assert Screen(frozenset(), {"eng_Latn": 3, "fra_Latn": 5}, {}).rejects(elided) == (
        "screen_word_count",
        4,
        "",
    )
    assert Screen(frozenset(), {"eng_Latn": 3, "fra_Latn": 3}, {}).rejects(few) is not None


def test_its_values_are_plain() -> None:
    assert Screen(frozenset({"eng_Latn", "deu_Latn"}), {"eng_Latn": 50}, TWO).to_json() == {
        "languages": ["deu_Latn", "eng_Latn"],
        "min_words": {"eng_Latn": 50},
        "min_stop_words": {"eng_Latn": 2},
        "identifier": "lid.176",
    }


@pytest.mark.parametrize(
    ("html", "count"),
    [
        (page("one two, three!"), 3),
        (page("one<b>two</b>three <i>four</i>"), 2),
        (page("one<br>two<td>three"), 3),
        (page("caf&eacute; d&#39;or &lt;b&gt; &amp;"), 3),
        (page("one &nbsp;&mdash;&nbsp; two"), 2),
        (page("<img alt='not seen' title=\"nor this\">one"), 1),
        (page("今天天气很好"), 3),
        (page(""), 0),
        (b"<html><head><title>one two</title></head></html>", 2),
        (b"no markup at all", 4),
        (b"", 0),
    ],
)
def test_a_page_with_too_few_visible_words_is_rejected_and_they_are_told(
    html: bytes, count: int
) -> None:
    assert Screen(frozenset(), {"eng_Latn": count + 1}, {}).rejects(html) == (
        "screen_word_count",
        count,
        "",
    )
    assert Screen(frozenset(), {"eng_Latn": count}, {}).rejects(html) is None


@pytest.mark.parametrize("words", [50, 5_000])
def test_a_text_without_spaces_has_words(words: int) -> None:
    chinese = CHINESE * (1 + 2 * words // len(CHINESE))
    assert Screen(frozenset({"cmn_Hani"}), {"eng_Latn": words}, TWO).rejects(page(chinese)) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [(GERMAN, "deu_Latn"), (RUSSIAN, "rus_Cyrl"), (CHINESE, "cmn_Hani"), (ENGLISH, "eng_Latn")],
)
def test_a_page_surely_in_another_language_is_rejected(text: str, code: str) -> None:
    rejection = Screen(frozenset({"fra_Latn"}), {"eng_Latn": 0}, {}).rejects(page(text * 5))
    assert rejection is not None
    reason, score, detail = rejection
    assert (reason, detail) == ("screen_language", code)
    assert score is not None
    assert 0.8 <= score <= 1.001
    assert (
        Screen(frozenset({"fra_Latn", code}), {"eng_Latn": 0}, {}).rejects(page(text * 5)) is None
    )
    assert ANY.rejects(page(text * 5)) is None


def test_a_page_in_no_sure_language_is_looked_at() -> None:
    mixed = "<p>".join([GERMAN, RUSSIAN, ENGLISH, CHINESE] * 2)
    assert (
        Screen(frozenset({"fra_Latn"}), {"eng_Latn": 0}, {}).rejects(page("1234 5678 " * 50))
        is None
    )
    assert Screen(frozenset({"eng_Latn"}), {"eng_Latn": 0}, {}).rejects(page(mixed)) is None


@pytest.mark.parametrize("around", ["<li>Menü</li>", "<li><a href=x>Kontakt</a></li>"])
def test_prose_decides_the_language_and_not_what_is_around_it(around: str) -> None:
    html = page(around * 100 + f"<p>{ENGLISH * 3}</p>" + around * 100)
    assert Screen(frozenset({"eng_Latn"}), {"eng_Latn": 0}, {}).rejects(html) is None


def test_a_line_of_a_notice_does_not_decide_the_language_of_a_poem() -> None:
    poem = "".join(f"{verse}<br>" for verse in [*ENGLISH.split(", "), "and so it went on"] * 8)
    notice = "<div>Diese Seite verwendet Cookies, damit sie so gut wie möglich funktioniert.</div>"
    assert Screen(frozenset({"eng_Latn"}), {"eng_Latn": 0}, {}).rejects(page(notice + poem)) is None


@pytest.mark.parametrize(
    ("html", "least"),
    [
        ("<ol>" + "<li>one two three four five" * 8 + "</ol>", 48),
        ("<p>one two three<img alt='\\alpha_i \\beta \\gamma'>", 5),
        ("<p>one two three<math><mi>x</mi></math>", 4),
    ],
)
def test_numbers_of_items_and_formulas_may_be_words_too(html: str, least: int) -> None:
    assert Screen(frozenset(), {"eng_Latn": least}, {}).rejects(page(html)) is None


def test_english_without_enough_stop_words_is_rejected() -> None:
    screen = Screen(frozenset(), {"eng_Latn": 0}, TWO)
    for text, found in ((BARE * 5, 0), (f"{BARE * 5} the THE The", 1)):
        rejection = screen.rejects(page(text))
        assert rejection is not None
        assert rejection[:2] == ("screen_stop_words", found)
    assert screen.rejects(page(f"{BARE * 5} the and")) is None
    assert screen.rejects(page(f"{BARE * 5} (The) “and”,")) is None
    assert Screen(frozenset(), {"eng_Latn": 0}, {}).rejects(page(BARE * 5)) is None


def test_what_begins_late_on_a_long_page_is_seen() -> None:
    """A page whose first part is foreign, or has no words, is looked at as a whole."""
    english = Screen(frozenset({"eng_Latn"}), {"eng_Latn": 50}, TWO)
    for start in (GERMAN * 600, '<img src="x">' * 20_000, BARE * 600):
        assert english.rejects(page(f"{start}</p><p>{ENGLISH * 700}")) is None
    rejection = english.rejects(page(f"{GERMAN * 600}</p><p>{RUSSIAN * 600}"))
    assert rejection is not None
    assert rejection[0] == "screen_language"


def test_languages_that_are_asked_for_none_are_not_judged_by_stop_words() -> None:
    for text in (GERMAN, RUSSIAN, CHINESE, BARE):
        assert (
            Screen(frozenset(), {"eng_Latn": 0}, {"fra_Latn": 2, "kor_Hang": 0}).rejects(
                page(text * 5)
            )
            is None
        )


def test_a_page_is_judged_by_the_stop_words_of_its_own_language() -> None:
    """German sentences of nouns and names; it does not help that there are English stop words."""
    nouns = "Leuchttürme, Schiffe, Häfen, Inseln, Straßen, Häuser, Gärten, Kinder, Zeitungen; "
    screen = Screen(
        frozenset({"deu_Latn", "eng_Latn"}), {"eng_Latn": 0}, {"deu_Latn": 2, "eng_Latn": 2}
    )
    rejection = screen.rejects(page(nouns * 5 + "to have"))
    assert rejection == ("screen_stop_words", 0, "deu_Latn")
    assert screen.rejects(page(nouns * 5 + "und das")) is None


def test_a_comparison_is_text_and_no_tag() -> None:
    assert visible_lines(b"<p><i>a</i> < b and the c > d</p>") == ["a < b and the c > d"]


def test_lines_end_where_block_elements_do() -> None:
    html = b"<body class=x><h1>A <b>b</b></h1><p>c<br/>d &lt;p&gt;</p> <td>\n e "
    assert visible_lines(html) == ["A b", "c", "d <p>", "e"]


STOP_WORDS = LANGUAGES["eng_Latn"].stop_words
words = st.sampled_from([*BARE.split(), *sorted(STOP_WORDS), "x", "42", "naïve", "中文", "don't"])
marks = st.sampled_from(["", ".", ",", "!", ")", "…", "”"])
tokens = st.builds(lambda word, mark: word + mark, words, marks)
texts = st.lists(tokens, min_size=1, max_size=80).map(" ".join)
tags = st.sampled_from(["p", "li", "h1", "td", "b", "x-y"])


@settings(deadline=None)
@given(st.lists(st.tuples(tags, texts), min_size=1, max_size=5), st.integers(0, 60))
def test_a_page_with_enough_words_and_stop_words_is_not_rejected_for_them(
    parts: list[tuple[str, str]], bound: int
) -> None:
    stats = TextStats.of("\n".join(text for _, text in parts).lower())
    html = "<body>" + "".join(f"<{tag}>{text} </{tag}>" for tag, text in parts)
    screen = Screen(frozenset(), {"eng_Latn": bound}, TWO)
    rejection = screen.rejects(html.encode())
    if stats.word_count >= bound:
        assert rejection is None or rejection[0] != "screen_word_count"
    if stats.stop_words(STOP_WORDS) >= 2:
        assert rejection is None or rejection[0] != "screen_stop_words"
    if rejection == ("screen_word_count", stats.word_count, ""):
        assert stats.word_count < bound


@given(st.binary(max_size=300))
def test_any_bytes_are_screened(data: bytes) -> None:
    without_formulas = data.translate(bytes.maketrans(b"\\mM", b"/nN"))
    rejection = Screen(frozenset({"eng_Latn"}), {"eng_Latn": 1e9}, TWO).rejects(without_formulas)
    assert rejection is not None
    assert rejection[0] == "screen_word_count"
    assert ANY.rejects(data) is None


def test_nothing_is_asked_of_languages_where_pages_in_none_are_wanted() -> None:
    """A page of code with a menu in German is in none."""
    kept = FilterSection(languages=("en", "und"), families=("gopher_quality",))
    screen = Screen.of(kept)
    assert (screen.languages, screen.min_stop_words) == (frozenset(), {})


@pytest.mark.parametrize("wanted", ["en", "de"])
def test_no_real_page_is_rejected_for_its_language_that_is_found_to_be_in_it(wanted: str) -> None:
    """Manuals in many languages, some half translated: every seventh page."""
    if not MULTILINGUAL.exists():
        pytest.skip("no shared/data/multilingual")
    screen = Screen.of(FilterSection(languages=(wanted,)))
    split = Split(str(MULTILINGUAL), 0, MULTILINGUAL.stat().st_size)
    found = 0
    for record in list(read_records(split, 10_000_000))[::7]:
        if not isinstance(record, Page):
            continue
        stripped = strip(record.body)
        if (rejection := screen.rejects(stripped)) and rejection[0] == "screen_language":
            document = extract(record, ExtractSection(), None)
            assert isinstance(document, Rejected) or document.language not in screen.languages
            found += 1
    assert found > 40
