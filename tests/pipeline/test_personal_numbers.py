"""Numbers of cards, accounts, people and telephones are found, and ordinary numbers stay."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from tests.pipeline.masking import masked

CARDS = {  # Numbers that payment services publish for tests.
    "Visa": "4111111111111111",
    "Visa of 19 digits": "4988080000000000006",
    "Mastercard": "5555555555554444",
    "Mastercard, new range": "2223003122003222",
    "American Express": "378282246310005",
    "Discover": "6011111111111117",
    "Diners Club": "30569309025904",
    "JCB": "3530111333300000",
    "UnionPay": "6200000000000005",
    "Maestro": "6759649826438453",
}


def luhn_digit(digits: str) -> str:
    """The check digit, from the algorithm's definition in ISO/IEC 7812-1, annex B."""
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


CARDS["Visa of 19 digits"] = CARDS["Visa of 19 digits"][:-1] + luhn_digit("498808000000000000")


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
def test_card_numbers_of_every_issuer_are_replaced(number: str) -> None:
    assert masked(f"paid with {number}, thanks") == "paid with <CREDIT_CARD>, thanks"


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "5555-5555-5555-4444",
        "3714 4963 5398 431",
        "3782 822463 10005",
        "3056 930902 5904",
    ],
)
def test_card_numbers_are_replaced_as_cards_show_them(text: str) -> None:
    assert masked(f"Number: {text}; expires 12/27") == "Number: <CREDIT_CARD>; expires 12/27"


@given(st.sampled_from(sorted(CARDS.values())), st.integers(0, 18), st.integers(1, 9))
def test_a_card_number_with_one_wrong_digit_stays(number: str, place: int, add: int) -> None:
    place %= len(number)
    wrong = number[:place] + str((int(number[place]) + add) % 10) + number[place + 1 :]
    assert masked(f"card {wrong}", kinds=frozenset({"credit_card"})) == f"card {wrong}"


def test_numbers_are_found_in_scripts_without_spaces() -> None:
    assert (
        masked("卡号4111111111111111和531-21-7351。", "cmn_Hani") == "卡号<CREDIT_CARD>和<US_SSN>。"
    )


def test_a_number_of_no_issuer_is_a_card_only_where_it_is_called_one() -> None:
    number = "998877665544332" + luhn_digit("998877665544332")
    assert masked(f"my card {number}") == "my card <CREDIT_CARD>"
    assert masked(f"parcel {number}") == f"parcel {number}"


