"""Text to token ids."""

from functools import cache

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from pipeline import files


class Encoder:
    """A tokenizer file at work.

    Attributes:
        vocab_size: Tokens of the tokenizer.
        sha256: The tokenizer file's SHA-256, in hex.
    """

    def __init__(self, path: str, end_of_text: str) -> None:
        """Loads a `tokenizer.json`.

        Args:
            path: Path or fsspec URL.
            end_of_text: The special token that ends every document.
        """
        with files.open_read(path) as stream:
            self._tokenizer = Tokenizer.from_str(stream.read().decode())
        # A page that spells out a special token must not be able to forge one.
        self._tokenizer.encode_special_tokens = True
        self._end = self._tokenizer.token_to_id(end_of_text)
        self.vocab_size: int = self._tokenizer.get_vocab_size()
        self.sha256 = files.sha256(path)

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """The ids of a document: its text's, then the end of text; shape (n,)."""
        return np.array([*self._tokenizer.encode(text).ids, self._end], dtype=np.int64)

    def decode(self, ids: npt.NDArray[np.integer]) -> str:
        """The text of some ids, special tokens left out."""
        return str(self._tokenizer.decode(ids.tolist(), skip_special_tokens=True))


@cache
def encoder(path: str, end_of_text: str) -> Encoder:
    """The encoder of a file, loaded once a process."""
    return Encoder(path, end_of_text)
