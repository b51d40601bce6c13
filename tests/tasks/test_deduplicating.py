"""From parts of the filter to duplicates, without Beam: every level, and bad input."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasketch import MinHash

from pipeline import minhash
from pipeline.config import DedupSection
from pipeline.ledger import Part
from pipeline.parts import read_table
from pipeline.sandbox import Pool
from pipeline.schema import CAPTURE_COLUMNS
from pipeline.stars import Partitions
from pipeline.tasks import linking, resolving
from pipeline.tasks.buckets import send_buckets
from pipeline.tasks.signing import SignedPart, sign_part

WORDS = [f"{a}{b}" for a in "barn lamp reed salt tide wren".split() for b in "ing ed er ly".split()]


def text(seed: int, length: int = 200) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, length))


def altered(words: str, count: int) -> str:
    """A text of which the first words are others."""
    return " ".join(["changed"] * count + words.split()[count:])


def document(number: int, words: str, **columns: Any) -> dict[str, Any]:
    known = {
        "id": f"id{number:06}",
        "url": f"https://a{number}.example/",
        "date": "2024-01-01T00:00:00Z",
        "warc": "a.warc.gz",
        "offset": number,
        "length": 1,
        "text": words,
        "n_chars": len(words),
        "quality": None,
        "exact": minhash.exact_hash(words),
    }
    return {**known, **columns}


def write(run: Path, parts: Iterable[list[dict[str, Any]]]) -> list[SignedPart]:
    """Parts as the filter leaves them."""
    signed, first = [], 0
    folder, out = run / "filter", run / "dedup"
    folder.mkdir(parents=True)
    out.mkdir()
    types = {"offset": pa.int64(), "length": pa.int64(), "n_chars": pa.int64()}
    types |= {"quality": pa.float64(), "exact": pa.binary(16)}
    names = [*CAPTURE_COLUMNS, "text", "n_chars", "quality", "exact"]
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    for number, rows in enumerate(parts):
        name = f"p{number}"
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / f"part-{name}.parquet")
        signed.append(SignedPart(name, first, str(folder), str(out), earlier=False))
        first += len(rows)
    return signed


def deduplicate(
    folder: Path,
    parts: list[list[dict[str, Any]]],
    section: DedupSection,
    ranges: int = 3,
    earlier: Sequence[SignedPart] = (),
) -> dict[str, tuple[str, str, float]]:
    """What is removed: by id, the kept one's id, the level and the similarity."""
    signed, out = write(folder, parts), folder / "dedup"
    with Pool(1, 60.0, 4 << 30) as pool:
        for part in signed:
            pool.submit(sign_part, part, section).result(timeout=120)
    own = sum(map(len, parts))
    moved = [replace(part, first=own + part.first, earlier=True) for part in earlier]
    done, facts = _removed([*signed, *moved], own, section, str(out), ranges)
    found: dict[str, tuple[str, str, float]] = {}
    for part, rows in zip(done, parts, strict=True):
        table = read_table(str(out / f"duplicates-{part.name}.parquet")).to_pylist()
        assert part.counts.read == len(rows)
        assert part.counts.kept == len(rows) - len(table)
        for row in table:
            assert rows[row["row"]]["id"] == row["id"]
            assert rows[row["row"]]["url"] == row["url"]
            found[row["id"]] = (row["kept_id"], row["level"], row["similarity"])
    found["closure"] = ("", "", facts["transitive_closure"])
    return found


