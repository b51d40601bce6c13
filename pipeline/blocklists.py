r"""Block lists: which categories name a URL.

Lists come in the layout of UT1 (https://dsi.ut-capitole.fr/blacklists/), made for squidGuard: a
folder a category, in it any of these files, one entry a line.

- `domains`, `urls`: `example.com` names a host and its subdomains, on any port; `example.com/a`
  this page and all below it; `example.com/a?b=1` this page alone. Upper and lower case are one.
  (squidGuard compares bare strings: there `/a` names `/about`, too.) UT1 has no exact URLs. Here
  they are those with a scheme: `https://example.com/A` names one page.
- `words`, which UT1 has not: a URL is named if a word in it is listed.
- `expressions`: regular expressions, searched for in `host/path?query`, in any case.
- `usage`: a category that is `white` and not also `black` holds good sites. It names nothing here.

Entries and URLs are compared in the spelling of `pipeline.urls`. An entry ends at the first space;
lines that begin with `#` are comments; `*.example.com` and `0.0.0.0 example.com`, as in a hosts
file, are `example.com`. UT1's expressions are POSIX extended ones. RE2 runs them, in time linear in
the URL whatever the expression; it lacks back-references and GNU's `\<`.

UT1 holds millions of hosts. An entry takes 8 bytes: its hash (XXH3), the last bits of which give
way to its category's number, in a sorted array. With five million entries in 64 categories a
look-up finds what is not there once in 6 * 10^10 times.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import quote_from_bytes, unquote

import numpy as np
import re2
from numpy.typing import NDArray
from xxhash import xxh3_64, xxh3_64_intdigest

from pipeline import files
from pipeline.errors import UserError
from pipeline.urls import canonical_url

_KINDS = ("domains", "urls", "words", "expressions")
_SCHEME = "https://"
_SINKS = (b"0.0.0.0", b"127.0.0.1", b"::", b"::1")
_AUTHORITY = re.compile(rb"([\w.%\x80-\xff-]+|\[[0-9a-f:.]+\])(:\d+)?(?=/)")
_HOST_CHARACTERS = 253  # RFC 1035, section 2.3.4, written with dots
_URL_WORD = re.compile(r"[^\W_]+")
_GNU_ANCHOR = re.compile(r"\\[<>]")
_ASCII = bytes(range(128))
_BLOCK = 1 << 16
_HOST_NAMES = b"abcdefghijklmnopqrstuvwxyz0123456789_-.\n"
_NOT_CANONICAL = (b"\n\n", b"\n.", b".\n", b"\nwww.")
_PER_BUCKET = 8

_Hashes = NDArray[np.uint64]


class _List(NamedTuple):
    category: str
    kind: str
    path: str


@dataclass(frozen=True)
class BlockLists:
    """Sites by category.

    Attributes:
        entries: Distinct entries by category.
        malformed: Lines that are no host or URL, by category; only of categories that have any.
        white: Categories left out because their `usage` says so.
    """

    entries: Mapping[str, int]
    malformed: Mapping[str, int]
    white: tuple[str, ...]
    _index: "_Index"
    _with_words: bool
    _expressions: Mapping[str, Any]

    @classmethod
    def load(cls, paths: Sequence[str]) -> Self:
        """Read lists.

        Args:
            paths: Category folders, folders of such, or single files, here or elsewhere. A single
                file is a category named after it, of what `domains` and `urls` may hold; if it
                is named as one of a category's files, it is that file.

        Raises:
            UserError: A path is not there, is no list, or holds white lists alone; an expression
                cannot be understood.
        """
        lists: list[_List] = []
        white: set[str] = set()
        for path in paths:
            found, left_out = _find(path)
            lists += found
            white.update(left_out)
        index = _Index(sorted({one.category for one in lists}))
        expressions: dict[str, dict[str, None]] = defaultdict(dict)
        malformed: Counter[str] = Counter()
        for category, kind, path in lists:
            if kind == "expressions":
                expressions[category] |= dict.fromkeys(_read_expressions(path))
            elif kind == "words":
                index.add(category, _hashed(map(_word_key, _entries(_read(path).split(b"\n")))))
            else:
                sites, bad = _read_sites(path, _read(path))
                index.add(category, sites)
                malformed[category] += bad
        entries = index.finished()
        return cls(
            entries={name: count + len(expressions[name]) for name, count in entries.items()},
            malformed=+malformed,
            white=tuple(sorted(white)),
            _index=index,
            _with_words=any(one.kind == "words" for one in lists),
            _expressions={
                category: _compiled("|".join(f"(?:{line})" for line in lines), category)
                for category, lines in expressions.items()
                if lines
            },
        )

    def match(self, url: str) -> tuple[str, ...]:
        """The categories that name a web URL, sorted."""
        canonical = canonical_url(url)
        if not canonical.startswith(_SCHEME):
            return ()
        address = _address(canonical)
        keys = [*_page_hashes(address), *_host_hashes(address), _exact_hash(canonical)]
        if self._with_words:
            keys += _hashed(map(_word_key, _URL_WORD.findall(unquote(address)))).tolist()
        names = self._index.find(keys)
        names |= {name for name, found in self._expressions.items() if found.search(address)}
        return tuple(sorted(names))


class _Index:
    """Which categories a hash is in.

    Args:
        categories: Their names, distinct.
    """

    def __init__(self, categories: Sequence[str]) -> None:
        self._categories = categories
        self._bits = (len(categories) - 1).bit_length()
        self._columns = [np.empty(0, dtype=np.uint64)]

    def add(self, category: str, hashes: _Hashes) -> None:
        """Put hashes into a category. They are changed."""
        hashes >>= np.uint64(self._bits)
        hashes <<= np.uint64(self._bits)
        hashes |= np.uint64(self._categories.index(category))
        self._columns.append(hashes)

    def finished(self) -> dict[str, int]:
        """Make all that was added ready to be found; returns distinct hashes by category."""
        tagged = np.concatenate(self._columns)
        del self._columns
        tagged.sort()
        tagged = tagged[np.append(True, tagged[1:] != tagged[:-1])[: len(tagged)]]
        # Hashes are uniform: their first bits tell the few places where one can stand.
        depth = (len(tagged) // _PER_BUCKET).bit_length()
        self._shift = 64 - depth
        lowest = np.arange(1 << depth, dtype=np.uint64) << np.uint64(self._shift)
        starts = np.append(np.searchsorted(tagged, lowest), len(tagged))
        # Plain integers come out of these, without a copy.
        self._starts, self._tagged = starts.data, tagged.data
        numbers = (tagged & np.uint64((1 << self._bits) - 1)).astype(np.int64)
        counts = np.bincount(numbers, minlength=len(self._categories)).tolist()
        return dict(zip(self._categories, counts, strict=True))

    def find(self, hashes: Iterable[int]) -> set[str]:
        """The categories that one of the hashes is in."""
        starts, tagged, shift, bits = self._starts, self._tagged, self._shift, self._bits
        found = set()
        for key in hashes:
            lowest = key >> bits << bits
            stop = starts[(key >> shift) + 1]
            at = bisect_left(tagged, lowest, starts[key >> shift], stop)
            while at < stop and tagged[at] >> bits << bits == lowest:
                found.add(self._categories[tagged[at] - lowest])
                at += 1
        return found


def _find(path: str) -> tuple[list[_List], list[str]]:
    """The lists at a path, and the categories that are white."""
    names = [] if files.is_web(path) else files.names(path)
    folder, _, name = path.rpartition("/")
    if not names and name in _KINDS:
        return [_List(folder.rpartition("/")[2] or name, name, path)], []
    if not names:
        return [_List(name.partition(".")[0], "urls", path)], []
    below = {files.join(path, name): files.names(files.join(path, name)) for name in names}
    categories = {path.rstrip("/"): names} if set(_KINDS) & set(names) else below
    lists, white = [], []
    for folder, names in categories.items():
        category = folder.rpartition("/")[2]
        if _is_white(folder, names):
            white.append(category)
        else:
            lists += [_List(category, kind, f"{folder}/{kind}") for kind in _KINDS if kind in names]
    if not lists:
        kinds = ", ".join(f"`{kind}`" for kind in _KINDS)
        raise UserError(f"{path}: no category to block (a folder with {kinds}, not white alone)")
    return lists, white


def _is_white(folder: str, names: Sequence[str]) -> bool:
    if "usage" not in names:
        return False
    usage = {entry.lower() for entry in _entries(_read(f"{folder}/usage").split(b"\n"))}
    return "white" in usage and "black" not in usage


def _read(path: str) -> bytes:
    data = files.read_input(path)
    if b"\0" in data:
        raise UserError(f"{path}: binary, not a list of one entry a line; unpack archives first")
    # Hosts that end in a bare newline are read forty times as fast.
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def _entries(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        fields = line.split(maxsplit=2)
        if fields and not fields[0].startswith(b"#"):
            yield _text(fields[1] if len(fields) > 1 and fields[0] in _SINKS else fields[0])


def _text(entry: bytes) -> str:
    try:
        return entry.decode()
    except UnicodeDecodeError:
        # In a URL the bytes stand for themselves.
        return quote_from_bytes(entry, safe=_ASCII)


def _read_sites(path: str, data: bytes) -> tuple[_Hashes, int]:
    """The hashes of hosts and URLs, and how many lines are neither."""
    columns = [_hashed([])]
    start = good = bad = 0
    while start < len(data):
        stop = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        block = b"\n" + data[start:stop].strip(b"\n") + b"\n"
        start = stop
        lines = block[1:-1].split(b"\n")
        if block.translate(None, _HOST_NAMES) or any(odd in block for odd in _NOT_CANONICAL):
            found = [_site_hash(entry) for entry in _entries(lines)]
            columns.append(np.array([one for one in found if one is not None], dtype=np.uint64))
            bad += found.count(None)
        else:
            columns.append(_hashed(lines))
        good += len(columns[-1])
    if bad > good:
        raise UserError(f"{path}: not a list of hosts and URLs: most lines are neither")
    return np.concatenate(columns), bad


def _site_hash(entry: str) -> int | None:
    """What an entry is looked up by; None if it is no host or URL."""
    exact = "://" in entry
    canonical = canonical_url(entry if exact else "//" + entry.removeprefix("*."))
    address = _address(canonical)
    authority = _AUTHORITY.match(address) if canonical.startswith(_SCHEME) else None
    if not authority:
        return None
    if exact:
        return _exact_hash(canonical)
    if "/" not in entry and not authority[2] and authority.end() + 1 == len(address):
        return xxh3_64_intdigest(authority[1])
    return list(_page_hashes(address))[-1]


def _address(canonical: str) -> bytes:
    """`host/path?query`, in lower case."""
    return canonical.removeprefix(_SCHEME).encode(errors="replace").lower()


def _exact_hash(canonical: str) -> int:
    return xxh3_64_intdigest(canonical.encode(errors="replace"))


def _host_hashes(address: bytes) -> Iterator[int]:
    """The hashes of an address's host and of the domains it belongs to."""
    authority = _AUTHORITY.match(address)
    # No longer name exists, and the sum of all suffixes is quadratic.
    host = authority[1][-_HOST_CHARACTERS:] if authority else b""
    while host:
        yield xxh3_64_intdigest(host)
        host = host.partition(b".")[2]


