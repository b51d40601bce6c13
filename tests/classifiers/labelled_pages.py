"""Labelled pages with planted signals, for tests of the domain classifier."""

import json
from pathlib import Path
from typing import Any

import numpy as np

TOPICS = {"health": "doctor patient clinic", "religion": "church prayer faith"}
FORMATS = {"news_article": "reported yesterday officials", "tutorial": "step first then"}
_FILLER = "the of and to in is it was for on with as at by this that from are be or".split()


def rows(count: int = 240, seed: int = 0) -> list[dict[str, Any]]:
    """Pages of a topic and a format each, a page a site; the words of both are among others."""
    generator = np.random.default_rng(seed)
    found = []
    for number in range(count):
        topic, form = (list(kinds)[generator.integers(2)] for kinds in (TOPICS, FORMATS))
        telling = [*TOPICS[topic].split(), *FORMATS[form].split()]
        words = [*generator.choice(telling, size=4), *generator.choice(_FILLER, size=20)]
        text = " ".join(generator.permutation(words).tolist()) + f" {number}."
        path = "how-to" if form == "tutorial" else "news/2021"
        url = f"https://www.site{number}.org/{path}/{number}.html"
        found.append({"url": url, "text": text, "topic": topic, "format": form})
    return found


def write(path: Path, pages: list[dict[str, Any]]) -> str:
    """Write pages as JSON Lines; returns the path."""
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    return str(path)
