"""Stand-ins for a page that breaks what works on it, each really doing what it says."""

import ctypes
import os
import signal
from collections.abc import Iterator
from typing import Any

from pipeline import lines, warc
from pipeline.ledger import Part
from pipeline.maintext import markup
from pipeline.records import Page, Rejected, Split
from pipeline.sandbox import Guard
from pipeline.tasks.cutting import count_passages, cut_parts
from pipeline.tasks.extracting import extract_piece

_parse = markup.parse
_read_records = warc.read_records
_units = lines.units


def extract_naughtily(guard: Guard, *arguments: Any) -> Part:
    """`extract_piece` with an extractor that obeys what a page says."""
    markup.parse = _naughty
    return extract_piece(guard, *arguments)


def read_naughtily(guard: Guard, *arguments: Any) -> Part:
    """`extract_piece` with a reader that dies at the third record."""
    warc.read_records = _dying
    return extract_piece(guard, *arguments)


def count_naughtily(guard: Guard, *arguments: Any) -> None:
    """`count_passages`, but a text may ask to crash."""
    lines.units = _crashing
    count_passages(guard, *arguments)


def cut_naughtily(guard: Guard, *arguments: Any) -> list[Part]:
    """`cut_parts`, but a text may ask to crash."""
    lines.units = _crashing
    return cut_parts(guard, *arguments)


def _crashing(text: str) -> list[lines.Unit]:
    if "CRASH" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    return _units(text)


def _naughty(data: bytes, limits: markup.Limits) -> Any:
    if b"RAISE" in data:
        raise ValueError("as the page wished")
    if b"CRASH" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"HANG" in data:
        # PyDLL keeps the interpreter's lock, as C code that hangs does.
        ctypes.PyDLL(None).sleep(1000)
    if b"EAT" in data:
        held = []
        while True:
            held.append(bytearray(64 << 20))
    return _parse(data, limits)


def _dying(split: Split, limit: int, **options: Any) -> Iterator[Page | Rejected]:
    for number, record in enumerate(_read_records(split, limit, **options)):
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        yield record
