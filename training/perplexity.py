"""How well a model predicts the validation documents, by domain and by language.

Each document is read by itself, after the token that ends the one before it, so that its figure
does not depend on its neighbours and every byte of it counts. (The validation within training reads
plain windows of the stream instead, as training does.)
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.shardset import VALID, ShardSet
from tokenizer.shardwriter import TokenizedDocument
from training.likelihood import Ids, token_nats
from training.opening import open_streams
from training.results import TextFit
from training.stream import Stream
from training.trained import Trained

_AT_ONCE = 256

Fits = tuple[TextFit, dict[str, TextFit], dict[str, TextFit]]


def validation_fits(trained: Trained, shards: ShardSet, most: int | None) -> Fits:
    """Measures the validation documents of a run.

    Args:
        trained: The model.
        shards: The run's shards.
        most: So many documents, spread evenly over all of them; None means all.

    Returns:
        What was found of all of them, by domain, and by language.

    Raises:
        UserError: There are no validation shards, or they are damaged.
    """
    streams = open_streams(shards, VALID)
    labels: list[tuple[str, str]] = []
    rows: list[tuple[float, int, int]] = []
    for documents in _chunks(streams, most):
        sequences = [with_start(trained, document) for document in documents]
        for document, nats in zip(
            documents, token_nats(trained.model, sequences, trained.config.context), strict=True
        ):
            labels.append((document.domain, document.language))
            rows.append((float(nats.sum()), len(nats), document.n_bytes))
    nats_, tokens, n_bytes = np.array(rows).T

    def fit(chosen: npt.NDArray[np.bool_]) -> TextFit:
        return TextFit.of(nats_[chosen], tokens[chosen].astype(np.int64), n_bytes[chosen])

    def by(key: Callable[[tuple[str, str]], str]) -> dict[str, TextFit]:
        names = np.array([key(label) for label in labels])
        return {str(name): fit(names == name) for name in np.unique(names)}

    whole = fit(np.ones(len(rows), np.bool_))
    return whole, by(lambda label: label[0]), by(lambda label: label[1])


def with_start(trained: Trained, document: TokenizedDocument) -> Ids:
    """A document's tokens after the token that ended the one before it."""
    return np.concatenate([[trained.end_of_text], document.tokens.astype(np.int64)])


def _chunks(streams: Sequence[Stream], most: int | None) -> Iterator[list[TokenizedDocument]]:
    """The documents that are measured, some at a time."""
    shards = [shard for stream in streams for shard in stream.shards]
    bounds = np.cumsum([shard.n_documents for shard in shards])
    total = int(bounds[-1])
    count = min(total, most or total)
    chosen = np.arange(count) * total // count
    for first in range(0, count, _AT_ONCE):
        numbers = chosen[first : first + _AT_ONCE].tolist()
        places = bounds.searchsorted(numbers, "right").tolist()
        yield [
            shards[at].document(number - int(bounds[at]) + shards[at].n_documents)
            for number, at in zip(numbers, places, strict=True)
        ]
