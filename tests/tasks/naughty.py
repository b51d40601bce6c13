"""Stand-ins for a page that breaks the extractor, each really doing what it says."""

import ctypes
import os
import signal
from collections.abc import Iterator
from typing import Any

import trafilatura

from pipeline import warc
from pipeline.ledger import Part
from pipeline.records import Page, Rejected, Split
from pipeline.sandbox import Guard
from pipeline.tasks.extracting import extract_split

_extract = trafilatura.extract
_read_records = warc.read_records


def extract_naughtily(guard: Guard, *arguments: Any) -> Part:
    """`extract_split` with an extractor that obeys what a page says."""
    trafilatura.extract = _naughty
    return extract_split(guard, *arguments)


def read_naughtily(guard: Guard, *arguments: Any) -> Part:
    """`extract_split` with a reader that dies at the third record."""
    warc.read_records = _dying
    return extract_split(guard, *arguments)


def _naughty(html: str, **options: Any) -> str | None:
    if "RAISE" in html:
        raise ValueError("as the page wished")
    if "CRASH" in html:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "HANG" in html:
        # PyDLL keeps the interpreter's lock, as C code that hangs does.
        ctypes.PyDLL(None).sleep(1000)
    if "EAT" in html:
        held = []
        while True:
            held.append(bytearray(64 << 20))
    text: str | None = _extract(html, **options)
    return text


def _dying(split: Split, limit: int) -> Iterator[Page | Rejected]:
    for number, record in enumerate(_read_records(split, limit)):
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        yield record
