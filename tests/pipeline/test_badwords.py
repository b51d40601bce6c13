"""Listed words: what share of a text they are."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.languagetags import tag_of
from pipeline.badwords import BadWords
from pipeline.errors import UserError
from pipeline.words import tokens

LDNOOBW = Path(__file__).resolve().parents[2] / "../shared/data/lists/ldnoobw"
BOUND = 0.0125

CANCER = """
Breast cancer is the most common cancer in women. Most breast cancers begin in the ducts or lobes
of the breast. A lump, a change in the skin of the breast or a nipple that turns inward should be
shown to a doctor. Surgery removes the tumour or the whole breast; after it many women choose a
reconstruction of the breast. Men have breast tissue too and can fall ill. Screening by mammogram
finds cancers of the breast early, when treatment works best; it is offered to women over fifty.
"""
SCUNTHORPE = """
Scunthorpe is a town in Lincolnshire, and Penistone one in Yorkshire. People from Essex, Sussex and
Middlesex were asked to assess the classic bass and grass in the passage at Clitheroe. A cockpit,
a cocktail, a peacock and Dickens were analysed; the document was titled an assassin's assumption.
"""
CENSUS = """
Population by age and sex, 2011 census. Sex: male 1,204, female 1,267. Age groups by sex and year
of birth: 0 to 4, 5 to 9, 10 to 14, 15 to 19, 20 to 24, 25 to 29, 30 to 34, 35 to 39, 40 to 44.
Households by number of persons and type of dwelling; persons born abroad by country of birth and
year of arrival; employed persons aged 16 and over by industry, occupation and place of work; hours
worked a week; students by level; tenure; number of rooms; cars or vans available to the household;
religion; ethnic group; general health; unpaid care given; qualifications; means of travel to work.
The tables are published by ward, parish, district and county and may be copied freely by anyone.
"""


def load(folder: Path, **lists: str) -> BadWords:
    """Bad words of one language a keyword."""
    for name, lines in lists.items():
        (folder / name).write_text(lines, encoding="utf-8")
    return BadWords.load(str(folder))


def words(text: str, language: str) -> list[str]:
    return [token for token in tokens(text.lower(), language) if any(map(str.isalnum, token))]


def density(bad: BadWords, text: str, language: str) -> float | None:
    return bad.density(words(text, language), text, language)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("one two three four", 0),
        ("Darn it, one, DARN, two", 3),
        ("darn darn it it", 3),
        ("darn, darn, DARN and Darn", 1),
        ("darning a sock in Darnley", 0),
        ("what the blue heck", 1),
        ("what the blue blazes", 3),
        ("what the blue blazes heck blazes", 5),
        ("the blue", 0),
        ("a l'heck and a G-Spot heck", 3),
        ("", 0),
        ("--- !!!", 0),
    ],
)
def test_phrases_are_found_between_word_boundaries(text: str, covered: int, tmp_path: Path) -> None:
    bad = load(tmp_path, en="darn\ndarn it\nthe blue blazes\nblazes\n  HECK \r\n\ng-spot\n🖕\n")
    assert density(bad, text, "eng_Latn") == (
        covered / len(words(text, "eng_Latn")) if covered else 0
    )
    assert bad.phrases == {"eng_Latn": 6}


@given(
    st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(tuple), min_size=1),
    st.lists(st.sampled_from("abcde")),
)
def test_the_longest_phrase_counts_and_each_once(
    tmp_path_factory: pytest.TempPathFactory, phrases: list[Sequence[str]], text: list[str]
) -> None:
    bad = load(tmp_path_factory.mktemp("lists"), en="\n".join(map(" ".join, phrases)))
    found, at = set(), 0
    while at < len(text):
        here = [phrase for phrase in phrases if tuple(text[at : at + len(phrase)]) == phrase]
        longest = max(here, key=len, default=())
        found.add(longest)
        at += len(longest) or 1
    covered = sum(map(len, found))
    assert bad.density(text, " ".join(text), "eng_Latn") == (covered / len(text) if text else 0.0)


@pytest.mark.parametrize(
    ("language", "text", "covered"),
    [
        ("jpn_Jpan", "これは馬鹿者です。馬鹿", 2),
        ("jpn_Jpan", "女の子とグロのSM", 0),
        ("jpn_Jpan", "xyz、axy、1xy、xy2と", 0),
        ("jpn_Jpan", "XYと、xyが", 2),
        ("cmn_Hani", "女性和男性", 0),
        ("cmn_Hani", "他是大笨蛋笨", 4),
        ("cmn_Hani", "他是笨蛋", 2),
        ("tha_Thai", "น\u0e49\u0e33ใจดี", 3),
    ],
)
def test_scripts_without_spaces_are_searched_within_words(
    language: str, text: str, covered: int, tmp_path: Path
) -> None:
    bad = load(
        tmp_path,
        ja="馬鹿\nsm\nグロ\n女の子\nxy\n",
        zh="性\n笨\n笨蛋\n大笨蛋\n13.\n",
        th="น\u0e49\u0e4d\u0e32\n",
    )
    characters = sum(map(len, words(text, language)))
    assert density(bad, text, language) == covered / characters


def test_a_language_without_a_list_is_not_judged(tmp_path: Path) -> None:
    bad = load(tmp_path, en="darn\n", fil="sayang\n")
    assert density(bad, "darn", "deu_Latn") is None
    assert density(bad, "", "deu_Latn") is None
    assert density(bad, "darn", "eng_Latn") == 1
    assert density(bad, "sayang", "fil_Latn") == 1


def test_dialects_belong_to_their_language_and_other_files_to_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("darn")
    (tmp_path / "LICENSE").write_text("darn")
    (tmp_path / "fr-CA-u-sd-caqc").write_text("zut\n")
    bad = load(tmp_path, fr="flûte\nzut\n")
    assert bad.phrases == {"fra_Latn": 2}
    assert density(bad, "zut flûte alors ciel", "fra_Latn") == 0.5


def test_what_is_no_word_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing: no word lists"):
        BadWords.load(str(tmp_path / "missing"))
    (tmp_path / "en").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match="en: not a word list in UTF-8"):
        BadWords.load(str(tmp_path))


@pytest.mark.parametrize("language", ["eng_Latn", "cmn_Hani"])
def test_a_hostile_text_takes_linear_time(language: str, tmp_path: Path) -> None:
    bad = load(tmp_path, en="a a a a b\na\n", zh="大大大大小\n大\n")
    piece = {"eng_Latn": "a", "cmn_Hani": "大"}[language]
    many = [piece] * 1_000_000
    assert bad.density(many, "".join(many), language) == pytest.approx(5e-6, abs=5e-6)


@pytest.mark.parametrize("text", [CANCER, SCUNTHORPE, CENSUS])
def test_innocent_texts_stay_below_the_bound_with_the_real_list(text: str) -> None:
    """A single hit, C4's rule, would drop the first and the last."""
    if not LDNOOBW.exists():
        pytest.skip("no shared/data/lists/ldnoobw")
    share = density(BadWords.load(str(LDNOOBW)), text, "eng_Latn")
    assert share is not None
    assert (share > 0) == (text != SCUNTHORPE)
    assert share < BOUND


def test_every_phrase_of_the_real_lists_is_found_whole() -> None:
    if not LDNOOBW.exists():
        pytest.skip("no shared/data/lists/ldnoobw")
    bad = BadWords.load(str(LDNOOBW))
    assert len(bad.phrases) == 27
    lists = {path.name for path in LDNOOBW.iterdir() if 2 <= len(path.name) <= 3}
    for code in sorted(lists - {"ja", "th", "fil", "zh"}):
        language = tag_of(code)
        assert language in bad.phrases
        for line in (LDNOOBW / code).read_text(encoding="utf-8").split("\n"):
            cut = words(line, language)
            if cut and len(set(cut)) == len(cut):
                assert density(bad, line, language) == 1, (language, line)
