"""MinHash: estimates as good as theory allows, on words that survive a reprint."""

import gzip
import json
import random
import unicodedata
from pathlib import Path

import datasketch
import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import minhash

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "../shared/data/topics/weborganizer_cc.jsonl.gz"
PERMUTATIONS = 112


@pytest.fixture(scope="module")
def pages() -> list[str]:
    if not PAGES.exists():
        pytest.skip(f"{PAGES} is absent")
    with gzip.open(PAGES, "rt", encoding="utf-8") as file:
        return [json.loads(line)["text"] for line, _ in zip(file, range(300), strict=False)]


def signature_of(words: list[str], n: int = 1) -> minhash.Signature:
    found = minhash.signature(minhash.shingles(words, n), PERMUTATIONS)
    assert found is not None
    return found


def pair_of_similarity(similarity: float, size: int, seed: str) -> tuple[list[str], list[str]]:
    """Two lists of distinct words with so great a Jaccard similarity, up to rounding."""
    shared = round(similarity * size)
    own = (size - shared) // 2
    common = [f"{seed}-common-{i}" for i in range(shared)]
    left, right = ([f"{seed}-{side}-{i}" for i in range(own)] for side in ("left", "right"))
    return common + left, common + right


def jaccard(left: list[str], right: list[str]) -> float:
    return len({*left} & {*right}) / len({*left} | {*right})


def altered(text: str, share: float, seed: int) -> str:
    """The text with so great a share of its words replaced."""
    rng = random.Random(seed)
    return " ".join("changed" if rng.random() < share else word for word in text.split())


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("Hello,  WORLD!\n\tIt's 3.14", "hello world it s 0 00"),
        ("déjà-vu, NAÏVE_İstanbul Straße", "deja vu naive istanbul straße"),
        ("Việt Nam; Ёлка; πᾶς", "viet nam елка πας"),
        ("שָׁלוֹם مُحَمَّد ٤٥", "שלום محمد 00"),
        ("हिन्दी में क़लम", "हिन्दी में क़लम"),
        ("漢字とカナabcがぎ 12", "漢 字 と カ ナ abc が ぎ 00"),
        ("รู้ดี ok", "รู้ ดี ok"),
        ("ភាសា", "ភា សា"),
        ("한국어 문장", "한국어 문장"),
        ("co\u00adoperate می\u200cروم", "cooperate میروم"),
        ("\x00 .,;!? \u2028 😀 ", ""),
        ("", ""),
    ],
)
def test_normalization(text: str, normalized: str) -> None:
    assert minhash.normalize(text) == unicodedata.normalize("NFC", normalized)


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = minhash.normalize(text)
    assert minhash.normalize(once) == once
    assert minhash.words(text) == once.split()


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_is_normalized_as_its_definition_says(text: str) -> None:
    plain = "".join("0" if c.isdigit() else c if c.isalpha() else " " for c in text.lower())
    assert minhash.words(text) == plain.split()


def test_exact_hash_is_equal_for_texts_equal_but_for_white_space() -> None:
    first = minhash.exact_hash("Café “Rex” opened in 1999.")
    assert len(first) == 16
    assert minhash.exact_hash("  Café “Rex”\nopened\tin 1999. ") == first
    assert minhash.exact_hash("Café “Rex” opened in 2024.") != first
    assert minhash.exact_hash("café “Rex” opened in 1999.") != first


@pytest.mark.parametrize("text", ["", " \n", "… — !"])
def test_a_text_without_words_is_nobody_s_duplicate(text: str) -> None:
    assert minhash.text_signature(text, 5, PERMUTATIONS) is None
    assert len(minhash.shingles([], 5)) == 0


def test_shingles_are_the_distinct_runs_of_n_words() -> None:
    words = list("abcabcd")
    shingles = minhash.shingles(words, 3)
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    assert len(shingles) == len(runs)
    by_run = dict(zip(runs, shingles.tolist(), strict=True))
    assert [by_run[run] for run in runs] == shingles.tolist()
    assert len(set(by_run.values())) == len(set(runs))


def test_shingles_depend_on_the_order_of_words() -> None:
    assert minhash.shingles(["a", "b"], 2) != minhash.shingles(["b", "a"], 2)


def test_a_text_shorter_than_a_shingle_is_one_shingle() -> None:
    assert minhash.shingles(["a", "b"], 5).tolist() == minhash.shingles(["a", "b"], 2).tolist()


def test_a_signature_is_the_minimum_over_the_shingles() -> None:
    """The signature of a union is the minimum of the signatures, across block boundaries too."""
    left, right = ([f"{side}{i}" for i in range(5000)] for side in ("left", "right"))
    both = np.minimum(signature_of(left), signature_of(right))
    assert (signature_of(left + right) == both).all()
    assert (signature_of(left[::-1] + left) == signature_of(left)).all()


def test_fewer_permutations_are_the_first_of_more() -> None:
    shingles = minhash.shingles(list("abcdefg"), 2)
    few, many = minhash.signature(shingles, 10), minhash.signature(shingles, 300)
    assert few is not None
    assert many is not None
    assert (few == many[:10]).all()


