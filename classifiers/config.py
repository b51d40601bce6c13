"""The settings of language identification, and languages as users write them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from classifiers import identifiers, languagetags
from pipeline import models
from pipeline.section import Factor, NonEmpty, Section, Share


def _tags(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes as tags, each once."""
    return tuple(dict.fromkeys(tag for code in codes for tag in _tags_of(code)))


def _by_tag(values: Mapping[str, float]) -> Mapping[str, float]:
    """Values by code as values by tag."""
    found: dict[str, float] = {}
    for code, value in values.items():
        for tag in _tags_of(code):
            if tag in found:
                raise ValueError(f"should name {tag} once")
            found[tag] = value
    return found


def _by_one_tag(values: Mapping[str, float]) -> Mapping[str, float]:
    """Values by code as values by tag; a code must mean one script, which the value is for."""
    for code in values:
        if len(tags := _tags_of(code)) > 1:
            raise ValueError(f"{code!r} is written in several scripts; name {' or '.join(tags)}")
    return _by_tag(values)


def _tags_of(code: str) -> tuple[str, ...]:
    if tags := languagetags.tags_of(code):
        return tags
    known = identifiers.load(identifiers.LID176).tags
    close = languagetags.nearest(code, known)
    raise ValueError(
        f"{code!r} is no language code"
        + (f"; did you mean {close!r}?" if close else ", as 'en', 'eng' and 'eng_Latn' are")
    )


Languages = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_tags)]
"""Codes such as `en`, `eng` or `eng_Latn`; what is read is their tags."""

FactorByLanguage = Annotated[Mapping[str, Factor], AfterValidator(_by_tag)]
ScoreByLanguage = Annotated[Mapping[str, Share], AfterValidator(_by_tag)]
ShareByLanguage = Annotated[Mapping[str, Share], AfterValidator(_by_one_tag)]


class LanguageConfig(Section):
    """Which language a page is in: a language of ISO 639-3 and a script, such as `eng_Latn`.

    In the configuration a language may be written `en`, `eng` or `eng_Latn`; without a script all
    scripts are meant that it is written in.
    """

    identifier: Annotated[NonEmpty, AfterValidator(models.checked)] = identifiers.LID176
    """What tells: `lid.176`, `py3langid`, or a fastText model with labels such as
    `__label__eng_Latn` or `__label__en` (GlotLID, OpenLID, NLLB): a path, or `URL#sha256=HEX`.
    Each worker process loads it."""
    second: Annotated[str, AfterValidator(models.checked)] = ""
    """A second identifier, asked as well; its answer is the column `language_second`."""
    on_disagreement: Literal["keep", "und"] = "keep"
    """Whether a page keeps the first one's language, or is `und`, where the second knows that
    language and names another."""

    @property
    def names(self) -> tuple[str, ...]:
        """The identifiers asked."""
        return tuple(filter(None, (self.identifier, self.second)))

    def problems(self, named: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        """Settings that would silently do nothing.

        Args:
            named: The tags that the configuration names elsewhere, by key.
        """
        if self.second == self.identifier:
            yield f"language.second: {self.second!r} is the first identifier too; name another"
        if self.on_disagreement != "keep" and not self.second:
            yield "language.on_disagreement: there is no language.second to disagree; name one"
        if self.identifier == identifiers.LID176:
            yield from unknown(self.identifier, named)


def unknown(identifier: str, named: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The languages named by a configuration that its identifier never gives.

    Raises:
        UserError: The identifier cannot be loaded.
    """
    tags = identifiers.load(identifier).tags | {languagetags.UNDETERMINED}
    for key, found in named.items():
        for tag in sorted(set(found) - tags):
            same = sorted(other for other in tags if other[:3] == tag[:3])
            yield f"{key}: {identifier} never finds {tag!r}" + (
                f"; of that language it finds {', '.join(same)}" if same else ""
            )
