"""One tokenization of a text, and the statistics computed on it."""

from dataclasses import dataclass
from functools import cached_property

import regex

SPACELESS_LANGUAGES = frozenset({"zh", "yue", "wuu", "ja", "th", "lo", "km", "my", "bo", "dz"})
"""Languages written without spaces: a word is one character here, until there is a segmenter."""

# A letter of these is a word or a syllable, so bounds on letters a word say nothing.
_NO_WORD_LENGTH = SPACELESS_LANGUAGES | {"ko"}
_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(
    rf"[{_SPACELESS}]\p{{M}}*|(?:(?![{_SPACELESS}])[\p{{L}}\p{{M}}\p{{N}}_]|(?<=\w)['’.-](?=\w))+"
)
_HEADING = regex.compile(r"(?m)^(#{1,6}) ")
_ELLIPSES = ("...", "…")
_BULLETS = ("•", "‣", "▪", "◦", "-", "*", "–")

STOP_WORDS = {"en": frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})}
"""The words Rae et al. 2021 (Gopher, appendix A) require two of; only English has a table yet."""


@dataclass(frozen=True)
class TextStats:
    """A text and what is measured on it, each measure computed once, when asked for.

    A statistic is None where it has no meaning for the language: such a rule does not judge.

    Attributes:
        text: The document's text.
        language: Its language code.
    """

    text: str
    language: str

    @cached_property
    def words(self) -> list[str]:
        """Words: runs of letters, digits and inner marks; punctuation alone is none."""
        return [match.group() for match in _WORD.finditer(self.text)]

    @cached_property
    def lines(self) -> list[str]:
        """Lines with something on them, stripped."""
        return [line for raw in self.text.splitlines() if (line := raw.strip())]

    @property
    def word_count(self) -> float:
        """Number of words."""
        return float(len(self.words))

    @property
    def mean_word_length(self) -> float | None:
        """Mean characters a word; None where a character is a word or syllable."""
        if self.language in _NO_WORD_LENGTH:
            return None
        return sum(map(len, self.words)) / len(self.words) if self.words else 0.0

    @property
    def hash_ratio(self) -> float:
        """`#` characters a word, but for those that mark a heading."""
        marks = sum(map(len, _HEADING.findall(self.text)))
        return (self.text.count("#") - marks) / max(1, len(self.words))

    @property
    def ellipsis_ratio(self) -> float:
        """Ellipses (`...` or `…`) a word."""
        return sum(map(self.text.count, _ELLIPSES)) / max(1, len(self.words))

    @property
    def bullet_lines(self) -> float:
        """Share of lines that begin with a bullet."""
        return self._share_of_lines(sum(line.startswith(_BULLETS) for line in self.lines))

    @property
    def ellipsis_lines(self) -> float:
        """Share of lines that end in an ellipsis."""
        return self._share_of_lines(sum(line.endswith(_ELLIPSES) for line in self.lines))

    @property
    def alphabetic_words(self) -> float:
        """Share of words with a letter in them."""
        if not self.words:
            return 0.0
        return sum(any(map(str.isalpha, word)) for word in self.words) / len(self.words)

    @property
    def stop_words(self) -> float | None:
        """Distinct stop words present; None for a language without a table."""
        table = STOP_WORDS.get(self.language)
        return None if table is None else float(len(table & {w.lower() for w in self.words}))

    def _share_of_lines(self, count: int) -> float:
        return count / len(self.lines) if self.lines else 0.0
