"""The extract stage, on inputs of every kind: what is there is read once, what is not is told."""

import gzip
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from classifiers import main_text
from pipeline.config import Config, InputSection, RunSection, WorkersSection
from pipeline.errors import UserError
from pipeline.ledger import Manifest, changed_keys
from pipeline.order import STAGES
from pipeline.plan import plan
from pipeline.progress import Progress
from pipeline.run import make_job, run
from pipeline.stages.extract import count, settings
from tests.webserver import Site, serving

TEXT = "The keeper of the lighthouse wrote down the weather of the day, number {n}. " * 5
WORKERS = 2


def archive(name: str, pages: int) -> bytes:
    """A gzip WARC of pages of 25 kB, hard to compress."""
    random, data = Random(name), b""
    for n in range(pages):
        noise = b64encode(random.randbytes(25_000)).decode()
        html = f"<html><body><!--{noise}--><p>{TEXT.format(n=n)}</p></body></html>".encode()
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{name}-{n}>\r\n"
            f"WARC-Target-URI: http://a.example/{n}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
            f"Content-Length: {len(http)}\r\n\r\n"
        )
        data += gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)
    return data


LARGE, SMALL = archive("large", 90), archive("small", 5)


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    server.reset(**{"large.warc.gz": LARGE, "small.warc.gz": SMALL, "page.html": b"<html>" * 99})
    return server


@pytest.fixture
def large(tmp_path: Path) -> str:
    path = tmp_path / "large.warc.gz"
    path.write_bytes(LARGE)
    return str(path)


def configured(folder: Path, *paths: str, **options: Any) -> Config:
    section = InputSection(paths=paths, split_mib=1, **{"http_retries": 2, **options})
    workers = WorkersSection(count=WORKERS)
    return Config(run=RunSection(name="run", output=str(folder)), input=section, workers=workers)


def extracted(config: Config) -> Manifest:
    """The stage's manifest, its counts checked against the rows."""
    run(config, PipelineOptions([]), Progress(Console(quiet=True)), only="extract")
    manifest = Manifest.read(f"{config.run.output}/run/extract")
    assert manifest is not None
    kept, rejected = rows(config, "part"), rows(config, "dropped")
    assert (len(kept), len(rejected)) == (
        manifest.counts.kept,
        manifest.counts.read - manifest.counts.kept,
    )
    return manifest


