"""Reads the header of a Parquet data page, which pyarrow does not expose.

A page header is a struct in the Thrift compact protocol; its fields are those of `PageHeader` and
`DataPageHeader` in parquet.thrift of the Apache Parquet format specification.
"""

from dataclasses import dataclass
from typing import Any

# No header of the pages read here is longer.
MAX_HEADER_BYTES = 64

# Field ids of PageHeader, field ids of DataPageHeader, and values of enums.
PAGE_TYPE, PAGE_SIZE, PAGE_CRC, DATA_PAGE_HEADER = 1, 3, 4, 5
N_VALUES, ENCODING = 1, 2
DATA_PAGE_V1, DELTA_LENGTH_BYTE_ARRAY = 0, 6


@dataclass(frozen=True, slots=True)
class PageHeader:
    """The header of a version 1 data page of `DELTA_LENGTH_BYTE_ARRAY` values.

    Attributes:
        header_bytes: Length of the header itself.
        page_bytes: Length of the page that follows, as stored.
        n_values: Values in the page.
        crc: CRC-32 of the page, unsigned.
    """

    header_bytes: int
    page_bytes: int
    n_values: int
    crc: int


def read_page_header(data: bytes) -> PageHeader:
    """Reads the header at the start of `data`.

    Raises:
        ValueError: If no header of such a page, with a checksum, stands there.
    """
    try:
        fields, header_bytes = _read_struct(data, 0)
        page = fields[DATA_PAGE_HEADER]
        kind = fields[PAGE_TYPE], page[ENCODING]
        if kind != (DATA_PAGE_V1, DELTA_LENGTH_BYTE_ARRAY):
            raise ValueError(f"page type and encoding are {kind}")
        crc = fields[PAGE_CRC] & 0xFFFFFFFF
        return PageHeader(header_bytes, fields[PAGE_SIZE], page[N_VALUES], crc)
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("no header of a checked version 1 data page") from error


def _read_struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """Reads a struct of integers and structs: its values by field id, and the position after it.

    Raises:
        ValueError: If it has a field of another type.
        IndexError: If the data ends first.
    """
    fields: dict[int, Any] = {}
    field = 0
    while (lead := data[at]) != 0:
        field += lead >> 4
        match lead & 0x0F:
            case 5:
                fields[field], at = _read_integer(data, at + 1)
            case 12:
                fields[field], at = _read_struct(data, at + 1)
            case other:
                raise ValueError(f"Thrift type {other} in a page header")
    return fields, at + 1


def _read_integer(data: bytes, at: int) -> tuple[int, int]:
    """Reads a zigzag varint: its value, and the position after it."""
    raw = shift = 0
    while True:
        raw |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return (raw >> 1) ^ -(raw & 1), at
