"""A text with placeholders in place of personal data."""

from pipeline.personal import KINDS, find
from pipeline.records import Edit


def applied(text: str, edits: list[Edit]) -> str:
    """The edited text, for edits that are in order, within the text and apart from each other."""
    parts: list[str] = []
    end = 0
    for edit in edits:
        assert end <= edit.start < edit.stop <= len(text)
        parts += text[end : edit.start], edit.text
        end = edit.stop
    return "".join([*parts, text[end:]])


def masked(text: str, language: str = "eng_Latn", kinds: frozenset[str] = frozenset(KINDS)) -> str:
    return applied(text, find(text, language, kinds))
