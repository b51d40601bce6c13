"""How a domain's tokens become sequences of `context + 1` tokens: by concatenation or best fit.

Either way a sequence is made of documents or pieces of them, and each token is predicted once an
epoch from the one before it in its sequence.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from training.bestfit import best_fit
from training.stream import Integers, Stream, ranges

PackingName = Literal["concat", "best_fit"]


@dataclass(frozen=True, slots=True)
class Layout:
    """What some sequences of a stream hold.

    Attributes:
        pieces: Integers of shape (4, pieces): the sequence of each piece, from 0 in the order asked
            for; its place in the sequence; its first token, counted in the stream; its tokens.
        documents: Of shape (2, documents): sequence and place of each document's first token but
            for what is first in a sequence.
        unpredicted: Likewise, of tokens that nothing before them in the sequence can tell.
    """

    pieces: Integers
    documents: Integers
    unpredicted: Integers


class Packing(Protocol):
    """A stream cut into sequences.

    Attributes:
        n_sequences: How many there are.
        n_predicted: Tokens that are predicted in all of them together.
    """

    n_sequences: int
    n_predicted: int

    def layout(self, sequences: Integers) -> Layout:
        """What some sequences, by number, hold."""
        ...


class Concat:
    """Windows over one document after another that overlap by one token.

    Every token but the stream's first is predicted. The last window may be short.
    """

    def __init__(self, stream: Stream, context: int) -> None:
        """Cuts the stream into windows of `context + 1` tokens."""
        self._stream = stream
        self._context = context
        self.n_predicted = max(0, stream.n_tokens - 1)
        self.n_sequences = -(-self.n_predicted // context)

    def layout(self, sequences: Integers) -> Layout:
        """One piece a sequence."""
        starts = sequences * self._context
        lengths = np.minimum(self._context + 1, self._stream.n_tokens - starts)
        rows = np.arange(len(sequences))
        first = self._stream.starts.searchsorted(starts, "right")
        stop = self._stream.starts.searchsorted(starts + lengths, "left")
        begun, document = ranges(first, stop)
        places = self._stream.starts[document] - starts[begun]
        return Layout(
            np.stack([rows, np.zeros_like(rows), starts, lengths]),
            np.stack([begun, places]),
            np.empty((2, 0), np.int64),
        )


class BestFit:
    """Documents whole where they fit, packed best-fit decreasing within each row group.

    A document longer than a sequence is cut into pieces that overlap by one token. What is left
    over in a sequence is padding. Every token is predicted but the first of a document that is
    first in its sequence; other documents' first tokens are predicted from the end of another.

    Memory holds 13 bytes a piece and 8 a sequence.
    """

    def __init__(self, stream: Stream, context: int) -> None:
        """Packs the documents of the stream into sequences of `context + 1` tokens."""
        groups = [_pack(lengths, context) for lengths in stream.row_group_lengths()]
        offsets = np.cumsum([0, *(n_tokens for *_, n_tokens in groups)])
        self._starts = _joined(group[0] + at for group, at in zip(groups, offsets, strict=False))
        self._lengths = _joined(group[1] for group in groups).astype(np.int32)
        self._tails = _joined(group[2] for group in groups).astype(np.bool_)
        sizes = _joined(group[3] for group in groups)
        self._bounds = np.concatenate([[0], np.cumsum(sizes)])
        self.n_sequences = len(sizes)
        follows = np.ones(len(self._starts), np.bool_)
        follows[self._bounds[:-1]] = False
        lost = self.n_sequences + int((self._tails & follows).sum())
        self.n_predicted = int(self._lengths.sum()) - lost

    def layout(self, sequences: Integers) -> Layout:
        """A piece for each document, or part of one, in a sequence."""
        first, stop = self._bounds[sequences], self._bounds[sequences + 1]
        rows, pieces = ranges(first, stop)
        lengths = self._lengths[pieces].astype(np.int64)
        before = np.cumsum(lengths) - lengths
        head = np.cumsum(stop - first) - (stop - first)
        columns = before - before[head][rows]
        follows = columns > 0
        cut = follows & self._tails[pieces]
        places = np.stack([rows, columns])
        return Layout(
            np.stack([rows, columns, self._starts[pieces], lengths]),
            places[:, follows],
            places[:, cut],
        )


def packed(name: PackingName, stream: Stream, context: int) -> Packing:
    """A stream, packed as a setting says."""
    return (Concat if name == "concat" else BestFit)(stream, context)


def _pack(lengths: Integers, context: int) -> tuple[Integers, Integers, Integers, Integers, int]:
    """The documents of a row group, cut and packed.

    Returns:
        The first token and the length of each piece, and whether it goes on in the middle of a
        document, in the order of the sequences and within one in the order of the row group; the
        pieces of each sequence; the tokens of the row group.
    """
    counts = np.maximum(0, -(-(lengths - 1) // context))
    document = np.repeat(np.arange(len(lengths)), counts)
    number = np.arange(len(document)) - (np.cumsum(counts) - counts)[document]
    within = number * context
    pieces = np.minimum(context + 1, lengths[document] - within)
    starts = (np.cumsum(lengths) - lengths)[document] + within
    full = pieces == context + 1
    bins = np.empty(len(pieces), np.int64)
    bins[~full] = best_fit(pieces[~full], context + 1)
    bins[full] = int(bins[~full].max(initial=-1)) + 1 + np.arange(int(full.sum()))
    order = np.argsort(bins, kind="stable")
    sizes = np.bincount(bins)
    return starts[order], pieces[order], (number > 0)[order], sizes, int(lengths.sum())


def _joined(arrays: object) -> Integers:
    return np.concatenate([np.empty(0, np.int64), *arrays])  # type: ignore[misc]
