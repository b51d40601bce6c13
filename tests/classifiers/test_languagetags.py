"""Language tags: codes of any kind become ISO 639-3 and ISO 15924."""

import tomllib
from pathlib import Path

import langcodes
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from classifiers import languagetags
from classifiers.fasttext_model import load as load_model
from classifiers.identifiers import LID176, MODEL, load
from classifiers.languagetags import (
    UNDETERMINED,
    WIKIPEDIA,
    bcp47,
    display_name,
    nearest,
    script_counts,
    scripts,
    tag_of,
    tags_of,
)

TABLES = tomllib.loads(
    Path(languagetags.__file__).with_name("languages.toml").read_text(encoding="utf-8")
)
# The only code of ISO 639-2 that stands for languages and has no one of ISO 639-3 in its place.
COLLECTIVE = {"nah"}


def is_valid(tag: str) -> bool:
    """By the IANA registry, where a language of two letters stands for its three."""
    language, script = tag.split("_")
    known = langcodes.Language.make(language=langcodes.standardize_tag(language), script=script)
    return known.is_valid() and known.to_alpha3() == language


@pytest.mark.parametrize("tag", sorted(load(LID176).tags - {UNDETERMINED}))
def test_every_answer_of_lid176_is_a_language_and_a_script(tag: str) -> None:
    assert is_valid(tag) or tag[:3] in COLLECTIVE
    assert tag_of(tag) == tag
    assert regex.fullmatch("[a-z]{3}_[A-Z][a-z]{3}", tag)


def test_every_label_of_lid176_keeps_its_language() -> None:
    """By the IANA registry, but for the codes that mean another language in Wikipedia."""
    for label in load_model(str(MODEL)).labels:
        code = WIKIPEDIA.get(label, label)
        same = {langcodes.standardize_tag(code, macro=True).split("-")[0], code}
        if label not in TABLES["other"] and label not in ("bh", "no", "sh", "tl"):
            assert bcp47(tag_of(code) or "") in same, label


@pytest.mark.parametrize(("macro", "individual"), sorted(TABLES["individual"].items()))
def test_a_macrolanguage_gives_way_to_one_of_its_languages(macro: str, individual: str) -> None:
    """By CLDR, where it has the pair; by ISO 639-3's table for the others."""
    by_iso = {"pbt": "pus", "pes": "fas", "srp": "hbs", "nob": "nor", "quy": "que"}
    found = langcodes.standardize_tag(individual, macro=True)
    assert by_iso.get(individual) == macro or found == langcodes.standardize_tag(macro, macro=True)


def test_languages_of_several_scripts_are_told_by_valid_ones() -> None:
    """The first is CLDR's likely one, which knows none for two of them."""
    for language in TABLES["scripts"]:
        assert all(is_valid(f"{language}_{script}") for script in scripts(language))
        likely = langcodes.Language.get(bcp47(language)).maximize()
        assert likely.script == scripts(language)[0] or language in ("azb", "xal")


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("en", ("eng_Latn",)),
        ("eng", ("eng_Latn",)),
        ("ENG_latn", ("eng_Latn",)),
        ("pt-BR", ("por_Latn",)),
        ("zh", ("cmn_Hani",)),
        ("zh-TW", ("cmn_Hani",)),
        ("zho_Hans", ("cmn_Hani",)),
        ("yue_Hant", ("yue_Hani",)),
        ("zh-yue", ("yue_Hani",)),
        ("zh-cmn-Hans-CN", ("cmn_Hani",)),
        ("zh-min-nan", ("nan_Hani",)),
        ("ar-arz", ("arz_Arab",)),
        ("no-bok", ("nob_Latn",)),
        ("zh-qaa", ()),
        ("ja", ("jpn_Jpan",)),
        ("kor_Kore", ("kor_Hang",)),
        ("no", ("nob_Latn",)),
        ("nb", ("nob_Latn",)),
        ("nn", ("nno_Latn",)),
        ("sr", ("srp_Cyrl", "srp_Latn")),
        ("sr-Latn", ("srp_Latn",)),
        ("sh", ("srp_Cyrl", "srp_Latn")),
        ("hr", ("hrv_Latn",)),
        ("ku", ("kmr_Latn", "kmr_Cyrl", "kmr_Arab")),
        ("ar", ("arb_Arab",)),
        ("arz", ("arz_Arab",)),
        ("als", ("als_Latn",)),
        ("gsw", ("gsw_Latn",)),
        ("tl", ("fil_Latn",)),
        ("fa", ("fas_Arab",)),
        ("iw", ("heb_Hebr",)),
        ("de-1996", ("deu_Latn",)),
        ("fuf-adlm", ("fuf_Adlm",)),
        ("und", ("und",)),
        ("", ()),
        ("xx", ()),
        ("english", ()),
        ("eng_Ltan", ()),
        ("mul", ()),
        ("zxx", ()),
        ("qaa", ()),
    ],
)
def test_codes_of_any_kind_become_tags(code: str, tags: tuple[str, ...]) -> None:
    assert tags_of(code) == tags
    assert tag_of(code) == (tags[0] if tags else None)


@given(st.text(max_size=12) | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}"))
def test_whatever_is_written_is_no_code_or_a_tag_that_means_itself(code: str) -> None:
    for tag in tags_of(code):
        assert tags_of(tag) == (tag,)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("", {}),
        ("12:30 !", {}),
        ("Да, yes", {"Cyrl": 2, "Latn": 3}),
        ("漢字とかな", {"Jpan": 5}),
        ("中文的文章", {"Hani": 5}),
        ("中文产品介绍说明书内容ソ", {"Hani": 12}),
        ("한국어", {"Hang": 3}),
        ("Ελλάδα", {"Grek": 6}),
    ],
)
def test_letters_are_counted_by_script(text: str, counts: dict[str, int]) -> None:
    assert script_counts(text) == counts


@given(st.text(max_size=50))
def test_scripts_are_those_of_unicode(text: str) -> None:
    for script, count in script_counts(text + "é").items():
        if script not in ("Hani", "Jpan"):
            assert count == len(regex.findall(rf"\p{{Script={script}}}", text + "é"))


@pytest.mark.parametrize(
    ("tag", "code", "name"),
    [
        ("cmn_Hani", "zh", "Chinese"),
        ("nob_Latn", "nb", "Norwegian Bokmål"),
        ("srp_Latn", "sr", "Serbian (Latin)"),
        ("pbt_Arab", "ps", "Pashto"),
        ("als_Latn", "sq", "Albanian"),
        ("gsw_Latn", "gsw", "Swiss German"),
        ("und", "und", "undetermined"),
    ],
)
def test_tags_have_cldrs_code_and_a_name(tag: str, code: str, name: str) -> None:
    assert (bcp47(tag), display_name(tag)) == (code, name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("English", "eng_Latn"), ("eng_Latin_", "eng_Latn"), ("Serbian", "srp_Cyrl"), ("?", None)],
)
def test_the_nearest_tag_is_named(written: str, meant: str | None) -> None:
    assert nearest(written, load(LID176).tags) == meant
