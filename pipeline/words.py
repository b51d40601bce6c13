"""One tokenization of a text: words and the marks between them, in any script.

The tokens are those of spaCy, with which the bounds of FineWeb and FineWeb-2 were chosen, as far as
a regular expression can say it. White space separates. Marks come off the ends of what it
separates, each a token of its own, but for some that lead (`/usr`, `-v`, `.99`) or follow (`C++`).
Within, a mark cuts only where a case below says so: addresses, file names and numbers stay whole.

Han, kana, Thai, Lao, Khmer and Burmese are written without spaces; ICU's dictionaries cut them into
words (Unicode Standard Annex 29).
"""

import re
import string
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import regex
from icu4py.breakers import WordBreaker

_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}々ーｰﾞﾟ"
_NOT_PLAIN = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u1fff\u200c\u200d\u20d0-\u20ff\u2de0-\u2dff\u2e80-\u3000"
    "\u3003-\uabff\uf900-\ufaff\ufe20-\ufe2f\uff66-\uff9f\U00010000-\U0001efff"
    "\U00020000-\U0003ffff]"
)
_PLANES = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x20000))))
TERMINAL_MARKS = frozenset(regex.findall(r"[\p{Sentence_Terminal}\u17D6\u17D9\u17DA]", _PLANES))
"""Marks that end sentences, in any script: Unicode's, and the Khmer signs that do so too."""
MARKS = TERMINAL_MARKS.union(
    string.punctuation,
    "«´»–—’“”„…∶━►、〈〉《》「」【】％（），１：；～",
    map(chr, range(0x7F, 0xA0)),
)
"""What has no other characters is no word for DataTrove; its full-width 1 is among them, too."""

_ICONS = "¦©®°™№←-⇿⌀-⏿─-➿⬀-⯿\ufffd\U0001f000-\U0001faff"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉"
_ENDS = re.escape("".join(sorted(TERMINAL_MARKS - set(".։"))))
_OUTER = rf"…,:;¿¡()\[\]{{}}<>_#*&，、；：～·،؛٪—–{_QUOTES}{_ICONS}{_ENDS}"
_LEADING = r"(?<![-/~|^\\@.+])(?:(?:[-/~|^\\@]|\.(?!\.))++|\+(?=\d))"
_DASH = "(?:-{1,3}|[–—~])"
_ABBREVIATIONS = (
    "Mr Mrs Ms Dr Jr St Prof Gen Rep Rev Sen Gov Inc Ltd Co Corp Jan Feb Mar Apr Aug Sep Sept Oct"
    " Nov Dec vs Ph.D см"
)
_GERMAN_ABBREVIATIONS = (
    "Abs Apr Art Aug Bd Co Dez Dr Feb Hrsg II III IV Inc Jan Jg Jh Kap Mio Mr Mrd Ms MwSt Nov Nr"
    " Okt Prof Sep Sept St Std Str Tel VI VII VIII bzw ca etc evtl ggf inkl max min sog usw vgl"
    " zzgl"
)
_ENGLISH = frozenset(["", "eng", "fry", "sco"])
_WHOLE = frozenset(
    "gsw cat dan deu ell spa fin hun ltz lim nds nld nno nob por ron swe tat".split()
)
_ELIDING = frozenset("cat ell fra ita lij lmo oci pms roh vec".split())
_CASELESS = frozenset("arb arz azb ckb hye kat mzn pnb pbt snd uig urd xmf".split())
_BARE = frozenset("jpn wuu yue cmn".split())


@dataclass(frozen=True)
class Cut:
    """How spaCy cuts the words of a language.

    Attributes:
        before_dash: After what a dash before a letter cuts: `character`, `letter`, or nothing.
        elides: Whether an apostrophe ends a word, as in `l'amour`.
        german: Whether a full stop belongs to a number and `'s` to its word, and `/` comes off.
        full_stop: Whether a full stop comes off a word.
        bare: Whether letters and digits alone make words, as they do for Chinese segmenters.
    """

    before_dash: str
    elides: bool
    german: bool
    full_stop: bool
    bare: bool


def cut_of(language: str) -> Cut:
    """How spaCy cuts the words of a language, by its tag; by default, as it cuts English."""
    language = language[:3]
    dash = "character" if language in _ENGLISH else "" if language in _WHOLE else "letter"
    german = language == "deu"
    return Cut(dash, language in _ELIDING, german, language not in _CASELESS, language in _BARE)


@dataclass(frozen=True)
class _Classes:
    """The patterns of a character, in the syntax of `re` or of `regex`.

    Attributes:
        character: What words consist of.
        letter: What is no digit.
        first: What they may begin with.
        mark: What is neither white space nor of a word.
        begins: That no character of a word stands before.
    """

    character: str
    letter: str
    first: str
    mark: str
    begins: str


# In `re`, which is quicker, marks are not part of words; in `regex`, `²` and `½` are not.
_PLAIN_CLASSES = _Classes(r"\w", r"[^\W\d_]", r"[^\W_]", r"[^\w\s]", r"(?<!\w)")
_SPACED = rf"[\w\p{{No}}]--[{_SPACELESS}]"
_MIXED_CLASSES = _Classes(
    f"[{_SPACED}]",
    rf"[{_SPACED}--[\d_]]",
    f"[{_SPACED}--[_]]",
    r"[^\w\s\p{No}]",
    f"(?<![{_SPACED}])",
)


