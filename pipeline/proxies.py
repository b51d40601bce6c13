"""Small models that stand for a large one: trained side by side, and measured document by document.

What was trained and measured stands on disk, so that a run that was killed goes on where it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa

from pipeline import files
from pipeline.config import WorkersSection
from pipeline.errors import UserError
from pipeline.ledger import Counts
from pipeline.parts import PartWriter, finished, read_table
from pipeline.sandbox import Guard, Pool
from pipeline.shardset import ShardSet
from training.config import TrainConfig

SCORES = "scores-"
"""What the files of scores begin with, before the proxy's name."""
_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("domain", pa.string(), nullable=False),
        pa.field("nats", pa.float64(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Proxy:
    """A model to be trained.

    Attributes:
        name: Its name among the others, fit for a file.
        shards: The folder of the shards that it reads.
        valid: The folder of those whose validation documents it is measured on.
        config: Its settings.
    """

    name: str
    shards: str
    valid: str
    config: TrainConfig


@dataclass(frozen=True)
class Scores:
    """How well a model predicts documents, by domain; the same documents for every model.

    Attributes:
        doc_id: By domain the documents' ids.
        nats: By domain the cross entropy of each document, shape `(documents,)`.
        n_bytes: By domain the UTF-8 bytes of each.
        n_parameters: Parameters of the model.
        tokens: Tokens that it was trained on.
        cuda: Whether on a GPU.
    """

    doc_id: Mapping[str, Sequence[str]]
    nats: Mapping[str, npt.NDArray[np.float64]]
    n_bytes: Mapping[str, npt.NDArray[np.int64]]
    n_parameters: int
    tokens: int
    cuda: int

    def bits_per_byte(self) -> dict[str, float]:
        """By domain all cross entropy in bits over all bytes."""
        return {
            name: float(nats.sum() / np.log(2) / self.n_bytes[name].sum())
            for name, nats in self.nats.items()
        }


def train_proxies(proxies: Sequence[Proxy], folder: str, workers: WorkersSection) -> list[Scores]:
    """Train each and measure it, unless that is done; as many at a time as there are workers.

    Args:
        proxies: The models.
        folder: Where they stand: weights and losses below `models/`, and `scores-NAME.parquet`.
        workers: How many at a time. On a GPU all share it.

    Returns:
        What was measured of each.

    Raises:
        UserError: Their shards are damaged, or hold too little text; or some were trained before
            on another kind of device.
    """
    memory = psutil.virtual_memory().total
    with Pool(workers.processes, workers.page_seconds, memory) as pool:
        done = [pool.submit(train_proxy, proxy, folder) for proxy in proxies]
        for future in done:
            future.result()
    scores = [read_scores(proxy.name, folder) for proxy in proxies]
    if len({one.cuda for one in scores}) > 1:
        raise UserError(
            f"{folder}: some models were trained on a GPU and some without; delete it and train "
            "all on one"
        )
    return scores


def train_proxy(guard: Guard, proxy: Proxy, folder: str) -> None:
    """Train one and write its scores, unless they are there."""
    path, output = _scores(proxy.name, folder), Path(folder, "models", proxy.name)
    checkpoint = output / "checkpoint.safetensors"
    if files.exists(path):
        checkpoint.unlink(missing_ok=True)
        return
    # Here and not above: the process that submits this must not load torch.
    from training.loop import train
    from training.perplexity import measure
    from training.trained import loaded

    facts = train(proxy.shards, proxy.config, output, report=lambda row: None, valid=proxy.valid)
    with loaded(output / "model.safetensors", proxy.config.device) as (model, config):
        found = measure(model, config.context, ShardSet.read(proxy.valid))
    with PartWriter(path, _SCHEMA) as writer:
        for row in zip(found.doc_id, found.domain, found.nats, found.n_bytes, strict=True):
            writer.write(dict(zip(_SCHEMA.names, row, strict=True)))
        count = len(found.nats)
        cuda = int(facts["device"] == "cuda")
        own = {"n_parameters": facts["n_parameters"], "tokens": facts["tokens"], "cuda": cuda}
        writer.describe(Counts(count, count), own)
    checkpoint.unlink(missing_ok=True)


def read_scores(name: str, folder: str) -> Scores:
    """What was measured of a model."""
    table = read_table(_scores(name, folder))
    part = finished(folder, name, (SCORES[:-1],))
    assert part is not None
    domains = np.array(table["domain"].to_pylist())
    nats, n_bytes = table["nats"].to_numpy(), table["n_bytes"].to_numpy()
    places = {str(domain): np.flatnonzero(domains == domain) for domain in np.unique(domains)}
    return Scores(
        {domain: table["doc_id"].take(at).to_pylist() for domain, at in places.items()},
        {domain: nats[at] for domain, at in places.items()},
        {domain: n_bytes[at] for domain, at in places.items()},
        **part.facts,
    )


def _scores(name: str, folder: str) -> str:
    return files.join(folder, f"{SCORES}{name}.parquet")
