"""Telephone numbers: where one ends, and amounts, hours, bands and part numbers that are none."""

import pytest

from pipeline.edits import apply
from pipeline.personal import find


def masked(text: str, language: str = "eng_Latn") -> str:
    return apply(text, find(text, language, {"phone"}))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("spa_Latn", "Más de 600 000 000 de personas"),
        ("ces_Latn", "Rozpočet činí 377 000 000 korun"),
        ("rus_Cyrl", "8 800 000 рублей"),
        ("ces_Latn", "celkem 377 123 456 Kč"),
        ("ces_Latn", "celkem EUR 377 123 456"),
        ("spa_Latn", "más de € 612 345 678"),
        ("vie_Latn", "tổng cộng 345 678 912."),
        ("ca", "són 612 345 678 habitants"),
    ],
)
def test_amounts_with_a_gap_at_each_thousand_stay(language: str, text: str) -> None:
    assert masked(text, language) == text


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ces_Latn", "Jan Novák, 601 234 567, Praha", "Jan Novák, <PHONE>, Praha"),
        ("spa_Latn", "tel. 612 345 000 (Madrid)", "tel. <PHONE> (Madrid)"),
    ],
)
def test_a_number_grouped_like_an_amount_is_found(language: str, text: str, expected: str) -> None:
    """Nothing beside it says that it is an amount, or a word says that it is none."""
    assert masked(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("☏ +385 20 320 320. 5-star hotel", "☏ <PHONE>. 5-star hotel"),
        ("☏ +385 20 321 410. 09:00-18:00", "☏ <PHONE>. 09:00-18:00"),
        ("call 202-555-0143 (9-5)", "call <PHONE> (9-5)"),
        ("call 202-555-0143 - 24 hours", "call <PHONE> - 24 hours"),
        ("call +1 202-555-0143 - 24 hours", "call <PHONE> - 24 hours"),
        ("Tel. 020 7946 0958. 24 hours", "Tel. <PHONE>. 24 hours"),
        ("Tel: 0131 668 8914 (2 lines)", "Tel: <PHONE> (2 lines)"),
        ("call (202) 555-0143. (202) 555-0144 too", "call <PHONE>. <PHONE> too"),
    ],
)
def test_a_number_ends_where_the_next_matter_begins(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("deu_Latn", "Tel 089 / 12345 - 67", "Tel <PHONE>"),
        ("fra_Latn", "Tél 01. 42. 68. 53. 00", "Tél <PHONE>"),
        ("eng_Latn", "Phone 487-1074 / 407-6100", "Phone <PHONE>"),
        ("eng_Latn", "+44 (0)20 7946 0958", "<PHONE>"),
    ],
)
def test_gaps_within_a_number_do_not_end_it(language: str, text: str, expected: str) -> None:
    assert masked(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "GSM 850 / 900 / 1800 / 1900 MHz",
        "Mobile: 900/1800/1900 MHz",
        "HP 5406112 toner, HP 51645-60010 ink, HP LaserJet 1022-1234",
        "the car HP-03-3782 21",
        "Call number 1234567",
        "the cell 2001 2002 2003",
        "PH: 5.5-6.5 2010",
        "open 1800 - 2100",
        "call 0900 - 1700",
    ],
)
def test_what_only_stands_after_a_word_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ind_Latn", "No. HP. 081234567", "No. HP. <PHONE>"),
        ("bul_Cyrl", "GSM: 1234567", "GSM: <PHONE>"),
    ],
)
def test_words_of_one_language_name_numbers_there(language: str, text: str, expected: str) -> None:
    assert masked(text, language) == expected
