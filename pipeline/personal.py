"""Personal data and secrets in a text, and the placeholders that stand in their place.

The kinds are the rows of `KINDS`, in the order in which they are searched: the more a form proves,
the earlier. Where two kinds overlap, the earlier one has the span.

A placeholder is a name in angle brackets, `<EMAIL>`, as in StarCoder's data (Li et al. 2023),
rather than a made-up value such as FineWeb's `email@example.com`. It is the same in every language,
says what stood there, can be counted and made one token, and a model that has learned it names no
address or number that somebody has. It holds neither digits nor `@`, and no pattern reaches across
an angle bracket (but for `<br>` in a private key), so that a later run finds nothing in
placeholders or because of them.

Left alone, as they are nobody's: what is reserved for documentation, examples and private networks,
and social security numbers that are never issued.

All patterns are linear in the text's length, whatever it holds.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from types import MappingProxyType

import regex
from stdnum import iban, luhn
from stdnum.us import ssn

from pipeline.credentials import find_secrets
from pipeline.phones import find_phones
from pipeline.records import Edit
from pipeline.scan import LETTER, SPACES, Scan, Span, before
from pipeline.urls import registered_domain


def find(text: str, language: str, kinds: Collection[str]) -> list[Edit]:
    """Find personal data and secrets, each with the placeholder that replaces it.

    Applied, the edits leave a text in which nothing is found.

    Args:
        text: Any text.
        language: Its tag, from which the countries follow whose national formats of
            telephone numbers are known; numbers with a country code are found in any language.
        kinds: Names in `KINDS`.

    Returns:
        The edits in order; they do not overlap.
    """
    scan = Scan(text, language)
    chosen = [kind for kind in KINDS.values() if kind.name in kinds]
    edits: list[Edit] = []
    # What is taken can lay bare something beside it, seldom more than once.
    for _ in range(_MOST_ROUNDS):
        before = len(edits)
        for kind in chosen:
            if spans := list(kind.find(scan)):
                edits += [Edit(*span, kind.name, kind.placeholder) for span in scan.take(spans)]
        if len(edits) == before:
            break
    return sorted(edits, key=lambda edit: edit.start)


_MOST_ROUNDS = 8


# E-mail. Local parts are of scripts that put spaces between words: others would run into them.

_EMAIL = re.compile(
    rf"(?<![{LETTER}_])(?<![{LETTER}_][.%+'-])[{LETTER}_][{LETTER}_.%+'-]{{0,63}}+"
    r"(?:[@＠]|[ ]?[\[(]at[\])][ ]?)"
    rf"(?P<domain>[{LETTER}-]{{1,63}}+"
    rf"(?:(?:\.|[ ]?[\[(]dot[\])][ ]?)[{LETTER}-]{{1,63}}+){{1,8}}+)"
    r"(?![@＠]|_\w|:(?!\d{2,5}(?![\w/]))[\w~/])",
    re.IGNORECASE,
)
_AT = ("@", "＠", "(at)", "[at]")
_LINE_WITH_AT = re.compile(r"(?:[@＠]|[\[(]at[\])])[^\n]*+", re.IGNORECASE)
_DOT = re.compile(r"\.|[ ]?[\[(]dot[\])][ ]?", re.IGNORECASE)
_FUSED = re.compile("[a-z]{2,}(?=[A-Z])")
# Reserved names; versions, as in `package@1.2.3-beta.io`; files of Python, for nearly all of
# Paraguay is one level below.
_NO_MAIL_DOMAIN = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|localhost|test)"
    r"|[0-9]+\.[0-9]+\..*|[^.]+\.py",
    re.IGNORECASE,
)


def _emails(scan: Scan) -> Iterator[Span]:
    if not any(map(scan.text.__contains__, _AT)):
        return
    for line in _LINE_WITH_AT.finditer(scan.text):
        begin = scan.text.rfind("\n", 0, line.start()) + 1
        for match in _EMAIL.finditer(scan.text, begin, line.end()):
            domain = match["domain"][: _domain_length(match["domain"])]
            if domain and not _NO_MAIL_DOMAIN.fullmatch(_DOT.sub(".", domain)):
                yield _bracketed(scan.text, match.start(), match.start("domain") + len(domain))


def _domain_length(text: str) -> int:
    """How much of a text is a domain, as the next word may follow without a space; 0 for none."""
    dots = [match.span() for match in _DOT.finditer(text)]
    stops = [*(start for start, _ in dots[1:]), len(text)]
    for (_, start), stop in zip(reversed(dots), reversed(stops), strict=True):
        if _is_top_level(text[start:stop].lower()):
            return stop
        fused = _FUSED.match(text, start, stop)
        if fused and _is_top_level(fused[0]):
            return fused.end()
    return 0


def _bracketed(text: str, start: int, stop: int) -> Span:
    """A span with the angle brackets around it, so that `Name <address>` has them once."""
    bracketed = text[start - 1 : start] == "<" and text[stop : stop + 1] == ">"
    return (start - 1, stop + 1) if bracketed else (start, stop)


@lru_cache(maxsize=1 << 12)
def _is_top_level(label: str) -> bool:
    """Whether domains are registered below a name, at whatever level."""
    below = f"a.b.c.{label}"
    return registered_domain(below) != below


# Numbers with checks of their own.

_GAPS = f"{SPACES}-"
_IBAN = regex.compile(
    rf"[0-9]{{2}}(?<=(?<![A-Za-z0-9])(?P<country>[A-Za-z]{{2}}|[A-Z]{{2}}[{SPACES}])[0-9]{{2}})"
    r"(?:[A-Za-z0-9]{11,30}+(?![A-Za-z0-9])"
    rf"|(?:[{_GAPS}][A-Za-z0-9]{{4}}(?![A-Za-z0-9])){{2,7}}+"
    rf"(?:[{_GAPS}][A-Za-z0-9]{{1,3}}(?![A-Za-z0-9]))?+)"
)


def _ibans(scan: Scan) -> Iterator[Span]:
    if not scan.numbers:
        return
    for match in _IBAN.finditer(scan.text):
        start, stop = match.start("country"), match.end()
        # Words may follow that look like a group of the number.
        while stop > start and not _is_iban(scan.text[start:stop]):
            gaps = [scan.text.rfind(gap, start, stop) for gap in _GAPS]
            stop = max(gaps)
        if stop > start:
            yield start, stop


def _is_iban(number: str) -> bool:
    # The checks by country go by lists of banks, which grow old.
    return iban.is_valid(number, check_country=False)


_CARD = re.compile(
    rf"(?<![\w.,/=#+-])(?<!\d[{SPACES}])"
    rf"(?:[0-9]{{12,19}}+|[0-9]{{4}}(?P<gap>[{_GAPS}])"
    r"(?:[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{3,4}+"
    r"(?:(?P=gap)[0-9]{3})?+|[0-9]{6}(?P=gap)[0-9]{4,5}+))(?!\w|[.,/-]\d)",
    re.ASCII,
)
# A Visa number of 13 digits, no longer issued, looks like an article number.
_ISSUERS = {
    "American Express": "3[47][0-9]{13}",
    "Diners Club": "3(?:0[0-5]|[689][0-9])[0-9]{11}",
    "Discover": "(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}",
    "JCB": "35(?:2[89]|[3-8][0-9])[0-9]{12}",
    "Maestro": "(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{8,15}",
    "Mastercard": "(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)"
    "[0-9]{12}",
    "UnionPay": "62[0-9]{14,17}",
    "Visa": "4[0-9]{15}(?:[0-9]{3})?",
}
_ISSUED = re.compile("|".join(_ISSUERS.values()))
_CARD_WORD = re.compile(
    r"(?:card|credit|debit|visa|mastercard|amex|maestro|\bcc|karte|carte|tarjeta|cartão|carta"
    r"|карт\w{1,3}|卡|カード)[^\d\n<>]{0,20}\Z",
    re.IGNORECASE,
)


def _cards(scan: Scan) -> Iterator[Span]:
    for match in _in_numbers(_CARD, scan):
        digits = re.sub(f"[{_GAPS}]", "", match[0])
        issued = _ISSUED.fullmatch(digits) or _CARD_WORD.search(before(scan.text, match.start()))
        if issued and luhn.is_valid(digits):
            yield match.span()


_SSN = re.compile(
    r"(?<![\w./-])(?:[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}[ ]?[0-9]{2}[ ]?[0-9]{4})(?![\w/]|[.-]\d)",
    re.ASCII,
)
_SSN_WORD = re.compile(r"(?:\bSSN?|social security)[^\d\n<>]{0,20}\Z", re.IGNORECASE)


def _ssns(scan: Scan) -> Iterator[Span]:
    for match in _in_numbers(_SSN, scan):
        dashed = match[0].count("-") == 2
        if ssn.is_valid(match[0].replace(" ", "")) and (
            dashed or _SSN_WORD.search(before(scan.text, match.start()))
        ):
            yield match.span()


def _in_numbers(pattern: re.Pattern[str], scan: Scan) -> Iterator[re.Match[str]]:
    """Matches that begin in the text's numbers; a pattern may look one step beyond a number."""
    for start, stop in scan.numbers:
        yield from pattern.finditer(scan.text, start, stop + 2)


