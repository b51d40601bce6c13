"""The commands that ask the trained model of a run: `generate`, `evaluate`, `export`."""

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from typing import Literal

from rich.console import Console

from pipeline import evaluationtables
from pipeline.argumenttypes import count, number, positive, seed
from pipeline.errors import UserError
from pipeline.progress import Progress

Answer = tuple[object, Callable[[Console], object]]
"""What is printed as JSON, and what shows it to a person."""
Command = Callable[[argparse.Namespace], Answer]
Name = Literal["evaluate", "export", "generate"]


def add_generate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `generate`."""
    parser.add_argument("prompts", nargs="*", metavar="PROMPT", help="what to go on with")
    parser.add_argument("--tokens", type=positive, default=128, metavar="N", help="at most")
    parser.add_argument(
        "--temperature",
        type=number(0, math.inf),
        default=1.0,
        metavar="T",
        help="0 takes the likeliest token",
    )
    parser.add_argument(
        "--top-k", type=positive, metavar="K", help="draw from the K likeliest tokens"
    )
    parser.add_argument(
        "--top-p",
        type=number(0, 1),
        default=1.0,
        metavar="P",
        help="draw from the fewest tokens that have probability P together",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help="another one, other text")


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    parser.add_argument(
        "--benchmarks", nargs="+", default=[], metavar="PATH", help="files, folders or globs"
    )
    parser.add_argument(
        "--documents", type=positive, metavar="N", help="validation documents to read; else all"
    )
    parser.add_argument(
        "--questions", type=positive, metavar="N", help="questions of each benchmark; else all"
    )
    parser.add_argument(
        "--order-tokens",
        type=count,
        default=16_384,
        metavar="N",
        help="tokens of each benchmark to shuffle for the test of having trained on it; 0: no test",
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument("--output", required=True, metavar="DIR", help="a new folder")


# The modules that load torch are imported where they are needed: it takes seconds.


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise UserError("torch is not installed, which models need; pip install 'curate[train]'")


def generate(parsed: argparse.Namespace) -> Answer:
    """Draw texts from the model."""
    _require_torch()
    from training.sampling import Sampling
    from training.sampling import generate as go_on
    from training.trained import trained

    how = Sampling(
        tokens=parsed.tokens,
        temperature=parsed.temperature,
        top_k=parsed.top_k,
        top_p=parsed.top_p,
        seed=parsed.seed,
    )
    with trained(parsed.run) as model:
        found = [go_on(model, prompt, how) for prompt in parsed.prompts or [""]]

    def show(console: Console) -> None:
        for place, one in enumerate(found):
            if place:
                console.rule()
            console.print(one.prompt, style="bold", end="")
            console.print(one.text, soft_wrap=True)

    return [asdict(one) for one in found], show


def evaluate(parsed: argparse.Namespace) -> Answer:
    """Measure the model."""
    _require_torch()
    from training.runevaluation import Extent, evaluate_run

    extent = Extent(parsed.documents, parsed.questions, parsed.order_tokens)
    note = Progress(Console(stderr=True)).note
    found = evaluate_run(parsed.run, parsed.benchmarks, extent, note)
    return asdict(found), lambda console: evaluationtables.show(found, console)


def export(parsed: argparse.Namespace) -> Answer:
    """Write the model for `transformers`."""
    _require_torch()
    from training.export import export as write
    from training.trained import trained

    with trained(parsed.run) as model:
        found = write(model, parsed.output)
    return found, lambda console: console.print("\n".join(found))


COMMANDS: tuple[tuple[Name, str, Callable[[argparse.ArgumentParser], None], Command], ...] = (
    ("generate", "draw text from the trained model", add_generate, generate),
    ("evaluate", "measure the trained model", add_evaluate, evaluate),
    ("export", "write the trained model for transformers", add_export, export),
)
"""Name, help, arguments and answer of each."""
