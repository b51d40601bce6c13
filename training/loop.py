"""Trains a model on token shards, with exact resume.

On a CPU the weights and `metrics.jsonl` are a pure function of shards and settings: a run that was
killed and started again ends with the same bytes as one that was not. This rests on deterministic
algorithms, a fixed number of threads, the data order of `training.data`, and checkpoints that
remember where the data and the metrics file stood. On a GPU a resumed run reads the same data, but
the sums of its kernels may differ in their last bits, and so they do with another number of
processes.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer

from pipeline.shardset import VALID, ShardSet
from training.annealing import Annealing
from training.checkpoint import State, load_checkpoint, save_checkpoint, save_model
from training.config import TrainConfig
from training.data import Batch, Loader
from training.evaluate import evaluate
from training.flops import flops_per_token, peak_flops
from training.lossplot import loss_plot
from training.metrics import Metrics, Report
from training.model import make_model, n_parameters
from training.optimizers import make_optimizers
from training.ranks import Ranks, joined
from training.replicas import spread
from training.sequences import Sequences
from training.step import take_step
from training.timings import Timings


@dataclass(frozen=True)
class Data:
    """What a run reads.

    Attributes:
        loader: Sequences of the train shards.
        annealing: Those of the anneal shards among them; None if the settings ask for none.
        valid: What the model is measured on, always in plain windows.
    """

    loader: Loader
    annealing: Annealing | None
    valid: Sequences

    @classmethod
    def open(cls, folder: str, valid: str, config: TrainConfig, ranks: Ranks) -> "Data":
        """Opens the shards of a folder, and those for validation of another.

        Raises:
            UserError: If some do not serve.
        """
        shards = ShardSet.read(folder)
        loader = Loader.configured(
            shards, config, rank=ranks.rank, world=ranks.world, workers=config.loader_threads
        )
        annealing = Annealing(shards, config) if config.anneal_share else None
        held_out = shards if valid == folder else ShardSet.read(valid)
        return cls(loader, annealing, Sequences(held_out, VALID, config.context, "concat"))

    def batches(self, ranks: Ranks) -> Generator[Batch]:
        """This process's share of each batch, from where the loader stands."""
        share = self.loader.batch // ranks.world
        for batch in self.loader:
            # The loader stands behind the batch that it has just given.
            at = self.loader.state()["sequence"] - self.loader.batch
            first = at + ranks.rank * share
            yield self.annealing.mix(batch, first) if self.annealing else batch

    def identity(self) -> dict[str, Any]:
        """Of the data, what the loader does not remember itself."""
        return {
            "vocab_size": self.valid.vocab_size,
            "validation shards": self.valid.fingerprint,
            "anneal shards": self.annealing.sequences.fingerprint if self.annealing else None,
        }

    def epochs(self) -> dict[str, Any]:
        """How often what was read: `epochs`, by domain, and `anneal_epochs`."""
        at = self.loader.state()["sequence"]
        if not self.annealing:
            return {"epochs": self.loader.epochs(), "anneal_epochs": 0.0}
        epochs = self.loader.epochs(self.annealing.read(at))
        return {"epochs": epochs, "anneal_epochs": self.annealing.epochs(at)}


def train(
    folder: str, config: TrainConfig, output: Path, *, report: Report, valid: str | None = None
) -> dict[str, Any]:
    """Trains a model, or goes on with one begun in the same folder.

    Writes to `output`: `metrics.jsonl` (a row a step: step, tokens predicted so far, loss in nats a
    token, gradient_norm, lr; a row a validation: step, valid_loss, valid_bits_per_byte; no clock
    values),
    `timings.jsonl` (see `Timings.add`), `checkpoint.safetensors` and, at the end,
    `model.safetensors` and `loss.svg`. Of several processes that `torchrun` started, the first
    writes; all of them must see the folder.

    Args:
        folder: The folder of shards: those for training are learned from, those for validation
            measured on.
        config: The settings.
        output: A folder; made if it is missing.
        report: Called with every row of the metrics; rows of steps also have `tokens_per_second`.
        valid: The folder of the validation shards, if it is another.

    Returns:
        steps, tokens, epochs (by domain), anneal_epochs, n_parameters, flops_per_token, device,
        processes, and the last valid_loss and valid_bits_per_byte.

    Raises:
        UserError: If shards are damaged or do not fit the settings, the folder holds another run,
            there is no GPU though one is asked for, or the loss is no longer finite.
    """
    with joined(config.device) as ranks:
        data = Data.open(folder, valid or folder, config, ranks)
        output.mkdir(parents=True, exist_ok=True)
        with deterministic(ranks.device, config.threads):
            return _Run(data, config, output, ranks).go(report)


