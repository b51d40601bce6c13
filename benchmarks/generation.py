"""Tokens a second in generation, with cached keys and values and with all read anew for each token.

    python benchmarks/generation.py [--depth 4] [--width 128] [--context 256] [--vocab-size 8000]
        [--read 0 300] [--tokens 100] [--repeat 3]

A model with random weights goes on with texts of so many tokens; both sides see the same, in turns.
"""

import argparse
import json
import time

import torch
from measure import in_turns, machine, summary

from training.config import TrainConfig
from training.losses import predict
from training.model import Decoder, make_model
from training.sampling import Reader, first_seen


@torch.no_grad()
def rate(model: Decoder, context: int, read: int, tokens: int, *, cached: bool) -> float:
    """Tokens a second that follow so many which were read before the clock starts."""
    reader = Reader(model, context)
    ids = [1] * (read + 1)
    reader.next_logits(ids)
    begun = time.perf_counter()
    for number in range(tokens):
        ids.append(number % model.embedding.num_embeddings)
        if cached:
            reader.next_logits(ids)
        else:
            predict(model, torch.tensor([ids[first_seen(len(ids), context) :]]))
    return tokens / (time.perf_counter() - begun)


def main() -> None:
    """Print the rates after each length."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--read", type=int, nargs="+", default=[0, 300])
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    config = TrainConfig(depth=given.depth, width=given.width, context=given.context)
    model = make_model(given.vocab_size, config).eval()
    print(json.dumps(machine()))
    for read in given.read:
        rates = in_turns(
            {
                name: lambda cached=name == "cached", read=read: rate(  # type: ignore[misc]
                    model, given.context, read, given.tokens, cached=cached
                )
                for name in ("cached", "anew")
            },
            given.repeat,
        )
        ratios = [one / other for one, other in zip(rates["cached"], rates["anew"], strict=True)]
        rows = {
            **{name: summary(values) for name, values in rates.items()},
            "ratio": summary(ratios),
        }
        for name, (median, ends) in rows.items():
            print(f"after {read} tokens, {name}: {median:.1f} ({ends[0]:.1f} to {ends[1]:.1f})")


if __name__ == "__main__":
    main()
