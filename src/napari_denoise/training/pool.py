"""The fields that are in memory at each step of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.errors import PairsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_denoise.training.fields import Field, Key

BUDGET = 1e9
"""Bytes of fields."""
FEWEST, MOST = 8, 128
"""Fields at first, and at the most."""
STEPS_PER_EXCHANGE = 4
"""After so many steps the field that has been longest in memory makes room."""


class Pool:
    """A window that slides over all fields, which may be larger than memory.

    Which fields it holds depends on nothing but the seed and the step, so training
    that was stopped goes on with the same ones.

    Parameters
    ----------
    keys : sequence of Key
        Of the fields that are trained on.
    load : callable
        Reads the field of a key; None where it cannot be used.
    capacity : int
        How many are held at the most. It begins with few, for reading may take long.
    seed : int
        Of their order.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        load: Callable[[Key], Field | None],
        capacity: int,
        seed: int,
    ) -> None:
        self._keys, self._load, self._seed = keys, load, seed
        self._held: dict[Key, Field | None] = {}
        self._orders: dict[int, list[int]] = {}
        self.capacity = min(capacity, len(keys))

    def at(self, step: int) -> list[Field]:
        """Return the fields of a step, reading those that are new.

        Raises
        ------
        PairsError
            If none of them can be used.
        """
        stop = min(FEWEST, self.capacity) + step // STEPS_PER_EXCHANGE
        if self.capacity == len(self._keys):  # then the window stands still
            stop = min(stop, self.capacity)
        wanted = [self._key(n) for n in range(max(stop - self.capacity, 0), stop)]
        self._held = {key: self._held[key] for key in wanted if key in self._held}
        for key in wanted:
            if key not in self._held:
                self._held[key] = self._load(key)
        fields = [self._held[key] for key in wanted]
        of_use = [field for field in fields if field is not None]
        if not of_use:
            raise PairsError(
                "none of those that were last read can be used. Were the files "
                "moved or changed while they were trained on?"
            )
        return of_use

    def _key(self, turn: int) -> Key:
        """Return the key of a turn; every round has an order of its own."""
        count = len(self._keys)
        return self._keys[self._order(turn // count)[turn % count]]

    def _order(self, number: int) -> list[int]:
        if number not in self._orders:
            rng = np.random.default_rng([self._seed, number])
            kept = {n: order for n, order in self._orders.items() if n >= number - 1}
            self._orders = kept | {number: rng.permutation(len(self._keys)).tolist()}
        return self._orders[number]


def room_for(fields: Sequence[Field]) -> int:
    """Return how many fields of such a size fit into memory."""
    largest = max(
        field.noisy.nbytes + (0 if field.target is None else field.target.nbytes)
        for field in fields
    )
    return min(max(FEWEST, int(BUDGET / largest)), MOST)
