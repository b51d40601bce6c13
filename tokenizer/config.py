"""The settings of a tokenizer."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tokenizer.pretokenize import Digits, Normalization, Pretokenizer, Style
from tokenizer.spelling import is_spelling


class TokenizerConfig(BaseModel):
    """The byte-level BPE tokenizer."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    vocab_size: Annotated[int, Field(ge=257, le=1 << 24)] = 32_768
    """Tokens, bytes and special tokens included."""
    min_frequency: Annotated[int, Field(gt=0)] = 2
    """A pair rarer than this is not merged."""
    special_tokens: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False, min_length=1)
    ] = ("<|endoftext|>",)
    """Declared tokens; the first ends every document."""
    pretokenizer: Style = "o200k"
    """Where texts are cut, across which nothing is merged: the pattern of GPT-2, of `cl100k_base`
    or of `o200k_base`, which keeps the marks of scripts other than Latin with their letters."""
    digits: Digits = "pattern"
    """How numbers are cut: as the pattern does, one by one, or in threes from the right."""
    whitespace_runs: bool = False
    """Whether two or more spaces or tabs, as code is indented with, are cut off whole; otherwise
    the last goes with the word that follows."""
    normalization: Normalization = "none"
    """What is done to a text before: nothing, so that decoding gives it back, or Unicode's NFC."""
    count_mib: Annotated[int, Field(gt=0)] = 512
    """MiB of a table of pre-token counts; a process needs about four times as much. What outgrows
    it drops its rarest; the manifest's `count_error` says by how much a count may be too low."""

    @property
    def how(self) -> Pretokenizer:
        """The pre-tokenizer."""
        return Pretokenizer(self.pretokenizer, self.digits, self.whitespace_runs)

    def problems(self) -> Iterator[str]:
        """Special tokens that could not be told from text or each other, or have no room."""
        if self.vocab_size < (least := 256 + len(self.special_tokens)):
            yield f"tokenizer.vocab_size: bytes and special tokens are {least}; raise it"
        for token in self.special_tokens:
            if len(self.how.split(token)) == 1:
                yield f"tokenizer.special_tokens: text could spell {token!r}; try '<|{token}|>'"
            elif is_spelling(token) and not token.isascii():
                yield f"tokenizer.special_tokens: {token!r} is how files spell bytes; change it"
            if self.special_tokens.count(token) > 1:
                yield f"tokenizer.special_tokens: {token!r} is there twice; remove one"
