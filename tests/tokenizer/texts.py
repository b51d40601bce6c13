"""Texts to try tokenizers on: random ones, and real pages in many languages."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
# Where patterns and engines could differ: folds to s, title case, marks, spaces of many kinds.
_TROUBLE = (
    "aAbZ'sStTlLvVeErRmMdD  \t\n\r/.-_!019ſßİıéÉǅʰ中文अिा٣½Ⅷ😀ﬆ"
    "\u0301\u00a0\u3000\x85\x1c\u2028\u200d\x00"
)

random_texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=_TROUBLE, max_size=60),
    st.text(alphabet="ab ", max_size=30),
)
"""Any Unicode but lone surrogates, which no UTF-8 has."""


@cache
def real_texts() -> list[str]:
    """The middle of every page in `multilingual`, and sentences of 1,000 kinds of language tag."""
    if not (pages := DATA / "multilingual" / "pages.warc.gz").exists():
        pytest.skip(f"{pages} is absent")
    texts = []
    with pages.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                text = record.content_stream().read().decode("utf-8", "replace")
                texts.append(text[len(text) // 2 :][:2000])
    by_tag: dict[str, str] = {}
    with gzip.open(DATA / "language" / "sentences.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            by_tag.setdefault(row["lang"], row["text"])
    return [*texts, *by_tag.values()]
