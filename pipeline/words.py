"""One tokenization of a text: words and the marks between them, in any script.

A token is a web address, an abbreviation with its full stop, a word, what English writes after an
apostrophe (`'s`, `'t`), a row of dots, or any other single character but white space. Punctuation
within a word belongs to it, but for hyphens and for `:`, `/` and `=` before a letter: so do the
tokenizers that the field's thresholds were chosen with.

Han, kana, Thai, Lao, Khmer and Burmese are written without spaces; ICU's dictionaries cut them into
words (Unicode Standard Annex 29).
"""

import re
from collections.abc import Iterator

import regex
from icu4py.breakers import WordBreaker

_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}々ーｰﾞﾟ"
_ABBREVIATION = (
    r"(?:[A-Za-z]\.){2,}|[A-Z]\.(?=\s)|(?:Mrs?|Ms|Dr|Jr|Sr|St|Prof|Gen|Rep|Sen|Gov|Lt|Col|Inc|Ltd|Co"
    r"|Corp|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|vs)\.(?=\s)"
)


def _pattern(letter: str) -> str:
    """The tokens of scripts with spaces; `letter` is the class of what words consist of."""
    clitic = rf"['’](?:s|t|re|ve|ll|d|m)(?!{letter})"
    within = rf"(?!{clitic})[.,;@&)(?!#%*'’–\]\[\"”]++{letter}++|[:/=]\d++"
    return rf"https?://\S++|{_ABBREVIATION}|[@#]?{letter}++(?:{within})*+|{clitic}|\.\.++|[^\w\s]"


_PLAIN = re.compile(_pattern(r"\w"))
# In `re`, which is quicker, marks are not part of words; in `regex`, `²` and `½` are not.
_SPACED_LETTER = rf"[[\w\p{{No}}]--[{_SPACELESS}]]"
_MIXED = regex.compile(
    rf"(?V1)[{_SPACELESS}][{_SPACELESS}\p{{M}}\u200C\u200D]*+|{_pattern(_SPACED_LETTER)}|\w"
)
_NOT_PLAIN = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u1fff\u200c\u200d\u20d0-\u20ff\u2de0-\u2dff\u2e80-\u3000"
    "\u3003-\uabff\uf900-\ufaff\ufe20-\ufe2f\uff66-\uff9f\U00010000-\U0001efff"
    "\U00020000-\U0003ffff]"
)
_PLANES = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x20000))))
TERMINAL_MARKS = frozenset(regex.findall(r"[\p{Sentence_Terminal}\u17D6\u17D9\u17DA]", _PLANES))
"""Marks that end sentences, in any script: Unicode's, and the Khmer signs that do so too."""
_RUN = regex.compile(rf"[{_SPACELESS}]")


def is_plain(text: str) -> bool:
    """Whether a text is in scripts whose letters need no marks, such as Latin and Cyrillic."""
    return not _NOT_PLAIN.search(text)


def tokens(text: str) -> list[str]:
    """The words and marks of a text, in order."""
    if is_plain(text):
        return _PLAIN.findall(text)
    found: list[str] = _MIXED.findall(text)
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