# IP addresses.

_IPV4 = re.compile(r"(?<![\w.@+-])(?<!\w/)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\w|[.-]\d)", re.ASCII)
# Four parts, wherever they are: a cheap first test.
_DOTTED = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
# With few digits it may be a section: a word, a port or a mask says that it is an address.
_IP_DIGITS = 7
_IP_WORD = re.compile(
    r"(?:\b(?:ip|ipv4|dns|host|proxy|gateway|name[ -]?server|resolver|ping|traceroute|tracert|whois"
    r"|nslookup|address(?:es)?|adresse?)(?!\w)(?:[^\w\n<>]{1,4}(?!ver|build|release|firmware|section)"
    r"[^\W\d]{1,10}){0,2}[^\w\n<>]{1,4}|://)\Z",
    re.IGNORECASE,
)
_PORT_OR_MASK = re.compile(r":[0-9]{2,5}(?![\w:]|\.\d)|/(?:[89]|[12][0-9]|3[0-2])(?![\w/]|\.\d)")
_VERSION = re.compile(
    r"(?:\bv|\bver|version|release|build|firmware|driver|update|rev|section|chapter|§)"
    r"[^\w\n<>]{0,3}\Z",
    re.IGNORECASE,
)
_IPV6_MARK = re.compile(r":(?::|[0-9a-fA-F]{1,4}:(?::|[0-9a-fA-F]{1,4}:))")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F:]{8,39}+(?![\w:])", re.ASCII)
_ALLOCATED = IPv6Network("2000::/3")