@pytest.mark.parametrize("size", [40, 400, 3000])
@pytest.mark.parametrize("similarity", [0.1, 0.5, 0.8, 0.95])
def test_estimates_have_no_bias_and_the_binomial_error(similarity: float, size: int) -> None:
    """Over 200 pairs the mean error is within 4 standard errors, the spread within a quarter."""
    errors = []
    for trial in range(200):
        left, right = pair_of_similarity(similarity, size, f"{similarity}-{size}-{trial}")
        estimate = minhash.jaccard_estimate(signature_of(left), signature_of(right))
        errors.append(estimate - jaccard(left, right))
    exact = jaccard(*pair_of_similarity(similarity, size, ""))
    deviation = (exact * (1 - exact) / PERMUTATIONS) ** 0.5
    assert abs(np.mean(errors)) < 4 * deviation / 200**0.5
    assert 0.75 * deviation < np.std(errors) < 1.25 * deviation


def test_estimates_on_real_pages_are_as_good_as_datasketch_s(pages: list[str]) -> None:
    ours, theirs = [], []
    for seed, page in enumerate(pages[:150]):
        sides = [minhash.words(page), minhash.words(altered(page, 0.02 + seed / 1500, seed))]
        runs = [[" ".join(words[i : i + 5]) for i in range(len(words) - 4)] for words in sides]
        if not all(runs):
            continue
        exact = jaccard(*runs)
        sketches = [datasketch.MinHash(num_perm=PERMUTATIONS) for _ in runs]
        for sketch, run in zip(sketches, runs, strict=True):
            sketch.update_batch([text.encode() for text in run])
        theirs.append(sketches[0].jaccard(sketches[1]) - exact)
        estimate = minhash.jaccard_estimate(*(signature_of(words, 5) for words in sides))
        ours.append(estimate - exact)
    assert len(ours) > 100
    assert np.sqrt(np.mean(np.square(ours))) < 1.2 * np.sqrt(np.mean(np.square(theirs)))


def test_different_real_pages_share_no_bucket(pages: list[str]) -> None:
    signatures = [minhash.text_signature(page, 5, PERMUTATIONS) for page in pages]
    keys = minhash.bands(np.stack([s for s in signatures if s is not None]), 14, 8)
    assert len(np.unique(keys)) > 0.99 * keys.size


@settings(max_examples=50)
@given(st.integers(1, 20), st.integers(1, 12), st.data())
def test_bands_are_equal_exactly_where_all_their_rows_are(
    bands: int, rows: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    left = rng.integers(0, 2**32, bands * rows, dtype=np.uint32)
    right = np.where(rng.random(bands * rows) < 0.8, left, left + np.uint32(1))
    equal = (left.reshape(bands, rows) == right.reshape(bands, rows)).all(axis=1)
    keys = minhash.bands(np.stack([left, right]), bands, rows)
    assert keys.shape == (2, bands)
    assert ((keys[0] == keys[1]) == equal).all()
    assert (keys[0] == minhash.bands(left, bands, rows)).all()


def test_equal_rows_in_different_bands_have_different_keys() -> None:
    assert len(set(minhash.bands(np.zeros(112, dtype=np.uint32), 14, 8).tolist())) == 14


def test_match_probability_is_the_share_of_pairs_that_meet() -> None:
    bands, rows, similarity, trials = 14, 4, 0.6, 400
    met = 0
    for trial in range(trials):
        left, right = pair_of_similarity(similarity, 1000, f"meet-{trial}")
        keys = [
            minhash.bands(signature_of(side)[: bands * rows], bands, rows) for side in (left, right)
        ]
        met += bool((keys[0] == keys[1]).any())
    expected = minhash.match_probability(similarity, bands, rows)
    assert abs(met / trials - expected) < 4 * (expected * (1 - expected) / trials) ** 0.5


def test_match_probability_of_the_default_bands() -> None:
    """FineWeb's S-curve: about 56, 77, 92 and 99 % at these similarities (Penedo et al. 2024)."""
    curve = [minhash.match_probability(s, 14, 8) for s in (0.7, 0.75, 0.8, 0.85)]
    assert [round(100 * p) for p in curve] == [56, 77, 92, 99]
    assert minhash.match_probability(0.0, 14, 8) == 0.0
    assert minhash.match_probability(1.0, 14, 8) == 1.0


def test_signatures_are_those_of_exact_integers() -> None:
    """They are stored and compared across machines: neither NumPy nor the platform may matter."""
    words = minhash.words("The quick brown fox jumps over the lazy dog, 42 times")
    hashes = [xxhash.xxh64_intdigest(word.encode()) for word in words]
    weights = [xxhash.xxh64_intdigest(b"word:%d" % i) | 1 for i in range(5)]
    runs = [hashes[i : i + 5] for i in range(len(hashes) - 4)]
    sums = [sum(h * w for h, w in zip(run, weights[::-1], strict=True)) for run in runs]
    shingles = [murmur_finalizer(total % 2**64) for total in sums]
    assert minhash.shingles(words, 5).tolist() == shingles
    numbers = [xxhash.xxh64_intdigest(b"permutation:%d" % i) | 1 for i in range(PERMUTATIONS)]
    minima = [
        min(((x >> 32) * (number % 2**32) + (number >> 32)) % 2**32 for x in shingles)
        for number in numbers
    ]
    assert signature_of(words, 5).tolist() == minima


def murmur_finalizer(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD % 2**64
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 % 2**64
    return value ^ value >> 33
