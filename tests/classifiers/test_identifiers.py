"""Language identifiers: lid.176, other fastText models, py3langid."""

import gzip
import importlib.util
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import fasttext_model
from classifiers.identifiers import LID176, PY3LANGID, Identifier, load, version
from classifiers.languagetags import tags_of
from pipeline.errors import UserError

SENTENCES = Path(__file__).resolve().parents[2] / "../shared/data/language/sentences.jsonl.gz"
identify = load(LID176).identify


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The committee will meet again on Thursday to discuss the report.", "eng_Latn"),
        ("Der Ausschuss tagt am Donnerstag erneut, um den Bericht zu erörtern.", "deu_Latn"),
        ("Комитет соберётся в четверг, чтобы обсудить доклад.", "rus_Cyrl"),
        ("委員会は木曜日に再び開かれ、報告書を検討します。", "jpn_Jpan"),
        ("समिति रिपोर्ट पर चर्चा करने के लिए गुरुवार को फिर बैठेगी।", "hin_Deva"),
        ("Одбор ће се поново састати у четвртак да расправља о извештају.", "srp_Cyrl"),
    ],
)
def test_identifies_plain_sentences(text: str, tag: str) -> None:
    found, probability = identify(text)
    assert found == tag
    assert 0.5 < probability <= 1


@pytest.mark.parametrize("text", ["", " \n\t", "12:30 – 14.00 !!!", "☃"])
def test_text_without_letters_is_undetermined(text: str) -> None:
    assert identify(text) == ("und", 0.0)


def test_all_of_the_first_thousand_characters_count() -> None:
    assert identify("1 " * 498 + "Wort")[0] != "und"
    assert identify("1 " * 500 + "Wort") == ("und", 0.0)


@given(st.text("ab c\n\té漢", min_size=1), st.text())
def test_only_the_first_thousand_characters_count_white_space_collapsed(
    start: str, rest: str
) -> None:
    start = (" ".join(start.split()) or "a").ljust(1000, "x")
    assert identify(start) == identify(start + rest)
    assert identify(start) == identify("\n" + start.replace(" ", " \t\n "))


@given(st.text(max_size=200))
def test_no_text_is_in_a_language_of_other_letters(text: str) -> None:
    """Which a language is not written in, whatever the model says of them."""
    tag, probability = identify(text)
    assert (tag == "und") == (probability == 0)
    assert tag in load(LID176).tags | {"und"}
    if tag.endswith("_Armn"):
        assert any("\u0530" <= char <= "\u058f" or "\ufb13" <= char <= "\ufb17" for char in text)


def all_of(*ranked: tuple[str, float]) -> Identifier:
    return Identifier(
        "x",
        [label for label, _ in ranked],
        lambda text, most: ranked if most < 0 else ranked[:most],
    )


def test_a_label_of_another_script_is_passed_over() -> None:
    asked = all_of(("en", 0.6), ("hy", 0.3), ("ru", 0.1))
    assert asked.identify("Բարեւ ձեզ") == ("hye_Armn", 0.3)
    assert asked.identify("Hello there") == ("eng_Latn", 0.6)
    assert asked.identify("สวัสดี") == ("und", 0.0)
    assert all_of(("zxx_Latn", 0.9), ("en", 0.1)).identify("ïðàâèëà") == ("und", 0.0)


def test_a_language_of_several_scripts_gets_the_one_it_stands_in() -> None:
    asked = all_of(("sr", 0.9), ("en", 0.1))
    assert asked.identify("Београд je главни град") == ("srp_Cyrl", 0.9)
    assert asked.identify("Beograd je glavni grad (Град)") == ("srp_Latn", 0.9)
    assert all_of(("ja", 1.0)).identify("東京都")[0] == "jpn_Jpan"


def test_labels_that_mean_one_language_are_added_up() -> None:
    asked = all_of(("zho_Hans", 0.52), ("zho_Hant", 0.46), ("jpn_Jpan", 0.02))
    tag, probability = asked.identify("京都市")
    assert (tag, probability) == ("cmn_Hani", pytest.approx(0.98))


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("eng_Latn", "eng_Latn"),
        ("zho_Hans", "cmn_Hani"),
        ("arb_Arab", "arb_Arab"),
        ("est_Latn", "ekk_Latn"),
        ("pes_Arab", "fas_Arab"),
        ("als", "gsw_Latn"),
        ("als_Latn", "als_Latn"),
        ("und_Latn", "und"),
        ("zxx_Zzzz", "und"),
        ("yyy_Latn", "yyy_Latn"),
    ],
)
def test_labels_of_other_models_are_reconciled(label: str, tag: str) -> None:
    """Of GlotLID, NLLB, OpenLID; `als` alone is Wikipedia's code for Swiss German.

    What looks like a tag but is none is of a code that has been withdrawn.
    """
    assert all_of((label, 1.0)).tags == {tag}


def test_labels_that_are_no_codes_are_refused() -> None:
    with pytest.raises(UserError, match="x: 'spam' is no language code"):
        all_of(("en", 0.9), ("spam", 0.1))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A fastText model of two languages, as GlotLID labels them."""
    path = str(tmp_path_factory.mktemp("lid") / "tiny.bin")
    texts = {"eng_Latn": "the house is by the river", "deu_Latn": "das haus ist an dem fluss"}
    lines = [f"__label__{tag} {text} {n}" for n in range(50) for tag, text in texts.items()]
    settings: dict[str, Any] = {"epochs": 20, "dim": 4, "learning_rate": 0.5, "word_ngrams": 1}
    fasttext_model.train_supervised(lines, path, bucket=100, min_count=1, **settings)
    return path


def test_any_fasttext_model_of_languages_will_do(model: str) -> None:
    asked = load(model)
    assert asked.tags == {"eng_Latn", "deu_Latn"}
    assert asked.identify("the river")[0] == "eng_Latn"
    assert asked.identify("dem fluss")[0] == "deu_Latn"
    assert version(model) != version(LID176)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.bin: cannot be loaded as a fastText model"):
        load(str(tmp_path / "none.bin"))


@pytest.mark.skipif(
    importlib.util.find_spec("py3langid") is None, reason="py3langid is not installed"
)
def test_py3langid_will_do() -> None:
    asked = load(PY3LANGID)
    assert asked.identify("Der Ausschuss tagt am Donnerstag erneut.")[0] == "deu_Latn"
    assert {"eng_Latn", "cmn_Hani", "srp_Cyrl", "zul_Latn"} <= asked.tags
    assert version(PY3LANGID)[0].isdigit()


@pytest.mark.skipif(
    importlib.util.find_spec("py3langid") is not None, reason="py3langid is installed"
)
def test_py3langid_is_asked_for_where_it_is_missing() -> None:
    with pytest.raises(UserError, match=r"pip install 'curate\[langid\]'"):
        load(PY3LANGID)


def test_most_labelled_sentences_are_right_in_most_languages() -> None:
    """Of 19,700 sentences, every fifth; languages that lid.176 knows."""
    if not SENTENCES.exists():
        pytest.skip(f"{SENTENCES} is absent")
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    confused: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(SENTENCES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::5]
    for row in rows:
        tags = set(tags_of(row["lang"]))
        if row["source"] in ("lingua-sentences", "dasher-training") and tags & load(LID176).tags:
            found, _ = identify(row["text"])
            total[row["lang"]] += 1
            right[row["lang"]] += found in tags
            confused[row["lang"]][found] += 1
    shares = sorted((right[code] / total[code] for code in total), reverse=True)
    assert len(shares) > 60
    assert sum(right.values()) / total.total() > 0.88
    assert shares[49] > 0.85