def _ips(scan: Scan) -> Iterator[Span]:
    if _DOTTED.search(scan.text):
        for match in _IPV4.finditer(scan.text):
            if _is_public(match[0]) and _is_address(scan.text, *match.span()):
                yield match.span()
    if _IPV6_MARK.search(scan.text):
        for match in _IPV6.finditer(scan.text):
            # `Dead::Beef` is a name in a program before it is an address.
            whole = match[0].count(":") == 7 and "::" not in match[0]
            if match[0].count(":") >= 3 and _is_public(match[0], whole):
                yield match.span()


def _is_address(text: str, start: int, stop: int) -> bool:
    """Whether four numbers with dots are an address rather than a version or a section."""
    lead = before(text, start)
    if _VERSION.search(lead):
        return False
    if stop - start >= _IP_DIGITS + 3:
        return True
    return bool(_IP_WORD.search(lead) or _PORT_OR_MASK.match(text, stop))


def _is_public(address: str, unallocated: bool = False) -> bool:
    try:
        if ":" not in address:
            ip = IPv4Address(address)
            return ip.is_global and not ip.is_multicast
        ip6 = IPv6Address(address)
        return ip6.is_global and (unallocated or ip6 in _ALLOCATED)
    except AddressValueError:
        return False


@dataclass(frozen=True)
class Kind:
    """A kind of personal data.

    Attributes:
        name: Its name in the configuration, in edits and in counts.
        placeholder: What stands in its place.
        meaning: What is taken.
        source: Where its form is defined.
        find: Yields the spans in a text.
    """

    name: str
    placeholder: str
    meaning: str
    source: str
    find: Callable[[Scan], Iterator[Span]]


def _secrets(scan: Scan) -> Iterator[Span]:
    return find_secrets(scan.text)


_ROWS = (
    Kind("secret", "<SECRET>", "keys, tokens and passwords", "pipeline.credentials", _secrets),
    Kind(
        "email",
        "<EMAIL>",
        "addresses under a public suffix, also with `[at]` and `[dot]`",
        "RFC 5322, RFC 2606, publicsuffix.org",
        _emails,
    ),
    Kind("iban", "<IBAN>", "account numbers with right check digits", "ISO 13616", _ibans),
    Kind(
        "ip_address",
        "<IP_ADDRESS>",
        "public IPv4 addresses, with under seven digits only if named or with a port or mask,"
        " public IPv6 addresses",
        "RFC 791, RFC 4291, IANA special-purpose registries",
        _ips,
    ),
    Kind(
        "credit_card",
        "<CREDIT_CARD>",
        "numbers of known issuers, or named as a card's, with the right check digit",
        "ISO/IEC 7812",
        _cards,
    ),
    Kind(
        "us_ssn",
        "<US_SSN>",
        "social security numbers with dashes, or named as such",
        "https://www.ssa.gov/employer/verifySSN.htm",
        _ssns,
    ),
    Kind(
        "phone",
        "<PHONE>",
        "numbers with a country code, grouped as usual in the language's countries, or named",
        "ITU-T E.164, libphonenumber",
        find_phones,
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ROWS})
"""The kinds by name, in the order in which they are searched."""
