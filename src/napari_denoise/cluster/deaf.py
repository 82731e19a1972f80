"""Loaded by each process that is started as a worker: it leaves the word to the client.

A terminal sends Ctrl+C to all of them. The client stops the work and ends the workers.
"""

from __future__ import annotations

import logging
import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Take no notice of Ctrl+C, and say nothing; Dask calls it by this name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What it remarks on damaged files, our own sentences say.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
