"""The language of a page's text: what an identifier says of its prose.

Code and menus are in no language, whatever an identifier makes of their words, and a page of
several languages is in none of them unless one prevails. All three are `und`, as ISO 639-3 has it.
Only the beginning of a text is looked at, so a page costs the same whatever its length.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from classifiers import identifiers
from classifiers.config import LanguageConfig
from classifiers.identifiers import CHARACTERS, Identifier
from classifiers.languagetags import UNDETERMINED

_PREFIX = 10_000
_FENCED = re.compile(r"^```.*?(?:^```|\Z)", re.DOTALL | re.MULTILINE)

# Whether a text is prose is seen from its beginning. Of real pages 1.4% have less prose than this,
# most of them menus, cast lists and the like; of menus, 95% (docs/log.md).
_PROSE_CHARACTERS = 3_000
_LEAST_PROSE = 0.3
_PROSE_WORDS = 5
_UNSPACED_CHARACTERS = 12
# Tibetan to Lao, kana, Han: words are not spaced.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_SENTENCE_ENDS = tuple(".!?…。！？।؟։")
_CODE = re.compile(r"[{}()\[\];=<>_/\\&$@+\"%^~`]")
_MOST_CODE = 0.065

_WINDOWS = 6
_WINDOW_CHARACTERS = 250
# A window that is less sure says nothing: of so few characters, many that are right are not.
_CERTAIN = 0.7
_LEAST_VOTES = 2
_PREVAILS = 0.6


@dataclass(frozen=True, slots=True)
class Identified:
    """The language of a text.

    Attributes:
        language: Its tag, such as `eng_Latn`; `und` for code, menus, several languages, no letters.
        score: Its probability, 0 to 1; 0 for `und`.
        second: What the second identifier says; None if none was asked.
    """

    language: str
    score: float
    second: str | None = None


_NONE = Identified(UNDETERMINED, 0.0)


def identify(text: str, section: LanguageConfig) -> Identified:
    """The language of a text whose blocks of code stand between fences, if they are marked."""
    text = _FENCED.sub("", text[:_PREFIX])
    if not is_prose(text):
        return _NONE
    language, score = _prevailing(text, identifiers.load(section.identifier))
    if not section.second or language == UNDETERMINED:
        return Identified(language, score)
    other = identifiers.load(section.second)
    second, _ = _prevailing(text, other)
    disagrees = second not in (language, UNDETERMINED) and language in other.tags
    if section.on_disagreement == "und" and disagrees:
        return Identified(UNDETERMINED, 0.0, second)
    return Identified(language, score, second)


def is_prose(text: str) -> bool:
    """Whether a good part of a text's beginning stands in lines that read as sentences.

    Such a line has five words, or is shorter and ends as a sentence does, and has few of the marks
    that code is made of.
    """
    lines = [line.strip() for line in text[:_PROSE_CHARACTERS].split("\n")]
    missing = _LEAST_PROSE * sum(map(len, lines))
    for line in lines if missing else ():
        if _is_sentence(line):
            missing -= len(line)
            if missing <= 0:
                return True
    return False


def _is_sentence(line: str) -> bool:
    words = line.count(" ") + 1
    return bool(
        words >= _PROSE_WORDS
        or (words > 1 and line.endswith(_SENTENCE_ENDS))
        or (len(line) >= _UNSPACED_CHARACTERS and _UNSPACED.search(line))
    ) and len(_CODE.findall(line)) <= _MOST_CODE * len(line)


def _prevailing(text: str, identifier: Identifier) -> tuple[str, float]:
    """The language of most of a text, or `und`; by windows where it is long."""
    first, score = identifier.identify(text)
    if len(text) < CHARACTERS:
        return first, score
    votes: dict[str, list[float]] = defaultdict(list)
    if score >= _CERTAIN:
        votes[first].append(score)
    for at in range(1, _WINDOWS):
        start = at * (len(text) - _WINDOW_CHARACTERS) // (_WINDOWS - 1)
        found, probability = identifier.identify(text[start : start + _WINDOW_CHARACTERS])
        if probability >= _CERTAIN:
            votes[found].append(probability)
        if len(votes[first]) >= _PREVAILS * _WINDOWS:
            return first, score
    total = sum(map(len, votes.values()))
    if total < _LEAST_VOTES or len(votes[first]) >= _PREVAILS * total:
        return first, score
    most = max(votes, key=lambda tag: (len(votes[tag]), tag))
    if len(votes[most]) < _PREVAILS * _WINDOWS:
        return _NONE.language, _NONE.score
    return most, sum(votes[most]) / len(votes[most])
