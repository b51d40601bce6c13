"""Speakers of a language by its tag, as CLDR numbers them."""

from classifiers.identifiers import LID176, load
from pipeline.speakers import WORLD, speakers


def test_tags_find_cldrs_numbers() -> None:
    """A script changes nothing, nor does a language's macrolanguage having the number."""
    found = {tag: speakers(tag) or 0 for tag in ("cmn_Hani", "eng_Latn", "pbt_Arab", "gsw_Latn")}
    assert 0.1 < found["cmn_Hani"] / WORLD < 0.2
    assert 0.1 < found["eng_Latn"] / WORLD < 0.3
    assert found["pbt_Arab"] > 30_000_000
    assert 3_000_000 < found["gsw_Latn"] < 10_000_000
    assert speakers("srp_Cyrl") == speakers("srp_Latn") != speakers("hrv_Latn")


def test_most_languages_told_apart_have_a_number() -> None:
    without = {tag[:3] for tag in load(LID176).tags if speakers(tag) is None}
    assert len(without) < 15
    assert speakers("und") is None
