"""The order of training: which tokens come at which place, as a pure function.

The corpus is the concatenation of the shards in the order of their file names. It is cut into
windows of `context + 1` tokens that overlap by one, so that every token but the first is predicted
exactly once an epoch; the remainder at the end, shorter than a window, is left out. An epoch visits
the windows in an order given by a keyed permutation. Where a run stands is one integer, the number
of sequences it has read, whatever the batch size.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from tokenizer.shards import Shard
from tokenizer.shardwriter import token_dtype

ROUNDS = 6


class Corpus:
    """The tokens of several shards as one sequence.

    Attributes:
        name: What the corpus is for, said in errors.
        shards: The shards in the order of their file names.
        n_tokens: Tokens in all shards together.
        tokenizer_sha256: Hex digest of the tokenizer that all of them were made with.
        fingerprint: SHA-256 (hex) over the shards in order; the names do not count.
    """

    def __init__(self, name: str, paths: Sequence[str], vocab_size: int) -> None:
        """Opens the shards.

        Raises:
            UserError: If there are no shards or no tokens, a shard is unreadable, or shards were
                made with other tokenizers or an integer type that does not fit the vocabulary.
        """
        self.name = name
        self.shards = [Shard(path) for path in sorted(paths, key=lambda path: Path(path).name)]
        self._vocab_size = vocab_size
        self._starts = list(accumulate((shard.n_tokens for shard in self.shards), initial=0))
        self._byte_starts = list(accumulate((shard.n_bytes for shard in self.shards), initial=0))
        self.n_tokens = self._starts[-1]
        if not self.n_tokens:
            raise UserError(
                f"no tokens in the {len(paths)} {name} shards; give the corpus more documents, or "
                "hold out another share for validation"
            )
        dtype = token_dtype(vocab_size)
        for shard in self.shards:
            if shard.dtype != dtype:
                raise UserError(
                    f"{shard.path}: tokens are {shard.dtype.name}, a vocabulary of {vocab_size} "
                    f"takes {dtype.name}; make the shards again with this tokenizer"
                )
            if shard.tokenizer_sha256 != self.shards[0].tokenizer_sha256:
                raise UserError(
                    f"{shard.path} and {self.shards[0].path} were made with different tokenizers; "
                    "make the shards again with one"
                )
        self.tokenizer_sha256 = self.shards[0].tokenizer_sha256
        self.fingerprint = hashlib.sha256(
            " ".join(shard.fingerprint for shard in self.shards).encode()
        ).hexdigest()

    def tokens(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The tokens `start` to `stop` of the corpus.

        Returns:
            Shape `(stop - start,)`.

        Raises:
            UserError: If a token is outside the vocabulary.
        """
        pieces = []
        at = start
        while at < stop:
            index = bisect_right(self._starts, at) - 1
            first, end = self._starts[index], min(stop, self._starts[index + 1])
            pieces.append(self.shards[index].tokens(at - first, end - first))
            at = end
        window = np.concatenate(pieces).astype(np.int64)
        if window.max() >= self._vocab_size:
            raise UserError(
                f"{self.shards[index].path}: token {window.max()} is outside the vocabulary of "
                f"{self._vocab_size}; make the shards again with this tokenizer"
            )
        return window

    def bytes_before(self, token: int) -> float:
        """Bytes of text that the tokens before `token` stand for; see `Shard.bytes_before`."""
        index = min(bisect_right(self._starts, token), len(self.shards)) - 1
        shard = self.shards[index]
        return self._byte_starts[index] + shard.bytes_before(token - self._starts[index])


class Windows:
    """A corpus cut into windows.

    Attributes:
        corpus: The corpus.
        context: Tokens to predict in a window.
    """

    def __init__(self, corpus: Corpus, context: int) -> None:
        """Cuts the corpus.

        Raises:
            UserError: If the corpus is shorter than one window.
        """
        if corpus.n_tokens <= context:
            raise UserError(
                f"the {corpus.name} shards have {corpus.n_tokens} tokens, context = {context} "
                f"needs {context + 1}; lower context or give the corpus more"
            )
        self.corpus = corpus
        self.context = context

    def __len__(self) -> int:
        return (self.corpus.n_tokens - 1) // self.context

    def read(self, windows: Sequence[int]) -> npt.NDArray[np.int64]:
        """The tokens of some windows.

        Returns:
            Shape `(len(windows), context + 1)`.
        """
        starts = [window * self.context for window in windows]
        return np.stack([self.corpus.tokens(at, at + self.context + 1) for at in starts])

    def n_bytes(self, window: int) -> float:
        """Bytes of text that the predicted tokens of a window stand for: all but its first."""
        first = window * self.context + 1
        return self.corpus.bytes_before(first + self.context) - self.corpus.bytes_before(first)

    def shuffled(self, seed: int, first: int, count: int) -> npt.NDArray[np.int64]:
        """The sequences `first` to `first + count` of a training run, counted across epochs.

        Returns:
            Shape `(count, context + 1)`.
        """
        windows = []
        for sequence in range(first, first + count):
            epoch, place = divmod(sequence, len(self))
            key = f"{self.corpus.fingerprint} {seed} {epoch}"
            windows.append(permute(place, len(self), key))
        return self.read(windows)


def permute(place: int, size: int, key: str) -> int:
    """Where a keyed permutation of the numbers below `size` sends `place`.

    A balanced Feistel network permutes the smallest power of four that holds `size`; a result
    outside is permuted again until it falls inside (cycle walking; Black and Rogaway 2002, "Ciphers
    with Arbitrary Finite Domains"). It needs no memory and on average fewer than four turns.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    while True:
        left, right = divmod(place, 1 << half)
        for turn in range(ROUNDS):
            digest = hashlib.blake2b(f"{key} {turn} {right}".encode(), digest_size=8).digest()
            left, right = right, left ^ (int.from_bytes(digest, "little") & ((1 << half) - 1))
        place = (left << half) | right
        if place < size:
            return place
