"""Shards elsewhere: fetched by row group, checked, kept in a bounded folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import fsspec
import numpy as np
import pytest

from pipeline import remote
from pipeline.errors import UserError
from pipeline.shardset import ShardSet
from tests.training.shard_files import random_documents, write_folder
from tests.webserver import Site, serving
from tokenizer.pages import PageCache
from tokenizer.shards import Shard
from training.data import Loader

NAME = "train-web-00000.parquet"


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def here(tmp_path: Path) -> ShardSet:
    documents = [random_documents(60, seed=1), random_documents(30, seed=2)]
    return write_folder(tmp_path / "shards", {"web": documents}, row_group_tokens=200)


@pytest.fixture
def site(server: Site, here: ShardSet, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The server with the shards, to a client that repeats at once."""
    monkeypatch.setattr(remote, "_BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(remote, "_JITTER_SECONDS", 0.0)
    server.reset(**{path.name: path.read_bytes() for path in Path(here.folder).iterdir()})
    return server


def used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_a_shard_elsewhere_reads_like_one_here(site: Site, here: ShardSet, tmp_path: Path) -> None:
    local = Shard(here.shards[0].path)
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "cache"))
    assert shard.n_tokens == local.n_tokens
    for start, stop in [(0, 10), (150, 900), (0, local.n_tokens), (5, 5)]:
        assert shard.tokens(start, stop).tolist() == local.tokens(start, stop).tolist()
    assert shard.document(3).doc_id == local.document(3).doc_id
    shard.verify()
    before = len(site.requests)
    shard.release()
    again = shard.tokens(0, local.n_tokens)
    assert again.tolist() == local.tokens(0, local.n_tokens).tolist()
    assert len(site.requests) == before


def test_object_stores_are_read_the_same_way(here: ShardSet, tmp_path: Path) -> None:
    """Through fsspec, here its file system in memory."""
    store = fsspec.filesystem("memory")
    for path in Path(here.folder).iterdir():
        store.pipe(f"/shards/{path.name}", path.read_bytes())
    away = Loader(
        ShardSet.read("memory://shards"), context=16, batch=8, cache=PageCache(tmp_path / "cache")
    )
    for one, other in islice(zip(Loader(here, context=16, batch=8), away, strict=True), 4):
        assert np.array_equal(one.inputs, other.inputs)
    store.rm("/shards", recursive=True)


def test_only_the_row_groups_asked_for_are_fetched_and_each_once(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    shard = Shard(f"{site.url}{NAME}", PageCache(folder))
    assert not folder.exists()
    window = slice(shard.pages[0].n_tokens + 3, shard.pages[0].n_tokens + 20)
    shard.tokens(window.start, window.stop)
    assert used(folder) == 2 * shard.pages[1].n_tokens
    other = Shard(f"{site.url}{NAME}", PageCache(folder))
    requests = len(site.requests)
    assert other.tokens(window.start, window.stop).tolist()
    assert len(site.requests) == requests


def test_many_threads_fetch_a_row_group_once(site: Site, tmp_path: Path) -> None:
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "cache"))
    requests = len(site.requests)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shard.tokens(0, 50).tolist(), range(32)))
    assert all(tokens == found[0] for tokens in found)
    once = len(site.requests) - requests
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "other"))
    requests = len(site.requests)
    shard.tokens(0, 50)
    assert len(site.requests) - requests == once


def test_the_folder_stays_within_its_bound_and_loses_what_was_used_least(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    shard = Shard(f"{site.url}{NAME}", PageCache(folder, 1000))
    largest = max(2 * page.n_tokens for page in shard.pages)
    assert largest < 500 < 2 * largest
    expected = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "all")).tokens(0, shard.n_tokens)
    starts = np.cumsum([0, *(page.n_tokens for page in shard.pages)])

    def file_of(number: int) -> Path | None:
        """Read a row group; the file that this adds to the folder."""
        before = set(folder.iterdir()) if folder.exists() else set()
        shard.release()
        window = slice(starts[number], starts[number + 1])
        assert shard.tokens(window.start, window.stop).tolist() == expected[window].tolist()
        assert used(folder) <= 1000
        added = set(folder.iterdir()) - before
        return next((path for path in added if path.name != "lock"), None)

    first, second = file_of(0), file_of(1)
    assert first is not None
    assert second is not None
    os.utime(first, (1000, 1000))
    os.utime(second, (2000, 2000))
    assert file_of(0) is None
    assert file_of(2) is not None
    assert first.exists()
    assert not second.exists()


