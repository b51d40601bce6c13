"""One side of `loader.py`: writes the tokens in its own layout, or reads batches in turn.

Usage: loader_sides.py write|read SIDE FOLDER ARGUMENT, where the argument is a JSON object:
`{context}`, or `{context, batch, batches, seed}`. FOLDER has `tokens.bin`, all tokens as
little-endian uint16, and `ends.npy`, where each document ends.

Every side gives inputs and the targets that follow them, int64 torch tensors of shape (batch,
context), of windows in random order.
"""

import json
import sys
import time
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import torch

VOCAB_SIZE = 50_000
SHARD_BYTES = 256 << 20

Pair = tuple[torch.Tensor, torch.Tensor]


def halves(windows: torch.Tensor) -> Pair:
    """Inputs and targets of windows of a token more."""
    return windows[:, :-1], windows[:, 1:]


def write_curate(folder: Path, context: int) -> None:
    """Token shards as stage `shards` writes them, in two domains."""
    from pipeline.ledger import Counts, Manifest, Part
    from pipeline.sandbox import Guard
    from pipeline.tasks.encoding import Encoded, blocks_of, write_blocks
    from pipeline.tasks.sharding import Tokenizer, plan_shards, shard_facts, write_shard
    from tokenizer.shardwriter import TokenizedDocument

    tokens, ends = np.memmap(folder / "tokens.bin", "<u2", "r"), np.load(folder / "ends.npy")
    starts = np.concatenate([[0], ends[:-1]])

    def documents() -> Iterator[tuple[str, TokenizedDocument]]:
        for number, (start, stop) in enumerate(zip(starts, ends, strict=True)):
            text = tokens[start:stop]
            domain = "news" if number % 3 else "code"
            size = 4 * len(text)
            yield "train", TokenizedDocument(text, str(number), domain, "eng_Latn", size, 1)

    to = str(folder / "shards")
    write_blocks(to, "split", documents(), VOCAB_SIZE)
    encoded = Encoded(Part("split", Counts(), {}), tuple(blocks_of(to, "split")))
    tokenizer = Tokenizer(VOCAB_SIZE, "0" * 64)
    plans = plan_shards([encoded], SHARD_BYTES, VOCAB_SIZE)
    guard = Guard.__new__(Guard)
    written = [write_shard(guard, plan, 4_000_000, tokenizer, to) for plan in plans]
    facts = shard_facts(to, written, tokenizer, anneal=False)
    Manifest.of_parts("shards", {}, {}, [one.part for one in written], facts).write(to)


def read_curate(folder: Path, context: int, batch: int, seed: int) -> Iterator[Pair]:
    """Our loader: all tokens once an epoch, in the order of a keyed permutation."""
    from pipeline.shardset import ShardSet
    from training.data import Loader

    shards = ShardSet.read(str(folder / "shards"))
    for one in Loader(shards, "train", context=context, batch=batch, seed=seed, verify=False):
        yield torch.from_numpy(one.inputs), torch.from_numpy(one.targets)


def write_memmap(folder: Path, context: int) -> None:
    """Nothing: the file of tokens is what is mapped."""


def read_memmap(folder: Path, context: int, batch: int, seed: int) -> Iterator[Pair]:
    """Random places of one array, as small training programs have it."""
    tokens = np.memmap(folder / "tokens.bin", "<u2", "r")
    random = np.random.default_rng(seed)
    while True:
        windows = np.empty((batch, context + 1), np.int64)
        for row, start in enumerate(random.integers(len(tokens) - context - 1, size=batch)):
            windows[row] = tokens[start : start + context + 1]
        yield halves(torch.from_numpy(windows))


def write_litdata(folder: Path, context: int) -> None:
    """As its documentation has it for pretraining: a document an item, and a loader of tokens."""
    from litdata import TokensLoader, optimize

    optimize(
        fn=_documents_of,
        inputs=[str(folder)],
        output_dir=str(folder / "litdata"),
        chunk_bytes="64MB",
        item_loader=TokensLoader(),
        num_workers=1,
    )


def _documents_of(folder: str) -> Iterator[torch.Tensor]:
    tokens = np.memmap(Path(folder) / "tokens.bin", "<u2", "r")
    ends = np.load(Path(folder) / "ends.npy")
    for start, stop in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        yield torch.from_numpy(tokens[start:stop].astype(np.int32))


