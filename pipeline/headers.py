"""The headers of WARC and ARC records.

Sources: ISO 28500 (WARC 1.0 and 1.1), the Internet Archive's ARC file format (1996).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.payload import Readable, RecordError, read_fields, text_of

_WARC_START = re.compile(rb"WARC/\d")
# URL, IP address, date, media type (which may be missing or hold spaces), then other fields in
# version 2, and the length. The address and the date are transposed in some archives. It is the
# address that tells the line from any other that begins with a URL.
_IP = rb"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|(?:None|-)(?= \d{8}))"
_ARC_START = re.compile(
    rb"(?P<url>[A-Za-z][\w+.-]*:.*?) (?:"
    + (_IP + rb" (?P<date>\w+)|(?P<transposed>\d{14}) " + _IP)
    + rb") (?:.* )?(?P<length>\S+)\s*"
)
# No record has a terabyte; file systems refuse to seek much further.
_LENGTH = re.compile(r"\d{1,12}", re.ASCII)
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ARC_DATE = re.compile(r"\d{10,14}")


@dataclass(slots=True)
class Header:
    """What is needed of a record's header; `declared` is its length as it is written there."""

    type: str = ""
    url: str = ""
    date: str = ""
    id: str = ""
    content_type: str = ""
    declared: str = ""

    def length(self) -> int | None:
        """Bytes of the record's block; None if what is declared is no length."""
        return int(self.declared) if _LENGTH.fullmatch(self.declared) else None


def starts_record(first: bytes) -> bool:
    """Whether bytes begin with the first line of a WARC or ARC record, blank lines aside."""
    line = first.lstrip(b"\r\n").partition(b"\n")[0]
    return bool(_WARC_START.match(line) or _ARC_START.fullmatch(line))


def read_header(line: bytes, stream: Readable) -> Header:
    """Read a header of which the first line has been read.

    Raises:
        RecordError: The line is no record's first, or the header is longer than 1 MiB.
    """
    if _WARC_START.match(line):
        fields = read_fields(stream)
        return Header(
            type=fields.first("warc-type").lower(),
            url=fields.first("warc-target-uri").strip("<> \t"),
            date=_iso_date(fields.first("warc-date")),
            id=fields.first("warc-record-id").strip("<> \t").removeprefix("urn:uuid:"),
            content_type=fields.first("content-type"),
            declared=fields.first("content-length"),
        )
    if match := _ARC_START.fullmatch(line):
        url = text_of(match["url"]).strip()
        return Header(
            type="arc_header" if url.startswith("filedesc:") else "response",
            url=url,
            date=_arc_date(text_of(match["date"] or match["transposed"])),
            declared=text_of(match["length"]),
        )
    raise RecordError("failed", "bad_header", detail=f"no record but {line[:100]!r}")


def _iso_date(text: str) -> str:
    """A WARC-Date in UTC to the second; empty if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        if _PLAIN_DATE.fullmatch(text):
            return text
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return ""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _arc_date(text: str) -> str:
    """An ARC date, YYYYMMDDhhmmss or its first 10 digits or more; empty if it is none."""
    match = _ARC_DATE.match(text)
    try:
        moment = datetime.strptime(match[0].ljust(14, "0") if match else "", "%Y%m%d%H%M%S")
    except ValueError:
        return ""
    return f"{moment.isoformat()}Z"
