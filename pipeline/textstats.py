"""The statistics of a text, on one tokenization.

The definitions are DataTrove's (0.10), with which FineWeb chose its bounds, so that bounds mean the
same here: marks count as tokens in n-grams and wherever something is counted a token.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import regex

from pipeline.repetition import Numbers, ngram_characters, number, repeats
from pipeline.words import ABBREVIATED, MARKS, TERMINAL_MARKS, is_plain, tokens

Flags = npt.NDArray[np.bool_]

_HEADING = regex.compile(r"(?m)^(#{1,6}) ")
_PARAGRAPH_END = regex.compile(r"\n{2,}")
_ELLIPSES = ("...", "…")
_BULLETS = ("•", "-")
_SHORT_LINE = 30
_LONG_LINE = 200
_LONG_LINES = 3
# A mark of a script with spaces ends a sentence only before one; a full stop that does not end an
# abbreviation does, and between a small letter and a capital.
_QUOTE = "[\"'’”»)\\]*_]"
_FULL_STOP = (
    rf"\.(?:(?=\s|{_QUOTE})(?<!\.\.)(?!{ABBREVIATED}){_QUOTE}*+(?=\s)"
    "|(?<=[a-z]\\.)(?=[A-Z\"'“]))"
)
_SPACED_MARKS = re.escape("".join(sorted(TERMINAL_MARKS - set(".。！？｡"))))
# `re` is quick to find what begins with one of some characters: what may not stand before a mark
# is looked for after it.
_PLAIN_END = re.compile(rf"[!?](?<![!?]{{2}})[!?]*+\.?{_QUOTE}*+(?=\s)|{_FULL_STOP}")
_ANY_END = re.compile(
    rf"[{_SPACED_MARKS}](?<![{_SPACED_MARKS}]{{2}})[{_SPACED_MARKS}]*+\.?{_QUOTE}*+(?=\s)|{_FULL_STOP}"
    "|[。！？｡]++[」』）”’]*+"
)
# Thai and Lao have no mark: a space stands there.
_PHRASE_END = re.compile("(?<=[\u0e00-\u0eff]) (?=[\u0e00-\u0eff])")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class TextStats:
    """A text and what is measured on it, each measure computed once, when asked for.

    White space around the text does not count. A share of nothing is 0.

    Attributes:
        text: The text, without white space around it.
        tokens: Its tokens, as `words.tokens` gives them.
    """

    text: str
    tokens: Sequence[str]

    @classmethod
    def of(cls, text: str, language: str = "") -> "TextStats":
        """A text with the tokens of our own tokenization, as its language asks for."""
        text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        return cls(text, tokens(text, language))

    @cached_property
    def lines(self) -> list[str]:
        """The lines with something on them."""
        return [line for line in self.text.split("\n") if line and not line.isspace()]

    @cached_property
    def words(self) -> list[str]:
        """The tokens with a letter or digit."""
        is_word = self._is_word.tolist()
        return [token for token, kept in zip(self.tokens, is_word, strict=True) if kept]

    @cached_property
    def word_counts(self) -> dict[str, int]:
        """How often each word occurs."""
        numbers, distinct = self._numbered
        counts = np.bincount(numbers[self._is_word], minlength=len(distinct)).tolist()
        return {token: count for token, count in zip(distinct, counts, strict=True) if count}

    @cached_property
    def _numbered(self) -> tuple[Numbers, list[str]]:
        return number(self.tokens)

    @cached_property
    def _lengths(self) -> Numbers:
        numbers, distinct = self._numbered
        return np.array([len(token) for token in distinct], dtype=np.int64)[numbers]

    @cached_property
    def _is_word(self) -> Flags:
        _, distinct = self._numbered
        return self._at_each([t.isalnum() or any(map(str.isalnum, t)) for t in distinct])

    @cached_property
    def _is_no_mark(self) -> Flags:
        _, distinct = self._numbered
        return self._at_each([t.isalpha() or not MARKS.issuperset(t) for t in distinct])

    @property
    def word_count(self) -> float:
        """Number of tokens with a character that is no mark."""
        return float(self._is_no_mark.sum())

    @property
    def mean_word_length(self) -> float:
        """Mean characters of these."""
        return float(self._lengths[self._is_no_mark].mean()) if self._is_no_mark.any() else 0.0

    @property
    def longest_word(self) -> float:
        """Characters of the longest run without white space."""
        return float(max(map(len, self.text.split()), default=0))

    @property
    def hash_ratio(self) -> float:
        """`#` characters a token, but for those that mark a heading."""
        marks = sum(map(len, _HEADING.findall(self.text))) if "#" in self.text else 0
        return self._of_tokens(self.text.count("#") - marks)

    @property
    def ellipsis_ratio(self) -> float:
        """Ellipses (`...` or `…`) a token."""
        return self._of_tokens(sum(map(self.text.count, _ELLIPSES)))

    @property
    def newline_ratio(self) -> float:
        """Newlines a token."""
        return self._of_tokens(self.text.count("\n"))

    @cached_property
    def _alphabetic(self) -> int:
        """Tokens with a letter in them."""
        _, distinct = self._numbered
        letters = self._at_each([t.isalpha() or any(map(str.isalpha, t)) for t in distinct])
        return int(letters.sum())

    @property
    def alphabetic_words(self) -> float:
        """Share of words with a letter in them."""
        words = int(self._is_word.sum())
        return self._alphabetic / words if words else 0.0

    @property
    def alphabetic_tokens(self) -> float:
        """Share of tokens with a letter in them."""
        return self._of_tokens(self._alphabetic)

    def stop_words(self, table: Collection[str]) -> float:
        """Distinct stop words of a table that are present, in lower case."""
        return float(len(set(table).intersection(self._numbered[1])))

    @property
    def bullet_lines(self) -> float:
        """Share of lines that begin with a bullet."""
        return self._of_lines(sum(line.lstrip().startswith(_BULLETS) for line in self.lines))

    @property
    def ellipsis_lines(self) -> float:
        """Share of lines that end in an ellipsis."""
        return self._of_lines(sum(line.rstrip().endswith(_ELLIPSES) for line in self.lines))

    @property
    def terminal_lines(self) -> float:
        """Share of lines that end in a mark that ends sentences, in any script."""
        return self._of_lines(sum(line[-1] in TERMINAL_MARKS for line in self.lines))

    @property
    def short_line_ratio(self) -> float:
        """Share of lines of at most 30 characters."""
        return self._of_lines(sum(len(line) <= _SHORT_LINE for line in self.lines))

    @property
    def long_lines(self) -> float:
        """Lines of at least 200 characters."""
        return float(sum(len(line) >= _LONG_LINE for line in self.lines))

    @cached_property
    def _repeated_lines(self) -> tuple[int, int]:
        return repeats(self.lines)

    @property
    def duplicate_lines(self) -> float:
        """Share of lines that stood there before."""
        return self._of_lines(self._repeated_lines[0])

    @property
    def duplicate_line_characters(self) -> float:
        """Share of characters in lines that stood there before."""
        return self._of_text(self._repeated_lines[1])

    @property
    def repeated_line_characters(self) -> float:
        """Share of characters, newlines apart, in lines that stood there before."""
        chars = len(self.text) - self.text.count("\n")
        return self._repeated_lines[1] / chars if chars else 0.0

    @cached_property
    def _paragraphs(self) -> tuple[int, int, int]:
        paragraphs = _PARAGRAPH_END.split(self.text)
        return len(paragraphs), *repeats(paragraphs)

    @property
    def duplicate_paragraphs(self) -> float:
        """Share of paragraphs, which empty lines separate, that stood there before."""
        count, repeated, _ = self._paragraphs
        return repeated / count

    @property
    def duplicate_paragraph_characters(self) -> float:
        """Share of characters in paragraphs that stood there before."""
        return self._of_text(self._paragraphs[2])

    @cached_property
    def _ngram_characters(self) -> dict[int, int]:
        return ngram_characters(self._numbered[0], self._lengths)

    def ngram_characters(self, n: int) -> float:
        """Share of characters in repeated n-grams; see `repetition.ngram_characters`."""
        return self._of_text(self._ngram_characters[n])

    @property
    def sentence_count(self) -> float:
        """Sentences; the end of a line ends one too."""
        text = self.text + "\n"
        plain = is_plain(text)
        ends = (_PLAIN_END if plain else _ANY_END).finditer(text)
        inner = sum(text[end.end()] != "\n" for end in ends)
        if not plain:
            inner += len(_PHRASE_END.findall(text))
        return float(inner + len(self.lines))

    @property
    def digit_characters(self) -> float:
        """Share of characters that are digits."""
        return self._of_text(len(_DIGIT.findall(self.text)))

    @property
    def symbol_characters(self) -> float:
        """Share of characters in tokens that are no words."""
        return self._of_text(int(self._lengths[~self._is_word].sum()))

    def _at_each(self, of_distinct: list[bool]) -> Flags:
        """What holds of the distinct tokens, at each token."""
        return np.array(of_distinct, dtype=bool)[self._numbered[0]]

    def _of_tokens(self, count: float) -> float:
        return count / len(self.tokens) if self.tokens else 0.0

    def _of_lines(self, count: float) -> float:
        return count / len(self.lines) if self.lines else 0.0

    def _of_text(self, count: float) -> float:
        return count / len(self.text) if self.text else 0.0
