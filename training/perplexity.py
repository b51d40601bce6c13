"""How well a model predicts the validation documents, by domain and by language.

Each document is read by itself, after the token that ends the one before it, so that its figure
does not depend on its neighbours and every byte of it counts. (The validation within training reads
plain windows of the stream instead, as training does.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.shardset import VALID, ShardSet
from tokenizer.shardwriter import TokenizedDocument
from training.likelihood import Ids, token_nats
from training.model import Decoder
from training.opening import open_streams
from training.results import TextFit
from training.stream import Stream
from training.trained import END_OF_TEXT, Trained

_AT_ONCE = 256

Fits = tuple[TextFit, dict[str, TextFit], dict[str, TextFit]]


@dataclass(frozen=True)
class Measured:
    """What a model makes of documents, one an entry.

    Attributes:
        doc_id: Their ids.
        domain: Their domains.
        language: Their languages.
        nats: The cross entropy of each, shape `(documents,)`.
        tokens: The tokens that were predicted of each, shape `(documents,)`.
        n_bytes: UTF-8 bytes of each text, shape `(documents,)`.
    """

    doc_id: tuple[str, ...]
    domain: tuple[str, ...]
    language: tuple[str, ...]
    nats: npt.NDArray[np.float64]
    tokens: npt.NDArray[np.int64]
    n_bytes: npt.NDArray[np.int64]


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
    found = measure(trained.model, trained.config.context, shards, most)

    def fit(chosen: npt.NDArray[np.bool_]) -> TextFit:
        n_bytes = found.n_bytes[chosen].astype(np.float64)
        return TextFit.of(found.nats[chosen], found.tokens[chosen], n_bytes)

    def by(labels: Sequence[str]) -> dict[str, TextFit]:
        names = np.array(labels)
        return {str(name): fit(names == name) for name in np.unique(names)}

    return fit(np.ones(len(found.nats), np.bool_)), by(found.domain), by(found.language)


def measure(model: Decoder, context: int, shards: ShardSet, most: int | None = None) -> Measured:
    """Measures the validation documents of some shards one by one.

    Args:
        model: The model.
        context: Tokens that it sees at a time.
        shards: The shards.
        most: As of `validation_fits`.

    Raises:
        UserError: There are no validation shards, or they are damaged.
    """
    labels: list[tuple[str, str, str]] = []
    nats: list[float] = []
    sizes: list[tuple[int, int]] = []
    for documents in _chunks(open_streams(shards, VALID), most):
        sequences = [with_start(document) for document in documents]
        nats += (float(one.sum()) for one in token_nats(model, sequences, context))
        labels += ((one.doc_id, one.domain, one.language) for one in documents)
        sizes += ((len(one.tokens), one.n_bytes) for one in documents)
    ids, domains, languages = zip(*labels, strict=True)
    tokens, n_bytes = np.array(sizes).T
    return Measured(ids, domains, languages, np.array(nats), tokens, n_bytes)


def with_start(document: TokenizedDocument) -> Ids:
    """A document's tokens after the token that ended the one before it."""
    return np.concatenate([[END_OF_TEXT], document.tokens.astype(np.int64)])


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
