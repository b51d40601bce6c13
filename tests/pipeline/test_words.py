"""Where words begin and end, in scripts with spaces and without, and on hostile text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.words import TERMINAL_MARKS, is_plain, tokens

MEGABYTE = 1_000_000

# What real text is made of, script by script.
PIECES = (
    "the naïve Straße привет Ελλάδα 한국어 U.S. J. Mr. 3.14 1,000 12:30 it's l'eau I’ve well-known "
    "x=1 AT&T @user #tag a_b C++ http://a.example/b?c=d#e ... … – — “so” (or) [1] , . ! ? : ; / "
    "m² ½ ① "
    "中文 你好。 東京で カタカナ ー ภาษาไทย ພາສາລາວ ភាសាខ្មែរ မြန်မာစာ हिन्दी है। فارسی "
    "می\u200cخواهم ؟ שלום e\u0301 க்\u200dஷ 𝒳 😀 👍🏽 \u200d \u0301"
).split()
texts = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from(["", "", " ", "  ", "\n"])), max_size=20
).map(lambda pairs: "".join(map("".join, pairs)))
# Extracted text has no control characters but line feeds and tabs.
any_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One two, three!", "One two , three !"),
        ("It isn't Smith's; they’ve won.", "It isn 't Smith 's ; they ’ve won ."),
        ("A re-read of 3.14 and 1,000,000", "A re - read of 3.14 and 1,000,000"),
        ("the U.S. and Mr. Smith and J. Jones", "the U.S. and Mr. Smith and J. Jones"),
        ("See http://a.example/b?c=d. Or mail", "See http://a.example/b?c=d. Or mail"),
        ("@user #tag a_b AT&T", "@user # tag a_b AT&T"),
        ("at 12:30, 1/2, key=value, a/b", "at 12:30 , 1/2 , key = value , a / b"),
        ("wait... so… -- *", "wait ... so … -- *"),
        ("Naïve Grüße für 1.000,50 €", "Naïve Grüße für 1.000,50 €"),
        ("L’homme qu’il dit – voilà !", "L’homme qu’il dit – voilà !"),
        ("¿Qué? ¡Sí!", "¿ Qué ? ¡ Sí !"),
        ("Привет, мир! Как-то", "Привет , мир ! Как - то"),
        ("Η Αθήνα είναι πόλη.", "Η Αθήνα είναι πόλη ."),
        ("한국어는 아름답다.", "한국어는 아름답다 ."),
        ("हिन्दी भाषा सुंदर है।", "हिन्दी भाषा सुंदर है ।"),
        ("বাংলা ভাষা।", "বাংলা ভাষা ।"),
        ("தமிழ் மொழி", "தமிழ் மொழி"),
        ("می\u200cخواهم کتاب\u200cها را؟", "می\u200cخواهم کتاب\u200cها را ؟"),
        ("السلام عليكم، كيف", "السلام عليكم ، كيف"),
        ("שלום עולם", "שלום עולם"),
        ("አማርኛ ቋንቋ።", "አማርኛ ቋንቋ ።"),
        ("今天天气很好，我们一起去公园。", "今天 天气 很好 ， 我们 一起去 公园 。"),
        ("東京は日本の首都です。", "東京 は 日本 の 首都 です 。"),
        ("10 m² und ½, 中", "10 m² und ½ , 中"),
        ("ﾆﾎﾝｺﾞを読む", "ﾆﾎﾝｺﾞ を 読む"),
        ("コーヒーを飲む", "コーヒー を 飲む"),
        ("葛\U000e0100城市は奈良県", "葛\U000e0100 城市 は 奈良 県"),
        ("ภาษาไทยเป็นภาษาที่สวยงาม", "ภาษา ไทย เป็น ภาษา ที่ สวยงาม"),
        ("ພາສາລາວສວຍງາມ", "ພາສາ ລາວ ສວຍງາມ"),
        ("ភាសាខ្មែរពិរោះ", "ភាសាខ្មែរ ពិរោះ"),
        ("မြန်မာစာလှပသည်။", "မြန်မာ စာ လှပ သည် ။"),
        ("我用Python写2个程序", "我 用 Python 写 2 个 程序"),
        ("ซื้อ iPhone 2 เครื่อง", "ซื้อ iPhone 2 เครื่อง"),
        ("👍 ok 😀", "👍 ok 😀"),
        ("", ""),
        (" \n\t\u3000\u00a0", ""),
    ],
)
def test_words(text: str, cut: str) -> None:
    """Worked examples; the tokens are written with spaces between them."""
    assert tokens(text) == cut.split(" " if cut else None)


# As spaCy 3.8's blank pipelines cut them; its Chinese by jieba.
CUT_BY_LANGUAGE = [
    ("eng_Latn", "l'eau well-known a--b x/y", "l'eau well - known a -- b x / y"),
    ("", "l'eau well-known", "l'eau well - known"),
    ("fra_Latn", "l'eau presqu'île qu’il", "l' eau presqu' île qu’ il"),
    ("ita_Latn", "dell'arte un'altra", "dell' arte un' altra"),
    ("deu_Latn", "das E-Mail-Konto am 3. Mai, Peter's", "das E-Mail-Konto am 3. Mai , Peter's"),
    ("swe_Latn", "e-post och tv-serie", "e-post och tv-serie"),
    ("pol_Latn", "czarno-biały Wisła", "czarno - biały Wisła"),
    ("hye_Armn", "Այո. Լավ", "Այո. Լավ"),
    ("ell_Grek", "α-β απ'όλα", "α-β απ' όλα"),
    ("cmn_Hani", "v1.5 A-B #tag", "v1.5 A - B # tag"),
]


@pytest.mark.parametrize(("language", "text", "cut"), CUT_BY_LANGUAGE)
def test_words_are_cut_as_the_language_asks_for(language: str, text: str, cut: str) -> None:
    assert tokens(text, language) == cut.split()


@settings(deadline=None, max_examples=200)
@given(texts | any_texts, st.sampled_from([language for language, *_ in CUT_BY_LANGUAGE]))
def test_each_character_is_in_one_token_and_in_order(text: str, language: str) -> None:
    """All but white space, whatever the script."""
    found = tokens(text, language)
    assert all(found)
    assert "".join(found) == "".join(text.split())


@settings(deadline=None, max_examples=200)
@given(texts, texts)
def test_a_line_is_cut_the_same_whatever_stands_beside_it(one: str, other: str) -> None:
    """A line in Thai does not change how the English lines beside it are cut."""
    assert tokens(f"{one}\n{other}") == tokens(f"{one}\n") + tokens(f"\n{other}")


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([piece for piece in PIECES if is_plain(piece)])))
def test_plain_and_mixed_text_are_cut_alike(pieces: list[str]) -> None:
    """Text of plain letters has the same tokens with a word of Hindi after it as with `x`."""
    for text in (" ".join(pieces), "".join(pieces)):
        assert is_plain(text)
        assert not is_plain(f"{text} है")
        assert tokens(f"{text} है")[:-1] == tokens(f"{text} x")[:-1]


def test_plain_text_is_what_needs_no_dictionary_and_no_marks() -> None:
    for text in ("naïve Straße", "привет, мир", "Ελλάδα", "한국어", "“so” – … € ½"):
        assert is_plain(text)
    for text in ("中", "ひ", "カ", "ไ", "ລ", "ខ", "မ", "हि", "می\u200cخ", "ש", "e\u0301"):
        assert not is_plain(f"plain {text} plain")


def test_sentences_end_in_marks_of_any_script() -> None:
    assert set(".!?。！？।॥؟۔።։။។៕៖៙៚｡") <= TERMINAL_MARKS
    assert TERMINAL_MARKS.isdisjoint(",;:-–'\"()、，،；·…aя中ก")


@pytest.mark.parametrize(
    "piece",
    "a. 's aA. Mr. http:// @# a' ก 你 中文a ក\u17d2 \u200d \u0301 a\u0301".split(),
)
def test_a_megabyte_of_anything_is_cut(piece: str) -> None:
    """No repeated piece makes the patterns or the dictionaries take more than linear time.

    What is quadratic in a megabyte ends at the time limit of the tests.
    """
    text = piece * (MEGABYTE // len(piece)) + "\n!"
    for language in ("eng_Latn", "fra_Latn"):
        assert "".join(tokens(text, language)) == "".join(text.split())