class _Run:
    """A model, what updates it, and where both stand."""

    def __init__(self, data: Data, config: TrainConfig, output: Path, ranks: Ranks) -> None:
        self.data, self.config, self.output, self.ranks = data, config, output, ranks
        self.model = make_model(data.valid.vocab_size, config).to(ranks.device)
        if config.compile:
            self.model.compile()
        self.callee = spread(self.model, ranks, config.parallel)
        self.optimizers: Sequence[Optimizer] = make_optimizers(self.model, config)
        self.checkpoint = output / "checkpoint.safetensors"
        self.identity = config.deciding() | {"device": ranks.device.type} | data.identity()

    def go(self, report: Report) -> dict[str, Any]:
        """Trains to the end; see `train`."""
        config, ranks = self.config, self.ranks
        state = load_checkpoint(self.checkpoint, self.identity, self.model, self.optimizers)
        if state:
            self.data.loader.restore(state["data"])
        step, tokens, n_bytes = (
            (state or {}).get(key, 0) for key in ("step", "tokens", "metrics_bytes")
        )
        timings = self._timings()
        with (
            Metrics(self._path("metrics.jsonl"), n_bytes, report) as metrics,
            closing(self.data.batches(ranks)) as batches,
        ):
            while True:
                if step % config.eval_every == 0 or step == config.steps:
                    result = self._evaluate()
                    metrics.add({"step": step} | result)
                if step == config.steps:
                    break
                with timings.step():
                    with timings.waiting():
                        batch = next(batches)
                    row = take_step(step, self.callee, self.optimizers, batch, config, ranks)
                step += 1
                timing = timings.add(step, row["tokens"], row["loss"])
                row["tokens"] = tokens = tokens + row["tokens"]
                metrics.add(row, tokens_per_second=timing["tokens_per_second"])
                if step % config.checkpoint_every == 0 or step == config.steps:
                    self._save(step, tokens, metrics.sync())
        self._finish()
        return {
            "steps": config.steps,
            "tokens": tokens,
            **self.data.epochs(),
            "n_parameters": n_parameters(self.model),
            "flops_per_token": flops_per_token(self.model, config),
            "device": ranks.device.type,
            "processes": ranks.world,
            **result,
        }

    def _timings(self) -> Timings:
        config, device = self.config, self.ranks.device
        known = peak_flops(torch.cuda.get_device_name(device)) if device.type == "cuda" else None
        return Timings(
            self._path("timings.jsonl"),
            steps=config.steps,
            devices=self.ranks.world,
            flops_per_token=flops_per_token(self.model, config),
            peak_flops=config.peak_flops or known,
            price_per_hour=config.price_per_hour,
        )

    def _evaluate(self) -> dict[str, float]:
        """Every process measures the same: where each holds a part, all must take part."""
        config = self.config
        return evaluate(self.model, self.data.valid, config.batch_sequences, config.eval_batches)

    def _save(self, step: int, tokens: int, metrics_bytes: int) -> None:
        state: State = {
            "step": step,
            "tokens": tokens,
            "metrics_bytes": metrics_bytes,
            "data": self.data.loader.state(),
        }
        save_checkpoint(
            self.checkpoint,
            self.identity,
            self.model,
            self.optimizers,
            state,
            write=self.ranks.first,
        )

    def _finish(self) -> None:
        """Writes what a finished run has."""
        vocab_size, write = self.data.valid.vocab_size, self.ranks.first
        path = self.output / "model.safetensors"
        save_model(path, self.model, vocab_size, self.config, write=write)
        if write:
            plot = loss_plot(self.output / "metrics.jsonl")
            (self.output / "loss.svg").write_text(plot, encoding="utf-8")

    def _path(self, name: str) -> Path | None:
        """Where this process writes a file; None if another does."""
        return self.output / name if self.ranks.first else None


@contextmanager
def deterministic(device: torch.device, threads: int) -> Iterator[None]:
    """Fixes the number of CPU threads and, on a CPU, refuses algorithms whose result may vary."""
    threads_before = torch.get_num_threads()
    strict_before = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(device.type == "cpu")
    try:
        yield
    finally:
        torch.set_num_threads(threads_before)
        torch.use_deterministic_algorithms(strict_before)
