"""Parts: whole or absent, their counts in their footer."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import files
from pipeline.atomic import Output
from pipeline.errors import UserError
from pipeline.ledger import Counts
from pipeline.parts import SplitWriter, finished, read_rows, split_name
from pipeline.records import Capture, Rejected, Split
from pipeline.schema import DOCUMENTS, REJECTED

CAPTURE = Capture("id", "http://a.example/", "2024-01-01T00:00:00Z", "a.warc.gz", 7, 9)
ROW = {
    "id": "id",
    "url": "http://a.example/",
    "date": "2024-01-01T00:00:00Z",
    "warc": "a.warc.gz",
    "offset": 7,
    "length": 9,
    "host": "a.example",
    "text": "Some text.",
    "n_chars": 10,
    "language": "eng_Latn",
    "language_score": 0.9,
    "language_second": None,
    "link_density": None,
    "title": "A title",
    "published": "",
    "canonical_url": "",
    "declared_language": "en",
    "licences": [],
    "opt_outs": ["noai"],
}
PREFIXES = ("part", "dropped")


def write(folder: Path, rows: int, fail: bool = False) -> None:
    with SplitWriter(str(folder), "x", DOCUMENTS, REJECTED) as part:
        for _ in range(rows):
            part.keep(ROW)
        part.reject(Rejected(CAPTURE, "dropped", "status", 404.0))
        part.reject(Rejected(CAPTURE, "failed", "exception", detail="boom"))
        part.facts["characters"] += 10 * rows
        if fail:
            raise RuntimeError("in the middle")


def test_a_part_tells_its_counts_and_files(tmp_path: Path) -> None:
    write(tmp_path, 3)
    part = finished(str(tmp_path), "x", PREFIXES)
    assert part is not None
    assert part.counts == Counts(5, 3, {"status": 1}, {"exception": 1})
    assert part.facts == {"characters": 30}
    kept = part.files["part-x.parquet"]
    assert (kept["rows"], part.files["dropped-x.parquet"]["rows"]) == (3, 2)
    assert kept["bytes"] == (tmp_path / "part-x.parquet").stat().st_size
    assert kept["sha256"] == files.sha256(str(tmp_path / "part-x.parquet"))


def test_rows_come_back_as_written_and_failures_are_stored(tmp_path: Path) -> None:
    write(tmp_path, 2500)
    assert list(read_rows(str(tmp_path / "part-x.parquet"))) == [ROW] * 2500
    dropped = pq.read_table(tmp_path / "dropped-x.parquet").to_pylist()
    assert [row["outcome"] for row in dropped] == ["dropped", "failed"]
    assert [row["detail"] for row in dropped] == ["", "boom"]


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        write(tmp_path, 2500, fail=True)
    assert list(tmp_path.iterdir()) == []
    assert finished(str(tmp_path), "x", PREFIXES) is None


def test_a_damaged_part_counts_as_missing(tmp_path: Path) -> None:
    write(tmp_path, 3)
    (tmp_path / "part-x.parquet").write_bytes(b"")
    assert finished(str(tmp_path), "x", PREFIXES) is None


def test_long_texts_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    row = ROW | {"text": "x" * 5_000_000}
    with SplitWriter(str(tmp_path), "x", DOCUMENTS, REJECTED) as part:
        for _ in range(5):
            part.keep(row)
    assert pq.ParquetFile(tmp_path / "part-x.parquet").num_row_groups == 3


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, 1500)
    one, two = ((tmp_path / name / "part-x.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_names_tell_archives_of_equal_file_name_apart() -> None:
    names = {split_name(Split(path, start, 9)) for path in ("a/x.gz", "b/x.gz") for start in (0, 5)}
    assert len(names) == 4
    assert all(name.startswith("x.gz-") for name in names)


def test_a_folder_that_cannot_be_made_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"part-x\.parquet: cannot be written"):
        write(tmp_path / "file", 1)


def test_a_full_disk_is_a_users_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(UserError, match="No space left on device"),
    ):
        Output("/dev/full", "free some space", full).write(b"x" * 100)
