"""What can go wrong, in sentences that tell a microscopist what to do.

None of these derives from :class:`RuntimeError`: napari's generator workers swallow
runtime errors raised inside them.
"""

from __future__ import annotations

from typing import Any


class DenoiseError(Exception):
    """Base of every error that napari-denoise raises on purpose."""


class ImageError(DenoiseError, ValueError):
    """The image cannot be denoised: wrong kind of data, or empty."""


class AxesError(DenoiseError, ValueError):
    """The axes do not fit the image, or have to be given."""


class NoiseError(DenoiseError, ValueError):
    """The noise model is missing, impossible or does not fit the channels."""


class OptionError(DenoiseError, ValueError):
    """An option has a value that does not work."""


class ModelError(DenoiseError, ValueError):
    """A model is unknown, unreadable or newer than this software."""


class DeviceError(DenoiseError):
    """The computing device is missing or out of memory."""


class PairsError(DenoiseError, ValueError):
    """Noisy and clean images do not belong together, or are no use for training.

    Parameters
    ----------
    reason : str
        A sentence that says why.
    report : PairReport, optional
        What the check of the pairs found, where there was one.
    """

    def __init__(self, reason: str, report: Any = None) -> None:
        super().__init__(reason[:1].upper() + reason[1:])
        self.report = report


class FileError(DenoiseError, OSError):
    """A file cannot be read or written."""


class ClusterError(DenoiseError):
    """Other machines, or their workers, cannot do the work."""


class WorkerLost(ClusterError):
    """One piece of work took several workers with it."""


class PartOfImage(FileError):
    """A file tells of images, but they belong to other files."""


class Cancelled(DenoiseError):
    """The user asked to stop; nothing was changed."""
