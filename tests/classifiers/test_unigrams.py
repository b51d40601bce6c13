"""Cross-entropy under wordfreq's own frequencies, its scale, and the compression ratio."""

import base64
import math
import random
from collections import Counter
from collections.abc import Callable

import pytest
import wordfreq
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from classifiers.unigrams import compression_ratio, cross_entropy, has_model

PROSE = {
    "eng_Latn": (
        "When the rain stopped we walked down to the river, because my brother wanted to see "
        "whether the old bridge was still there. It was not, and so we had to go back before dark."
    ),
    "deu_Latn": (
        "Als der Regen aufhörte, gingen wir zum Fluss hinunter, weil mein Bruder sehen wollte, "
        "ob die alte Brücke noch da war. Sie war es nicht, und so mussten wir vor Abend zurück."
    ),
    "fra_Latn": (
        "Quand la pluie s’est arrêtée, nous sommes descendus jusqu’à la rivière, parce que mon "
        "frère voulait voir si l’ancien pont était encore là. Il n’y était plus, et il a fallu "
        "rentrer avant la nuit."
    ),
    "spa_Latn": (
        "Cuando dejó de llover bajamos hasta el río, porque mi hermano quería ver si el viejo "
        "puente todavía estaba allí. No estaba, y por eso tuvimos que volver antes de la noche."
    ),
    "rus_Cyrl": (
        "Когда дождь кончился, мы пошли к реке, потому что мой брат хотел посмотреть, стоит ли "
        "там ещё старый мост. Моста уже не было, и нам пришлось вернуться домой до темноты."
    ),
    "cmn_Hani": (
        "雨 停 了 以后 我们 走 到 河边 因为 我 的 哥哥 想 看看 那 座 老 桥 还 在 不 在 "
        "桥 已经 没有 了 所以 我们 在 天黑 以前 回 家 了"
    ),
    "srp_Cyrl": (
        "Када је киша престала, отишли смо до реке, јер је мој брат хтео да види да ли је стари "
        "мост још тамо. Није га било, па смо морали да се вратимо пре него што падне мрак."
    ),
}
"""The same two sentences, written for these tests."""

FREQUENT = "the of and in water house people different"
WORDS = st.lists(st.sampled_from([*FREQUENT.split(), "xqzv", "1234"]), min_size=20, max_size=60)


def words(text: str) -> list[str]:
    return [word for raw in text.split() if (word := raw.strip(".,"))]


def score(text: str, language: str) -> float:
    value = cross_entropy(Counter(words(text)), language)
    assert value is not None
    return value


@pytest.mark.parametrize("language", PROSE)
def test_plain_prose_scores_as_its_language_does(language: str) -> None:
    assert -0.2 < score(PROSE[language], language) < 0.2


@pytest.mark.parametrize(
    ("language", "other"),
    [
        ("deu_Latn", "eng_Latn"),
        ("eng_Latn", "fra_Latn"),
        ("spa_Latn", "eng_Latn"),
        ("rus_Cyrl", "srp_Cyrl"),
        ("fra_Latn", "deu_Latn"),
    ],
)
def test_prose_taken_for_another_language_lies_halfway_to_noise(language: str, other: str) -> None:
    assert score(PROSE[language], other) > 0.4


@pytest.mark.parametrize("language", ["eng_Latn", "fin_Latn", "tam_Taml", "cmn_Hani"])
def test_words_that_are_in_no_list_score_one(language: str) -> None:
    assert score("xqzvk " * 30, language) == pytest.approx(1)


@pytest.mark.parametrize("language", ["eng_Latn", "deu_Latn", "rus_Cyrl"])
def test_words_drawn_by_their_frequencies_score_zero(language: str) -> None:
    """The model's own text, with as many unlisted words as the list leaves room for."""
    frequencies = wordfreq.get_frequency_dict(language, "small")
    listed = sum(frequencies.values())
    # Words that are cut into two would count twice.
    whole = {word: share for word, share in frequencies.items() if word.isalnum()}
    whole["xqzvk"] = sum(whole.values()) / listed * (1 - listed)
    drawn = random.Random(0).choices(list(whole), list(whole.values()), k=100_000)
    assert score(" ".join(drawn), language) == pytest.approx(0, abs=0.01)


def test_distance_from_noise_grows_as_wordfreqs_bits_fall_below_24() -> None:
    """Wordfreq's Zipf scale counts powers of ten above one in a billion."""
    steps = []
    for term in ("the", "water", "purple", "zebra"):
        bits = (9 - wordfreq.zipf_frequency(term, "eng_Latn", "small")) * math.log2(10)
        steps.append((1 - score(f"{term} " * 20, "eng_Latn")) / (24 - bits))
    assert steps == pytest.approx([steps[0]] * 4, rel=0.01)