def read_litdata(folder: Path, context: int, batch: int, seed: int) -> Iterator[Pair]:
    """Its data set in its own data loader, in this process."""
    from litdata import StreamingDataLoader, StreamingDataset, TokensLoader

    data = StreamingDataset(
        str(folder / "litdata"), item_loader=TokensLoader(context + 1), shuffle=True, seed=seed
    )
    while True:
        for windows in StreamingDataLoader(data, batch_size=batch, drop_last=True):
            yield halves(windows.long())


def _without_vision() -> None:
    """Let `streaming` load: it names torchvision, which has no build for every build of torch."""
    for name in ("torchvision", "torchvision.datasets", "torchvision.transforms.functional"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__spec__ = ModuleSpec(name, None)
    for name, value in (("VisionDataset", object), ("CIFAR10", None)):
        setattr(sys.modules["torchvision.datasets"], name, value)
    sys.modules["torchvision.transforms.functional"].to_tensor = None  # type: ignore[attr-defined]


def write_mosaicml(folder: Path, context: int) -> None:
    """Windows as items, since it knows no tokens."""
    _without_vision()
    from streaming import MDSWriter

    tokens = np.memmap(folder / "tokens.bin", "<u2", "r")
    columns = {"tokens": f"ndarray:uint16:{context + 1}"}
    with MDSWriter(out=str(folder / "mosaicml"), columns=columns) as out:
        for start in range(0, len(tokens) - context - 1, context):
            out.write({"tokens": np.array(tokens[start : start + context + 1])})


def read_mosaicml(folder: Path, context: int, batch: int, seed: int) -> Iterator[Pair]:
    """Its data set in torch's data loader, in this process."""
    _without_vision()
    from streaming import StreamingDataset
    from torch.utils.data import DataLoader

    data = StreamingDataset(
        local=str(folder / "mosaicml"), shuffle=True, shuffle_seed=seed, batch_size=batch
    )

    def collate(items: list[dict[str, Any]]) -> torch.Tensor:
        return torch.from_numpy(np.stack([item["tokens"] for item in items]).astype(np.int64))

    while True:
        for windows in DataLoader(data, batch_size=batch, collate_fn=collate, drop_last=True):
            yield halves(windows)


WRITERS = {
    "curate": write_curate,
    "memmap": write_memmap,
    "litdata": write_litdata,
    "mosaicml": write_mosaicml,
}
READERS = {
    "curate": read_curate,
    "memmap": read_memmap,
    "litdata": read_litdata,
    "mosaicml": read_mosaicml,
}


def own_megabytes() -> float:
    """Memory of this process's own: what it maps of files is not counted."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(found.split()[1]) * 1024 / 1e6


def read(side: str, folder: Path, context: int, batch: int, batches: int, seed: int) -> Any:
    """Read batches; the first tenth, and the opening, before time runs."""
    source = READERS[side](folder, context, batch, seed)
    checked = 0
    for _ in range(batches // 10 + 1):
        inputs, targets = next(source)
    assert inputs.shape == targets.shape == (batch, context)
    assert inputs.dtype == targets.dtype == torch.int64
    # A domain's last window may be short.
    given = targets[:, :-1] >= 0
    assert torch.equal(inputs[:, 1:][given], targets[:, :-1][given])
    assert 0 <= int(inputs.min()) <= int(inputs.max()) < VOCAB_SIZE
    before, begun = own_megabytes(), time.perf_counter()
    for _ in range(batches):
        checked += int(next(source)[1][0, 0])
    seconds = time.perf_counter() - begun
    return {
        "tokens_per_second": batches * batch * context / seconds,
        "memory_mb": own_megabytes(),
        "memory_grown_mb": own_megabytes() - before,
    }


def main() -> None:
    """Run one side."""
    torch.set_num_threads(1)
    kind, side, folder, argument = sys.argv[1:]
    values = json.loads(argument)
    if kind == "write":
        WRITERS[side](Path(folder), **values)
        return
    print(json.dumps(read(side, Path(folder), **values)))


if __name__ == "__main__":
    main()