def _removed(
    signed: list[SignedPart], own: int, section: DedupSection, out: str, ranges: int
) -> tuple[list[Part], dict[str, int]]:
    """What the stage's graphs do after signing, one task after the other."""
    guard: Any = None
    for number, part in enumerate(signed):
        send_buckets(guard, linking.bucket_file(out, number), [part], section, ranges)
    pairs = [linking.write_pairs(guard, number, ranges, out) for number in range(ranges)]
    linking.close_pairs(sum(pairs), out)
    total = signed[-1].first + 1000
    partitions = Partitions(total, ranges)
    counts = linking.unite(guard, linking.edge_files(out, 0), out, partitions)
    linking.close_components([counts], out)
    batches = [[part] for part in signed]
    firsts = [part.first for part in signed]
    members: dict[int, list[bytes]] = {batch: [] for batch in range(len(batches))}
    for path in linking.component_files(out):
        for batch, packed in resolving.members_of(path, firsts):
            members[batch].append(packed)
    for batch, parts in enumerate(batches):
        found = members[batch]
        resolving.gather(guard, batch, found, parts, partitions, section, out)
    for partition in range(ranges):
        resolving.resolve(guard, partition, partitions, section, firsts, own, out)
    done = [
        part
        for batch, parts in enumerate(batches)
        for part in resolving.write_duplicates(guard, batch, len(batches), parts, out)
    ]
    facts = linking.component_facts(out)
    assert facts is not None
    return done, facts


def test_each_level_names_what_is_kept(tmp_path: Path) -> None:
    """Across parts; a session id does not make another URL, nor white space another text."""
    base, other = text(1), text(2)
    parts = [
        [
            document(0, base, quality=0.9),
            document(1, other, url="https://www.c.example/x?utm_source=a#top"),
        ],
        [
            document(2, f" {base}\n"),
            document(3, text(3), url="http://c.example/x", date="2024-02-01T00:00:00Z"),
            document(4, altered(base, 5)),
        ],
    ]
    found = deduplicate(tmp_path, parts, DedupSection())
    assert {key: value[:2] for key, value in found.items() if key != "closure"} == {
        "id000001": ("id000003", "url"),
        "id000002": ("id000000", "exact"),
        "id000004": ("id000000", "near"),
    }
    assert found["id000004"][2] == pytest.approx(1 - 5 / 196, abs=0.1)
    assert found["closure"][2] == 3


def test_what_an_earlier_run_kept_is_named(tmp_path: Path) -> None:
    """And what it removed itself is compared with nothing."""
    base, other = text(1), text(2)
    old = [[document(0, base, quality=0.1), document(1, altered(base, 4), quality=0.9)]]
    found = deduplicate(tmp_path / "old", old, DedupSection())
    assert found["id000000"][:2] == ("id000001", "near")
    section = DedupSection(verify="jaccard")
    new = [[document(10, f"{base} more"), document(11, other)], [document(12, altered(base, 4))]]
    new[1].append(document(13, text(3), url="http://www.a1.example"))
    new[1].append(document(14, text(4), url="http://www.a0.example"))
    (part,) = [
        SignedPart("p0", 0, str(tmp_path / "old" / "filter"), str(tmp_path / "old" / "dedup"), True)
    ]
    found = deduplicate(tmp_path / "new", new, section, earlier=[part])
    assert {key: value[:2] for key, value in found.items() if value[1]} == {
        "id000010": ("id000001", "near"),
        "id000012": ("id000001", "exact"),
        "id000013": ("id000001", "url"),
    }


@pytest.mark.parametrize("level", ["url", "exact", "near"])
def test_each_level_can_be_off(level: str, tmp_path: Path) -> None:
    base = text(1)
    parts = [
        [
            document(0, base, quality=0.9),
            document(1, text(2), url="https://a0.example/", date="2023"),
            document(2, base),
            document(3, altered(base, 3)),
        ]
    ]
    found = deduplicate(tmp_path, parts, DedupSection(**{level: False}))
    gone = {"url": "id000001", "exact": "", "near": "id000003"}[level]
    levels = {"id000001": "url", "id000002": "exact", "id000003": "near"}
    levels.pop(gone, None)
    if level == "exact":
        # Equal texts have equal signatures.
        levels["id000002"] = "near"
    assert {key: value[1] for key, value in found.items() if value[1]} == levels


