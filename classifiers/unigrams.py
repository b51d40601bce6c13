"""How far a text is from ordinary text: what its words cost, and how well it compresses.

The unigram models are the word frequencies of wordfreq 3.1.1 (Speer 2022,
https://doi.org/10.5281/zenodo.7199437), counted in text from before 2022, when little of the web
was written by machines. Its small lists hold the words used once in a million or more.
"""

import gzip
import math
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

import msgpack
import wordfreq
import zstandard
from wordfreq.util import data_path

from classifiers.languagetags import bcp47

# The Korean list is of morphemes: three in five words of an ordinary page are not in it.
_LISTS = {
    name: path for name, path in wordfreq.available_languages("small").items() if name != "ko"
}
# Wordfreq has one list for some: Croatian, Bosnian and Serbian share a list, in Latin letters.
_NAMES = {"hr": "sh", "bs": "sh", "sr": "sh"}

# The large lists go on to one in a hundred million. The words that they add, and those that even
# they lack, cost 22.8 to 24.1 bits on average in the 21 languages that have both.
_UNLISTED = 24.0
# Words are cut here, in the lists as in a text: l'arc, well-known, 1,000. The second hyphen does
# not break lines; the last mark is a non-joiner, which stands inside Persian words.
_JOINTS = "'’-‑.,\u200c"

_ZEROS = "0٠۰०০௦"
_SERBIAN = dict(
    zip(
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š".split(),
        strict=True,
    )
)

# Shorter texts vary too much: of ordinary English, 0.8% of the stretches of 10 words score over
# 0.5, and 0.15% of those of 20; texts of 300 characters compress to as much as 0.85.
_LEAST_WORDS = 20
_LEAST_CHARACTERS = 1000
# Level 6 takes twice as long and is 2% shorter.
_LEVEL = 3


class _Unigrams(dict[str, float]):
    """Bits by word, in the spelling of the language's list.

    Attributes:
        expected: Bits that a word of ordinary text costs on average.
    """

    def __init__(
        self, bits: Mapping[str, float], letters: Mapping[str, str], expected: float
    ) -> None:
        super().__init__(bits)
        self._letters = letters
        self.expected = expected

    def __missing__(self, word: str) -> float:
        return self.get("".join(map(self._letters.get, word, word)), _UNLISTED)


def _list_of(language: str) -> str:
    code = bcp47(language)
    return _NAMES.get(code, code)


def has_model(language: str) -> bool:
    """Whether there is a unigram model for a language, by its tag."""
    return _list_of(language) in _LISTS


def cross_entropy(words: Mapping[str, int], language: str) -> float | None:
    """Cross-entropy of a text's words under the unigram model of its language, on a common scale.

    The mean bits a word, shifted and scaled so that 0 is what ordinary text of the language costs
    and 1 what words cost that the model does not list; less than 0 where common words prevail.
    Text that is partly noise, or partly in another language, scores about that part.

    Args:
        words: How often each word occurs, without the punctuation between them.
        language: Its tag.

    Returns:
        The score; None for fewer than 20 words, or without a model.
    """
    pieces = [(piece, count) for word, count in words.items() for piece in _pieces(word)]
    total = sum(count for _, count in pieces)
    if total < _LEAST_WORDS or not has_model(language):
        return None
    model = _load(_list_of(language))
    bits = math.fsum(count * model[piece] for piece, count in pieces) / total
    return (bits - model.expected) / (_UNLISTED - model.expected)


def compression_ratio(text: str) -> float | None:
    """Bytes of a text compressed by zstandard over its bytes in UTF-8.

    Low values are repetition, high ones noise. The ratio falls with length, and a short text has
    little to refer back to, however ordinary it is.

    Returns:
        The ratio; None for less than 1,000 characters.
    """
    if len(text) < _LEAST_CHARACTERS:
        return None
    data = text.encode()
    return len(zstandard.compress(data, _LEVEL)) / len(data)


def _pieces(word: str) -> list[str]:
    word = word.casefold()
    if word.isalpha():
        return [word]
    for joint in _JOINTS:
        word = word.replace(joint, " ")
    return word.split()


@cache
def _load(name: str) -> _Unigrams:
    frequency: Counter[str] = Counter()
    listed = 0.0
    for centibels, bucket in enumerate(wordfreq.read_cBpack(_LISTS[name])):
        share = 10.0 ** (-centibels / 100)
        listed += share * len(bucket)
        for word in bucket:
            for piece in _pieces(word):
                frequency[piece] += share
    # A word cut in two counts twice; what the list leaves to other words stays as it was.
    scale = listed / math.fsum(frequency.values())
    # One number object for all words of a frequency saves a fifth of the memory.
    bits = {share: -math.log2(share * scale) for share in set(frequency.values())}
    model = {piece: bits[share] for piece, share in frequency.items()}
    known = math.fsum(2**-cost * cost for cost in model.values())
    return _Unigrams(model, _letters(name), known + (1 - listed) * _UNLISTED)


def _letters(name: str) -> dict[str, str]:
    """What a list writes for a character: 0 for any digit, nothing for a vowel point."""
    letters = {chr(ord(zero) + digit): "0" for zero in _ZEROS for digit in range(10)}
    match name:
        case "ar" | "fa" | "he" | "ur":
            points = filter(unicodedata.combining, map(chr, range(0x591, 0x671)))
            return letters | dict.fromkeys(points, "") | {"ـ": ""}
        case "ro":
            return letters | {"ş": "ș", "ţ": "ț"}
        case "sh":
            return letters | _SERBIAN
        case "tr":
            return letters | {"\u0307": ""}
        case "zh":
            with gzip.open(data_path("_chinese_mapping.msgpack.gz")) as file:
                simplified = msgpack.load(file, strict_map_key=False)
            return letters | {chr(code): simple for code, simple in simplified.items()}
        case _:
            return letters
