"""A user's mistake gives one clear line, exit status 2 and no traceback."""

import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import files, stats
from pipeline.errors import UserError
from pipeline.files import Access
from pipeline.ledger import Manifest
from pipeline.order import STAGES
from pipeline.trace import trace
from tests.end_to_end.golden_run import Golden, answer_of, curate, digests
from tests.webserver import serving


def fails(*words: str, **options: object) -> str:
    """The one line that the command fails with."""
    if options:
        done = curate(*words, **options)
        status, output, errors = done.returncode, done.stdout, done.stderr
    else:
        # In this process: dozens of others would take minutes to start.
        status, output, errors = answer_of(*words)
    assert status == 2, (output, errors)
    assert "Traceback" not in errors
    lines = [line for line in errors.splitlines() if line.startswith("curate: ")]
    assert len(lines) == 1, errors
    return lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input", "nowhere/*.gz"], "nowhere/*.gz: no file matches"),
        (["--input", "nowhere.gz"], "nowhere.gz: no such file"),
        (["--", "--runer=DataflowRunner"], "did you mean --runner?"),
        (["--", "--runner=DaskRunner"], "--runner=DaskRunner: refused"),
        (["--", "--direct_running_mode=multi_processing"], "loses elements"),
        (["--", "--direct_num_workers=2"], "workers.count"),
        (["--", "--direct_num_workers=0"], "workers.count"),
        (["--", "--runner=PrismRunner"], "fetches a binary"),
        (["--", "--runner=Foo"], "--runner=Foo"),
        (["--input", ""], "input.paths"),
        (["--output", ""], "run.output"),
        (["--workers", "-1"], "workers.count"),
    ],
)
def test_wrong_arguments(config: Path, tmp_path: Path, words: list[str], message: str) -> None:
    """In this process: a dozen others would take a minute to start."""
    output = () if "--output" in words else ("--output", str(tmp_path))
    status, _, errors = answer_of("run", str(config), *output, *words)
    assert status == 2, errors
    assert message in errors
    assert errors.count("curate: ") == 1


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("empty.warc.gz", b"", "empty.warc.gz"),
        ("page.warc.gz", b"<html>no archive</html>" * 50, "page.warc.gz"),
    ],
)
def test_input_that_is_no_archive(
    config: Path, tmp_path: Path, name: str, body: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(body)
    line = fails("run", str(config), "--output", str(tmp_path), "--input", str(tmp_path / name))
    assert message in line


@pytest.mark.parametrize("value", ["inf", "nan", "1e400", "1e12", "0.0"])
def test_a_timeout_that_is_none(config: Path, tmp_path: Path, value: str) -> None:
    changed = tmp_path / "timeout.toml"
    text = config.read_text(encoding="utf-8")
    changed.write_text(text.replace("[input]", f"[input]\nhttp_timeout_seconds = {value}"), "utf-8")
    assert "input.http_timeout_seconds" in fails("run", str(changed), "--dry-run")


@pytest.mark.parametrize(
    ("earlier", "message"),
    [
        ('["nowhere"]', "dedup.earlier: nowhere: not deduplicated"),
        ('["a", "b", "a"]', "dedup.earlier: names a 2 times"),
    ],
)
def test_a_plan_with_earlier_runs_that_are_none(
    config: Path, tmp_path: Path, earlier: str, message: str
) -> None:
    changed = tmp_path / "earlier.toml"
    text = config.read_text(encoding="utf-8")
    changed.write_text(f"{text}\n[dedup]\nearlier = {earlier}\n", encoding="utf-8")
    status, _, errors = answer_of("run", str(changed), "--output", str(tmp_path), "--dry-run")
    assert status == 2, errors
    assert message in errors


def test_a_plan_for_files_that_cannot_be_reached(config: Path, tmp_path: Path) -> None:
    changed = tmp_path / "retries.toml"
    text = config.read_text(encoding="utf-8")
    changed.write_text(text.replace("[input]", "[input]\nhttp_retries = 1"), encoding="utf-8")
    words = ("run", str(changed), "--output", str(tmp_path), "--dry-run", "--input")
    good = str(config.parent / "crawl-*.warc.gz")
    with serving() as site:
        site.reset(busy=b"x")
        site.status = {"busy": (503, 0)}
        for inputs in ([f"{site.url}busy"], [good, f"{site.url}busy"]):
            line = fails(*words, *inputs)
            assert f"{site.url}busy: cannot be read (HTTP 503 Service Unavailable, after 1" in line


def test_an_output_folder_that_cannot_be_made(config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    line = fails("run", str(config), "--output", str(tmp_path / "file"))
    assert "cannot be written" in line


def test_a_full_disk(golden: Golden, tmp_path: Path) -> None:
    """A limit on file sizes stands in for the disk; with room again, the run goes on."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    words = ("extract", str(golden.config), "--output", str(tmp_path))
    line = fails(*words, preexec_fn=limit)
    assert "cannot be written" in line
    assert "File too large" in line
    assert answer_of(*words)[0] == 0
    made = digests(tmp_path / "golden")
    assert made == {name: golden.files[name] for name in made}
    assert any(name.startswith("extract/part-") for name in made)


def test_no_run_there(tmp_path: Path) -> None:
    assert "no finished stage" in fails("stats", str(tmp_path))
    assert "no shards" in fails("trace", str(tmp_path), "words")


def test_an_archive_that_cannot_be_traced(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, access: Access = files.DEFAULT_ACCESS) -> tuple[int, str]:
        raise PermissionError(13, f"HTTP 403 Forbidden, anonymous: {access.anonymous}", path)

    monkeypatch.setattr(files, "stat", refuse)
    found = trace(str(golden.folder), "e", Access(anonymous=True))
    with pytest.raises(UserError, match=r"warc\.gz: cannot be read \(HTTP 403.* anonymous: True"):
        list(found)


def test_statistics_leave_out_what_is_counted_from_files_that_are_gone(
    golden: Golden, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(golden.folder, run)
    whole = stats.collect(str(run))
    for stage in ("filter", "weight", "lines", "shards"):
        for path in (run / stage).glob("[ptv]*.parquet"):
            path.unlink()
    left = stats.collect(str(run))
    assert [way.extracted for way in left.language_ways] == [
        way.extracted for way in whole.language_ways
    ]
    way = left.language_ways[0]
    assert {way.filtered, way.deduplicated, way.weighted, way.tokens} == {None}
    assert (left.languages, left.quality, left.funnel) == ([], [], whole.funnel)
    assert [Path(path).parent.name for path in left.gone] == ["filter", "lines", "shards", "weight"]
    status, output, _ = answer_of("stats", str(run))
    assert (status, output.count("is gone: what is counted from it is left out")) == (0, 4)


def test_a_stage_before_its_time(config: Path, tmp_path: Path) -> None:
    line = fails("dedup", str(config), "--output", str(tmp_path))
    assert "run `curate extract` first" in line


def test_stale_output_is_refused_by_the_changed_key_and_made_anew_on_request(
    golden: Golden, tmp_path: Path
) -> None:
    shutil.copytree(golden.folder, tmp_path / "golden")
    changed = tmp_path / "changed.toml"
    text = golden.config.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("[filter.rules]", "[filter.rules]\nmean_word_length = {low = 4}"),
        encoding="utf-8",
    )
    words = ("run", str(changed), "--output", str(tmp_path), "--until", "dedup")
    line = fails(*words)
    assert "filter: made with other settings" in line
    assert "settings.filter.rules.mean_word_length (was " in line
    assert "--overwrite" in line
    planned = json.loads(answer_of(*words, "--dry-run", "--json")[1])
    states = {step["stage"]: step["state"] for step in planned["steps"]}
    assert (states["quality"], states["filter"], states["dedup"]) == ("done", "stale", "to do")
    assert answer_of(*words, "--overwrite")[0] == 0
    assert not (tmp_path / "golden" / "shards").exists()
    assert json.loads(answer_of("stats", str(tmp_path / "golden"), "--json")[1]) != golden.stats


def test_overwriting_one_stage_leaves_those_before_it(golden: Golden, tmp_path: Path) -> None:
    shutil.copytree(golden.folder, tmp_path / "golden")
    changed = tmp_path / "changed.toml"
    text = golden.config.read_text(encoding="utf-8")
    changed.write_text(text + "\n[extract]\nmax_body_bytes = 5000\n", encoding="utf-8")
    line = fails("shard", str(changed), "--output", str(tmp_path), "--overwrite")
    assert "extract: made with other settings: settings.extract.max_body_bytes" in line
    assert digests(tmp_path / "golden") == golden.files


def test_a_stage_needs_only_the_stages_before_it_not_the_crawl(
    golden: Golden, tmp_path: Path
) -> None:
    shutil.copytree(golden.folder, tmp_path / "runs" / "golden")
    shutil.rmtree(tmp_path / "runs" / "golden" / "shards")
    moved = tmp_path / "moved.toml"
    text = golden.config.read_text(encoding="utf-8")
    moved.write_text(text.replace(f"{golden.config.parent}/crawl-", "gone/crawl-"), "utf-8")
    words = ("shard", str(moved), "--output", str(tmp_path / "runs"))
    assert answer_of(*words)[0] == 0
    assert digests(tmp_path / "runs" / "golden") == golden.files


def test_output_without_its_settings_or_with_others_is_refused(
    golden: Golden, tmp_path: Path
) -> None:
    shutil.copytree(golden.folder, tmp_path / "golden")
    words = ("run", str(golden.config), "--output", str(tmp_path))
    settings = tmp_path / "golden" / "filter" / "settings.json"
    kept = settings.read_text(encoding="utf-8")
    settings.unlink()
    assert "settings.json (missing" in fails(*words)
    settings.write_text(kept, encoding="utf-8")
    folder = tmp_path / "golden" / "filter"
    manifest = Manifest.read(str(folder))
    assert manifest
    replace(manifest, fingerprint="0").write(str(folder))
    assert "differ" in fails(*words)
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"kept": 1', '"kept": 2'), encoding="utf-8")
    assert f"{path}: changed since it was written" in fails(*words)


def test_a_model_that_is_none_stops_the_run(config: Path, tmp_path: Path) -> None:
    changed = tmp_path / "model.toml"
    text = config.read_text(encoding="utf-8").replace("dumps = ", f'model = "{config}"\n#')
    changed.write_text(text, encoding="utf-8")
    line = fails("run", str(changed), "--output", str(tmp_path), "--until", "filter")
    assert "cannot be loaded as a fastText model" in line


def test_a_sample_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in fails("sample", str(tmp_path / "file"))


def test_an_interrupted_run_says_how_to_go_on(config: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", str(config), "--output", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "golden" / "extract" / "settings.json").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown.splitlines()[-1] == "curate: interrupted; the same command goes on from here"
    assert "Traceback" not in shown


def test_a_finished_run_is_not_run_again(golden: Golden) -> None:
    words = ("run", str(golden.config), "--output", str(golden.folder.parent))
    status, _, errors = answer_of(*words)
    assert status == 0
    assert errors.count("done before") == len(STAGES)


@pytest.mark.parametrize("key", ["url_lists = ['nowhere']", "bad_words = 'nowhere'"])
def test_a_missing_list_is_told_before_anything_is_done(
    config: Path, tmp_path: Path, key: str
) -> None:
    missing = tmp_path / "missing.toml"
    missing.write_text(f"{config.read_text(encoding='utf-8')}\n[filter]\n{key}\n", encoding="utf-8")
    message = fails("run", str(missing), "--output", str(tmp_path))
    assert f"filter.{key.split(maxsplit=1)[0]}: nowhere: no such file" in message


def test_a_broken_list_is_told_before_any_page_is_read(golden: Golden, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"question": "who"}\n{"question\n')
    broken = tmp_path / "broken.toml"
    text = golden.config.read_text(encoding="utf-8")
    broken.write_text(f"{text}\n[filter]\nbenchmarks = ['{items}']\n")
    message = fails("run", str(broken), "--output", str(tmp_path / "runs"))
    assert "items.jsonl: " in message
    assert "line 2" in message
    assert not list((tmp_path / "runs").rglob("*.parquet"))
    assert not (tmp_path / "golden").exists()


def test_a_command_ends_by_its_status_with_what_was_registered_for_the_end(tmp_path: Path) -> None:
    program = (
        "import atexit, sys; from pipeline.cli import command; "
        f"sys.argv = ['curate', 'stats', {str(tmp_path / 'none')!r}]; "
        "atexit.register(print, 'at the end'); command(); print('never')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "at the end\n")
    assert done.stderr.startswith("curate: ")
