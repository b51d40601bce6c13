"""Personal data: what is found by kind, what is left alone, and that a second run finds nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.personal import KINDS, find
from pipeline.records import Edit
from tests.pipeline.masking import masked

LABELLED = Path(__file__).resolve().parents[2] / "../shared/data/pii"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jane.doe+news@mail.example-shop.co.uk.", "Write to <EMAIL>."),
        ("mailto:O_Neil-7@gmail.com?subject=x", "mailto:<EMAIL>?subject=x"),
        ("Jane Doe <jane@gmail.com>, Joe <joe@web.de>", "Jane Doe <EMAIL>, Joe <EMAIL>"),
        ("jane@gmail.com,joe@web.de;ann@gmx.at", "<EMAIL>,<EMAIL>;<EMAIL>"),
        ("<td>jane@gmail.com</td>", "<td><EMAIL></td>"),
        ("お問い合わせはinfo@nifty.ne.jpまで", "お問い合わせは<EMAIL>まで"),
        ("Пишите: иван@почта.рф", "Пишите: <EMAIL>"),
        ("jane [at] gmail [dot] com or joe(at)web.de", "<EMAIL> or <EMAIL>"),
        ("to jane@gmail.com.Please wait", "to <EMAIL>.Please wait"),
        ("Mail: jane@gmail.comThanks", "Mail: <EMAIL>Thanks"),
        ("jane＠gmail.com", "<EMAIL>"),
        ("jane@gmail.com:8080, *_jane@gmail.com_*", "<EMAIL>:8080, *<EMAIL>_*"),
        ("'jane@gmail.com'", "'<EMAIL>'"),
    ],
)
def test_email_addresses_are_replaced(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com, user@mail.example.org, me@localhost, x@y.test",
        "logo@2x.png and sprite@3x.jpeg",
        "Follow @jane_doe on the usual sites",
        "function@lists.py, pkg@1.2.3-beta.io, jane@gmail.com_x",
        "npm install react@18.2.0 @types/node@20",
        "git clone git@github.com:someone/project.git",
        "a @ b.com, 5 apples @ 2.50 each",
        "decorated with @property.setter",
    ],
)
def test_what_only_looks_like_an_email_address_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 58.74.121.78 at noon", "from <IP_ADDRESS> at noon"),
        ("http://93.184.216.34:8080/x", "http://<IP_ADDRESS>:8080/x"),
        ("allow 128.252.135.0/24;", "allow <IP_ADDRESS>/24;"),
        ("来自58.74.121.78的访问", "来自<IP_ADDRESS>的访问"),
        ("(128.252.135.4).", "(<IP_ADDRESS>)."),
        ("ping 2a00:1450:4001:81b::200e now", "ping <IP_ADDRESS> now"),
        ("DNS server 1.1.1.1, then", "DNS server <IP_ADDRESS>, then"),
        ("ping 5.9.1.20", "ping <IP_ADDRESS>"),
        ("Your IP address is 5.6.7.8.", "Your IP address is <IP_ADDRESS>."),
        ("http://5.9.1.2/x or 1.2.3.4:80", "http://<IP_ADDRESS>/x or <IP_ADDRESS>:80"),
        ("allow 5.6.7.0/24", "allow <IP_ADDRESS>/24"),
        ("[2600:1f18:4000:a1:b2:c3:d4:e5]:443", "[<IP_ADDRESS>]:443"),
    ],
)
def test_public_ip_addresses_are_replaced(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "192.168.100.200, 10.20.30.40, 172.16.254.1, 127.0.0.1, 169.254.10.20",
        "203.0.113.77 and 198.51.100.23 are for documentation",
        "netmask 255.255.255.0, multicast 224.100.200.1",
        "fe80::1ff:fe23:4567:890a, fd12:3456:789a::1, 2001:db8:85a3::8a2e:370:7334, ::1",
        "version 12.30.45.60, v12.30.45.60, build 110.20.4389.90",
        "Chrome/120.0.99.129 Safari/137.36.12.1",
        "sections 1.1.1.1, 3.2.1.4 and 8.8.8.8",
        "section 1.2.3.4, 1.2.3.4/5, OpenSSL 1.0.1.2, host version 1.2.3.4, DNS: see 1.2.3.4.5",
        "OID 1.3.6.1.4.1.311.21.20, 300.400.500.600",
        "00:1A:2B:3C:4D:5E at 12:34:56:78",
        "std::vector, Dead::Beef, ada::bed:cafe:face, a::b",
    ],
)
def test_addresses_of_nobody_and_versions_stay(text: str) -> None:
    assert masked(text) == text


def test_secrets_are_replaced() -> None:
    assert masked('api_key = "Zk3vQ9xT1mB7cR5wY2nL"') == 'api_key = "<SECRET>"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ftp://jane:pa55word@files.gmail.com/", "ftp://jane:<SECRET>@files.gmail.com/"),
        ("DE89 3704 0044 0532 0130 00", "<IBAN>"),
        ("Tel. 128.252.135.42", "Tel. <IP_ADDRESS>"),
        ("call 4111 1111 1111 1111", "call <CREDIT_CARD>"),
        ("phone 531-21-7351", "phone <US_SSN>"),
    ],
)
def test_the_kind_that_proves_more_has_the_span(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_only_the_kinds_asked_for_are_replaced() -> None:
    text = "jane@gmail.com, (212) 555-2368, 58.74.121.78"
    assert masked(text, kinds=frozenset({"phone"})) == "jane@gmail.com, <PHONE>, 58.74.121.78"
    assert find(text, "eng_Latn", ()) == []


def test_edits_name_their_kind() -> None:
    edits = find("jane@gmail.com (212) 555-2368", "eng_Latn", KINDS)
    assert edits == [Edit(0, 14, "email", "<EMAIL>"), Edit(15, 29, "phone", "<PHONE>")]


def test_placeholders_are_distinct_and_stay_among_words_that_name_data() -> None:
    placeholders = [kind.placeholder for kind in KINDS.values()]
    assert len(set(placeholders)) == len(KINDS)
    text = " ".join(f"tel card SSN token: {p} version {p}, {p}@{p}" for p in placeholders)
    assert masked(text) == text


PIECES = """
jane@gmail.com|joe(at)web.de|(212) 555-2368|+49 30 901820|030/123456|128.252.1.42|2a00:1450:1::200e
4111 1111 1111 1111|DE89 3704 0044 0532 0130 00|531-21-7351|password: Zk3!vQ9xT|token=|://u:p1@|SSN
Tel.|card|v|fax|x12|<|>|<EMAIL>|<SECRET>|::|:|=|=>|@|.|-|-----|/|(|)|+|00|12 34|1234567|'|"| | / | -
ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2|-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----
aB3daB3daB3daB3daB3daB3daB3daB3daB3d|IP |8.8.8.8|. 5| (|601 234 567|1.2.3.4:80|<br>|sk-|＠
""".replace("\n", "|\n|").split("|")


@settings(max_examples=1500)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join),
    st.sampled_from(["eng_Latn", "deu_Latn", "rus_Cyrl", "xx"]),
    st.sets(st.sampled_from(sorted(KINDS)), min_size=1).map(frozenset) | st.just(frozenset(KINDS)),
)
def test_a_second_run_finds_nothing(text: str, language: str, kinds: frozenset[str]) -> None:
    assert find(masked(text, language, kinds), language, kinds) == []


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), st.integers(0, 3))
def test_newlines_at_the_end_change_nothing(text: str, newlines: int) -> None:
    assert find(text + "\n" * newlines, "eng_Latn", KINDS) == find(text, "eng_Latn", KINDS)


HOSTILE = [
    "a", "1", "a@", "@", "a.", "a@b.com", "1.", "11.22.33.44.", "1 ", "1-", "(1", "+1",
    "(212) 555-2368", "tel 2125552368 ", "\n1234567", "4111 1111 1111 1111 ", "123-45-6789",
    "AA11 1111 ", "AB12", "a:", "::", "2001:db8::1 ", "eyJaaaaaaaaaaaa.", "xoxb-a",
    "-----BEGIN PRIVATE KEY-----", "-", "password=", "token=" + "a1B2c3D4" * 3, "://a:", "://a:b@",
    "ghp_", "[at]", "a[at]", "<", "call me at ", "٣", "1/", "2012-", "sk-" + "a" * 20 + "T3BlbkFJ",
    "1.1.1.1.", "8.8.8.8 ", "(1 ", "1. ", "123 456 789 ", "-----BEGIN PRIVATE KEY-----\n", "＠",
    "<br>", "-----BEGIN PRIVATE KEY-----" + "A" * 32, "Name: a\n", "SK", "key-", "DE 89 3704 ",
    "4111\u2009", "sk-", "xapp-1-A", "whsec_",
]  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_megabyte_ends(piece: str) -> None:
    """Time that grows with the square of the length would be hours."""
    marks = "@ [at] eyJ xox ghp_ hf_ npm_ T3BlbkFJ PRIVATE KEY :// :: 1234567 "
    text = marks + piece * (1_000_000 // len(piece))
    find(text, "eng_Latn", KINDS)


@pytest.mark.parametrize("name", ["generated_small.json", "synth_dataset_v2.json"])
def test_all_labelled_data_with_a_form_of_its_own_is_found_whole(name: str) -> None:
    if not LABELLED.exists():
        pytest.skip(f"no labelled texts at {LABELLED}")
    kinds = {
        "CREDIT_CARD": "credit_card",
        "EMAIL_ADDRESS": "email",
        "IBAN_CODE": "iban",
        "IP_ADDRESS": "ip_address",
        "US_SSN": "us_ssn",
    }
    for row in json.loads((LABELLED / name).read_text(encoding="utf-8")):
        labels = {
            (span["start_position"], span["end_position"], kinds[span["entity_type"]])
            for span in row["spans"]
            if span["entity_type"] in kinds
        }
        edits = find(row["full_text"], "eng_Latn", set(kinds.values()))
        assert {(edit.start, edit.stop, edit.kind) for edit in edits} == labels, row["full_text"]
