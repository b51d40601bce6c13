"""Telephone numbers in a text: with a country code, grouped as usual in a country, or named so."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import langcodes
from phonenumbers import (
    SUPPORTED_REGIONS,
    Leniency,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberMatcher,
    is_possible_number,
    is_valid_number,
    parse,
)

from classifiers.languagetags import bcp47
from pipeline.scan import LETTER, SPACES, Scan, Span, before

_MOST_PHONE_DIGITS = 48
# A postal code may stand before a number with other gaps.
_PHONE_BREAK = re.compile(r"\s*+/\s*+|\s++[-–—]\s++|\s++(?=\(|\d+[.-]\d+[.-]\d)")
# A sentence ends, or a remark begins: what follows is another matter.
_PHONE_END = re.compile(r"\.\s++|\s*+\((?![^()]*+\))")
_EXTENSION = re.compile(
    r"[ ]?(?:x|ext|extension|доб|poste|int|durchwahl)[.:]?[ ]?[0-9]{1,6}(?!\w)", re.IGNORECASE
)
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:1[5-9]|20)[0-9]{2}"
_CLOCK = "(?:[01][0-9]|2[0-4])[0-5][0-9]"
_BAND = "(?:[7-9]00|850|1[7-9]00|2[1356]00)"
_NO_PHONE = re.compile(
    rf"{_YEAR}(?:\D{{1,4}}{_YEAR})++"  # years
    rf"|{_CLOCK}\s+[-–—]\s+{_CLOCK}|{_BAND}(?:\s?/\s?{_BAND})+"  # opening hours, radio bands
    r"|\d{1,2}\.\d{1,2}\s?[-–—]\s?\d{1,2}\.\d{1,2}(?:\s.*)?"  # a range of decimals
    rf"|(?:{_DAY}(?P<a>[./-]){_MONTH}|{_MONTH}(?P<b>[./-]){_DAY})(?:(?P=a)|(?P=b))"
    rf"(?:{_YEAR}|[0-9]{{2}})(?:\s.*)?"
    rf"|{_YEAR}(?P<c>[./-]?){_MONTH}(?P=c){_DAY}(?:\s.*)?"  # dates
    r"|\d{1,3}(?:\.\d{3})++|\d+\.\d+"  # thousands, a decimal
)
# Telephone numbers only where a word says so.
_UNNAMED_NO_PHONE = re.compile(
    r"\d{5}-\d{3,4}|\d{4}\s?[-–—]\s?\d{4}"  # postal codes, ISSNs, numbers with a year
    r"|[1-9](?!\d\d/\d{3}[.-]\d{4}\Z)[^/]*+/.*"  # types and alternatives
)
# A telephone number, or an amount; which of them, the last digits say and what stands beside it.
_THOUSANDS = re.compile(rf"[1-9]\d{{0,2}}(?:[{SPACES}]\d{{3}}){{2,}}+")
_MONEY_BEFORE = re.compile(rf"(?:[$€£¥₹₽₩₴]|\b[A-Z]{{3}})[{SPACES}]\Z")
_COUNTED_AFTER = re.compile(rf"[{SPACES}](?:[$€£¥₹₽₩₴%]|[A-Z]{{3}}\b|Kč|Ft\b|(?![A-Z])[^\W\d_])")
_NEVER_BEFORE_PHONE = re.compile(rf"(?:[{LETTER}_$€£¥₹₽₩₴#=@%]|[{LETTER}]/)\Z")
_NEVER_AFTER_PHONE = re.compile(r"[_$€£¥₹₽₩₴#=@%]|/[^\W\d]")
_PHONE_WORD = re.compile(
    r"(?:(?<![^\W\d_])(?:phone|telephone|tel[eé]fon\w{0,8}|t[eé]l[eé]phone|t[eé]l|telefoon\w{0,6}"
    r"|ph|mobile|mobil|mob|m[oó]vil|celular|cell|cellphone|handy|fax|whatsapp|puh\w{0,6}|hotline"
    r"|gsm(?=[ ]?[.:])|телефон\w{0,3}|тел|факс|моб|τηλ\w{0,6}|điện thoại|sđt|dial|toll[ -]free"
    r"|call(?! number)|(?:ring|text|reach|contact)(?:[ ]\w{1,12}){0,2}[ ](?:at|on))"
    r"|(?:電話|电话|手机|传真|전화|연락처)(?:番号|号码|號碼|번호)?"
    r"|โทร(?:ศัพท์)?|هاتف|تلفن|جوال|موبايل|फ़ोन|फोन|☎|☏|📞|📱|✆)"
    # At most two words between, as in "phone number is", on the same line.
    r"(?:[^\w<>]{0,4}|[^\w\n<>]{1,4}(?:[^\W\d]{1,10}[^\w\n<>]{1,4}){1,2})\Z",
    re.IGNORECASE,
)
_PHONE_WORD_AFTER = re.compile(
    r"[^\w\n<>]{0,3}(?:fax|tel|phone|mobile|mob|cell|office)[.]?(?=[ ]?(?:[\n,;|)-]|\Z))",
    re.IGNORECASE,
)
# Elsewhere a maker of printers.
_HP_LANGUAGES = ("ind_Latn", "zsm_Latn")
_HP = re.compile(r"(?<!\w)(?:no[. ]{1,2})?hp[^\w<>]{0,4}\Z", re.IGNORECASE)
_SHORTEST, _LONGEST = 7, 15

# Where a language is written; of many countries, those with the most people who read it.
_COUNTRIES = {
    "ar": "EG SA AE MA DZ IQ JO",
    "bn": "BD IN",
    "de": "DE AT CH",
    "el": "GR CY",
    "en": "US CA GB AU IN NZ IE ZA",
    "es": "ES MX AR CO CL PE VE EC",
    "fa": "IR AF",
    "fr": "FR BE CH CA",
    "it": "IT CH",
    "ms": "MY SG",
    "nl": "NL BE",
    "pt": "BR PT",
    "ro": "RO MD",
    "ru": "RU UA BY KZ",
    "sv": "SE FI",
    "sw": "TZ KE",
    "ta": "IN LK",
    "ur": "PK IN",
    "zh": "CN TW HK",
}


def find_phones(scan: Scan) -> Iterator[Span]:
    """The spans of telephone numbers, with their extensions."""
    for start, stop in scan.numbers:
        for first, last in _phones_in(scan.text, start, stop, scan.language):
            extension = _EXTENSION.match(scan.text, last)
            yield first, extension.end() if extension else last


def _phones_in(text: str, start: int, stop: int, language: str) -> list[Span]:
    """Telephone numbers in a run of digits and gaps: all of it, or what stands between breaks."""
    start = _with_lead(text, start, stop)
    if sum(map(str.isdecimal, text[start:stop])) > _MOST_PHONE_DIGITS:
        return []
    pieces = _pieces(_PHONE_END, text, start, stop)
    found = [span for piece in pieces for span in _phones_between(text, *piece, language)]
    return found or (_phones_between(text, start, stop, language) if len(pieces) > 1 else [])


def _phones_between(text: str, start: int, stop: int, language: str) -> list[Span]:
    pieces = _pieces(_PHONE_BREAK, text, start, stop)
    if _is_phone(text, start, stop, language):
        ends = (end for _, end in pieces[:-1] if _goes_on(text[start:stop], end - start, language))
        return [(start, next(ends, stop))]
    return [piece for piece in pieces if len(pieces) > 1 and _is_phone(text, *piece, language)]


def _pieces(breaks: re.Pattern[str], text: str, start: int, stop: int) -> list[Span]:
    between = [match.span() for match in breaks.finditer(text, start, stop)]
    starts = [start, *(end for _, end in between)]
    stops = [*(begin for begin, _ in between), stop]
    return list(zip(starts, stops, strict=True))


def _goes_on(number: str, length: int, language: str) -> bool:
    """Whether a number is right to a length, wrong as a whole, and the rest too short for one."""
    first, digits, all_digits = number[:length], _digits(number[:length]), _digits(number)
    if not 0 < len(all_digits) - len(digits) < _SHORTEST <= len(digits):
        return False
    if _is_international(first):
        return not _is_international(number)
    countries = [one for one in _countries(language) if _is_national(first, digits, one)]
    fits = any(_national_pattern(country).fullmatch(all_digits) for country in countries)
    return bool(countries) and not fits


def _with_lead(text: str, start: int, stop: int) -> int:
    """Where a number begins that may have a plus sign or a bracket, if it is closed, before it."""
    for _ in range(2):
        before = text[start - 1 : start]
        if before in ("+", "＋") or (before == "(" and ")" in text[start:stop]):
            start -= 1
    return start


def _is_phone(text: str, start: int, stop: int, language: str) -> bool:
    number = text[start:stop]
    digits = _digits(number)
    if not _SHORTEST <= len(digits) <= _LONGEST or _NO_PHONE.fullmatch(number.lstrip("+＋")):
        return False
    if _NEVER_BEFORE_PHONE.search(text, max(0, start - 2), start) and number[0].isdecimal():
        return False
    if _NEVER_AFTER_PHONE.match(text, stop):
        return False
    if _is_named(text, start, stop, language):
        return True
    thousands = _THOUSANDS.fullmatch(number) is not None
    if thousands and _is_amount(text, start, stop):
        return False
    return _is_international(number) or (
        digits != number
        and not _UNNAMED_NO_PHONE.fullmatch(number)
        and any(
            _is_national(number, digits, country)
            for country in _countries(language)
            # Where numbers begin with a zero, what does not is the likelier an amount.
            if not (thousands and _metadata(country).national_prefix)
        )
    )


def _is_named(text: str, start: int, stop: int, language: str) -> bool:
    """Whether a word says that a number is a telephone's."""
    lead = before(text, start)
    if _PHONE_WORD.search(lead) or _PHONE_WORD_AFTER.match(text, stop):
        return True
    begins = text.startswith(("0", "6"), start)
    return begins and language in _HP_LANGUAGES and _HP.search(lead) is not None