IBANS = (
    """
AT61 1904 3002 3457 3201|BE68 5390 0754 7034|CH93 0076 2011 6238 5295 7|DE89 3704 0044 0532 0130 00
ES91 2100 0418 4502 0005 1332|FR14 2004 1010 0505 0001 3M02 606|GB29 NWBK 6016 1331 9268 19
IT60 X054 2811 1010 0000 0123 456|NL91 ABNA 0417 1643 00|NO93 8601 1117 947
MT84 MALT 0110 0001 2345 MTLC AST0 01S|PL61 1090 1014 0000 0712 1981 2874
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("iban", IBANS)
@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda iban: iban.replace(" ", ""),
        str.lower,
        lambda iban: f"{iban[:2]} {iban[2:]}",
        lambda iban: iban.replace(" ", "\u202f"),
        lambda iban: iban.replace(" ", "\u2009"),
    ],
)
def test_ibans_are_replaced_in_print_and_electronic_form(iban: str, form: type[str]) -> None:
    """The examples of the SWIFT registry."""
    assert masked(f"Pay to {form(iban)} then write") == "Pay to <IBAN> then write"


@given(st.sampled_from(IBANS), st.integers(2, 40), st.integers(1, 9))
def test_an_iban_with_one_wrong_digit_stays(iban: str, place: int, add: int) -> None:
    place = [i for i, char in enumerate(iban) if char.isdigit()][place % 10]
    wrong = iban[:place] + str((int(iban[place]) + add) % 10) + iban[place + 1 :]
    assert masked(wrong, kinds=frozenset({"iban"})) == wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is 531-21-7351.", "it is <US_SSN>."),
        ("SSN: 531 21 7351", "SSN: <US_SSN>"),
        ("Social Security number is 531217351", "Social Security number is <US_SSN>"),
    ],
)
def test_social_security_numbers_are_replaced(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "531217351 units",
        "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000",
        "078-05-1120 was printed on a sample card",
        "CAS 7732-18-5 and part 12-531-21-7351",
    ],
)
def test_what_is_no_social_security_number_stays(text: str) -> None:
    assert masked(text, kinds=frozenset({"us_ssn"})) == text


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("eng_Latn", "Call (212) 555-2368 now", "Call <PHONE> now"),
        ("eng_Latn", "in Boston, MA 02109, 617.439.9559", "in Boston, MA 02109, <PHONE>"),
        ("eng_Latn", "MA 02109 617.439.9559", "MA 02109 <PHONE>"),
        ("eng_Latn", "ring 01603 616398 x12 today", "ring <PHONE> today"),
        ("eng_Latn", "800-487-1074/651-407-6100", "<PHONE>/<PHONE>"),
        ("eng_Latn", "Brian 602/621-9615", "Brian <PHONE>"),
        ("eng_Latn", "(+32 2 296 64 30)", "(<PHONE>)"),
        ("eng_Latn", "phone number is 5331 0577", "phone number is <PHONE>"),
        ("eng_Latn", "5331 0577 (fax)", "<PHONE> (fax)"),
        ("deu_Latn", "Tel.: 030/123456-78, Fax: 030/12345679", "Tel.: <PHONE>, Fax: <PHONE>"),
        ("deu_Latn", "Büro 0821 – 246 1993", "Büro <PHONE>"),
        ("fra_Latn", "au 01 42 68 53 00.", "au <PHONE>."),
        ("jpn_Jpan", "電話番号：03-1234-5678", "電話番号：<PHONE>"),
        ("jpn_Jpan", "本社03-1234-5678まで", "本社<PHONE>まで"),
        ("eng_Latn", "Office(205) 837-1174", "Office<PHONE>"),
        ("jpn_Jpan", "０３－１２３４－５６７８", "<PHONE>"),
        ("rus_Cyrl", "тел. 8 (495) 123-45-67", "тел. <PHONE>"),
        ("arb_Arab", "هاتف: ٠١٢٣٤٥٦٧٨٩", "هاتف: <PHONE>"),
        ("xx", "or 0049 30 901820", "or <PHONE>"),
    ],
)
def test_telephone_numbers_are_replaced(language: str, text: str, expected: str) -> None:
    assert masked(text, language) == expected


NATIONAL = {
    "arb_Arab": "EG", "bul_Cyrl": "BG", "ces_Latn": "CZ", "dan_Latn": "DK", "deu_Latn": "CH",
    "ell_Grek": "GR", "eng_Latn": "ZA", "spa_Latn": "MX", "fas_Arab": "IR", "fin_Latn": "FI",
    "fra_Latn": "BE", "heb_Hebr": "IL", "hin_Deva": "IN", "hun_Latn": "HU", "ind_Latn": "ID",
    "ita_Latn": "IT", "jpn_Jpan": "JP", "kor_Hang": "KR", "nob_Latn": "NO", "nld_Latn": "NL",
    "pol_Latn": "PL", "por_Latn": "BR", "ron_Latn": "RO", "rus_Cyrl": "RU", "swe_Latn": "SE",
    "tha_Thai": "TH", "tur_Latn": "TR", "ukr_Cyrl": "UA", "vie_Latn": "VN", "cmn_Hani": "TW",
}  # fmt: skip


@pytest.mark.parametrize(("language", "country"), NATIONAL.items())
def test_numbers_are_found_as_the_language_s_countries_write_them(
    language: str, country: str
) -> None:
    """A landline and a mobile, libphonenumber's examples as it formats them itself."""
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(country, kind)
        assert example
        written = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        assert masked(f"Jane Doe, {written}, Main Street", language) == (
            "Jane Doe, <PHONE>, Main Street"
        )


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_international_numbers_are_found_in_any_language(country: str) -> None:
    example = phonenumbers.example_number(country)
    assert example
    for style in (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164):
        written = phonenumbers.format_number(example, style)
        assert masked(f"Jane Doe, {written}.", "xx") == "Jane Doe, <PHONE>."


def test_a_national_number_is_none_in_another_language() -> None:
    assert masked("01 42 68 53 00", "fra_Latn") == "<PHONE>"
    assert masked("01 42 68 53 00", "fin_Latn") == "01 42 68 53 00"


ORDINARY = [
    "ISBN 978-0-306-40615-7, ISBN 0-306-40615-2, ISBN: 9781107189171, isbn 3-16-148410-0",
    "ISSN 0272-1716, 1745-2473 and 2049-3630",
    "doi:10.1016/j.jacc.2022.02.010, doi.org/10.1080/13683500.2020.1739005, 10.1001/jama.1962",
    "arXiv:2306.01116v1, PMID 31452104, PMC6710123",
    "2014-12-30, 30.12.2014, 12/30/2014, 30/12/14, 20141230, 2017-04-09 22:18:39, 2020-01-01T00:00",
    "1998-2007, 2004–2005, 1871 - 1953, (2012 / 2013), 2016/2015/2014/2013",
    "Python 3.11.4, Linux 5.15.0-91, Firefox 115.0.2, Version 10.0.19045.3803, 2.0.0-rc.1",
    "Mo-Fr 08:00-18:30, Sa 9.00 - 13.00, open 10:00 – 17:00, 24/7",
    "$1,299.99, €12.999,00, 1 250 000 Kč, USD 4,462.9020, £8,500,000, 12.999.000 VND",
    "48.8583701, 2.2944813 and 40°41'21.3\" N 74°02'40.2\" W, -33.856784, 151.215297",
    "Order 4823941, order no. 100-2837465-99, invoice 2011-0007, item #10185485, SKU 5052461075",
    "EAN 4006381333931, UPC 036000291452, GTIN 00012345600012",
    "ZIP 53703-2745, 01310-100, SW1A 1AA",
    "Table: 206 342 20 44 32 | 12.5 19.0 | 17437  99.7 | 1 2 3 4 5 6 7 8 9 10 11 12 13",
    "Journal 25(13): 1605-1612 (2004). 146.4 (2011): 1331-1361; pp. 211-227",
    "US Patent 3,601,773; 5,123,456; EP 1234567",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8, md5 d41d8cd98f00b204e9800998ecf8427e",
    "0x00135213, 01101100 01101111, 1.2320939e-10, 3.14159265358979",
    "+20.2040 0.45%, -211.61 -1.29%, +1.5, ±0.1",
    "IMO 9321483, MMSI 725003360, flight BA 2490, 1106862845",
    "Timestamps 1443767284 and 1700000000123",
    "/text/swriter/01/04120217.xhp, https://example.com/news/2013/12/05/19876543210",
    "K&E instructions 68-2047/4187, the 68000/16000 class",
    "score 3-1, 6-4 7-6(5) 6-3, ratio 16:9, 1920x1080, 4 x 100 m",
    "Genesis 1:1-2:3, §§ 305-310, 42 U.S.C. 1981-1988",
]


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize(
    "language",
    ["eng_Latn", "deu_Latn", "fra_Latn", "spa_Latn", "pol_Latn", "dan_Latn", "cmn_Hani", "xx"],
)
def test_ordinary_numbers_stay(language: str, text: str) -> None:
    assert masked(text, language) == text
