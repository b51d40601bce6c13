"""Trains a model on token shards, with exact resume.

On a CPU the weights and `metrics.jsonl` are a pure function of shards and settings: a run that was
killed and started again ends with the same bytes as one that was not. This rests on deterministic
algorithms, a fixed number of threads, the data order of `training.data`, and checkpoints that
remember where the data and the metrics file stood. On a GPU a resumed run reads the same data, but
the sums of its kernels may differ in their last bits.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pipeline.errors import UserError
from pipeline.shardset import VALID, ShardSet
from training.checkpoint import State, load_checkpoint, save_checkpoint, save_model
from training.config import TrainConfig
from training.data import Batch, Loader
from training.evaluate import evaluate, token_losses
from training.metrics import Metrics, Report, Row
from training.model import Decoder, flops_per_token, n_parameters
from training.sequences import Sequences


def train(folder: str, config: TrainConfig, output: Path, *, report: Report) -> dict[str, Any]:
    """Trains a model, or goes on with one begun in the same folder.

    Writes to `output`: `metrics.jsonl` (a row a step: step, tokens predicted so far, loss in nats a
    token, lr; a row a validation: step, valid_loss, valid_bits_per_byte; no clock values),
    `checkpoint.safetensors` and, at the end, `model.safetensors`.

    Args:
        folder: The folder of shards: those for training are learned from, those for validation
            measured on.
        config: The settings.
        output: A folder; made if it is missing.
        report: Called with every row of the metrics; rows of steps also have `tokens_per_second`.

    Returns:
        steps, tokens, epochs (by domain), n_parameters, flops_per_token, device, and the last
        valid_loss and valid_bits_per_byte.

    Raises:
        UserError: If shards are damaged or do not fit the settings, the folder holds another run,
            there is no GPU though one is asked for, or the loss is no longer finite.
    """
    device = pick_device(config.device)
    loader, valid = open_data(folder, config)
    identity = config.model_dump() | {
        "device": device.type,
        "vocab_size": valid.vocab_size,
        "validation shards": valid.fingerprint,
    }
    output.mkdir(parents=True, exist_ok=True)
    with deterministic(device, config.threads):
        model = make_model(valid.vocab_size, config).to(device)
        optimizer = make_optimizer(model, config)
        checkpoint = output / "checkpoint.safetensors"
        state = load_checkpoint(checkpoint, identity, model, optimizer)
        state = state or standing(0, 0, 0, loader)
        loader.restore(state["data"])
        batches = iter(loader)
        step, tokens = state["step"], state["tokens"]
        with Metrics(output / "metrics.jsonl", state["metrics_bytes"], report) as metrics:
            while True:
                if step % config.eval_every == 0 or step == config.steps:
                    result = evaluate(model, valid, config.batch_sequences, config.eval_batches)
                    metrics.add({"step": step} | result)
                if step == config.steps:
                    break
                began = time.perf_counter()
                row = take_step(step, model, optimizer, next(batches), config)
                speed = row["tokens"] / (time.perf_counter() - began)
                row["tokens"] = tokens = tokens + row["tokens"]
                metrics.add(row, tokens_per_second=speed)
                step += 1
                if step % config.checkpoint_every == 0 or step == config.steps:
                    state = standing(step, tokens, metrics.sync(), loader)
                    save_checkpoint(checkpoint, identity, model, optimizer, state)
    save_model(output / "model.safetensors", model, valid.vocab_size, config)
    return {
        "steps": config.steps,
        "tokens": tokens,
        "epochs": loader.epochs(),
        "n_parameters": n_parameters(model),
        "flops_per_token": flops_per_token(model, config),
        "device": device.type,
        **result,
    }


def standing(step: int, tokens: int, metrics_bytes: int, loader: Loader) -> State:
    """Where a run stands, as its checkpoint says it."""
    return {
        "step": step,
        "tokens": tokens,
        "metrics_bytes": metrics_bytes,
        "data": loader.state(),
    }


def take_step(
    step: int,
    model: Decoder,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    config: TrainConfig,
) -> Row:
    """Learns from the batch of one step, counted from 0.

    Returns:
        Its row of the metrics, with the tokens of this step alone.

    Raises:
        UserError: If the loss is not finite.
    """
    rate = learning_rate(step, config)
    loss, tokens = update(model, optimizer, batch, rate, config.gradient_clip)
    if not math.isfinite(loss):
        raise UserError(f"the loss is {loss} at step {step + 1}; lower learning_rate")
    return {"step": step + 1, "tokens": tokens, "loss": loss, "lr": rate}


def update(
    model: Decoder, optimizer: torch.optim.Optimizer, batch: Batch, rate: float, clip: float
) -> tuple[float, int]:
    """One optimizer step.

    Returns:
        The mean loss of the batch before it, in nats a token, and how many tokens it predicted.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
    losses = token_losses(model, batch)
    loss = losses.mean()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.item(), len(losses)


def learning_rate(step: int, config: TrainConfig) -> float:
    """The rate of a step, counted from 0: a straight rise, a plateau, a straight fall to 0.

    The warm-up, stable, decay schedule of Hu et al. 2024, "MiniCPM".
    """
    rise = max(1, round(config.warmup_share * config.steps))
    fall = max(1, round(config.decay_share * config.steps))
    return config.learning_rate * min(1.0, (step + 1) / rise, (config.steps - step) / fall)


def make_model(vocab_size: int, config: TrainConfig) -> Decoder:
    """A model whose weights depend on the seed alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return Decoder(vocab_size, config)


def make_optimizer(model: Decoder, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) that decays the matrices of the blocks only.

    Norms are not decayed, nor is the embedding: decay makes its rows ever shorter (OLMo 2, 2025).
    """
    decayed = [weight for weight in model.blocks.parameters() if weight.ndim == 2]
    chosen = {id(weight) for weight in decayed}
    others = [weight for weight in model.parameters() if id(weight) not in chosen]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.95))


def open_data(folder: str, config: TrainConfig) -> tuple[Loader, Sequences]:
    """Opens what to learn from and what to measure on; the latter always in plain windows.

    Raises:
        UserError: If one of them does not serve.
    """
    shards = ShardSet.read(folder)
    loader = Loader(
        shards,
        context=config.context,
        batch=config.batch_sequences,
        seed=config.seed,
        packing=config.packing,
        weights=config.weights,
    )
    return loader, Sequences(shards, VALID, config.context, "concat")


def pick_device(name: str) -> torch.device:
    """The device a setting means.

    Raises:
        UserError: If a GPU is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise UserError("device = cuda, but torch sees no GPU; set device to auto or cpu")
    return torch.device("cuda" if available and name == "auto" else name.replace("auto", "cpu"))


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
