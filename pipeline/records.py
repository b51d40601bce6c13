"""What flows through the stages: frozen, typed, ignorant of files and of Beam."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["dropped", "failed"]


@dataclass(frozen=True, slots=True)
class Split:
    """A byte range of one archive.

    A record belongs to the split in which its first byte (of its gzip member, where the archive is
    compressed) lies, so splits that tile a file yield each of its records exactly once.

    Attributes:
        path: The archive as the user named it: a local path or an fsspec URL.
        start: First byte of the range in the stored (compressed) file.
        stop: The byte after the range.
    """

    path: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Capture:
    """Where a record stands, known of every record, whatever becomes of it.

    Attributes:
        id: The WARC-Record-ID without brackets; for archives without ids, a UUID made of the
            archive's path and the record's offset.
        url: The target URI; empty if the record has none.
        date: The capture time as ISO 8601; empty if the record has none.
        warc: The archive's path, as in `Split.path`.
        offset: First byte of the record (its gzip member) in the stored file.
        length: Bytes the record takes in the stored file.
    """

    id: str
    url: str
    date: str
    warc: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Page:
    """A captured HTTP response (or resource), its transfer and content encodings undone.

    Attributes:
        capture: Where the record stands.
        status: The HTTP status; 200 for records that are no HTTP response.
        mime: The media type from the headers, lower case, without parameters; empty if unknown.
        charset: The charset the headers declare; empty if none.
        body: The decoded bytes.
        fields: The HTTP header fields: lower-case name to value, repeated ones on
            lines of their own.
    """

    capture: Capture
    status: int
    mime: str
    charset: str
    body: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that goes no further, and why.

    Attributes:
        capture: Where the record stands.
        outcome: `dropped` by a rule, or `failed` because it could not be processed.
        reason: The rule's or the failure's name, a counter key.
        value: The measured number that decided, where there is one.
        detail: Words for a person: the error's text, the media type, the record type.
    """

    capture: Capture
    outcome: Outcome
    reason: str
    value: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of an extracted text that is taken out or replaced.

    Attributes:
        start: Its first character.
        stop: The character after it.
        kind: What it was, such as `citation_marks` or `email`.
        text: What stands in its place; empty if nothing does.
    """

    start: int
    stop: int
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself, in its markup and its HTTP header.

    Attributes:
        title: The title, on one line; empty if there is none.
        published: The day of publication as `YYYY-MM-DD`; empty if the page does not say.
        canonical_url: The address the page gives itself, absolute; empty if none.
        declared_language: A BCP 47 tag as declared, such as `en-GB`; empty if none.
        licences: URLs of the licences the page links to as its own, sorted.
        opt_outs: Signals against indexing or training, sorted: `noai`, `noimageai`, `noindex`,
            `tdm-reservation`.
    """

    title: str = ""
    published: str = ""
    canonical_url: str = ""
    declared_language: str = ""
    licences: tuple[str, ...] = ()
    opt_outs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A page's text.

    Attributes:
        capture: Where the text comes from.
        host: The lower-case host of the URL.
        text: The extracted text: lines separated by newlines, NFC, no control characters.
        language: Its tag, such as `eng_Latn`; `und` if it is in no language, or in several.
        language_score: Its probability, 0 to 1.
        language_second: What the second identifier says; None if none was asked.
        link_density: Share of the text's characters that stand in links, 0 to 1; None where the
            engine does not say.
        metadata: What the page says of itself.
    """

    capture: Capture
    host: str
    text: str
    language: str
    language_score: float
    language_second: str | None
    link_density: float | None
    metadata: Metadata
