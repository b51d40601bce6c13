"""Block lists: what an entry names, how lists are read, and what is refused."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.blocklists import BlockLists
from pipeline.errors import UserError
from pipeline.urls import canonical_url, host

UT1 = Path(__file__).resolve().parents[2] / "../shared/data/lists/ut1"

NAMES = st.sampled_from(["a.com", "b.a.com", "c.b.a.com", "ba.com", "com", "d.co.uk", "1.2.3.4"])
PATHS = st.sampled_from(
    ["", "/", "/x", "/x/", "/x/y", "/xy", "/x/y?q=1", "/x?q=1", "/x?q=12", "/X", "//x", "/%78"]
)
PORTS = st.sampled_from(["", "", "", ":80", ":8080"])
ENTRIES = st.builds("{}{}{}".format, NAMES, PORTS, PATHS)
URLS = st.builds(
    "{}{}{}{}".format, st.sampled_from(["http://", "https://www."]), NAMES, PORTS, PATHS
)


def load(folder: Path, **lists: bytes | str) -> BlockLists:
    """Block lists of one category a keyword, written as a plain file."""
    for name, content in lists.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.txt").write_bytes(data)
    return BlockLists.load([str(folder / f"{name}.txt") for name in lists])


def category(folder: Path, **lists: str) -> Path:
    """A category folder with a file a keyword."""
    folder.mkdir(parents=True)
    for name, content in lists.items():
        (folder / name).write_text(content)
    return folder


def names(entry: str, url: str) -> bool:
    """What an entry without a scheme means, said with strings."""
    listed, asked = (urlsplit(canonical_url(one).lower()) for one in (f"//{entry}", url))
    if not listed.port and "/" not in entry:
        return f".{asked.hostname}".endswith(f".{listed.hostname}")
    if listed.netloc != asked.netloc:
        return False
    if listed.query:
        return (listed.path, listed.query) == (asked.path, asked.query)
    return f"{asked.path}/".startswith(f"{listed.path.rstrip('/')}/")


@pytest.mark.parametrize(
    ("entry", "named", "others"),
    [
        (
            "example.com",
            [
                "http://example.com",
                "https://www.example.com:443/a#b",
                "http://deep.sub.Example.COM./",
                "http://example.com:8080/",
                "//user@example.com/",
            ],
            ["http://notexample.com/", "http://example.com.org/", "ftp://example.com/", "", "a/b"],
        ),
        (
            "a.example.com",
            ["http://b.a.example.com"],
            ["http://example.com", "http://b.example.com"],
        ),
        (
            "example.com/a/b",
            [
                "http://example.com/a/b",
                "http://example.com/a/b/?utm_source=x",
                "http://example.com/a/b/c?d",
                "http://www.example.com/A/./b?q=1",
            ],
            [
                "http://example.com/a/bc",
                "http://example.com/a",
                "http://x.example.com/a/b",
                "http://example.com:81/a/b",
            ],
        ),
        (
            "example.com/a?id=1",
            ["http://example.com/a?id=1&utm_medium=x", "http://example.com/a/?ID=1#top"],
            ["http://example.com/a", "http://example.com/a?id=12", "http://example.com/a?id=1&x=2"],
        ),
        (
            "https://example.com/A",
            ["http://www.example.com/A/", "http://example.com/A?gclid=1"],
            ["http://example.com/a", "http://example.com/A/b", "http://example.com/"],
        ),
        ("https://example.com", ["http://example.com/"], ["http://example.com/a"]),
        ("example.com/", ["http://example.com/a"], ["http://b.example.com/a"]),
        (
            "example.com:8080",
            ["http://example.com:8080/a"],
            ["http://example.com/a", "http://a.example.com:8080/"],
        ),
        ("192.0.2.7", ["http://192.0.2.7:81/"], ["http://192.0.2.70/", "http://1.192.0.2/"]),
        ("[2001:DB8::1]", ["http://[2001:db8::1]:81/"], ["http://[2001:db8::11]/"]),
        ("www.example.com", ["http://example.com/"], []),
        (".example.com", ["http://a.example.com/"], []),
        ("*.example.com", ["http://a.example.com/"], []),
        ("EXAMPLE.com.", ["http://example.com/"], []),
        ("bücher.example", ["http://xn--bcher-kva.example/a", "http://Bücher.example/"], []),
        ("xn--bcher-kva.example", ["http://bücher.example/"], []),
        ("example.com/é", ["http://example.com/%c3%a9/x"], ["http://example.com/e"]),
        ("0.0.0.0 example.com", ["http://example.com/"], ["http://0.0.0.0/"]),
        ("  example.com\t# seen in May", ["http://example.com/"], ["http://may/"]),
    ],
)
def test_an_entry_names_what_it_means(
    entry: str, named: list[str], others: list[str], tmp_path: Path
) -> None:
    lists = load(tmp_path, bad=f"first.example\n{entry}\nlast.example\n")
    assert {url: lists.match(url) for url in named} == dict.fromkeys(named, ("bad",))
    assert {url: lists.match(url) for url in others} == dict.fromkeys(others, ())
    assert lists.entries == {"bad": 3}


@given(st.dictionaries(st.sampled_from("abcde"), st.lists(ENTRIES)), URLS)
def test_a_url_is_in_the_categories_of_which_an_entry_names_it(
    tmp_path_factory: pytest.TempPathFactory, entries: Mapping[str, list[str]], url: str
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    lists = load(folder, **{name: "\n".join(lines) for name, lines in entries.items()})
    expected = [name for name in sorted(entries) if any(names(one, url) for one in entries[name])]
    assert lists.match(url) == tuple(expected)


@given(st.lists(st.from_regex(r"\A[a-z0-9_-]{1,9}(\.[a-z0-9-]{1,9}){1,3}\Z"), min_size=1))
def test_plain_hosts_are_read_alike_alone_and_among_other_entries(
    tmp_path_factory: pytest.TempPathFactory, hosts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    hosts = [name for name in hosts if name == host(f"//{name}/")]
    lists = load(folder, plain="\n".join(hosts), mixed="# mixed\n" + "\r\n".join(hosts))
    for name in hosts:
        assert lists.match(f"http://{name}/") == ("mixed", "plain")
    assert lists.entries == dict.fromkeys(["mixed", "plain"], len(set(hosts)))


def test_every_host_of_a_long_list_is_found_and_no_other(tmp_path: Path) -> None:
    hosts = [f"host-{number}.example" for number in range(30_000)]
    lists = load(
        tmp_path,
        all="\n".join(hosts),
        even="\n".join(hosts[::2]),
        third="\n".join(reversed(hosts[::3])),
    )
    assert lists.entries == {"all": 30_000, "even": 15_000, "third": 10_000}
    for number, name in enumerate(hosts):
        expected = ["all"] + ["even"] * (number % 2 == 0) + ["third"] * (number % 3 == 0)
        assert lists.match(f"http://{name}/a") == tuple(expected)
        assert not lists.match(f"http://no-{name}/a")


@pytest.mark.parametrize(
    "data",
    [
        b"a.example\nb.example\n",
        b"b.example\na.example",
        b"\xef\xbb\xbf# a list\r\na.example\r\n\r\nb.example\r\n",
        b"# a list\n\n A.example. \nwww.b.example\na.example\n\n\n",
    ],
)
def test_order_line_ends_comments_and_repetition_do_not_matter(data: bytes, tmp_path: Path) -> None:
    lists = load(tmp_path, bad=data)
    assert lists.entries == {"bad": 2}
    assert not lists.malformed
    assert lists.match("http://a.example") == lists.match("http://b.example") == ("bad",)


def test_bytes_that_are_not_utf_8_stand_for_themselves(tmp_path: Path) -> None:
    lists = load(tmp_path, bad="example.com/caf\xe9/menu".encode("latin-1"))
    assert lists.match("http://example.com/caf%E9/menu/1") == ("bad",)


def test_lines_that_are_no_site_are_counted(tmp_path: Path) -> None:
    lists = load(tmp_path, bad="a.example\n||b.example^\nc.example\n/path\nd.example\n")
    assert lists.malformed == {"bad": 2}
    assert lists.entries == {"bad": 3}


def test_a_category_folder_has_hosts_urls_words_and_expressions(tmp_path: Path) -> None:
    folder = category(
        tmp_path / "bad",
        domains="a.example\n",
        urls="b.example/x\n",
        words="Casino\nspiel-bank\n",
        expressions="# comment\n(^|[.])slot[0-9]+[.]\n/Banner/\n",
        usage="black\n",
        readme="c.example\n",
    )
    lists = BlockLists.load([str(folder)])
    assert lists.entries == {"bad": 6}
    for url in (
        "http://www.a.example/",
        "http://b.example/x/y",
        "http://c.example/my-casino-page",
        "http://c.example/?q=%43asino",
        "http://www.slot77.example/",
        "http://c.example/img/banner/1",
    ):
        assert lists.match(url) == ("bad",), url
    for url in ("http://c.example/", "http://c.example/casinos", "http://xslot7.example/"):
        assert lists.match(url) == (), url


def test_folders_of_categories_and_their_files_can_be_named(tmp_path: Path) -> None:
    category(tmp_path / "ut1/adult", domains="a.example\n", urls="u.example/x\n")
    category(tmp_path / "ut1/ads", domains="b.example\n")
    (tmp_path / "ut1/README").write_text("about\n")
    more = category(tmp_path / "more/adult", domains="c.example\n")
    paths = [str(tmp_path / "ut1"), f"{more}/domains"]
    for order in (paths, paths[::-1]):
        lists = BlockLists.load(order)
        assert lists.entries == {"adult": 3, "ads": 1}
        assert lists.match("http://c.example/") == ("adult",)
    only = BlockLists.load([str(tmp_path / "ut1/ads") + "/"])
    assert only.entries == {"ads": 1}


def test_lists_elsewhere_are_read_through_fsspec() -> None:
    store = fsspec.filesystem("memory")
    store.pipe({"/blocked/adult/domains": b"a.example\n", "/blocked/good/usage": b"white"})
    store.pipe("/blocked/good/domains", b"g.example\n")
    lists = BlockLists.load(["memory://blocked"])
    assert (lists.entries, lists.white) == ({"adult": 1}, ("good",))


@pytest.mark.parametrize(
    ("usage", "blocks"),
    [
        ("black\nadult\n", True),
        ("# white\nblack", True),
        ("white\nblack\n", True),
        ("", True),
        ("white\ndownload\n", False),
        ("WHITE \r\n", False),
    ],
)
def test_white_lists_block_nothing(usage: str, blocks: bool, tmp_path: Path) -> None:
    category(tmp_path / "ut1/maybe", domains="a.example\n", usage=usage)
    category(tmp_path / "ut1/sure", domains="b.example\n")
    lists = BlockLists.load([str(tmp_path / "ut1")])
    assert lists.match("http://a.example/") == (("maybe",) if blocks else ())
    assert lists.white == (() if blocks else ("maybe",))
    if not blocks:
        with pytest.raises(UserError, match="ut1/maybe: no category to block"):
            BlockLists.load([str(tmp_path / "ut1/maybe")])


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("fine\n(a", r"expressions, line 2: RE2 does not take this .*missing \)"),
        (r"(a)\1", "line 1: .*invalid escape"),
        ("a{2,9999}", "line 1: .*repetition"),
        ("\n\n[[:nope:]]", "line 3: .*character class"),
        (r"\<sex", "line 1: .*not known"),
        ("(www|)", "line 1: .*every URL"),
    ],
)
def test_a_bad_expression_is_one_clear_error(expression: str, why: str, tmp_path: Path) -> None:
    folder = category(tmp_path / "bad", expressions=expression)
    with pytest.raises(UserError, match=why) as error:
        BlockLists.load([str(folder)])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*%", "a.{0,500}a.{0,500}%", "([a-z]+/?)+!"])
def test_a_hostile_expression_takes_linear_time(expression: str, tmp_path: Path) -> None:
    folder = category(tmp_path / "bad", expressions=expression)
    url = "http://example.com/" + "a" * 1_000_000 + "b"
    assert BlockLists.load([str(folder)]).match(url) == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://" + "a." * 500_000 + "com/",
        "http://example.com" + "/a" * 500_000,
        "http://example.com/?" + "a=1&" * 250_000,
        "http://example.com/" + "%" * 1_000_000,
    ],
)
def test_a_hostile_url_takes_linear_time(url: str, tmp_path: Path) -> None:
    folder = category(tmp_path / "bad", domains="a.com\n", urls="example.com/a/a\n", words="b\n")
    expected = "/a/a" in url or url.endswith(".com/")
    assert BlockLists.load([str(folder)]).match(url) == (("bad",) if expected else ())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x1f\x8b\x08\x00\x00\x00", "binary"),
        (b"a.example\n\0", "binary"),
        (b"<!DOCTYPE html>\n<p>Not found</p>\n", "most lines are neither"),
        (b"1,a.example\n2,b.example\n", "most lines are neither"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"bad\.txt: .*{why}"):
        load(tmp_path, bad=data)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing: cannot be read"):
        BlockLists.load([str(tmp_path / "missing")])
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/README").write_text("about\n")
    with pytest.raises(UserError, match="notes: no category"):
        BlockLists.load([str(tmp_path / "notes")])


def test_no_lists_name_nothing() -> None:
    lists = BlockLists.load([])
    assert (lists.entries, lists.match("http://example.com/")) == ({}, ())


def _lines(path: Path) -> Iterable[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_the_real_lists_name_their_own_entries_and_nothing_they_do_not_list() -> None:
    """Against sets of strings, for hosts; each listed URL is named by its category."""
    if not UT1.exists():
        pytest.skip("no shared/data/lists/ut1")
    lists = BlockLists.load([str(UT1)])
    assert lists.white == ("download",)
    domains = {folder.name: set(_lines(folder / "domains")) for folder in UT1.iterdir()}
    found: dict[str, set[str]] = {}
    for name, hosts in domains.items():
        if name not in lists.white:
            for site in sorted(hosts)[::10]:
                found.setdefault(site, set()).update(lists.match(f"http://deep.{site}/a"))
    for site, categories in found.items():
        labels = site.split(".")
        above = {".".join(labels[start:]) for start in range(len(labels))}
        assert categories >= {name for name in lists.entries if above & domains.get(name, set())}
    for name in lists.entries:
        for line in list(_lines(UT1 / name / "urls"))[::50]:
            assert name in lists.match(f"http://www.{line}"), line
    assert lists.match("https://en.wikipedia.org/wiki/Gambling") == ()
    assert re.fullmatch(r"\d{6}", str(sum(lists.entries.values())))
