"""Keys and values that a block of the model has computed, so that it need not do so again."""

import torch
from torch import Tensor


class Cache:
    """What the attention of one block has read of a text.

    Attributes:
        length: Tokens read so far.
    """

    def __init__(self, room: int) -> None:
        """An empty cache for so many tokens."""
        self.length = 0
        self._room = room
        self._kept = torch.empty(0)

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values of all tokens read, these last.

        Args:
            key: Of the tokens that follow, rotated; shape `(batch, kv_heads, tokens, head_width)`:
                any number at first, then one at a time.
            value: The same.

        Returns:
            The same of all tokens, in the type of `value`.
        """
        first, stop = self.length, self.length + key.shape[2]
        assert first == 0 or stop == first + 1
        if first == 0:
            batch, heads, _, width = key.shape
            self._kept = value.new_empty(2, batch, heads, self._room, width)
        self._kept[0, :, :, first:stop] = key
        self._kept[1, :, :, first:stop] = value
        self.length = stop
        keys, values = self._kept[:, :, :, :stop]
        return keys, values
