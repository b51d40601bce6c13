"""The table of references: what stands in it, and the same bytes however it came about."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from pipeline.config import Config, InputSection, QualitySection, RunSection, WorkersSection
from pipeline.ledger import Manifest
from pipeline.order import REFERENCES
from pipeline.progress import Progress
from pipeline.run import run_alone
from pipeline.stages import references as stage
from pipeline.tasks import referencing
from tests.classifiers.dumpfiles import COMPRESS, dump, multistream, page
from tests.end_to_end.golden_run import answer_of, digests

FAR = 60
"""Pages of the large dump, which is read in several pieces."""

Citations = dict[str, dict[str, list[tuple[str, int, bool]]]]
"""By language and article: URL, citations, whether in `<ref>`."""


def cited() -> Citations:
    """What the articles of the dumps cite."""
    random = Random(3)
    found: Citations = {"fy": {}, "uk": {}}
    for language, count in (("fy", FAR), ("uk", 30)):
        for number in range(count):
            sites = random.sample(range(40), random.randint(0, 6))
            found[language][f"{language} {number}"] = [
                (f"https://s{site}.org/a", random.randint(1, 3), site % 2 == 0) for site in sites
            ]
    return found


def article(title: str, found: list[tuple[str, int, bool]], category: str, noise: str = "") -> str:
    marks = [
        f"<ref>{{{{cite|url={url}|archive-url=//web.archive.org/web/2010/{url}}}}}</ref>"
        if in_ref
        else f"[{url} x]"
        for url, count, in_ref in found
        for _ in range(count)
    ]
    return page(title, f"{noise} {' '.join(marks)} [[{category}:{title[:4]}]] [[Category:All]]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three dumps: a multistream of more than a MiB, one that is cut off, one of other pages."""
    folder = tmp_path_factory.mktemp("dumps")
    found = cited()
    random = Random(4)
    fy = [
        article(title, links, "Kategory", random.randbytes(40_000).hex())
        for title, links in found["fy"].items()
    ]
    (folder / "fy.xml.bz2").write_bytes(multistream(fy, 7))
    uk = [article(title, links, "Категорія") for title, links in found["uk"].items()]
    last = page("cut off", "http://lost.org " * 99)
    whole = dump(*uk, last, language="uk", category="Категорія")
    (folder / "uk.xml.gz").write_bytes(COMPRESS[".gz"](whole[: whole.index(b"lost.org") + 99]))
    others = [
        page("Talk:One", "http://talk.org", namespace=1),
        page("Old", "http://old.org", more='<redirect title="fy 1" />'),
        page("Data", "http://data.org", model="json"),
    ]
    (folder / "more.xml.zst").write_bytes(COMPRESS[".zst"](dump(*others)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def small_partitions() -> Iterator[None]:
    """So that there are several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "_DUMP_BYTES_A_PARTITION", 1_000_000)
        yield


def make(folder: Path, output: Path, workers: int = 2, backwards: bool = False) -> Manifest:
    dumps = sorted(map(str, folder.iterdir()), reverse=backwards)
    config = Config(
        run=RunSection(name="references"),
        input=InputSection(split_mib=1),
        quality=QualitySection(dumps=tuple(dumps)),
        workers=WorkersSection(count=workers),
    )
    progress = Progress(Console(quiet=True))
    return run_alone(REFERENCES, config, str(output), PipelineOptions([]), progress)


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("made") / "table"
    make(folder, output)
    return output


def rows(output: Path, prefix: str) -> list[dict[str, Any]]:
    paths = sorted(output.glob(f"{prefix}-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def test_the_table_holds_what_the_articles_cite(made: Path) -> None:
    due: dict[tuple[str, str], dict[str, Any]] = {}
    for language, articles in cited().items():
        for title, links in articles.items():
            for url, count, in_ref in links:
                key = (url, language)
                row = due.setdefault(key, {"citations": 0, "in_ref": 0, "titles": []})
                row["citations"] += count
                row["in_ref"] += in_ref
                row["titles"].append(title)
    found = rows(made, "part")
    assert len(list(made.glob("part-*.parquet"))) > 1
    assert {(row["canonical_url"], row["language"]) for row in found} == due.keys()
    for row in found:
        planned = due[row["canonical_url"], row["language"]]
        titles = planned["titles"]
        assert row["url"] == row["canonical_url"] == f"https://{row['host']}/a"
        assert row["domain"] == row["host"]
        assert (row["citations"], row["in_ref"]) == (planned["citations"], planned["in_ref"])
        assert row["pages"] == len(titles)
        assert set(row["citing_pages"]) <= set(titles)
        names = Counter(f"{title[:1].upper()}{title[1:4]}".strip() for title in titles)
        by_count = sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))
        alone = len(by_count) == 1
        assert set(row["categories"]) >= {"All"} | ({by_count[0][0]} if alone else set())


def test_every_page_is_counted_once(folder: Path, made: Path) -> None:
    manifest = Manifest.read(str(made))
    assert manifest is not None
    articles = sum(len(pages) for pages in cited().values())
    assert manifest.counts.to_json() == {
        "read": articles + 4,
        "kept": articles,
        "dropped": {"content_model": 1, "namespace": 1, "redirect": 1},
        "failed": {"truncated": 1},
    }
    read = [part for part in manifest.parts if part.name.startswith("fy.")]
    assert len(read) == 3
    assert sum(part.counts.read for part in read) == FAR
    found = rows(made, "dropped")
    assert {(row["dump"], row["title"], row["namespace"], row["reason"]) for row in found} == {
        (str(folder / "more.xml.zst"), "Talk:One", 1, "namespace"),
        (str(folder / "more.xml.zst"), "Old", 0, "redirect"),
        (str(folder / "more.xml.zst"), "Data", 0, "content_model"),
        (str(folder / "uk.xml.gz"), "", None, "truncated"),
    }
    detail = next(row["detail"] for row in found if row["outcome"] == "failed")
    assert detail.endswith("after page 5 (uk 29)")
    facts = manifest.facts
    assert facts["citations"] == facts["citations_read"] > 100
    assert facts["rows"] == len(rows(made, "part"))
    assert facts["urls"] == len({row["canonical_url"] for row in rows(made, "part")})


def test_one_worker_and_the_dumps_in_another_order_make_the_same_bytes(
    folder: Path, made: Path, tmp_path: Path
) -> None:
    make(folder, tmp_path / "table", workers=1, backwards=True)
    assert digests(tmp_path / "table") == digests(made)


@pytest.fixture(scope="module")
def killed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that was killed when all of it was written but the manifest."""

    def kill(*arguments: object) -> None:
        raise KeyboardInterrupt

    output = tmp_path_factory.mktemp("killed") / "table"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(referencing, "check_table", kill)
        with pytest.raises(KeyboardInterrupt):
            make(folder, output)
    assert (output / "work").exists()
    return output


@pytest.mark.parametrize(
    "lost",
    [
        ["part-00001.parquet"],
        ["part-*", "work/references-fy*"],
        ["dropped-fy*-000001048576.parquet", "part-*"],
        ["work"],
    ],
    ids=["killed-writing", "without-what-was-sent", "killed-reading", "killed-closing"],
)
def test_what_was_killed_goes_on_to_the_same_bytes(
    folder: Path, made: Path, killed: Path, tmp_path: Path, lost: list[str]
) -> None:
    """Killed at other moments fewer files are there, and one half-written."""
    output = tmp_path / "table"
    shutil.copytree(killed, output)
    for path in [path for pattern in lost for path in output.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (output / "part-00000.parquet.12ab.tmp").write_bytes(b"half")
    make(folder, output)
    assert digests(output) == digests(made)


def references(*words: str) -> tuple[int, str, str]:
    return answer_of("classifier", "references", *words)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    words = (str(folder / "*.gz"), str(folder / "more.xml.zst"), "--output", str(tmp_path / "t"))
    status, output, _ = references(*words, "--json", "--", "--job_name=name")
    found = json.loads(output)
    assert status == 0
    assert found.pop("pages_per_second") > 0
    facts = {
        "pages": 34,
        "articles": 30,
        "dropped": {"content_model": 1, "namespace": 1, "redirect": 1},
        "failed": {"truncated": 1},
    }
    assert found.items() >= facts.items()
    assert found["urls"] == found["rows"] == len(rows(tmp_path / "t", "part"))
    status, output, errors = references(*words)
    assert (status, "done before" in errors, "30 articles of 34 pages" in output) == (0, True, True)
    assert "failed: truncated: 1" in output
    other = (str(folder / "fy.xml.bz2"), *words[2:])
    status, _, errors = references(*other)
    assert status == 2
    assert "made with other settings: files." in errors
    assert "name another folder" in errors
    assert references(*other, "--overwrite", "--workers", "1")[0] == 0
    assert {row["language"] for row in rows(tmp_path / "t", "part")} == {"fy"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.xml", None, "gone.xml: no such file"),
        ("page.xml", b"<html></html>", "page.xml: no MediaWiki dump (it has no <siteinfo>)"),
        ("plain.xml.bz2", dump(), "plain.xml.bz2: no MediaWiki dump (Invalid data stream)"),
        ("empty.xml.gz", b"", "empty.xml.gz: no MediaWiki dump"),
    ],
)
def test_what_is_no_dump_is_refused(
    folder: Path, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    words = (str(folder / "uk.xml.gz"), str(tmp_path / name), "--output", str(tmp_path / "t"))
    status, _, errors = references(*words)
    assert status == 2
    assert f"curate: {tmp_path}/{message}" in errors
    assert not (tmp_path / "t").exists()


def test_a_folder_of_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    words = (str(folder / "more.xml.zst"), "--output", str(tmp_path))
    assert "settings.json (missing beside diary.txt)" in references(*words)[2]
    status, _, errors = references(*words, "--overwrite")
    assert status == 2
    assert "not a table that curate wrote" in errors
    for foreign in ('{"editor.fontSize": 12}', '{"stage": "extract", "fingerprint": "x"}'):
        (tmp_path / "settings.json").write_text(foreign)
        status, _, errors = references(*words, "--overwrite")
        assert status == 2
        assert "not a table that curate wrote" in errors
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_a_dump_that_cites_nothing_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "dump.xml").write_bytes(dump(page("A", "no links")))
    status, output, _ = references(str(tmp_path / "dump.xml"), "--output", str(tmp_path / "t"))
    assert status == 0
    assert "cite 0 web pages 0 times" in output
