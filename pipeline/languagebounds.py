"""Bounds and stop words of each language, as FineWeb-2 filters it.

Penedo et al. 2025, FineWeb2: One Pipeline to Scale Them All (https://arxiv.org/abs/2506.20920).
They tune the filters of Gopher and FineWeb to each language and do without FineWeb's short lines,
Gopher's repeated paragraphs and C4. What differs by language is in `fineweb2.toml`, whose head
says where it is from; what does not is here. English is filtered as in FineWeb.

Two things of theirs are not ours:

- Their language score is GlotLID's, the bound its median less a standard deviation, within 0.3 and
  0.9. Ours is lid.176's, which is often lower, where no other is configured: read
  `language_score` as advice, for `filter.min_language_scores`.
- Their words are those of spaCy, Stanza, Kiwi and others, which cut off clitics and, in Korean,
  particles. That touches `mean_word_length`, the n-grams and `stop_words` (French `l'` is not a
  word here). Marks count as words of theirs in `alphabetic_tokens`, `newline_ratio` and the
  n-grams, but not in `word_count` and `mean_word_length`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

SOURCE = "Penedo et al. 2025, FineWeb2; configs of github.com/huggingface/fineweb-2"

_FILE = Path(__file__).with_name("fineweb2.toml")

_Bounds = dict[str, tuple[float | None, float | None]]

_IN_EVERY_LANGUAGE: _Bounds = {
    "word_count": (50, 100_000),
    "hash_ratio": (None, 0.1),
    "ellipsis_ratio": (None, 0.1),
    "bullet_lines": (None, 0.9),
    "ellipsis_lines": (None, 0.3),
    "stop_words": (2, None),
    "repeated_line_characters": (None, 0.1),
}
_LEAST = ("language_score", "alphabetic_tokens", "terminal_lines")
_MOST = ("duplicate_lines", "newline_ratio", "repeated_line_characters", "short_line_ratio")
# Korean's are particles and endings, Maltese's are articles written together with the noun by a
# hyphen: hardly any is a word of ours, and good pages would be dropped.
_STOP_WORDS_WITHIN_WORDS = frozenset({"kor_Hang", "mlt_Latn"})


@dataclass(frozen=True)
class LanguageTable:
    """What FineWeb-2 asks of a page in a language.

    Attributes:
        bounds: The least and the greatest value kept, by rule; None is no bound.
        stop_words: Frequent words of the language's Wikipedia, lower-case, in NFC. Some are
            punctuation, and some no words at all but what Wikipedia's templates repeat.
    """

    bounds: Mapping[str, tuple[float | None, float | None]]
    stop_words: frozenset[str]


def _low(value: float) -> float | None:
    """FineWeb-2 writes 0 or -1 for no bound."""
    return value if value > 0 else None


def _table(code: str, row: Mapping[str, Any]) -> LanguageTable:
    bounds = dict(_IN_EVERY_LANGUAGE)
    least, most = row["mean_word_length"]
    bounds["mean_word_length"] = (_low(least), most)
    bounds |= {rule: (_low(row[rule]), None) for rule in _LEAST}
    bounds |= {rule: (None, row[rule]) for rule in _MOST if rule in row}
    bounds |= {f"top_{n}_gram": (None, most) for n, most in enumerate(row["top_n_grams"], 2)}
    bounds |= {
        f"duplicate_{n}_grams": (None, most) for n, most in enumerate(row["duplicate_n_grams"], 5)
    }
    if code in _STOP_WORDS_WITHIN_WORDS:
        del bounds["stop_words"]
    return LanguageTable(bounds, frozenset(row["stop_words"].split()))


class _Languages(Mapping[str, LanguageTable]):
    """The tables, read when one is first asked for."""

    @cached_property
    def _tables(self) -> dict[str, LanguageTable]:
        with _FILE.open("rb") as file:
            return {code: _table(code, row) for code, row in tomllib.load(file).items()}

    def __getitem__(self, code: str) -> LanguageTable:
        return self._tables[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


LANGUAGES: Mapping[str, LanguageTable] = _Languages()
"""Every language's table, by its tag."""