def _pattern(of: _Classes, cut: Cut) -> str:
    """The tokens of scripts with spaces."""
    if cut.bare:
        return rf"{of.first}{of.character}*+(?:[.,]\d++)*+|\.\.++|{of.mark}|_"
    outer = _OUTER + (".։" if cut.full_stop else "") + ("/" if cut.german else "")
    ends = rf"(?:(?<=\d)[%+$€£¥]|[{outer}])[{outer}]*+(?!\S)"
    clitic = "(?!)" if cut.german else rf"['’](?:s|t|re|ve|ll|d|m)(?!{of.character})"
    # What is a host, a file or an address farther on is not cut.
    no_name = rf"(?!(?:{of.character}|-){{0,63}}+(?:\.[A-Za-z]{{2}}|@))"
    after = {"character": of.character, "letter": of.letter, "": "(?!)"}[cut.before_dash]
    splits = "|".join(
        (
            r"\.\.",
            f"[…{_ICONS}]",
            clitic,
            rf"(?<={of.letter}),{of.letter}",
            rf"(?<={of.character})[:<>=/]{of.letter}",
            rf"(?<=\d)[-+*^][\d-]{no_name}",
            r"(?<=[a-z\"'”’»)])\.[A-Z\"'“]",
            f"--{of.letter}",
            f"(?<={after}){_DASH}{of.letter}{no_name}",
            rf"['’]{of.letter}" if cut.elides else "(?!)",
        )
    )
    address = rf"(?:[^\s{outer}]++|(?!{ends})[{outer}]++)*+"
    within = "|".join(
        (
            rf"\.(?!{of.character})(?:{_abbreviated(of, cut)})",
            f"://{address}",
            rf"\.[a-z]{{2,63}}+(?=[/?]){address}",
            rf"(?!{ends}|{splits})(?:(?!\.\.|…)[{outer}]++|{of.mark}){of.character}*+",
        )
    )
    end = f"(?:['’](?={of.letter}))?" if cut.elides else ""
    word = rf"{of.first}{of.character}*+(?:(?!\s)(?:{within})*+{end})?"
    alone = rf"\.\.++|[-/~|^\\@]{{2,}}+|{of.mark}|_"
    return rf"{word}|{of.begins}{_LEADING}{word}|{clitic}|{alone}"


def _abbreviated(of: _Classes, cut: Cut) -> str:
    """After a full stop: it belongs to an abbreviation, or to an initial."""
    by_length = defaultdict(list)
    for word in (_GERMAN_ABBREVIATIONS if cut.german else _ABBREVIATIONS).split():
        by_length[len(word)].append(re.escape(word))
    words = [rf"(?<={of.begins}(?:{'|'.join(words)})\.)" for words in by_length.values()]
    ordinal = [r"(?<=\d\.)(?=\s)"] if cut.german else []
    return "|".join([rf"(?<={of.begins}{of.letter}\.)", *words, *ordinal])


ABBREVIATED = _abbreviated(_PLAIN_CLASSES, cut_of(""))
"""Pattern, in `re`: the full stop before this place is an initial's, or an abbreviation's."""


@cache
def _plain(cut: Cut) -> "re.Pattern[str]":
    return re.compile(_pattern(_PLAIN_CLASSES, cut))


@cache
def _mixed(cut: Cut) -> "regex.Pattern[str]":
    run = rf"[{_SPACELESS}][{_SPACELESS}\p{{M}}\u200C\u200D]*+"
    return regex.compile(rf"(?V1){run}|{_pattern(_MIXED_CLASSES, cut)}|\w")


_RUN = regex.compile(rf"[{_SPACELESS}]")


def is_plain(text: str) -> bool:
    """Whether a text is in scripts whose letters need no marks, such as Latin and Cyrillic."""
    return text.isascii() or not _NOT_PLAIN.search(text)


def tokens(text: str, language: str = "") -> list[str]:
    """The words and marks of a text, in order.

    Args:
        text: The text.
        language: Its tag; without one, words are cut as in English.
    """
    cut = cut_of(language)
    if is_plain(text):
        return _plain(cut).findall(text)
    found: list[str] = _mixed(cut).findall(text)
    runs = [index for index, token in enumerate(found) if len(token) > 1 and _RUN.match(token)]
    if not runs:
        return found
    words = _segmented([found[index] for index in runs])
    at, segmented = 0, []
    for index in runs:
        segmented += found[at:index]
        segmented += next(words)
        at = index + 1
    return segmented + found[at:]


def _segmented(runs: list[str]) -> Iterator[list[str]]:
    """The words of each run of characters in scripts without spaces."""
    words: list[str] = []
    # The dictionaries go by script; the locale does not matter.
    for segment in WordBreaker("\n".join(runs), "und"):
        if segment == "\n":
            yield words
            words = []
        else:
            words.append(segment)
    yield words
