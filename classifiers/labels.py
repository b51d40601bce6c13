"""Which pages of a crawl Wikipedia cites: by address, by the paths below it, or by host."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from pipeline.hashing import hash64
from pipeline.urls import host

Match = Literal["url", "path", "host"]
"""What of a page's address has to be cited; see `names`."""

COLUMN = {"url": "canonical_url", "path": "canonical_url", "host": "host"}
"""The column of the table of references that each looks in."""


class Cited:
    """What is cited, as sorted hashes of 64 bits: 8 bytes each.

    Where ten million are cited, one page in 2 * 10^12 is taken for a cited one and is none.

    Args:
        keys: Canonical URLs that are cited, or hosts if `match` says so.
        match: What has to be cited.
    """

    def __init__(self, keys: Iterable[str], match: Match) -> None:
        self._match = match
        self._hashes = np.unique(np.fromiter(map(hash64, keys), np.uint64))

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, canonical_url: str) -> bool:
        keys = np.fromiter(map(hash64, names(canonical_url, self._match)), np.uint64)
        places = self._hashes.searchsorted(keys)
        inside = places < len(self._hashes)
        return bool((self._hashes[places[inside]] == keys[inside]).any())


def names(canonical_url: str, match: Match) -> Iterator[str]:
    """What may be cited for a page to count as cited.

    - `url`: its address, as `canonical_url` spells it.
    - `path`: that, or one that it lies below: the same path without a query, or a folder of it. A
      site's front page has all of the site below it, so it stands for itself alone; and so does a
      cited address with a query, since sites that choose pages by queries have one path.
    - `host`: its host.
    """
    if match == "host":
        yield host(canonical_url)
        return
    yield canonical_url
    if match == "url" or not canonical_url.startswith("https://"):
        return
    path, mark, _ = canonical_url.partition("?")
    if mark and not path.endswith("/"):
        yield path
    while (path := path.rpartition("/")[0]).count("/") > 2:
        yield path
