"""How many readings of a benchmark the test for having trained on it takes to notice.

    python benchmarks/order_test.py runs/quickstart ../shared/data/benchmarks/openbook_qa.jsonl

The run's model goes on training on the benchmark alone, in its published order, and is tested after
1, 2, 4, ... readings. The same with the items shuffled before is the clean twin: it has learned all
of the items, but not the order.
"""

import argparse
import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from pipeline.benchmarkitems import Item, read
from training.ordertest import units_of
from training.runevaluation import order_test
from training.trained import Trained, trained

_BATCH = 8
_RATE = 1e-3


def readings(model: Trained, items: Sequence[Item]) -> Iterator[int]:
    """Trains a model on items in their order; yields after each reading of all."""
    context = model.config.context
    ids = np.concatenate([model.ids(text) for text in units_of(items)])
    rows = np.stack(
        [ids[start : start + context + 1] for start in range(0, len(ids) - context, context)]
    )
    batches = torch.from_numpy(rows).split(_BATCH)
    optimizer = torch.optim.AdamW(model.model.parameters(), lr=_RATE, betas=(0.9, 0.95))
    number = 0
    while True:
        for batch in batches:
            logits = model.model(batch[:, :-1]).flatten(0, 1)
            optimizer.zero_grad()
            F.cross_entropy(logits, batch[:, 1:].flatten()).backward()
            optimizer.step()
        number += 1
        yield number


def main() -> None:
    """Prints a line a test."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("run")
    parser.add_argument("benchmark")
    parser.add_argument("--readings", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=8192)
    parsed = parser.parse_args()
    items = list(read([parsed.benchmark]))
    shuffled = [items[place] for place in np.random.default_rng(0).permutation(len(items))]
    with trained(parsed.run) as model:
        for name, learned in (("published", items), ("shuffled", shuffled)):
            one = replace(model, model=copy.deepcopy(model.model))
            for number in readings(one, learned):
                if number & (number - 1) == 0:
                    found = order_test(one, items, parsed.tokens)
                    assert found is not None
                    print(
                        f"{name} {number}: gain {found.gain:+.4f}, p {found.p_value:.2g}",
                        flush=True,
                    )
                if number == parsed.readings:
                    break


if __name__ == "__main__":
    main()
