"""Language tags: a language of ISO 639-3 and a script of ISO 15924, such as `eng_Latn`.

The tags are those of FineWeb-2 and GlotLID, so that the bounds of the one and the answers of the
other need no translation. Macrolanguages give way to the language meant (`languages.toml`), and
scripts are told apart as far as Unicode tells characters apart: Chinese is `cmn_Hani`, simplified
or traditional; Japanese is `jpn_Jpan`, Korean `kor_Hang`.
"""

import difflib
import tomllib
from collections import Counter
from collections.abc import Collection
from functools import cache
from pathlib import Path

import langcodes
import regex

UNDETERMINED = "und"
"""The tag of a text that is in no language, or in no one language (ISO 639-3)."""

with Path(__file__).with_name("languages.toml").open("rb") as _file:
    _TABLES = tomllib.load(_file)
_MACRO = {individual: macro for macro, individual in _TABLES["individual"].items()}
_INDIVIDUAL: dict[str, str] = _TABLES["individual"] | _TABLES["other"]
_SCRIPTS: dict[str, str] = _TABLES["scripts"]
WIKIPEDIA: dict[str, str] = _TABLES["wikipedia"]
"""Codes of Wikipedias that mean another language in ISO 639."""

# Scripts that are written together, or are variants of one another.
_SAME_SCRIPT = {
    "Hans": "Hani", "Hant": "Hani", "Bopo": "Hani", "Hira": "Jpan", "Kana": "Jpan", "Hrkt": "Jpan",
    "Kore": "Hang", "Aran": "Arab", "Latf": "Latn", "Latg": "Latn", "Cyrs": "Cyrl", "Syrn": "Syrc",
    "Syre": "Syrc", "Syrj": "Syrc", "Geok": "Geor",
}  # fmt: skip
# Of ISO 15924, those with living languages on the web, most frequent first.
_UNICODE_SCRIPTS = (
    "Latn Cyrl Arab Hani Hira Kana Hang Grek Hebr Deva Thai Beng Taml Telu Knda Mlym Gujr Guru Sinh"
    " Mymr Khmr Laoo Geor Armn Ethi Orya Tibt Mong Thaa Syrc Cher Cans Tfng Nkoo Vaii Olck Java"
    " Sund Bugi Bali Copt Goth Yiii Lisu Cham Kali Adlm Mtei Cakm Sylo Limb Tale Talu Lana Lepc"
    " Osge Rohg Gran Bamu Bopo Tglg Phag Hmnp Nshu Hmng Mroo Wcho"
).split()
_LETTER = regex.compile("|".join(rf"(?P<{code}>\p{{Script={code}}})" for code in _UNICODE_SCRIPTS))
# Japanese prose is half kana, and Korean hardly holds Chinese characters; a Chinese page may name
# a Japanese product.
_KANA = 0.1


_CODE = regex.compile("[a-z]{2,3}")
_EXTENDED = regex.compile("[a-z]{3}")
# Several languages, no language, languages without a code; what follows is for private use.
_NO_LANGUAGE = regex.compile("mul|zxx|mis|q[a-t][a-z]")


def script_counts(text: str) -> dict[str, int]:
    """Letters of a text by script, as ISO 15924; scripts without letters are left out.

    Of a text in ASCII it is only told whether it has any.
    """
    if text.isascii():
        return {"Latn": 1} if any(map(str.isalpha, text)) else {}
    counts: Counter[str] = Counter()
    for char, count in Counter(text).items():
        if code := _script(char):
            counts[code] += count
    kana = counts.pop("Hira", 0) + counts.pop("Kana", 0)
    east = kana + counts.pop("Hani", 0) + counts.pop("Bopo", 0)
    if east:
        counts["Jpan" if kana > _KANA * east else "Hani"] = east
    return counts


@cache
def _script(char: str) -> str:
    found = _LETTER.match(char)
    return (found and found.lastgroup) or ""


