"""Reading the articles of a dump in a task: pages that kill it, and counts that must add up."""

import mmap
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.files import DEFAULT_ACCESS
from pipeline.ledger import Counts, Part
from pipeline.records import Split
from pipeline.sandbox import Guard
from pipeline.tasks.referencing import check_table, read_articles
from tests.classifiers.dumpfiles import dump, page


def test_a_page_that_killed_its_process_becomes_a_failed_row(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(dump(*(page(title, "http://a.org http://b.org") for title in ("A", "B", "C"))))
    guard = Guard(mmap.mmap(-1, 1024), {1: "killed by SIGSEGV"})
    piece = Split(str(path), 0, path.stat().st_size)
    part = read_articles(guard, piece, 3, str(tmp_path), DEFAULT_ACCESS, whole=False)
    assert part.counts == Counts(3, 2, {}, {"killed": 1})
    assert part.facts == {"citations_read": 4}
    (dropped,) = part.files
    (row,) = pq.read_table(tmp_path / dropped).to_pylist()
    assert (row["title"], row["outcome"], row["detail"]) == ("B", "failed", "killed by SIGSEGV")


def test_a_citation_that_was_lost_on_the_way_fails_the_run(tmp_path: Path) -> None:
    read, written = Part("a", Counts(), {}, {"citations_read": 3}), {"citations": 2}
    with pytest.raises(AssertionError, match="read 3 citations and wrote 2"):
        check_table([read, Part("0", Counts(), {}, written)])
