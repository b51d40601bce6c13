"""Files are found by pattern and written whole or not at all, locally and elsewhere."""

from pathlib import Path

import fsspec
import pytest

from pipeline import files
from pipeline.errors import UserError


def test_globs_and_paths_are_expanded_once_each_and_sorted(tmp_path: Path) -> None:
    for name in ("b.gz", "a.gz", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    patterns = (f"{tmp_path}/*.gz", f"{tmp_path}/a.gz", f"{tmp_path}/c.txt")
    assert files.expand(patterns) == [f"{tmp_path}/{name}" for name in ("a.gz", "b.gz", "c.txt")]


def test_a_file_whose_name_looks_like_a_glob_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a[1].gz"
    path.write_bytes(b"x")
    assert files.expand((str(path),)) == [str(path)]


def test_relative_globs_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.gz").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert files.expand(("sub/*.gz",)) == ["sub/a.gz"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nothing-*.gz", "no file matches"),
        ("missing.gz", "no such file"),
        (".", "is a folder"),
        ("nosuchscheme://x", "nosuchscheme"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        files.expand((pattern,))


def test_object_stores_work_through_fsspec() -> None:
    files.write_json("memory://bucket/a/x.json", {"k": 1})
    assert files.read_json("memory://bucket/a/x.json") == {"k": 1}
    (found,) = files.expand(("memory://bucket/a/*.json",))
    assert found.startswith("memory://")
    assert files.read_json(found) == {"k": 1}
    assert files.names("memory://bucket/a") == ["x.json"]
    files.remove_folder("memory://bucket/a")
    assert not files.exists("memory://bucket/a/x.json")
    assert fsspec.filesystem("memory").find("bucket") == []


def test_a_write_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    files.write_json(str(path), 1)
    with pytest.raises(RuntimeError), files.open_atomic(str(path)) as out:
        out.write(b"half")
        raise RuntimeError
    assert files.read_json(str(path)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(("size", "places"), [(3 << 20, (0, 1 << 20, -1)), (65 << 20, (0, -1))])
def test_identity_sees_a_change_but_not_the_place(
    tmp_path: Path, size: int, places: tuple[int, ...]
) -> None:
    body = bytearray(size)
    path = tmp_path / "x"
    path.write_bytes(body)
    first = files.identity(str(path))
    for place in places:
        body[place] = 1
        path.write_bytes(body)
        assert files.identity(str(path)) != first
        body[place] = 0
    copy = tmp_path / "copy"
    copy.write_bytes(body)
    assert files.identity(str(copy)) == first


def test_one_file_under_two_names_is_one_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.gz").write_bytes(b"x")
    (tmp_path / "link.gz").symlink_to("a.gz")
    assert len(files.expand(("a.gz", "./a.gz", str(tmp_path / "a.gz"), "link.gz"))) == 1
