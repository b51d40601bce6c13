"""The answer of `curate plan`: sizes, tokens, memory, hours, money, energy."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.richtable import number_table
from training.planning.cost import Cost, cost
from training.planning.laws import Law
from training.planning.memory import Memory, Shape, memory
from training.planning.optimum import INFERENCE, TRAINING, Setting, best
from training.planning.published import published
from training.planning.quantities import short
from training.planning.question import Interval, Point, Question, solve

# Beyond these epochs, repeats are worth less than new tokens; and next to nothing (Muennighoff et
# al. 2023, section 6 and figure 1).
_AS_NEW, _WORTHLESS = 4, 40


@dataclass(frozen=True)
class Assumption:
    """A value that was not measured.

    Attributes:
        flag: The option that changes it.
        value: As it was used.
        source: Where the default is from, or `given`.
    """

    flag: str
    value: float | int | str | None
    source: str


@dataclass(frozen=True)
class TrainingPlan:
    """What to train, and what it takes.

    Attributes:
        point: Size, tokens and loss, with intervals.
        params: All parameters.
        flops: Of `training`, of `inference` and in `total`.
        unique: With `--unique-tokens`: these, `epochs`, and the `effective_params` and
            `effective_tokens` that would do as well if all tokens were new; else None.
        shape: Layers and width the activations are counted for.
        memory: Bytes.
        costs: Of `training`, of `inference` where it was asked for, and in `total`.
        laws: What each published law would do with the same operations of training.
        law: The one used.
        assumptions: All of them.
        notes: What to be careful about.
    """

    point: Point
    params: float
    flops: dict[str, float]
    unique: dict[str, float] | None
    shape: Shape
    memory: Memory
    costs: dict[str, Cost]
    laws: list[dict[str, Any]]
    law: Law
    assumptions: list[Assumption]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """As plain values; the same keys whatever was asked."""
        point, law = self.point, self.law
        return {
            "params": self.params,
            "active_params": point.params,
            "tokens": point.tokens,
            "tokens_per_param": point.tokens / point.params,
            "loss": point.loss,
            "intervals": {
                "params": point.params_interval,
                "tokens": point.tokens_interval,
                "loss": point.loss_interval,
            },
            "flops": self.flops,
            "unique": self.unique,
            "shape": asdict(self.shape),
            "memory": asdict(self.memory),
            "costs": {name: asdict(one) for name, one in self.costs.items()},
            "law": {
                "name": law.name,
                "source": law.source,
                "E": law.floor,
                "A": law.a,
                "B": law.b,
                "alpha": law.alpha,
                "beta": law.beta,
            },
            "laws": self.laws,
            "assumptions": {
                one.flag: {"value": one.value, "source": one.source} for one in self.assumptions
            },
            "notes": self.notes,
        }

    def show(self, console: Console) -> None:
        """Print the plan for a person."""
        for table in (self._sizes(), self._memory(), self._costs(), self._laws()):
            console.print(table)
        console.print(self._assumed())
        for note in self.notes:
            console.print(f"note: {note}", soft_wrap=True)

    def _sizes(self) -> Table:
        point = self.point
        table = number_table(f"Plan ({self.law.name})", "", "value", "95% interval")
        table.add_row("parameters", short(self.params), _range(point.params_interval))
        if point.params != self.params:
            table.add_row("  active a token", short(point.params), "")
        table.add_row("training tokens", short(point.tokens), _range(point.tokens_interval))
        table.add_row("tokens a parameter", f"{point.tokens / point.params:.1f}", "")
        for name, value in (self.unique or {}).items():
            shown = f"{value:.2f}" if name == "epochs" else short(value)
            table.add_row("  " + name.replace("_", " "), shown, "")
        for name, value in self.flops.items():
            table.add_row(f"FLOPs, {name}", f"{value:.3g}", "")
        interval = point.loss_interval
        table.add_row(
            "loss, nats a token",
            f"{point.loss:.4f}",
            "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}",
        )
        return table

    def _memory(self) -> Table:
        found = self.memory
        table = number_table("Memory, GB", "", "value")
        for name in ("weights", "master", "gradients", "optimizer", "state"):
            table.add_row(name, f"{getattr(found, name) / 1e9:,.1f}")
        table.add_row("activations, a device", f"{found.activations / 1e9:,.1f}")
        table.add_row("all, a device", f"{found.per_device / 1e9:,.1f}")
        table.add_row("a device has", f"{found.device / 1e9:,.1f}")
        table.add_row("fits", "yes" if found.fits else "no")
        needed = found.devices_needed
        table.add_row("devices needed", "-" if needed is None else f"{needed:,}")
        return table

    def _costs(self) -> Table:
        table = number_table("Costs", "", *self.costs)
        rows = [
            ("device hours", "gpu_hours", 1.0, "{:,.0f}"),
            ("days on all devices", "days", 1.0, "{:,.1f}"),
            ("money", "money", 1.0, "{:,.0f}"),
            ("energy, MWh", "energy_kwh", 1e-3, "{:,.2f}"),
            ("CO2 equivalent, t", "co2_kg", 1e-3, "{:,.2f}"),
        ]
        for label, name, factor, pattern in rows:
            values = [pattern.format(getattr(one, name) * factor) for one in self.costs.values()]
            table.add_row(label, *values)
        return table

    def _laws(self) -> Table:
        table = number_table(
            "Compute-optimal for the same training FLOPs, by law",
            *("law", "parameters", "tokens", "tokens a parameter", "loss"),
        )
        for row in self.laws:
            table.add_row(
                row["law"],
                short(row["params"]),
                short(row["tokens"]),
                f"{row['tokens'] / row['params']:.1f}",
                f"{row['loss']:.4f}",
            )
        return table

    def _assumed(self) -> Table:
        table = Table(title="Assumptions", title_justify="left")
        for name in ("option", "value", "source"):
            table.add_column(name)
        for one in self.assumptions:
            value = f"{one.value:g}" if isinstance(one.value, float) else str(one.value)
            table.add_row(one.flag, value, one.source)
        return table


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f"{short(interval[0])} to {short(interval[1])}"


def answer(question: Question, assumptions: list[Assumption]) -> TrainingPlan:
    """The plan that a question asks for.

    Raises:
        UserError: It contradicts itself, or has no answer.
    """
    point = solve(question)
    params = question.params or point.params
    training = TRAINING * point.params * point.tokens
    inference = INFERENCE * point.params * question.inference_tokens
    rates = question.rates
    costs = {"training": cost(training, rates, rates.utilization)}
    if inference:
        costs["inference"] = cost(inference, rates, rates.inference_utilization)
    costs["total"] = sum_of(*costs.values())
    shape = Shape.of(point.params, question.layers, question.width, question.vocab_size)
    needed = memory(params, shape, question.layout, question.device_memory)
    return TrainingPlan(
        point=point,
        params=params,
        flops={"training": training, "inference": inference, "total": training + inference},
        unique=_unique(question, point),
        shape=shape,
        memory=needed,
        costs=costs,
        laws=[_optimal(law, training) for law in published().values()],
        law=question.law,
        assumptions=[*assumptions, *_shaped(question, shape)],
        notes=_notes(question, point, needed),
    )


def _shaped(question: Question, shape: Shape) -> list[Assumption]:
    rule = "parameters = 12 layers width^2 (Kaplan et al. 2020), width = 128 layers"
    return [
        Assumption("--layers", shape.layers, rule if question.layers is None else "given"),
        Assumption("--width", shape.width, rule if question.width is None else "given"),
    ]


def sum_of(*costs: Cost) -> Cost:
    """What all of them take, one after the other."""
    sums = (sum(values) for values in zip(*(asdict(one).values() for one in costs), strict=True))
    return Cost(*sums)


def _optimal(law: Law, flops: float) -> dict[str, Any]:
    params, tokens = best(law, flops, Setting())
    loss = float(law.loss(params, tokens))
    return {"law": law.name, "params": params, "tokens": tokens, "loss": loss}


def _unique(question: Question, point: Point) -> dict[str, float] | None:
    unique = question.unique_tokens
    if unique is None:
        return None
    params, tokens = question.law.effective(point.params, point.tokens, unique)
    return {
        "unique_tokens": min(unique, point.tokens),
        "epochs": max(1.0, point.tokens / unique),
        "effective_params": float(params),
        "effective_tokens": float(tokens),
    }


def _notes(question: Question, point: Point, memory_: Memory) -> list[str]:
    notes = []
    law = question.law
    if law.range is not None:
        beyond = [
            f"{name} up to {short(most)}"
            for name, value, most in (
                ("parameters", point.params, law.range[0]),
                ("tokens", point.tokens, law.range[1]),
            )
            if value > most
        ]
        if beyond:
            notes.append(f"extrapolated: the law {law.name} was fitted to {', '.join(beyond)}")
    if law.draws is None:
        notes.append(f"the law {law.name} has no usable published intervals, so none are shown")
    if question.active_params is not None:
        notes.append("the laws are of dense models; active parameters stand for the size")
    if question.unique_tokens is not None:
        epochs = point.tokens / question.unique_tokens
        if epochs > _WORTHLESS:
            notes.append(f"beyond some {_WORTHLESS} epochs, repeats are worth next to nothing")
        elif epochs > _AS_NEW:
            notes.append(f"beyond {_AS_NEW} epochs, repeats are worth less than new tokens")
    if memory_.devices_needed is None:
        notes.append(
            "activations alone are more than a device holds; see --recompute, --tensor-parallel"
        )
    if question.layout.precision == "fp8":
        notes.append("the peak is that of bf16; give fp8's as --peak-flops")
    return notes
