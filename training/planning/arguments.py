"""The options of `curate plan` and `curate plan fit`."""

import argparse
from collections.abc import Sequence
from typing import Any, NamedTuple

from pipeline.errors import UserError
from training.planning.answer import Assumption
from training.planning.cost import Rates
from training.planning.hardware import GPUS
from training.planning.memory import OPTIMIZERS, PRECISIONS, Layout
from training.planning.published import published
from training.planning.quantities import Reader, quantity, whole
from training.planning.question import Question

_NUMBER, _SHARE = quantity(), quantity(1.0)


class _Wanted(NamedTuple):
    """What may be asked for."""

    flag: str
    read: Reader
    help: str


class _Assumed(NamedTuple):
    """What is assumed unless given; without a default, what follows from another option."""

    flag: str
    read: Reader
    default: float | int | None
    help: str
    source: str


_WANTED = (
    _Wanted("flops", _NUMBER, "budget of operations, answers included; 1e24"),
    _Wanted("gpu-hours", _NUMBER, "budget of device hours"),
    _Wanted("money", _NUMBER, "budget of money"),
    _Wanted("loss", quantity(100), "in place of a budget: reach this loss, in nats a token"),
    _Wanted("params", _NUMBER, "parameters; 405B"),
    _Wanted("active-params", _NUMBER, "those at work on a token, of a mixture of experts"),
    _Wanted("tokens", _NUMBER, "tokens to train on; 15.6T"),
    _Wanted("inference-tokens", _NUMBER, "tokens the model is to answer with in its life"),
    _Wanted("unique-tokens", _NUMBER, "distinct tokens there are; more are repeats"),
)
_LLAMA = "Grattafiori et al. 2024, table 4"
_TOUVRON = 'Touvron et al. 2023, "LLaMA", section 6'
_PRECISION = {
    "fp32": "weights and gradients of 4 bytes",
    "bf16": "and fp32 weights besides (Rajbhandari et al. 2020, section 3.1)",
    "fp8": "and fp32 weights, bf16 gradients: assumed after Micikevicius et al. 2022",
}
_ASSUMED = (
    _Assumed(
        "utilization",
        _SHARE,
        0.4,
        "share of the peak that training reaches",
        f"Llama 3's: 38 to 43% ({_LLAMA})",
    ),
    _Assumed("inference-utilization", _SHARE, None, "that answering reaches", "as --utilization"),
    _Assumed("peak-flops", quantity(1e20), None, "operations a second", "dense, bf16; the GPU's"),
    _Assumed("memory", quantity(1e15), None, "bytes of a device", "the GPU's"),
    _Assumed("watts", quantity(1e6), None, "power of a device", "the GPU's board"),
    _Assumed("pue", quantity(10), 1.1, "power of the site over that of its devices", _TOUVRON),
    _Assumed(
        "co2-per-kwh",
        quantity(10),
        0.385,
        "kg of CO2 equivalent",
        f"mean of the United States in {_TOUVRON}; yours will differ",
    ),
    _Assumed(
        "price",
        quantity(1e6),
        2.0,
        "money a device and hour, in any currency",
        "US dollars, what DeepSeek-AI 2024 assume for an H800 (DeepSeek-V3, table 1)",
    ),
    _Assumed("devices", whole, 8, "devices that work at once", "one server"),
    _Assumed("tensor-parallel", whole, 1, "devices that share a sequence", "no sharing"),
    _Assumed("context", whole, 4096, "tokens a sequence", "a common length"),
    _Assumed("micro-batch", whole, 1, "sequences at once on a device", "the least"),
    _Assumed("vocab-size", whole, 128_000, "of the tokenizer, for the logits", "Llama 3's 128K"),
    _Assumed("layers", whole, None, "blocks", "width / 128"),
    _Assumed("width", whole, None, "of the residual stream", "parameters = 12 layers width^2"),
)


