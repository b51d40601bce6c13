"""Edits of a text: applied, joined with later ones, and traced back to where they stand."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from pipeline.records import Edit

Span = tuple[int, int]

EDIT = "edit_"
"""What the facts that count edits begin with, before the kind."""


@dataclass(frozen=True)
class Edited:
    """A text after its edits.

    Attributes:
        text: What is left, without white space at its ends if the text had none.
        edits: The edits on the text as it was, in order, disjoint.
        marks: Lines in which a row that marks found something, by row.
        removed_words: Share of the words, as white space separates them, that went; 0 for a text
            without words.
    """

    text: str
    edits: Sequence[Edit]
    marks: Mapping[str, int]
    removed_words: float

    @property
    def counts(self) -> Mapping[str, int]:
        """Removed lines and spans by kind."""
        return Counter(edit.kind for edit in self.edits)

    def original(self, start: int, stop: int) -> Span:
        """Where the characters from `start` to `stop` of the edited text stand in the original.

        A stretch that was removed from between them belongs to the span, so that who hides the
        span hides all of it.
        """
        return self._at(start), self._at(stop - 1) + 1

    def _at(self, position: int) -> int:
        return position + self._shifts[bisect_right(self._cuts, position)]

    @cached_property
    def _shifts(self) -> Sequence[int]:
        """Characters removed before and up to each edit."""
        return list(accumulate((edit.stop - edit.start for edit in self.edits), initial=0))

    @cached_property
    def _cuts(self) -> Sequence[int]:
        """Where in the edited text each edit took something out."""
        pairs = zip(self.edits, self._shifts, strict=False)
        return [edit.start - removed for edit, removed in pairs]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text after the edits, which must be in order and disjoint."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += (text[position : edit.start], edit.text)
        position = edit.stop
    return "".join([*pieces, text[position:]])


def merge(first: Sequence[Edit], later: Sequence[Edit]) -> list[Edit]:
    """The edits of a text that do in one step what two lists of them do one after the other.

    A later edit swallows what `first` took out between its ends. Where it changes a part of what
    `first` put in, the two become one edit. No edit may be empty.

    Args:
        first: Edits of the original text, in order, disjoint.
        later: Edits of the text that `first` leaves, in order, disjoint.
    """
    if not first:
        return list(later)
    merged: list[Edit] = []
    pieces: deque[Edit] = deque(piece for edit in first for piece in _pieces(edit))
    shift = 0
    for edit in later:
        while pieces and pieces[0].start - shift + len(pieces[0].text) <= edit.start:
            shift += _growth(pieces[0])
            _append(merged, pieces.popleft())
        start = edit.start + shift
        while pieces and pieces[0].start - shift < edit.stop:
            shift += _growth(pieces.popleft())
        _append(merged, replace(edit, start=start, stop=edit.stop + shift))
    for piece in pieces:
        _append(merged, piece)
    return merged


def _pieces(edit: Edit) -> Iterator[Edit]:
    """The edit, and empty ones that put in what it puts in after the first character."""
    yield replace(edit, text=edit.text[:1])
    for character in edit.text[1:]:
        yield replace(edit, start=edit.stop, text=character)


def _growth(edit: Edit) -> int:
    """How much farther on a position is in the original than in the edited text, after an edit."""
    return edit.stop - edit.start - len(edit.text)


def _append(edits: list[Edit], edit: Edit) -> None:
    """Appends an edit; an empty one joins the one before it."""
    if edit.start == edit.stop:
        edits[-1] = replace(edits[-1], text=edits[-1].text + edit.text)
    else:
        edits.append(edit)
