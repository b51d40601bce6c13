"""Lists of files: what they name, what is wrong with them, and which files a sample takes."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.files import DEFAULT_ACCESS
from pipeline.tasks.planning import input_files

BASE = "https://data.example.org/"
NAMES = [f"crawl/segment-{n % 7}/warc/file-{n:05d}.warc.gz" for n in range(60)]


def found(*named: object, base: str = BASE, most: int = 0) -> list[str]:
    return input_files(map(str, named), base, most, DEFAULT_ACCESS)


def written(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["warc.paths", "warc.paths.gz"])
def test_entries_belong_to_the_base_unless_they_stand_alone(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, "b.gz\r\n\n  a/b.gz  \ns3://c/b.gz\n/d/b.gz\nb.gz\n")
    alone = ["/d/b.gz", "s3://c/b.gz"]
    assert found(path) == sorted([*alone, f"{BASE}b.gz", f"{BASE}a/b.gz"])
    assert found(path, base="/local") == sorted([*alone, "/local/b.gz", "/local/a/b.gz"])
    store = "s3://commoncrawl/"
    assert found(path, base=store) == sorted([*alone, f"{store}b.gz", f"{store}a/b.gz"])


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    lists = [written(tmp_path / f"{n}.paths", f"{BASE}a.gz\nb.gz") for n in range(2)]
    assert found(*lists, f"{BASE}b.gz") == [f"{BASE}a.gz", f"{BASE}b.gz"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.paths", b"", "empty"),
        ("a.paths", b" \n\n", "empty"),
        ("a.paths", b"\xff\xfe", "no list of paths"),
        ("a.paths.gz", b"a.warc.gz\n", "no list of paths"),
        ("a.paths.gz", b"", "empty"),
        ("a.paths.gz", gzip.compress(b"a.warc.gz\n" * 999, mtime=0)[:-9], "no list of paths"),
        ("a.paths.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff", "no list of paths"),
    ],
)
def test_a_list_that_is_none_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"^{path}: .*{message}"):
        found(path)


def test_a_list_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.paths: cannot be read \(No such file"):
        found(tmp_path / "none.paths")


@given(st.permutations(NAMES), st.integers(1, 70), st.integers(0, 59))
def test_a_sample_depends_on_the_paths_alone_and_is_part_of_every_larger_one(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], most: int, cut: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = written(folder / "all.paths", "\n".join(NAMES))
    parts = [
        written(folder / f"{n}.paths.gz", "\n".join(names) + "\n")
        for n, names in enumerate([order[: cut + 1], order[cut:]])
    ]
    sample = found(whole, most=most)
    assert len(sample) == min(most, len(NAMES))
    assert found(*parts, most=most) == sample
    assert set(sample) <= set(found(whole, most=most + 1))
    elsewhere = found(whole, base="/local/", most=most)
    assert [path.removeprefix("/local/") for path in elsewhere] == [
        path.removeprefix(BASE) for path in sample
    ]


def test_a_sample_is_not_the_head_of_the_list(tmp_path: Path) -> None:
    sample = found(written(tmp_path / "all.paths", "\n".join(NAMES)), most=20)
    assert len({path.split("/")[4] for path in sample}) > 4
    assert sample != sorted(BASE + name for name in NAMES)[:20]
