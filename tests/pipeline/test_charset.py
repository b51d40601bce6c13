"""Charsets: what the bytes show goes before what is declared, and nothing raises."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charset import decode
from pipeline.records import Page
from pipeline.warc import plan_splits, read_records

PAGES = Path(__file__).resolve().parents[2] / "../shared/data/multilingual"
RUSSIAN = "Съешь ещё этих мягких французских булок, да выпей же чаю. "
GREEK = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία και την άλλη μέρα φεύγω. "
GERMAN = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. "
TURKISH = "Pijamalı hasta yağız şoföre çabucak güvendi. "
ICELANDIC = "Kæmi ný öxi hér, ykist þjófum nú bæði víl og ádrepa. "
JAPANESE = "色は匂へど散りぬるを我が世誰ぞ常ならむ、有為の奥山今日越えて。"
KOREAN = "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. "
CHINESE = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。"
THAI = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ "

# Encodings in which pages of a language were really published, by Python codec and web label.
LEGACY = {
    "ru": [("cp1251", "windows-1251"), ("koi8-r", "koi8-r"), ("iso8859-5", "iso-8859-5")],
    "uk": [("cp1251", "windows-1251"), ("koi8-u", "koi8-u")],
    "el": [("cp1253", "windows-1253"), ("iso8859-7", "iso-8859-7")],
    "ja": [("cp932", "shift_jis"), ("euc_jp", "euc-jp"), ("iso2022_jp", "iso-2022-jp")],
    "zh-cn": [("gb18030", "gb2312")],
    "zh-tw": [("big5", "big5")],
    "ko": [("cp949", "ks_c_5601-1987")],
    "th": [("tis-620", "tis-620")],
    "cs": [("cp1250", "windows-1250"), ("iso8859-2", "iso-8859-2")],
    "pl": [("cp1250", "windows-1250"), ("iso8859-2", "iso-8859-2")],
    "hu": [("cp1250", "windows-1250"), ("iso8859-2", "iso-8859-2")],
    "tr": [("cp1254", "iso-8859-9")],
    "de": [("cp1252", "iso-8859-1")],
    "fr": [("cp1252", "iso-8859-1")],
    "es": [("cp1252", "iso-8859-1")],
}
WESTERN = ["ca", "da", "de", "es", "fi", "fr", "is", "it", "nb", "nl", "nn", "pt", "sv"]
LATIN = frozenset({"cp1250", "cp1252", "cp1254", "iso8859-2"})
DECLARATION = re.compile(r"<meta[^>]+charset[^>]*>|<\?xml[^>]*\?>", re.IGNORECASE)


@cache
def recoded() -> list[tuple[str, str, bytes]]:
    """Real pages without declarations: codec, label, bytes."""
    if not PAGES.exists():
        return []
    rows = gzip.decompress((PAGES / "pages.truth.jsonl.gz").read_bytes()).splitlines()
    languages = {row["url"]: row["lang"] for row in map(json.loads, rows)}
    (split,) = plan_splits(str(PAGES / "pages.warc.gz"), 1 << 40)
    pages: list[tuple[str, str, bytes]] = []
    taken: Counter[str] = Counter()
    for page in read_records(split, 1 << 20):
        if not isinstance(page, Page):
            continue
        language = languages.get(page.capture.url, "")
        if taken[language] == 12 or not is_utf8(page.body):
            continue
        taken[language] += 1
        text = DECLARATION.sub("", page.body.decode()).lstrip("\ufeff").replace("〜", "～")
        for codec, label in LEGACY.get(language, []):
            body = text.encode(codec, "xmlcharrefreplace")
            if sum(byte > 127 for byte in body) >= 10 or codec == "iso2022_jp":
                pages.append((codec, label, body))
    return pages


def is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def share_exact(pages: list[tuple[str, str, bytes]], declared: str | None) -> float:
    """Of these pages, the share whose text is exactly right under a declaration."""
    if not pages:
        pytest.skip("no real pages in ../shared/data")
    right = [
        decode(body, label if declared is None else declared)[0] == body.decode(codec)
        for codec, label, body in pages
    ]
    return sum(right) / len(right)


def test_right_declarations_of_real_pages_are_believed() -> None:
    """Under its own charset every page is decoded exactly."""
    assert share_exact(recoded(), None) == 1


@pytest.mark.parametrize("declared", ["", "utf-8", "no-such-charset"])
def test_real_pages_without_a_usable_declaration_are_detected(declared: str) -> None:
    """At least 95 in 100 exactly."""
    assert share_exact(recoded(), declared) >= 0.95


def test_a_western_declaration_of_another_script_is_overruled() -> None:
    """Servers declare iso-8859-1 for everything; pages in other scripts are detected anyway."""
    others = [page for page in recoded() if page[0] not in LATIN]
    assert share_exact(others, "iso-8859-1") >= 0.95


def test_a_western_declaration_of_another_latin_charset_is_overruled() -> None:
    """Central European and Turkish pages too, where ten characters tell."""
    others = [
        (codec, label, body)
        for codec, label, body in recoded()
        if codec in LATIN - {"cp1252"}
        and sum(map(str.__ne__, body.decode(codec), body.decode("cp1252", "replace"))) >= 10
    ]
    assert share_exact(others, "iso-8859-1") >= 0.95


def test_a_western_declaration_of_a_western_text_is_believed() -> None:
    """Eight real sentences at a time, Icelandic among them, are never taken for another charset."""
    path = PAGES.parent / "language/sentences.jsonl.gz"
    if not path.exists():
        pytest.skip("no real sentences in ../shared/data")
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for language in WESTERN:
        texts = [row["text"] for row in rows if row["lang"] == language]
        assert texts, language
        for start in range(0, len(texts), 8):
            body = " <p>".join(texts[start : start + 8]).encode("cp1252", "xmlcharrefreplace")
            if sum(byte > 127 for byte in body) >= 10:
                assert decode(body, "iso-8859-1")[0] == body.decode("cp1252"), (language, start)


def test_a_foreign_declaration_of_a_latin_page_is_overruled() -> None:
    """And the reverse, as far as there are enough accents to tell."""
    latin = [page for page in recoded() if page[0] in LATIN]
    assert share_exact(latin, "windows-1251") >= 0.9


def test_no_real_page_is_given_control_characters() -> None:
    """Real pages in legacy charsets, as their servers sent them, hold no C1 controls decoded."""
    archives = [PAGES.parent / "pages" / name for name in ("main-text.warc.gz", "web.warc.gz")]
    if not all(archive.exists() for archive in archives):
        pytest.skip("no real pages in ../shared/data")
    splits = [split for archive in archives for split in plan_splits(str(archive), 1 << 40)]
    pages = [page for split in splits for page in read_records(split, 1 << 24)]
    legacy = [page for page in pages if isinstance(page, Page) and not is_utf8(page.body)]
    assert len(legacy) > 50
    for page in legacy:
        assert not re.search("[\x80-\x9f]", decode(page.body, page.charset)[0]), page.capture.url


@pytest.mark.parametrize(
    ("text", "codec", "declared", "used"),
    [
        (RUSSIAN, "utf-8", "windows-1251", "utf-8"),
        (GERMAN, "utf-8", "iso-8859-1", "utf-8"),
        (GERMAN, "cp1252", "", "cp1252"),
        (GERMAN, "cp1252", "utf-8", "cp1252"),
        ("It’s “quoted” – 5 €", "cp1252", "iso-8859-1", "cp1252"),
        (CZECH, "cp1250", "iso-8859-1", "cp1250"),
        (CZECH, "iso8859-2", "iso-8859-1", "iso8859-2"),
        (TURKISH, "cp1254", "iso-8859-1", "cp1254"),
        (ICELANDIC, "cp1252", "iso-8859-1", "cp1252"),
        ("José paid £5, René paid ½. ", "cp1252", "iso-8859-1", "cp1252"),
        ("Où est-il? ", "cp1252", "iso-8859-1", "cp1252"),
        (RUSSIAN, "cp1251", "windows-1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-r", "koi8-r"),
        (RUSSIAN, "cp1251", "iso-8859-1", "cp1251"),
        (RUSSIAN, "koi8-r", "windows-1251", "koi8-u"),
        (GREEK, "iso8859-7", "windows-1252", "iso8859-7"),
        (JAPANESE, "cp932", "x-sjis", "cp932"),
        (JAPANESE, "euc_jp", "", "euc_jp"),
        (JAPANESE, "iso2022_jp", "", "iso2022_jp"),
        (KOREAN, "cp949", "euc-kr", "cp949"),
        (KOREAN, "cp949", "", "cp949"),
        (KOREAN + "똠방각하 펲시콜라 ", "cp949", "ks_c_5601-1987", "cp949"),
        (CHINESE, "gb18030", "GB2312", "gb18030"),
        (CHINESE, "gb18030", "utf-8", "gb18030"),
        (THAI, "tis-620", "tis-620", "cp874"),
        ("plain words", "ascii", "windows-1251", "utf-8"),
        ("", "ascii", "koi8-r", "utf-8"),
    ],
)
def test_the_codec_used(text: str, codec: str, declared: str, used: str) -> None:
    """Labels mean what browsers take them for; UTF-8 shows by itself; contradictions lose."""
    assert decode((text * 5).encode(codec), declared) == (text * 5, used)


@pytest.mark.parametrize(
    "tag",
    [
        '<meta charset="windows-1257">',
        "<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=windows-1257'>",
        '<?xml version="1.0" encoding="windows-1257"?>',
    ],
)
def test_the_page_declares_where_the_server_does_not(tag: str) -> None:
    """`<meta>` and the XML declaration count, after the HTTP header."""
    text = f"{tag}<p>Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė"
    body = text.encode("cp1257")
    assert decode(body, "") == (text, "cp1257")
    assert decode(body, "iso-8859-2")[1] == "iso8859-2"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_goes_before_all(codec: str) -> None:
    """And is no part of the text."""
    body = ("\ufeff<p>" + RUSSIAN).encode(codec)
    assert decode(body, "iso-8859-1") == ("<p>" + RUSSIAN, codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_shows_by_its_first_tag(codec: str) -> None:
    """`<` beside a NUL is UTF-16, as the XML specification says."""
    assert decode(("<p>" + RUSSIAN).encode(codec), "") == ("<p>" + RUSSIAN, codec)


def test_damaged_utf8_stays_utf8() -> None:
    """A page cut inside a character, or with a stray byte, loses that character only."""
    text = (RUSSIAN * 20).rstrip(". ")
    cut = text.encode()[:-1]
    assert decode(cut, "iso-8859-1") == (text[:-1] + "\ufffd", "utf-8")
    assert decode(text.encode() + b"\xff<p>", "") == (text + "\ufffd<p>", "utf-8")


def test_a_stray_byte_does_not_refute_a_declaration() -> None:
    """One bad byte in a long page is replaced, and the charset stays."""
    body = (CHINESE * 20).encode("gb18030") + b"\xff"
    assert decode(body, "gb2312") == (CHINESE * 20 + "\ufffd", "gb18030")


def test_nuls_are_replaced() -> None:
    """A NUL is no text, and some parsers stop at it."""
    assert decode(b"a\0b", "") == ("a\ufffdb", "utf-8")


LABELS = [
    "",
    "utf-8",
    "latin1",
    "gbk",
    "big5",
    "utf-7",
    "utf-16",
    "hz",
    "x\0y",
    "☃",
    "rot13",
    "hex",
]


@given(body=st.binary(max_size=400), declared=st.sampled_from(LABELS) | st.text(max_size=12))
def test_nothing_raises(body: bytes, declared: str) -> None:
    """Any bytes under any label give text that can be encoded."""
    text, codec = decode(body, declared)
    text.encode("utf-8")
    assert "\0" not in text
    assert body.decode(codec, "replace")[-1:] in {text[-1:], "\0", "\ufeff"}


@given(text=st.text(alphabet=st.characters(exclude_characters="\0\ufeff"), max_size=300))
def test_utf8_is_decoded_exactly_whatever_is_declared(text: str) -> None:
    """Characters beyond ASCII, in valid UTF-8, leave no doubt."""
    body = text.encode("utf-8", "ignore")
    if b"\x1b$" not in body:
        assert decode(body, "shift_jis") == (body.decode(), "utf-8")
