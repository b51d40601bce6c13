"""Tokenizers side by side: how many tokens a text is to each, and which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from tokenizers import Tokenizer

from pipeline import files
from pipeline.errors import UserError
from tokenizer.encode import Encoder
from tokenizer.model import Model


@dataclass(frozen=True)
class Compared:
    """A tokenizer that texts are measured with.

    Attributes:
        vocab_size: Its tokens.
        ids: The tokens of a text, special ones left out.
        pieces: The same as they are read; what is no text by itself is escaped.
    """

    vocab_size: int
    ids: Callable[[str], Sequence[int]]
    pieces: Callable[[str], list[str]]

    @classmethod
    def ours(cls, model: Model) -> Self:
        """One that we trained."""
        encoder = Encoder(model, model.special_tokens[0])

        def ids(text: str) -> Sequence[int]:
            found: list[int] = encoder.encode(text)[:-1].tolist()
            return found

        return cls(len(model), ids, lambda text: [shown(encoder.tokens[id_]) for id_ in ids(text)])

    @classmethod
    def of_file(cls, path: str) -> Self:
        """A `tokenizer.json` of anyone's, as `tokenizers` reads it.

        Its own marks are shown as it spells them: `Ġ` for a space, if it is byte-level.

        Raises:
            UserError: It cannot be read, or is none.
        """
        try:
            with files.open_read(path) as stream:
                found = Tokenizer.from_str(stream.read().decode())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
        # `tokenizers` raises Exception itself.
        except Exception as error:
            raise UserError(f"{path}: no tokenizer.json: {error}") from error
        found.encode_special_tokens = True
        found.no_truncation()
        found.no_padding()
        return cls(
            found.get_vocab_size(),
            lambda text: found.encode(text, add_special_tokens=False).ids,
            lambda text: found.encode(text, add_special_tokens=False).tokens,
        )


def shown(token: bytes) -> str:
    r"""A token as it is read; bytes that are no text by themselves as `\xe2`."""
    return token.decode("utf-8", "backslashreplace")
