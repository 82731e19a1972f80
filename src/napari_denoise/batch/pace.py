"""How far a batch is, and how long it will take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pace:
    """Counts bytes of files; those that took no time say nothing of the others.

    Parameters
    ----------
    sizes : sequence of int
        Bytes of each file, in the order in which they are worked off.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = [max(size, 1) for size in sizes]
        self._total = sum(self._sizes)
        self._next = 0
        self._passed = 0  # bytes of all files that are worked off
        self._worked = 0  # bytes of those that took time
        self._seconds = 0.0
        self._began = time.perf_counter()

    def within(self, share: float) -> tuple[float, float | None]:
        """Tell how far it is while a file is worked on.

        Parameters
        ----------
        share : float
            0 to 1, of the file.

        Returns
        -------
        total : float
            0 to 1, of all files.
        seconds_left : float or None
            None before there is a pace.
        """
        size = self._sizes[self._next] if self._next < len(self._sizes) else 0
        passed = self._passed + share * size
        worked = self._worked + share * size
        seconds = self._seconds + (time.perf_counter() - self._began if share else 0.0)
        left = seconds / worked * (self._total - passed) if worked else None
        return passed / self._total, left

    def finish(self, *, done: bool, number: int | None = None) -> None:
        """Go on to the next file.

        Parameters
        ----------
        done : bool
            Whether this one was denoised; else it was skipped or failed.
        number : int, optional
            Of this one, where several are worked on at once and end in any order.
        """
        now = time.perf_counter()
        size = self._sizes[self._next if number is None else number]
        self._passed += size
        if done:
            self._worked += size
            self._seconds += now - self._began
        self._began, self._next = now, self._next + 1
