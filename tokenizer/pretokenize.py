r"""Pre-tokenizers: where a text is cut before bytes are merged; no merge crosses a cut.

The patterns are those that OpenAI published with GPT-2 (Radford et al. 2019) and with `tiktoken`
(`cl100k_base`, `o200k_base`), written so that `tokenizers` (Oniguruma) and `tiktoken` (Rust's
`fancy-regex`) read them alike:

- `gpt2`: words, numbers and marks, each with the space before it.
- `cl100k`: contractions in either case, numbers of up to three digits, line ends apart. A word
  takes one mark before it along.
- `o200k`: words end where lower case turns into upper case, and keep their combining marks and
  contraction: better for most scripts other than Latin.

Two options change a pattern. Numbers can be cut into single digits, or into threes from the right
(1 234 567), as place value has it and as models add more surely (Singh and Strouse 2024,
arXiv:2402.14903). Two and more spaces or tabs, as code is indented with, can be a pre-token of
their own; otherwise the last one goes with the word that follows.

The cutting is done in C++ (`native/split.h`), a hundred times as fast as by the pattern; that both
are equal is tested.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from tokenizer._native import Splitter

Style = Literal["gpt2", "cl100k", "o200k"]
Digits = Literal["pattern", "single", "threes"]
Normalization = Literal["none", "nfc"]

_CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_PREFIX = r"[^\r\n\p{L}\p{N}]?"
_HEAD = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_TAIL = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_LINES = r"\s*[\r\n]+"
_SPACES = (r"\s+(?!\S)", r"\s+")
_RUNS = (" {2,}", r"\t{2,}")
_DIGITS: Mapping[Digits, str] = {
    "pattern": r"\p{N}{1,3}",
    "single": r"\p{N}",
    # The first of a number is as long as leaves threes only. `*+` gives nothing back.
    "threes": r"(?<!\p{N})\p{N}{1,3}(?=(?:\p{N}{3})*+(?!\p{N}))|\p{N}{3}",
}


@dataclass(frozen=True)
class Pretokenizer:
    """A pattern and its options.

    Attributes:
        style: The pattern.
        digits: How numbers are cut: as the pattern does, one by one, or in threes from the right.
        whitespace_runs: Whether runs of spaces or of tabs are pre-tokens of their own.
    """

    style: Style
    digits: Digits = "pattern"
    whitespace_runs: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression whose matches are the pre-tokens."""
        lines = (_LINES,) if self.whitespace_runs or self.style != "gpt2" else ()
        runs = _RUNS if self.whitespace_runs else ()
        return "|".join([*runs, *self._words, *lines, *_SPACES])

    @property
    def _words(self) -> list[str]:
        digits = _DIGITS[self.digits]
        if self.style == "gpt2":
            digits = r" ?\p{N}+" if self.digits == "pattern" else digits
            return ["'s|'t|'re|'ve|'m|'ll|'d", r" ?\p{L}+", digits, r" ?[^\s\p{L}\p{N}]+"]
        if self.style == "cl100k":
            word = _PREFIX + r"\p{L}+"
            return [_CONTRACTION, word, digits, r" ?[^\s\p{L}\p{N}]+[\r\n]*"]
        cased = f"{_PREFIX}{_HEAD}*{_TAIL}+{_CONTRACTION}?"
        upper = f"{_PREFIX}{_HEAD}+{_TAIL}*{_CONTRACTION}?"
        return [cased, upper, digits, r" ?[^\s\p{L}\p{N}]+[\r\n/]*"]

    @cached_property
    def splitter(self) -> Splitter:
        """The compiled form, for counting and encoding."""
        return Splitter(self.style, self.digits, self.whitespace_runs)

    def split(self, text: str) -> list[str]:
        """The pre-tokens of a text; together they are the text."""
        return self.splitter.split(text)


EVERY = tuple(
    Pretokenizer(style, digits, runs)
    for style in get_args(Style)
    for digits in get_args(Digits)
    for runs in (False, True)
)
"""All there are."""


def by_pattern(pattern: str) -> Pretokenizer:
    """The pre-tokenizer that has a pattern."""
    return next(how for how in EVERY if how.pattern == pattern)
