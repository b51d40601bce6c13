"""How much of a text is obscene words, by lists of them.

Lists come in the layout of LDNOOBW (https://github.com/LDNOOBW/List-of-Dirty-Naughty-Obscene-and-
Otherwise-Bad-Words): a folder with a file a language, named by its code, one word or phrase a line.

C4 (Raffel et al. 2020) drops a page for a single hit, and with it pages on cancer and on a census.
Here a rule judges a share: of the text's words, those in listed phrases. A phrase counts once: what
an innocent page repeats is its subject (`sex` in a table, Philip K. Dick) or has another meaning
(Persian's word for person is on the list); an obscene page uses many phrases.

Phrases are found between word boundaries. In Japanese, Chinese and Thai, which are written without
spaces, they are found within words as well, but for Latin ones; the share is one of characters.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from classifiers.languagetags import tag_of
from pipeline import files
from pipeline.errors import UserError
from pipeline.words import tokens

_SPACELESS = frozenset({"jpn_Jpan", "tha_Thai", "cmn_Hani"})
# Parts of everyday words, such as the Chinese for woman. TFDS's C4 allows them, since each alone
# drops more than a tenth of its language's pages.
_ALLOWED = {"jpn_Jpan": {"sm", "グロ", "女の子"}, "cmn_Hani": {"性"}}
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*")


class _Phrases(Protocol):
    def density(self, words: Sequence[str], text: str) -> float: ...


@dataclass(frozen=True)
class BadWords:
    """Listed phrases by language.

    Attributes:
        phrases: How many phrases are looked for, by language tag.
    """

    phrases: Mapping[str, int]
    _languages: Mapping[str, _Phrases]

    @classmethod
    def load(cls, folder: str) -> Self:
        """Read all lists of a folder, here or elsewhere; what is not named by a code is no list.

        Dialects (`fr-CA-…`) belong to their language. Phrases without a letter are left out.

        Raises:
            UserError: There is no list, or one cannot be read.
        """
        lists: dict[str, set[str]] = defaultdict(set)
        for name in files.names(folder):
            if _CODE.fullmatch(name) and (language := tag_of(name.partition("-")[0])):
                lists[language] |= _lines(files.join(folder, name)) - _ALLOWED.get(language, set())
        if not lists:
            raise UserError(f"{folder}: no word lists; they are files named `en`, `de`, …")
        return cls(
            phrases={language: len(lines) for language, lines in sorted(lists.items())},
            _languages={
                language: _InText(lines) if language in _SPACELESS else _InWords(lines, language)
                for language, lines in lists.items()
            },
        )

    def density(self, words: Sequence[str], text: str, language: str) -> float | None:
        """The share of a text that is listed phrases, each counted once.

        Args:
            words: The text's words in order, in lower case, as `pipeline.words` cuts them.
            text: The text.
            language: Its tag.

        Returns:
            0 to 1; 0 for a text without words, None for a language without a list.
        """
        listed = self._languages.get(language)
        if listed is None:
            return None
        return listed.density(words, text) if words else 0.0


def _lines(path: str) -> set[str]:
    data = files.read_input(path)
    try:
        lines = data.decode("utf-8-sig").lower().splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a word list in UTF-8; recode it") from error
    # Lists spell the Thai vowel am in two characters, texts in one.
    cleaned = (" ".join(line.split()).replace("\u0e4d\u0e32", "\u0e33") for line in lines)
    return {line for line in cleaned if any(map(str.isalpha, line))}


class _InWords:
    """Phrases that are found between word boundaries."""

    def __init__(self, lines: set[str], language: str) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for line in sorted(lines):
            words = tuple(token for token in tokens(line, language) if any(map(str.isalnum, token)))
            self._by_first.setdefault(words[0], []).append(words)
        for phrases in self._by_first.values():
            phrases.sort(key=len, reverse=True)

    def density(self, words: Sequence[str], text: str) -> float:
        by_first = self._by_first
        if by_first.keys().isdisjoint(words):
            return 0.0
        found = set()
        stop = 0
        for at, word in enumerate(words):
            if word not in by_first or at < stop:
                continue
            for phrase in by_first[word]:
                if tuple(words[at : at + len(phrase)]) == phrase:
                    found.add(phrase)
                    stop = at + len(phrase)
                    break
        return sum(map(len, found)) / len(words)


class _InText:
    """Phrases that are found within words, too."""

    def __init__(self, lines: set[str]) -> None:
        longest_first = sorted(lines, key=lambda line: (-len(line), line))
        self._any = re.compile("|".join(map(_pattern, longest_first)))

    def density(self, words: Sequence[str], text: str) -> float:
        found = set(self._any.findall(text.lower()))
        return sum(map(len, found)) / sum(map(len, words))


def _pattern(phrase: str) -> str:
    """A phrase's expression; it begins with a letter, by which `re` skips most of a text."""
    if not phrase.isascii():
        return re.escape(phrase)
    first, rest = re.escape(phrase[0]), re.escape(phrase[1:])
    return f"{first}(?<![0-9a-z]{first}){rest}(?![0-9a-z])"
