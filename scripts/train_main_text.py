"""Train the model that tells a page's main text, and say how good it is on sources left out.

    python scripts/train_main_text.py --pages WARC --truth JSONL [--output FILE]

The truth file has a JSON object a line: `html_sha1` of the page's body, `kind` (`fulltext` is
used), `truth` (the main text as plain text), `source` (which collection the page is from). A
block's label is the share of its words that a longest common subsequence of page and truth holds.

Each source is left out in turn; the mean F1 over all pages so judged says what to expect of pages
from elsewhere. With --output the model of all sources is written. Needs rapidfuzz.
"""

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from pipeline import charset, warc
from pipeline.maintext import markdown
from pipeline.maintext.blocks import Block, read_blocks
from pipeline.maintext.choice import as_one, choose, join
from pipeline.maintext.markup import Limits, parse, strip
from pipeline.maintext.measures import measure
from pipeline.records import Page

_WORD = re.compile(r"\w+")
_ROUNDS = 100
_PARAMETERS = {
    "objective": "cross_entropy",
    "learning_rate": 0.1,
    "num_leaves": 24,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Sample:
    """A page and its truth: units of blocks, their measures, each one's share of main text."""

    source: str
    truth: str
    units: list[list[Block]]
    names: list[str]
    measures: NDArray[np.float32]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]


def main() -> None:
    """Cross-validate, and train if an output is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", required=True)
    parser.add_argument("--truth", required=True)
    parser.add_argument("--output")
    arguments = parser.parse_args()
    samples = read_samples(arguments.pages, arguments.truth)
    scores: dict[str, list[float]] = defaultdict(list)
    for source in sorted({sample.source for sample in samples}):
        booster = train([sample for sample in samples if sample.source != source])
        scores[source] = [score(s, booster) for s in samples if s.source == source]
        print(f"{source:22} {len(scores[source]):4} pages  F1 {np.mean(scores[source]):.3f}")
    everything = [value for values in scores.values() for value in values]
    print(f"{'each source left out':22} {len(everything):4} pages  F1 {np.mean(everything):.4f}")
    if arguments.output:
        Path(arguments.output).write_text(train(samples).model_to_string(), encoding="utf-8")


def read_samples(pages: str, truth: str) -> list[Sample]:
    """The pages whose whole main text is known."""
    wanted: dict[str, dict[str, str]] = {}
    with gzip.open(truth, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["kind"] == "fulltext":
                wanted[row["html_sha1"]] = row
    samples = []
    for split in warc.plan_splits(pages, 1 << 40):
        for page in warc.read_records(split, 1 << 30):
            if isinstance(page, Page):
                row = wanted.get(hashlib.sha1(page.body, usedforsecurity=False).hexdigest())
                samples += [_sample(page, row)] if row else []
    return samples


def _sample(page: Page, row: dict[str, str]) -> Sample:
    # Parts of one collection are one source.
    source = row["source"].split("-")[0]
    html, _ = charset.decode(page.body, page.charset)
    root = parse(strip(html.encode("utf-8", "replace")), Limits())
    blocks, containers = read_blocks(root, comments=False) if root is not None else ([], None)
    if root is None or containers is None or not blocks:
        nothing = np.zeros(0)
        return Sample(source, row["truth"], [], [], np.zeros((0, 0), np.float32), nothing, nothing)
    units = join(blocks, containers)
    judged = [as_one(unit) for unit in units]
    names, values = measure(judged, containers, root.findtext(".//title") or "")
    counts, matched = _matched(judged, row["truth"])
    weights = counts / max(counts.sum(), 1) ** 0.5 + 0.05
    shares = matched / np.maximum(counts, 1)
    rows = np.ascontiguousarray(values.T)
    return Sample(source, row["truth"], units, names, rows, shares, weights)


def _matched(blocks: list[Block], truth: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Words of each block, and how many of them the truth has in the same order."""
    words = [_words(block.text) for block in blocks]
    owner = np.repeat(np.arange(len(blocks)), [len(own) for own in words])
    page = [word for own in words for word in own]
    matched = np.zeros(len(blocks), np.int64)
    for step in LCSseq.opcodes(page, _words(truth)):
        if step.tag == "equal":
            np.add.at(matched, owner[step.src_start : step.src_end], 1)
    return np.array([len(own) for own in words]), matched


def train(samples: list[Sample]) -> lightgbm.Booster:
    """A model of some pages."""
    used = [sample for sample in samples if sample.shares.any()]
    data = lightgbm.Dataset(
        np.vstack([sample.measures for sample in used]),
        np.concatenate([sample.shares for sample in used]),
        weight=np.concatenate([sample.weights for sample in used]),
        feature_name=used[0].names,
    )
    return lightgbm.train(_PARAMETERS, data, _ROUNDS)


def score(sample: Sample, booster: lightgbm.Booster) -> float:
    """F1 of a page's words, as a multiset."""
    if not sample.units:
        return 0.0
    shares = np.asarray(booster.predict(sample.measures, num_threads=1))
    chars = np.array([as_one(unit).chars for unit in sample.units])
    chosen = [block for index in choose(shares, chars) for block in sample.units[index]]
    text = markdown.render(chosen)
    found, true = Counter(_words(text)), Counter(_words(sample.truth))
    both = (found & true).total()
    return 2 * both / (found.total() + true.total()) if both else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


if __name__ == "__main__":
    main()