def tag_of(code: str) -> str | None:
    """The tag of a language code with or without a script: `sr`, `srp`, `sr-Latn`, `srp_Latn`.

    Args:
        code: A code of ISO 639, a BCP 47 tag, or a tag as identifiers give them; regions and
            variants do not count.

    Returns:
        The tag, with the language's usual script where the code names none; None if there is no
        such language or script.
    """
    parsed = _parsed(code)
    if parsed is None:
        return None
    language, script = parsed
    if language == UNDETERMINED:
        return UNDETERMINED
    return f"{language}_{script or scripts(language)[0]}"


def tags_of(code: str) -> tuple[str, ...]:
    """The tags that a user means: of a language without a script, all scripts it is written in.

    Returns:
        At least one tag; none if there is no such language or script.
    """
    tag = tag_of(code)
    if tag is None or tag == UNDETERMINED:
        return (tag,) if tag else ()
    language = tag[:3]
    if _parsed(code) != (language, ""):
        return (tag,)
    return tuple(f"{language}_{script}" for script in scripts(language))


@cache
def scripts(language: str) -> tuple[str, ...]:
    """The scripts that a language of ISO 639-3 is written in, the usual one first."""
    if language in _SCRIPTS:
        return tuple(_SCRIPTS[language].split())
    likely = langcodes.Language.get(_cldr(language)).maximize().script or "Latn"
    return (_SAME_SCRIPT.get(likely, likely),)


@cache
def bcp47(tag: str) -> str:
    """The language of a tag as CLDR and others name it: `zh` of `cmn_Hani`, `sr` of `srp_Latn`."""
    return str(langcodes.standardize_tag(_cldr(tag[:3] or UNDETERMINED), macro=True)).split("-")[0]


@cache
def display_name(tag: str) -> str:
    """The language's English name; with its script, where it is written in several."""
    if tag == UNDETERMINED:
        return "undetermined"
    language, _, script = tag.partition("_")
    found = str(langcodes.Language.get(bcp47(tag)).display_name())
    if script and len(scripts(language)) > 1:
        written = langcodes.Language.make(script=script).script_name()
        return f"{found} ({written})"
    return found


def nearest(code: str, known: Collection[str]) -> str | None:
    """Of the tags known, the one that a user may have meant by a code or a name."""
    try:
        meant = tag_of(str(langcodes.find(code)))
    except LookupError:
        meant = None
    if meant in known:
        return meant
    same = sorted(tag for tag in known if tag[:3] == code[:3].lower())
    close = same or difflib.get_close_matches(code, sorted(known), n=1, cutoff=0.5)
    return close[0] if close else None


def _cldr(language: str) -> str:
    """The code under which CLDR knows a language: where it has to be, its macrolanguage's."""
    found = str(langcodes.standardize_tag(language, macro=True)).split("-")[0]
    return _MACRO.get(language, language) if found == language else found


@cache
def _parsed(code: str) -> tuple[str, str] | None:
    """Language of ISO 639-3 and script, empty where none is named; None if they are no codes."""
    language, *rest = code.lower().replace("_", "-").split("-")
    named = next((part.title() for part in rest if len(part) == 4 and part.isalpha()), "")
    if language == UNDETERMINED:
        return UNDETERMINED, ""
    if not _CODE.fullmatch(language):
        return None
    if rest and _EXTENDED.fullmatch(rest[0]):
        language = _extended(language, rest[0])
    if _NO_LANGUAGE.fullmatch(language):
        return None
    if named and not langcodes.Language.make(script=named).is_valid():
        return None
    if language not in _INDIVIDUAL:
        known = langcodes.Language.get(language)
        if not known.is_valid():
            return None
        language = known.to_alpha3()
    return _INDIVIDUAL.get(language, language), _SAME_SCRIPT.get(named, named)


def _extended(language: str, subtag: str) -> str:
    """The language of an extended language subtag: `yue` of `zh-yue` (BCP 47, section 2.2.2)."""
    # Some such tags were registered before, with a meaning of their own, as `no-bok`.
    known = langcodes.Language.get(f"{language}-{subtag}")
    return str(known.extlangs[0] if known.extlangs else known.language)
