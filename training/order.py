"""Which sequence comes at which place, as a pure function of fingerprint, seed and place.

A round has a fixed number of sequences of each domain, its quota. A keyed permutation says at which
places of a round a domain stands; a second one in which order its sequences come, anew each time
that the domain has been read through. Nothing is stored, so any place is answered at once.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.permutation import derive, key_of, permute

Integers = npt.NDArray[np.int64]


class Order:
    """The order of training.

    Attributes:
        quotas: Sequences of each domain in a round.
        size: Sequences of a round.
    """

    def __init__(
        self, fingerprint: str, seed: int, quotas: Sequence[int], sequences: Sequence[int]
    ) -> None:
        """Fixes the order.

        Args:
            fingerprint: Of the data.
            seed: Another seed gives another order.
            quotas: Sequences of each domain in a round.
            sequences: Sequences that each domain has.
        """
        self.quotas = quotas
        self.size = sum(quotas)
        self._bounds = np.cumsum([0, *quotas])
        # A domain without sequences has no place in a round either.
        self._sequences = np.maximum(1, np.array(sequences, np.int64))
        self._quotas = np.array(quotas, np.int64)
        self._round_key = np.array([key_of(fingerprint, seed)], np.uint64)
        self._keys = np.array(
            [key_of(fingerprint, seed, number) for number in range(len(quotas))], np.uint64
        )

    def at(self, places: Integers) -> tuple[Integers, Integers]:
        """The domain that stands at each place, and the number of the sequence in it."""
        rounds, within = np.divmod(places, self.size)
        keys = derive(np.broadcast_to(self._round_key, rounds.shape), rounds.astype(np.uint64))
        drawn = permute(within, self.size, keys)
        domains = self._bounds.searchsorted(drawn, "right") - 1
        counted = rounds * self._quotas[domains] + drawn - self._bounds[domains]
        sizes = self._sequences[domains]
        epochs, within = np.divmod(counted, sizes)
        keys = derive(self._keys[domains], epochs.astype(np.uint64))
        return domains, permute(within, sizes, keys)
