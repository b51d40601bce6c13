"""Examples for the tests of the quality classifier, and what a split of them holds."""

import random
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from classifiers.splits import Sides
from pipeline.schema import EXAMPLES

GOOD = "survey archive described history river valley century record".split()
BAD = "buy cheap shoes best price online click here now".split()


def example(number: int, label: bool, told: bool, sides: Sides) -> dict[str, Any]:
    """A page of one of 120 domains, whose words tell its label or do not."""
    source = random.Random(number)
    own = (GOOD if label else BAD) if told else GOOD + BAD
    words = source.choices(own, k=30) + source.choices(GOOD + BAD, k=30)
    source.shuffle(words)
    domain = f"domain{number % 120}.org"
    return {
        "id": f"id-{number}",
        "url": f"http://www.{domain}/{number}",
        "domain": domain,
        "language": "en" if number % 3 else "de",
        "n_chars": source.randint(50, 500),
        "link_density": None if number % 2 else source.random(),
        "stop_words": source.random(),
        "split": sides.side(domain),
        "label": label,
        "words": " ".join(words),
    }


def examples(count: int, told: bool, labels: Iterable[bool] | None = None) -> pa.Table:
    """Every fourth page is cited, whatever its domain."""
    sides = Sides.of({f"domain{n}.org": 1 for n in range(120)})
    given = list(labels or (random.Random(f"label {n}").random() < 0.25 for n in range(count)))
    rows = [example(n, given[n], told, sides) for n in range(count)]
    return pa.Table.from_pylist(rows, schema=EXAMPLES)
