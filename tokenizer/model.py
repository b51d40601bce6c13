"""A trained tokenizer: its tokens and how text is prepared for them.

`tokenizers` encodes by a list of pairs, of which the earliest is joined first; `tiktoken` by ids:
it joins the neighbours whose joint bytes are the token of the smallest id. Both do the same here,
since every token is made by one pair alone: what stands between two cuts of an encoding is encoded
as if it stood alone.
"""

import base64
import json
from dataclasses import dataclass
from itertools import chain
from typing import Self

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tokenizer.pretokenize import Normalization, Pretokenizer, by_pattern
from tokenizer.spelling import ALPHABET, read, spell

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Model:
    """A byte-level BPE tokenizer.

    Attributes:
        special_tokens: Declared tokens, which no text makes; their ids begin at 0.
        merges: The pairs of tokens that make one, in the order they were learned.
        pretokenizer: Where texts are cut.
        normalization: What is done to a text before; with `none`, decoding gives it back.
    """

    special_tokens: tuple[str, ...]
    merges: tuple[Pair, ...]
    pretokenizer: Pretokenizer
    normalization: Normalization

    def __len__(self) -> int:
        return len(self.special_tokens) + len(ALPHABET) + len(self.merges)

    @classmethod
    def of_json(cls, text: str) -> Self:
        """The model of a `tokenizer.json` that `to_json` wrote.

        Raises:
            ValueError, LookupError, TypeError, StopIteration: It is no such file.
        """
        content = json.loads(text)
        split, _ = content["pre_tokenizer"]["pretokenizers"]
        model = cls(
            tuple(token["content"] for token in content["added_tokens"]),
            tuple((read(left), read(right)) for left, right in content["model"]["merges"]),
            by_pattern(split["pattern"]["Regex"]),
            "nfc" if content["normalizer"] else "none",
        )
        tokens = set(model.tokens)
        if len(tokens) < len(model.tokens) or not tokens.issuperset(chain(*model.merges)):
            raise ValueError("a merge makes a token that was there, or of one that is not")
        return model

    @property
    def tokens(self) -> list[bytes]:
        """All tokens but special ones, in the order of their ids: `ALPHABET`, then the merged."""
        return [bytes([byte]) for byte in ALPHABET] + [left + right for left, right in self.merges]

    @property
    def first_id(self) -> int:
        """The id of the first token that is not special."""
        return len(self.special_tokens)

    @property
    def ranks(self) -> dict[bytes, int]:
        """Ids by token, as `tiktoken.Encoding(mergeable_ranks=…)` takes them."""
        return {token: rank for rank, token in enumerate(self.tokens, self.first_id)}

    def to_tiktoken(self) -> bytes:
        """The ranks as a `.tiktoken` file, a token and its id a line."""
        lines = (b"%s %d\n" % (base64.b64encode(token), id_) for token, id_ in self.ranks.items())
        return b"".join(lines)

    def to_json(self) -> str:
        """The `tokenizer.json` that `tokenizers` and `transformers` read."""
        vocab = {token: id_ for id_, token in enumerate(self.special_tokens)}
        vocab |= {spell(token): id_ for token, id_ in self.ranks.items()}
        merges = [(spell(left), spell(right)) for left, right in self.merges]
        tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
        if self.normalization == "nfc":
            tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(self.pretokenizer.pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens(
            [AddedToken(token, special=True, normalized=False) for token in self.special_tokens]
        )
        return str(tokenizer.to_str(pretty=True))
