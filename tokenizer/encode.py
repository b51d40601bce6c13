"""Text to token ids and back.

As `tokenizers` and `tiktoken` encode with the same files, several times as fast: pre-tokens are cut
without a regular expression, and those met before are looked up.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline import files
from pipeline.errors import UserError
from tokenizer import _native
from tokenizer.counts import normalize
from tokenizer.model import Model
from tokenizer.spelling import ALPHABET


class Encoder:
    """A tokenizer at work.

    A page that spells out a special token does not forge one: it is encoded as any text.

    Args:
        model: The tokenizer.
        end_of_text: Its special token that ends every document.

    Attributes:
        tokens: The bytes of each token, by id; none of special ones.
        vocab_size: Tokens of the tokenizer.
    """

    def __init__(self, model: Model, end_of_text: str) -> None:
        ids = model.ranks
        merges = np.array(
            [(ids[left], ids[right]) for left, right in model.merges], dtype=np.uint32
        ).reshape(-1, 2)
        self._native = _native.Encoder(
            model.pretokenizer.splitter, ALPHABET, model.first_id, merges
        )
        self._normalization = model.normalization
        self.tokens = [b""] * model.first_id + model.tokens
        self._end = np.array([model.special_tokens.index(end_of_text)])
        self.vocab_size = len(model)

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """The ids of a document: its text's, then the end of text; shape (n,).

        Raises:
            UnicodeEncodeError: There is a lone surrogate in it, so that it is no Unicode text.
        """
        ids = self._native.encode(normalize(text, self._normalization))
        return np.concatenate([ids, self._end])

    def decode(self, ids: npt.NDArray[np.integer]) -> str:
        """The text of some ids, special tokens left out; bytes that are no text become U+FFFD."""
        return b"".join(map(self.tokens.__getitem__, ids.tolist())).decode("utf-8", "replace")


def load(path: str) -> Model:
    """A `tokenizer.json` of ours.

    Args:
        path: Path or fsspec URL.

    Raises:
        UserError: It is missing, or not as curate wrote it.
    """
    try:
        with files.open_read(path) as stream:
            text = stream.read().decode()
        model = Model.of_json(text)
        # What of_json does not look at may have been changed, too.
        if model.to_json() == text:
            return model
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path}: {reason}; run `curate train-tokenizer` first") from error
    except (ValueError, LookupError, TypeError, StopIteration) as error:
        raise UserError(f"{path}: no tokenizer of curate's; {_remedy(path)}") from error
    raise UserError(f"{path}: changed since curate wrote it; {_remedy(path)}")


@cache
def encoder(path: str, end_of_text: str, sha256: str) -> Encoder:
    """The encoder of a file, loaded once a process.

    Args:
        path: As of `load`.
        end_of_text: As of `Encoder`.
        sha256: The file's hash when it was written.

    Raises:
        UserError: The file is another.
    """
    model = load(path)
    if files.sha256(path) != sha256:
        raise UserError(f"{path}: changed since it was trained; {_remedy(path)}")
    return Encoder(model, end_of_text)


def _remedy(path: str) -> str:
    return f"delete {path.rpartition('/')[0]} and run `curate train-tokenizer`"