@given(WORDS, WORDS)
def test_score_of_joined_texts_is_their_mean_by_words(left: list[str], right: list[str]) -> None:
    both = score(" ".join(left + right), "eng_Latn")
    parts = score(" ".join(left), "eng_Latn") * len(left) + score(
        " ".join(right), "eng_Latn"
    ) * len(right)
    assert both == pytest.approx(parts / (len(left) + len(right)))


@given(WORDS, st.randoms(use_true_random=False))
def test_order_of_words_does_not_matter(text: list[str], generator: random.Random) -> None:
    shuffled = generator.sample(text, len(text))
    assert cross_entropy(Counter(shuffled), "eng_Latn") == cross_entropy(Counter(text), "eng_Latn")


@pytest.mark.parametrize(
    ("written", "listed", "language"),
    [
        ("Water WATER", "water water", "eng_Latn"),
        ("1987 65", "2024 31", "eng_Latn"),
        ("١٩٨٧", "2024", "arb_Arab"),
        ("l’arbre", "l arbre", "fra_Latn"),
        ("well-known", "well known", "eng_Latn"),
        ("Москва СТРАНА", "москва страна", "rus_Cyrl"),
        ("љубав живот", "ljubav život", "srp_Cyrl"),
        ("љубав живот", "ljubav život", "bos_Latn"),
        ("învăţa şcoală", "învăța școală", "ron_Latn"),
        ("İstanbul", "istanbul", "tur_Latn"),
        ("كِتَاب", "كتاب", "arb_Arab"),
        ("שָׁלוֹם", "שלום", "heb_Hebr"),
        ("經濟 國家", "经济 国家", "cmn_Hani"),
        ("می‌شود", "می شود", "fas_Arab"),
        ("Straße", "strasse", "deu_Latn"),
    ],
)
def test_spellings_of_a_word_cost_the_same(written: str, listed: str, language: str) -> None:
    value = score(f"{written} " * 30, language)
    assert value == pytest.approx(score(f"{listed} " * 30, language))
    assert value < 0.9


def test_languages_have_models_under_their_tags() -> None:
    assert all(
        map(
            has_model,
            [
                "eng_Latn",
                "nob_Latn",
                "fil_Latn",
                "hrv_Latn",
                "srp_Cyrl",
                "srp_Latn",
                "cmn_Hani",
                "jpn_Jpan",
            ],
        )
    )
    assert not any(map(has_model, ["kor_Hang", "tha_Thai", "und", "nno_Latn", ""]))


@pytest.mark.parametrize(
    ("text", "language"),
    [("water " * 19, "eng_Latn"), ("", "eng_Latn"), ("water " * 30, "kor_Hang")],
)
def test_no_score_for_few_words_or_without_a_model(text: str, language: str) -> None:
    assert cross_entropy(Counter(text.split()), language) is None


def test_twenty_words_are_enough() -> None:
    assert cross_entropy({"water": 20}, "eng_Latn") is not None


def test_ratio_is_that_of_zstandard_at_level_3() -> None:
    text = " ".join(f"{number} men and {number * 7} horses" for number in range(200))
    data = text.encode()
    compressed = zstandard.ZstdCompressor(level=3).compress(data)
    assert compression_ratio(text) == len(compressed) / len(data)


def test_ratio_counts_bytes_not_characters() -> None:
    """Letters of two bytes each take up more room, and little of it is news."""
    latin = "".join(random.Random(0).choices("abcdefgh", k=4000))
    cyrillic = latin.translate(str.maketrans("abcdefgh", "абвгдежз"))
    low, high = compression_ratio(cyrillic), compression_ratio(latin)
    assert low is not None and high is not None
    assert low < 0.7 * high


def _noise(generator: random.Random) -> str:
    return base64.b64encode(generator.randbytes(3000)).decode()


def _repeated(generator: random.Random) -> str:
    return PROSE["eng_Latn"] * 20


@pytest.mark.parametrize(("make", "low", "high"), [(_noise, 0.74, 0.8), (_repeated, 0.0, 0.06)])
def test_noise_and_repetition_lie_at_the_ends(
    make: Callable[[random.Random], str], low: float, high: float
) -> None:
    value = compression_ratio(make(random.Random(0)))
    assert value is not None
    assert low < value < high


def test_no_ratio_for_short_texts() -> None:
    assert compression_ratio("a" * 999) is None
    assert compression_ratio("a" * 1000) is not None
