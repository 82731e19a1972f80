"""Loaded by each process that is started as a worker: Ctrl+C is for the client alone.

A terminal sends it to all of them. The client stops the work and ends the workers.
"""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Take no notice of Ctrl+C; Dask calls it by this name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
