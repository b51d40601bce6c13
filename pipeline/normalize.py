"""Text as it is stored: NFC, without characters that carry nothing."""

import unicodedata

import regex

_LINE_END = regex.compile(r"\r\n|[\r\x0B\x0C\x85\u2028\u2029]")
# Controls but newline and tab, the format characters that carry no text (zero-width space, word
# joiner, soft hyphen, byte-order mark, bidirectional overrides, tags), lone surrogates,
# noncharacters. Zero-width joiner and non-joiner stay: they decide spelling in Persian, Hindi and
# Bengali.
_NOISE = regex.compile(
    r"[\x00-\x08\x0B-\x1F\x7F-\x9F\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F"
    r"\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E007F\uD800-\uDFFF\p{Noncharacter_Code_Point}]"
)


def clean(text: str) -> str:
    """Unicode NFC, line feeds as line ends, no control or zero-width characters, no blank edges."""
    text = _LINE_END.sub("\n", text)
    return unicodedata.normalize("NFC", _NOISE.sub("", text)).strip()


def clean_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean(" ".join(text.split())).split())