def rows(config: Config, kind: str) -> list[dict[str, Any]]:
    folder = Path(config.run.output) / "run" / "extract"
    paths = sorted(folder.glob(f"{kind}-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def documents(config: Config) -> list[tuple[str, str]]:
    return sorted((row["id"], row["text"]) for row in rows(config, "part"))


def test_records_read_by_ranges_are_those_of_the_file(
    site: Site, large: str, tmp_path: Path
) -> None:
    """Through several splits, and every fault once."""
    local = configured(tmp_path / "local", large)
    extracted(local)
    site.faults = ["503", "reset", "cut", "shut", "429", "stall", "reset", "503"]
    web = configured(tmp_path / "web", f"{site.url}large.warc.gz", http_timeout_seconds=0.5)
    manifest = extracted(web)
    assert site.faults == []
    assert len(manifest.parts) == len(LARGE) // (1 << 20) + 1 > 2
    assert count(make_job(STAGES[0], web, {})) == len(manifest.parts)
    assert len(documents(web)) == 90
    assert documents(web) == documents(local)


def test_waiting_for_a_server_is_no_pages_time(site: Site, tmp_path: Path) -> None:
    config = configured(tmp_path, f"{site.url}large.warc.gz", http_timeout_seconds=4.5)
    config = config.model_copy(update={"workers": WorkersSection(count=1, page_seconds=3.0)})
    site.faults = [*[None] * 6, "stall"]
    assert extracted(config).counts.failed == {}
    assert site.faults == []


def test_no_more_requests_at_once_than_child_processes(site: Site, tmp_path: Path) -> None:
    site.delay = 0.02
    names = [f"{name}.warc.gz" for name in "abcdef"]
    site.files = dict.fromkeys(names, SMALL) | {"large.warc.gz": LARGE}
    extracted(configured(tmp_path, *(site.url + name for name in site.files)))
    assert len(site.requests) > 30
    assert site.most_at_once <= WORKERS


def test_what_cannot_be_read_is_one_failed_row_and_the_rest_goes_on(
    site: Site, large: str, tmp_path: Path
) -> None:
    site.status = {"forbidden.warc.gz": (403, 0)}
    site.files["empty.warc.gz"] = b""
    web = [f"{site.url}{name}" for name in ("small.warc.gz", "page.html", "empty.warc.gz")]
    lost = [f"{site.url}{name}" for name in ("gone.warc.gz", "forbidden.warc.gz")]
    config = configured(tmp_path, large, *web, *lost)
    manifest = extracted(config)
    assert manifest.counts.failed == {"unreadable": 2, "not_an_archive": 2}
    assert manifest.counts.kept == 95
    failed = {row["warc"]: (row["reason"], row["detail"]) for row in rows(config, "dropped")}
    assert failed[lost[0]] == ("unreadable", "HTTP 404 Not Found")
    assert failed[lost[1]] == ("unreadable", "HTTP 403 Forbidden")
    assert failed[web[1]][0] == failed[web[2]][0] == "not_an_archive"
    assert sum(name == "/gone.warc.gz" for name, _ in site.requests) == 2


def test_an_archive_that_vanishes_in_mid_read_says_from_where_on(
    site: Site, tmp_path: Path
) -> None:
    site.before = lambda path, start: (
        site.status.update({path: (404, 1_200_000)}) if len(site.requests) > 8 else None
    )
    config = configured(tmp_path, f"{site.url}large.warc.gz")
    manifest = extracted(config)
    assert set(manifest.counts.failed) == {"unreadable"}
    assert 0 < manifest.counts.kept < 90
    for row in rows(config, "dropped"):
        assert row["detail"] == (
            f"HTTP 404 Not Found: nothing read after the record at byte {row['offset']}"
        )


def test_an_archive_that_cannot_be_reached_just_now_ends_the_run_and_the_next_goes_on(
    site: Site, large: str, tmp_path: Path
) -> None:
    site.before = lambda path, start: (
        site.status.update({path: (503, 1_200_000)}) if len(site.requests) > 8 else None
    )
    url = f"{site.url}large.warc.gz"
    config = configured(tmp_path / "web", url, http_retries=1)
    with pytest.raises(UserError, match=f"^{url}: HTTP 503 .* mend it and run again$"):
        extracted(config)
    assert rows(config, "dropped") == []
    site.reset(**{"large.warc.gz": LARGE})
    extracted(config)
    local = configured(tmp_path / "local", large)
    extracted(local)
    assert documents(config) == documents(local)


def test_an_archive_that_changes_during_the_run_ends_it(site: Site, tmp_path: Path) -> None:
    def change(path: str, start: int) -> None:
        site.etag = '"2"' if start > 1 << 20 else site.etag

    site.before = change
    config = configured(tmp_path, f"{site.url}large.warc.gz")
    with pytest.raises(UserError, match=r"the file changed .* delete the stage's folder"):
        extracted(config)


def test_if_nothing_can_be_read_the_run_ends_with_one_line_and_the_input_may_be_mended(
    site: Site, tmp_path: Path
) -> None:
    config = configured(tmp_path, f"{site.url}gone.warc.gz", f"{site.url}page.html")
    with pytest.raises(UserError, match=r"^http://\S+gone.warc.gz: HTTP 404 Not Found$"):
        extracted(config)
    with pytest.raises(UserError, match=r"^http://\S+gone.warc.gz: HTTP 404 Not Found$"):
        plan(config, PipelineOptions([]))
    mended = configured(tmp_path, f"{site.url}small.warc.gz")
    assert extracted(mended).counts.kept == 5


def test_a_file_that_cannot_be_reached_just_now_is_told_by_the_plan_as_by_the_run(
    site: Site, large: str, tmp_path: Path
) -> None:
    site.status = {"busy.warc.gz": (503, 0)}
    url = f"{site.url}busy.warc.gz"
    for inputs in ([url], [large, url, f"{site.url}small.warc.gz"]):
        config = configured(tmp_path, *inputs, http_retries=1)
        for look in (lambda config: plan(config, PipelineOptions([])), extracted):
            with pytest.raises(UserError, match=f"^{url}: cannot be read .HTTP 503 Service"):
                look(config)


def test_a_list_names_files_below_the_base_or_anywhere(
    site: Site, large: str, tmp_path: Path
) -> None:
    site.files["crawl.paths.gz"] = gzip.compress(
        f"small.warc.gz\n\n  {large}\nmissing.warc.gz\n{site.url}small.warc.gz\n".encode()
    )
    config = configured(tmp_path, f"{site.url}crawl.paths.gz", base=site.url)
    planned = plan(config, PipelineOptions([]))
    assert planned.splits is None
    assert count(make_job(STAGES[0], config, {})) is None
    assert list(planned.inputs) == sorted(
        [large, f"{site.url}missing.warc.gz", f"{site.url}small.warc.gz"]
    )
    site.requests.clear()
    manifest = extracted(config)
    assert manifest.counts.kept == 95
    assert manifest.counts.failed == {"unreadable": 1}
    assert list(manifest.settings["files"]) == [f"{site.url}crawl.paths.gz"]
    sampled = configured(tmp_path / "one", f"{site.url}crawl.paths.gz", base=site.url, max_files=1)
    assert len(plan(sampled, PipelineOptions([])).inputs) == 1


def test_another_model_makes_the_output_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(run=RunSection(name="run"))
    before = settings(config)
    other = tmp_path / main_text.MODEL.name
    other.write_bytes(main_text.MODEL.read_bytes() + b"\n")
    monkeypatch.setattr(main_text, "MODEL", other)
    (changed,) = changed_keys(before, settings(config))
    assert changed.startswith("models.main_text.txt (was ")