def test_a_row_group_larger_than_the_cache_is_refused(site: Site, tmp_path: Path) -> None:
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "cache", 100))
    with pytest.raises(UserError, match=r"a row group of 4\d\d bytes is larger than the cache"):
        shard.tokens(0, 3)


def test_a_row_group_that_arrives_damaged_is_refused(site: Site, tmp_path: Path) -> None:
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "cache"))
    damaged = bytearray(site.files[NAME])
    damaged[shard.pages[1].offset] ^= 1
    site.files[NAME] = bytes(damaged)
    assert len(shard.tokens(0, 10)) == 10
    with pytest.raises(UserError, match=rf"{NAME}: row group 1 arrived damaged"):
        shard.tokens(0, shard.n_tokens)


def test_a_file_of_the_cache_that_is_not_whole_is_fetched_again(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    expected = Shard(f"{site.url}{NAME}", PageCache(folder)).tokens(0, 50).tolist()
    for length in (0, 10):
        for path in folder.iterdir():
            path.write_bytes(path.read_bytes()[:length])
        assert Shard(f"{site.url}{NAME}", PageCache(folder)).tokens(0, 50).tolist() == expected


def test_a_server_that_fails_is_said_by_name(site: Site, tmp_path: Path) -> None:
    shard = Shard(f"{site.url}{NAME}", PageCache(tmp_path / "cache"))
    site.status = {NAME: (404, 0)}
    with pytest.raises(UserError, match=rf"{NAME}: cannot be fetched \(HTTP 404"):
        shard.tokens(0, 10)
    with pytest.raises(UserError, match=rf"{NAME} is no readable token shard"):
        Shard(f"{site.url}{NAME}")


def test_training_reads_the_same_order_from_elsewhere(
    site: Site, here: ShardSet, tmp_path: Path
) -> None:
    away = ShardSet.read(site.url.rstrip("/"))
    orders = [
        list(islice(Loader(shards, context=16, batch=8, workers=2, cache=cache), 4))
        for shards, cache in [(here, None), (away, PageCache(tmp_path / "cache", 2000))]
    ]
    for one, other in zip(*orders, strict=True):
        assert np.array_equal(one.inputs, other.inputs)
        assert np.array_equal(one.targets, other.targets)
    site.files[NAME] = site.files[NAME][:-1]
    with pytest.raises(UserError, match=rf"{NAME}: has \d+ bytes, the manifest says"):
        Loader(away, context=16, batch=8)
    del site.files[NAME]
    with pytest.raises(UserError, match=rf"{NAME}: missing"):
        Loader(away, context=16, batch=8)


# Reads all row groups again and again through a cache that holds two of them.
READER = """
import sys
from tokenizer.pages import PageCache
from tokenizer.shards import Shard

shard = Shard(sys.argv[1], PageCache(sys.argv[2], 1000))
for turn in range(4):
    shard.release()
    print(int(shard.tokens(0, shard.n_tokens).astype(int).sum()))
"""


def test_processes_share_a_folder(site: Site, here: ShardSet, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    arguments = [sys.executable, "-c", READER, f"{site.url}{NAME}", str(folder)]
    readers = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    local = Shard(here.shards[0].path)
    total = int(local.tokens(0, local.n_tokens).astype(int).sum())
    for reader in readers:
        output, _ = reader.communicate(timeout=120)
        assert reader.returncode == 0
        assert output.split() == [str(total)] * 4
    assert used(folder) <= 1000


def test_by_default_the_cache_stands_in_the_users_cache_folder(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Shard(f"{site.url}{NAME}").tokens(0, 10)
    assert used(tmp_path / "curate" / "shards") > 0
