"""Objectives that need noisy images only."""

from __future__ import annotations

from typing import Any

OBJECTIVES: dict[str, Any] = {}


def check_blind_spots(noise: list[Any]) -> None:
    """Do nothing yet."""