@pytest.mark.parametrize("verify", ["jaccard", "containment"])
def test_true_similarities_are_those_of_the_sets(verify: str, tmp_path: Path) -> None:
    base = text(1)
    longer = f"{base} {text(9, 40)}"
    section = DedupSection.model_validate({"verify": verify, "min_similarity": 0.6})
    found = deduplicate(tmp_path, [[document(0, base)], [document(1, longer)]], section)
    sets = [
        {tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in (base.split(), longer.split())
    ]
    shared = len(sets[0] & sets[1])
    size = len(sets[0] | sets[1]) if verify == "jaccard" else min(map(len, sets))
    assert found["id000000"][:2] == ("id000001", "near")
    assert found["id000000"][2] == shared / size


def test_the_signatures_agree_as_often_as_datasketchs(tmp_path: Path) -> None:
    """The same estimate of the same similarity, of the same shingles, by another's permutations."""
    ours, theirs = [], []
    for seed in range(60):
        sides = [text(seed), altered(text(seed), 10 + seed)]
        signatures = [minhash.text_signature(side, 5, 256) for side in sides]
        assert signatures[0] is not None
        assert signatures[1] is not None
        ours.append(minhash.jaccard_estimate(signatures[0], signatures[1]))
        sketches = []
        for side in sides:
            sketch = MinHash(num_perm=256, seed=1)
            words = side.split()
            sketch.update_batch(
                [" ".join(words[i : i + 5]).encode() for i in range(len(words) - 4)]
            )
            sketches.append(sketch)
        theirs.append(sketches[0].jaccard(sketches[1]))
    difference = np.array(ours) - np.array(theirs)
    # Two estimates of 256 permutations each: a standard error of at most 0.044 a pair.
    assert abs(difference.mean()) < 3 * 0.044 / np.sqrt(len(difference))
    assert np.abs(difference).max() < 5 * 0.044


def test_short_and_empty_pages(tmp_path: Path) -> None:
    """A text without a word has no duplicates; fewer words than a shingle are compared whole."""
    texts = ["", "", "!!! ...", "One", "one", "One two", "one  TWO", "one two three", text(1)]
    parts = [[document(number, words) for number, words in enumerate(texts)]]
    found = deduplicate(tmp_path, parts, DedupSection())
    assert {key: value[:2] for key, value in found.items() if value[1]} == {
        "id000004": ("id000003", "near"),
        "id000005": ("id000006", "near"),
    }


def test_ids_that_repeat(tmp_path: Path) -> None:
    """Rows are told apart by their place, so that each is removed or kept once."""
    base = text(1)
    parts = [[document(0, base), document(0, base)], [document(0, base), document(1, text(2))]]
    found = deduplicate(tmp_path, parts, DedupSection(url=False))
    rows = [
        (part, row["row"])
        for part in ("p0", "p1")
        for row in read_table(str(tmp_path / "dedup" / f"duplicates-{part}.parquet")).to_pylist()
    ]
    assert rows == [("p0", 1), ("p1", 0)]
    assert found["id000000"] == ("id000000", "exact", 1.0)


def test_many_equal_pages_are_one_bucket(tmp_path: Path) -> None:
    base = text(1, 20)
    parts = [[document(1000 * part + row, base) for row in range(1000)] for part in range(3)]
    found = deduplicate(tmp_path, parts, DedupSection())
    assert len(found) - 1 == 2999
    assert {value[:2] for key, value in found.items() if key != "closure"} == {
        ("id000000", "exact")
    }


def test_signatures_that_are_cut_short_are_made_anew(tmp_path: Path) -> None:
    (part,) = write(tmp_path, [[document(number, text(number)) for number in range(5)]])
    path = tmp_path / "dedup" / "signatures-p0.parquet"
    with Pool(1, 60.0, 4 << 30) as pool:
        arguments = (part, DedupSection())
        pool.submit(sign_part, *arguments).result(timeout=60)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        pool.submit(sign_part, *arguments).result(timeout=60)
    assert path.read_bytes() == whole


def test_neither_parts_nor_their_order_nor_ranges_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = []
    for number in range(120):
        base = text(int(rng.integers(12)))
        words = altered(base, int(rng.integers(60)))
        rows.append(document(number, words, n_chars=int(rng.integers(9))))
    results = []
    for cut, ranges in ((1, 1), (4, 3), (7, 2)):
        order = rng.permutation(len(rows))
        parts = [[rows[i] for i in order[start::cut]] for start in range(cut)]
        folder = tmp_path / str(cut)
        folder.mkdir()
        results.append(deduplicate(folder, parts, DedupSection(), ranges))
    assert len(results[0]) > 50
    assert results[0] == results[1] == results[2]
