"""Models by address: fetched once, compared with their hash, mended when the cache is damaged."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import models
from pipeline.errors import UserError
from tests.webserver import Site, serving

CONTENT = b"a model" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    models.local.cache_clear()
    return tmp_path / "cache/curate/models"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        found.reset(**{"model.bin": CONTENT})
        yield found


def test_a_model_on_this_machine_is_taken_where_it_is(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(CONTENT)
    assert models.local(str(path)) == str(path)
    assert models.local(f"{path}#sha256={SHA256}") == str(path)
    assert not cache.exists()
    with pytest.raises(UserError, match=rf"model.bin: its SHA-256 is {SHA256}, but {OTHER}"):
        models.local(f"{path}#sha256={OTHER}")


def test_a_model_elsewhere_is_fetched_once(site: Site, cache: Path) -> None:
    address = f"{site.url}model.bin#sha256={SHA256}"
    found = Path(models.local(address))
    assert found == cache / f"{SHA256}.bin"
    assert found.read_bytes() == CONTENT
    asked = len(site.requests)
    models.local.cache_clear()
    assert models.local(address) == str(found)
    assert models.local(f"{site.url}moved/elsewhere.bin#sha256={SHA256}") == str(found)
    assert len(site.requests) == asked
    assert [path.name for path in cache.iterdir()] == [found.name]


def test_what_is_damaged_in_the_cache_is_fetched_anew(site: Site, cache: Path) -> None:
    address = f"{site.url}model.bin#sha256={SHA256}"
    path = Path(models.local(address))
    path.write_bytes(CONTENT[:-1])
    models.local.cache_clear()
    assert Path(models.local(address)).read_bytes() == CONTENT


def test_another_model_than_the_one_meant_is_refused_and_not_kept(site: Site, cache: Path) -> None:
    with pytest.raises(UserError) as raised:
        models.local(f"{site.url}model.bin#sha256={OTHER}")
    assert SHA256 in str(raised.value)
    assert OTHER in str(raised.value)
    assert not list(cache.iterdir())


def test_a_model_that_is_not_there(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"other.bin: cannot be fetched \(HTTP 404"):
        models.local(f"{site.url}other.bin#sha256={SHA256}")
    with pytest.raises(UserError, match=r"nowhere.bin: cannot be read"):
        models.local(f"{tmp_path}/nowhere.bin#sha256={SHA256}")


def test_an_answer_that_breaks_off_is_gone_on_with(site: Site) -> None:
    site.faults = [None, "cut"]
    assert Path(models.local(f"{site.url}model.bin#sha256={SHA256}")).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "address",
    [
        "https://a.org/model.bin",
        "s3://bucket/model.bin",
        "https://a.org/model.bin#sha256=",
        f"model.bin#sha256={SHA256.upper()}",
        f"model.bin#sha256={SHA256}0",
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="should end in"):
        models.checked(address)


@pytest.mark.parametrize("path", ["m.bin", "/a b/#1/m.bin", "file:///m.bin", "gs://b/m.bin"])
def test_addresses_that_are_good(path: str) -> None:
    address = f"{path}#sha256={SHA256}"
    assert models.checked(address) == address
    assert models.inputs(address, "") == (() if path.startswith("gs:") else (path,))


@pytest.mark.parametrize(
    ("address", "beside"),
    [
        ("model.json", "topic.bin"),
        ("a/model.json", "a/topic.bin"),
        (f"https://a.org/b/model.json#sha256={OTHER}", "https://a.org/b/topic.bin"),
        (f"s3://bucket/model.json#sha256={OTHER}", "s3://bucket/topic.bin"),
        ("/model.json", "/topic.bin"),
    ],
)
def test_what_stands_beside_a_model(address: str, beside: str) -> None:
    assert models.beside(address, "topic.bin", SHA256) == f"{beside}#sha256={SHA256}"


def test_a_cache_that_cannot_be_written_names_its_own_remedy(tmp_path: Path, site: Site) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot be written .* set XDG_CACHE_HOME"):
        models.local(f"{site.url}model.bin#sha256={SHA256}")