def _is_amount(text: str, start: int, stop: int) -> bool:
    """Whether a number with gaps at thousands is round, money or followed by what it counts."""
    return (
        text.endswith("000", start, stop)
        or _MONEY_BEFORE.search(text, max(0, start - 4), start) is not None
        or _COUNTED_AFTER.match(text, stop) is not None
    )


def _digits(number: str) -> str:
    return "".join(str(int(char)) for char in number if char.isdecimal())


@lru_cache(maxsize=1 << 14)
def _is_international(number: str) -> bool:
    """Whether a country code and a number follow `+`, of a right length, or `00`, an assigned one.

    The plus sign says more than the zeros do.
    """
    number = number.lstrip("(")
    try:
        if number[0] in "+＋":
            return is_possible_number(parse(number))
        return number.startswith("00") and is_valid_number(parse(f"+{number[2:]}"))
    except NumberParseException:
        return False


@lru_cache(maxsize=1 << 14)
def _is_national(number: str, digits: str, country: str) -> bool:
    """Whether a number is valid in a country and written with the gaps that are usual there."""
    if not _national_pattern(country).fullmatch(digits):
        return False
    found = PhoneNumberMatcher(number, country, Leniency.STRICT_GROUPING, max_tries=1)
    return any(_digits(match.raw_string) == digits for match in found)


@cache
def _national_pattern(country: str) -> re.Pattern[str]:
    """What all numbers of a country look like without gaps: a cheap test before the dear one."""
    metadata = _metadata(country)
    assert metadata.general_desc
    prefix = metadata.national_prefix_for_parsing or ""
    return re.compile(f"(?:{prefix})?(?:{metadata.general_desc.national_number_pattern})")


def _metadata(country: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(country)
    assert metadata
    return metadata


@lru_cache
def _countries(language: str) -> tuple[str, ...]:
    code = bcp47(language)
    if listed := _COUNTRIES.get(code):
        return tuple(listed.split())
    tag = langcodes.Language.get(code)
    territory = tag.maximize().territory if tag.language and tag.is_valid() else None
    return (territory,) if territory in SUPPORTED_REGIONS else ()