def add_plan(commands: Any) -> None:
    """Add the command with its subcommand to the command line's parser."""
    about = "plan a training: size, tokens, memory, hours, money, energy"
    parser: argparse.ArgumentParser = commands.add_parser(
        "plan", help=about, description=f"{about}; every assumption is an option, and printed"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.set_defaults(call="plan")
    group = parser.add_argument_group("what is wanted")
    for wanted in _WANTED:
        group.add_argument(f"--{wanted.flag}", metavar="N", help=wanted.help)
    group = parser.add_argument_group("assumptions")
    group.add_argument(
        "--law",
        choices=list(published()),
        help="besiroglu, with intervals; with --unique-tokens muennighoff",
    )
    group.add_argument("--gpu", choices=list(GPUS), default="h100", help="default: h100")
    for one in _ASSUMED:
        default = one.source if one.default is None else f"{one.default:g}"
        group.add_argument(f"--{one.flag}", metavar="N", help=f"{one.help}; default: {default}")
    group.add_argument("--precision", choices=PRECISIONS, default="bf16", help="default: bf16")
    group.add_argument("--optimizer", choices=OPTIMIZERS, default="adamw", help="default: adamw")
    group.add_argument(
        "--recompute", action="store_true", help="compute activations again to save memory"
    )
    _add_fit(parser.add_subparsers(dest="part", metavar="fit"))


def _add_fit(parts: Any) -> None:
    about = "fit a scaling law to finished runs, and extrapolate"
    parser: argparse.ArgumentParser = parts.add_parser("fit", help=about, description=about)
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUNS",
        help="run folders, or .csv and .jsonl files with params, tokens and loss",
    )
    parser.add_argument("--budgets", nargs="+", metavar="FLOPS", help="to extrapolate to")
    parser.add_argument("--plot", metavar="FILE", help="write the iso-FLOP curves as SVG")
    # Not to undo a --json before `fit`.
    help_ = "print JSON on standard output"
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=help_)
    parser.set_defaults(call="plan_fit")


def read_question(parsed: Any) -> tuple[Question, list[Assumption]]:
    """The question that was asked, and what it assumes, with sources.

    Raises:
        UserError: A value is no number, or out of its bounds.
    """
    wanted = {_name(one.flag): _read(one, parsed) for one in _WANTED}
    value, sources = _values(parsed)
    law = parsed.law or ("besiroglu" if wanted["unique_tokens"] is None else "muennighoff")
    question = Question(
        **(wanted | {"inference_tokens": wanted["inference_tokens"] or 0.0}),
        law=published()[law],
        rates=Rates(**{name: value[name] for name in Rates.__dataclass_fields__}),
        layout=Layout(
            precision=parsed.precision,
            optimizer=parsed.optimizer,
            recompute=parsed.recompute,
            **{
                name: value[name]
                for name in ("devices", "tensor_parallel", "context", "micro_batch")
            },
        ),
        device_memory=value["memory"],
        layers=value["layers"],
        width=value["width"],
        vocab_size=value["vocab_size"],
    )
    assumptions = [
        Assumption("--law", law, question.law.source),
        Assumption("--gpu", parsed.gpu, GPUS[parsed.gpu].source),
        *(
            Assumption(f"--{one.flag}", value[_name(one.flag)], sources[one.flag])
            for one in _ASSUMED
            if one.flag not in ("layers", "width")
        ),
        Assumption("--precision", parsed.precision, _PRECISION[parsed.precision]),
        Assumption("--optimizer", parsed.optimizer, "moments in fp32, sharded over the devices"),
        Assumption(
            "--recompute", str(parsed.recompute).lower(), "Korthikanti et al. 2023, section 5"
        ),
        Assumption(
            "FLOPs", "6 N D + 2 N answers", "Kaplan et al. 2020, section 2.1; attention left out"
        ),
    ]
    return question, assumptions


def _values(parsed: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What is assumed by name, and where it is from by flag."""
    gpu = GPUS[parsed.gpu]
    value: dict[str, Any] = {}
    source = {}
    for one in _ASSUMED:
        given = _read(one, parsed)
        value[_name(one.flag)] = one.default if given is None else given
        source[one.flag] = one.source if given is None else "given"
    derived = {
        "peak_flops": gpu.peak_flops,
        "memory": gpu.memory,
        "watts": gpu.watts,
        "inference_utilization": value["utilization"],
    }
    value |= {name: default for name, default in derived.items() if value[name] is None}
    return value, source


def _read(option: _Wanted | _Assumed, parsed: Any) -> Any:
    word = getattr(parsed, _name(option.flag))
    return None if word is None else option.read(f"--{option.flag}", word)


def _name(flag: str) -> str:
    return flag.replace("-", "_")


def read_budgets(parsed: Any) -> Sequence[float] | None:
    """The budgets `fit` is to extrapolate to.

    Raises:
        UserError: One is no number, or options of the plan stand before `fit`.
    """
    for flag in ("law", *(one.flag for one in (*_WANTED, *_ASSUMED))):
        if getattr(parsed, _name(flag)) is not None:
            raise UserError(f"plan fit: takes no --{flag}; see --budgets")
    return parsed.budgets and [_NUMBER("--budgets", word) for word in parsed.budgets]
