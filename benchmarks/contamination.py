r"""Decontamination: what a look-up costs, and the index's memory and loading time, by its size.

    python benchmarks/contamination.py [--texts JSONL ...] [--ngrams 1000000 5000000] [--repeat 5]

The index is of made-up items of 60 words out of 50,000, the same ones in every run. The pages are
made up of the same words, or with `--texts` real ones: gzipped JSON lines with a field `text` or
`truth`. Every size runs in a process of its own. Prints JSON, for each size:

- `ngrams`, and `mb`: the n-grams in the index, and what it takes in memory (10^6 bytes).
- `load_seconds` and `load_peak_mb`: CPU time, and the process's greatest memory, while it is made
  from a JSON-lines file. `unpickle_seconds`: CPU time to have it back from a pickle.
- `ms_per_5000_characters`: CPU time of `find`, median, least and greatest of the repeats over all
  pages. `words_ms` is that of `re.findall(r"\w+", text)` on the same pages, to compare machines by.
- `pages`, `characters`, `hits`: what was looked through, and found.
"""

import argparse
import gzip
import json
import pickle
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from measure import in_turns, machine, summary

from pipeline.contamination import ContaminationIndex

T = TypeVar("T")

_WORDS = 50_000
_ITEM_WORDS = 60
_NGRAM = 13
_PAGES = 400
_PAGE_WORDS = 800


def main() -> None:
    """Measure each size in its own process and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", nargs="*", default=[], help="gzipped JSON lines of real pages")
    parser.add_argument("--ngrams", nargs="*", type=int, default=[1_000_000, 5_000_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_measure(arguments.ngrams[0], arguments.texts, arguments.repeat)))
        return
    sizes = [_in_child(size, arguments.texts, arguments.repeat) for size in arguments.ngrams]
    print(json.dumps({"machine": machine(), "sizes": sizes}, indent=1))


def _in_child(size: int, texts: list[str], repeat: int) -> dict[str, object]:
    options = ["--ngrams", str(size), "--repeat", str(repeat), "--texts", *texts]
    command = [sys.executable, __file__, "--child", *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, object] = json.loads(done.stdout)
    return result


def _measure(size: int, texts: list[str], repeat: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "items.jsonl")
        with path.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps({"question": text}) + "\n" for text in _items(size))
        index, load_seconds = _timed(lambda: ContaminationIndex.load([str(path)]))
    load_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    pickled = pickle.dumps(index)
    _, unpickle_seconds = _timed(lambda: pickle.loads(pickled))
    arrays = [value for value in vars(index).values() if isinstance(value, np.ndarray)]
    pages = list(_read(texts)) if texts else list(_made_up(_PAGES, _PAGE_WORDS, "page"))
    characters = sum(map(len, pages))
    word = re.compile(r"\w+")
    sides: dict[str, Callable[[], tuple[int, float]]] = {
        "find": lambda: _timed(lambda: sum(len(index.find(page)) for page in pages)),
        "words": lambda: _timed(lambda: sum(len(word.findall(page)) for page in pages)),
    }
    results = in_turns(sides, repeat)
    cost = {
        name: summary([seconds * 1000 / characters * 5000 for _, seconds in runs])
        for name, runs in results.items()
    }
    return {
        "ngrams": len(index.hashes),
        "mb": round(sum(array.nbytes for array in arrays) / 1e6, 1),
        "load_seconds": round(load_seconds, 2),
        "load_peak_mb": round(load_peak / 1e6),
        "unpickle_seconds": round(unpickle_seconds, 3),
        "ms_per_5000_characters": _rounded(cost["find"]),
        "words_ms": _rounded(cost["words"]),
        "pages": len(pages),
        "characters": characters,
        "hits": results["find"][0][0],
    }


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    begun = time.process_time()
    result = call()
    return result, time.process_time() - begun


def _rounded(cost: tuple[float, list[float]]) -> list[float]:
    return [round(value, 3) for value in (cost[0], *cost[1])]


def _items(ngrams: int) -> Iterator[str]:
    return _made_up(ngrams // (_ITEM_WORDS - _NGRAM + 1), _ITEM_WORDS, "item")


def _made_up(count: int, words: int, seed: str) -> Iterator[str]:
    """Texts of words of 2 to 9 letters."""
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(_WORDS)]
    rng = random.Random(seed)
    for _ in range(count):
        yield " ".join(rng.choices(known, k=words))


def _read(paths: list[str]) -> Iterator[str]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                text = row.get("text") or row.get("truth")
                if isinstance(text, str):
                    yield text


if __name__ == "__main__":
    main()
