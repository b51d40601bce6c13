"""The language of a page: prose in one language, or `und`."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import fasttext_model, identifiers, language
from classifiers.config import LanguageConfig
from classifiers.identifiers import LID176, load
from classifiers.language import Identified, identify, is_prose

ENGLISH = """The old lighthouse stood at the end of the pier, and nobody had lived in it for years.
Every evening the fishermen walked past its door and told each other what they had seen there.
Some had heard a voice, others had seen a lamp in the upper window when the wind was from the sea.
"""
GERMAN = """Der alte Leuchtturm stand am Ende des Stegs, und seit Jahren hatte niemand dort gewohnt.
Jeden Abend gingen die Fischer an seiner Tür vorbei und erzählten sich, was sie gesehen hatten.
Manche hatten eine Stimme gehört, andere bei Seewind im oberen Fenster eine Lampe gesehen.
"""
CHINESE = "老灯塔矗立在码头的尽头,多年来没有人住在里面。每天晚上渔民们都会从它的门前走过。\n"
POEM = """Upon the hill, the evening light
Is falling on the silent town,
And one by one the birds of night
Are from the mountain drifting down.
"""
MENU = "Home\nAbout us\nProducts\nNew arrivals\nSale\nBlog\nContact us\nMy account\nCart\n"
CODE = """def area(width, height):
    if width <= 0:
        raise ValueError(f"{width!r}")
    return width * height

class Box(Shape):
    def __init__(self, w=1, h=2):
        self.size = (w, h)
"""
LONG_CODE = """const total = items.map((item) => item.price * item.count).reduce(add, 0);
for (let i = 0; i < rows.length; i++) { if (rows[i].open) { close(rows[i]); } }
"""
ONE = LanguageConfig()


def tag(text: str) -> str:
    return identify(text, ONE).language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH, "eng_Latn"),
        (GERMAN * 10, "deu_Latn"),
        (CHINESE * 5, "cmn_Hani"),
        (POEM, "eng_Latn"),
        ("Er kommt morgen.", "deu_Latn"),
    ],
)
def test_prose_is_in_its_language(text: str, expected: str) -> None:
    found = identify(text, ONE)
    assert found.language == expected
    assert 0.5 < found.score <= 1
    assert found.second is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "1 2 3 4 5 6",
        MENU,
        MENU * 20,
        CODE,
        CODE * 20,
        LONG_CODE,
        f"```\n{ENGLISH}```",
        "```\n" * 3,
    ],
)
def test_code_menus_and_texts_without_letters_are_in_none(text: str) -> None:
    assert identify(text, ONE) == Identified("und", 0.0)


def test_code_between_fences_does_not_count() -> None:
    """Nor the comments in it; the text around it does, and a fence left open ends the text."""
    fenced = f"{GERMAN}\n```python\n# {ENGLISH}{CODE}```\n"
    assert tag(fenced) == "deu_Latn"
    assert tag(f"```\n{ENGLISH}```\n{GERMAN}") == "deu_Latn"
    assert tag(f"{GERMAN}\n```\n{ENGLISH * 5}") == "deu_Latn"


def test_a_menu_before_the_text_does_not_make_it_one() -> None:
    assert tag(MENU + ENGLISH) == "eng_Latn"


@pytest.mark.parametrize(
    ("english", "german", "expected"),
    [(20, 2, "eng_Latn"), (2, 20, "deu_Latn"), (10, 10, "und"), (20, 0, "eng_Latn")],
)
def test_a_page_of_two_languages_is_in_the_one_that_prevails(
    english: int, german: int, expected: str
) -> None:
    assert tag(ENGLISH * english + GERMAN * german) == expected


def test_only_the_first_ten_thousand_characters_count() -> None:
    start = (ENGLISH * 40)[:10_000]
    assert identify(start, ONE) == identify(start + GERMAN * 100, ONE)


pieces = st.lists(st.sampled_from([ENGLISH, GERMAN, CHINESE, MENU, CODE, "```\n", "\n"]))


@settings(max_examples=60, deadline=None)
@given(pieces | st.lists(st.text(max_size=200), max_size=8))
def test_the_answer_is_a_tag_and_the_same_again(texts: list[str]) -> None:
    text = "".join(texts)
    found = identify(text, ONE)
    assert found == identify(text, ONE)
    assert found.language in load(LID176).tags | {"und"}
    assert (found.language == "und") == (found.score == 0)
    assert 0 <= found.score <= 1


@given(st.lists(st.sampled_from([ENGLISH, GERMAN, MENU, CODE, "one two\n"]), min_size=1))
def test_more_sentences_never_make_a_text_less_of_prose(texts: list[str]) -> None:
    whole = [is_prose("".join([*texts, *[ENGLISH] * n])) for n in range(3)]
    assert all(before <= after for before, after in pairwise(whole)) or len("".join(texts)) > 2000


@pytest.fixture(scope="module")
def contrarian(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that knows English and Dutch, and takes German for Dutch."""
    path = str(tmp_path_factory.mktemp("lid") / "tiny.bin")
    texts = {"eng": ENGLISH, "nld_Latn": GERMAN}
    lines = [
        f"__label__{label} {' '.join(text.split())}"
        for _ in range(50)
        for label, text in texts.items()
    ]
    options: dict[str, Any] = {"epochs": 20, "dim": 4, "learning_rate": 0.5, "word_ngrams": 1}
    fasttext_model.train_supervised(lines, path, bucket=100, min_count=1, **options)
    return path


def test_a_second_identifier_is_asked_and_its_answer_kept(contrarian: str) -> None:
    both = LanguageConfig(second=contrarian)
    assert identify(ENGLISH, both) == Identified(*load(LID176).identify(ENGLISH), "eng_Latn")
    found = identify(GERMAN, both)
    assert (found.language, found.second) == ("deu_Latn", "nld_Latn")
    assert identify(MENU, both) == Identified("und", 0.0)


def test_pages_that_the_two_disagree_on_may_be_in_none(contrarian: str) -> None:
    """But where the second does not know the first's language, it has no say in it."""
    strict = LanguageConfig(identifier=contrarian, second=LID176, on_disagreement="und")
    assert identify(ENGLISH, strict).language == "eng_Latn"
    assert identify(GERMAN, strict) == Identified("und", 0.0, "deu_Latn")
    unknowing = LanguageConfig(second=contrarian, on_disagreement="und")
    assert identify(GERMAN, unknowing).language == "deu_Latn"


def test_a_second_identifier_that_names_no_language_does_not_disagree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = load(LID176)
    silent = SimpleNamespace(tags=first.tags, identify=lambda text: ("und", 0.0))
    monkeypatch.setattr(identifiers, "load", lambda name: first if name == LID176 else silent)
    strict = LanguageConfig(second="silent", on_disagreement="und")
    assert identify(GERMAN, strict) == Identified(*first.identify(GERMAN), "und")


def test_fences_are_those_of_the_extracted_text() -> None:
    assert language._FENCED.sub("", "a\n```x\nb\n```\nc") == "a\n\nc"