def _page_hashes(address: bytes) -> Iterator[int]:
    """The hashes of each folder of an address, from the host on, of the page, and of its query."""
    place, mark, query = address.partition(b"?")
    hashed = xxh3_64()
    for name in place.removesuffix(b"/").split(b"/"):
        hashed.update(name + b"/")
        yield hashed.intdigest()
    if mark:
        hashed.update(mark + query)
        yield hashed.intdigest()


def _word_key(word: str) -> bytes:
    return b" " + word.lower().encode(errors="replace")


def _hashed(keys: Iterable[bytes]) -> _Hashes:
    return np.fromiter(map(xxh3_64_intdigest, keys), dtype=np.uint64)


def _read_expressions(path: str) -> Iterator[str]:
    for number, raw in enumerate(_read(path).split(b"\n"), start=1):
        # Canonical URLs are ASCII.
        line = quote_from_bytes(raw.strip(), safe=_ASCII)
        if not line or line.startswith("#"):
            continue
        where = f"{path}, line {number}"
        if _GNU_ANCHOR.search(line):
            raise UserError(f"{where}: `\\<` and `\\>` are not known; write `\\b`")
        if _compiled(line, where).search(""):
            raise UserError(f"{where}: the expression fits every URL; remove it")
        yield line


def _compiled(expression: str, where: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace")
        raise UserError(f"{where}: RE2 does not take this expression ({said})") from error
