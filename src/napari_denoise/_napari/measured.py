"""What a live preview computes, in a thread of its own: measured once, seen often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise._napari.form import AUTOMATIC
from napari_denoise._napari.wording import describe_neighbours
from napari_denoise.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from napari_denoise._napari.form import Request
    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.view import View
    from napari_denoise.preview import Preview

    Found = tuple[np.ndarray[Any, Any], str]  # and a note on it


class MeasuredImage:
    """The image that was last looked at; used in one thread at a time.

    Attributes
    ----------
    key : tuple
        What was measured, or is being measured.
    """

    def __init__(self) -> None:
        self.key: tuple[Any, ...] = ()
        self._preview: Preview | None = None

    def forget(self) -> None:
        """Let go of the image."""
        self.key, self._preview = (), None

    @staticmethod
    def key_of(source: Snapshot, request: Request, view: View) -> tuple[Any, ...]:
        """Return what the measurement depends on: not the view, nor the model."""
        return id(source.data), view.axes, request.options["noise"]

    def denoise(
        self,
        source: Snapshot,
        request: Request,
        view: View,
        cancelled: Callable[[], bool],
        elsewhere: Callable[[], bool],
    ) -> Found | None:
        """Denoise what is in view; None if it is out of date before it is done."""
        from napari_denoise.preview import Preview  # torch: in this thread only

        options = dict(request.options)
        noise = options.pop("noise")
        options.pop("axes")  # those of the view, for certain
        key = self.key_of(source, request, view)
        try:
            preview = self._preview
            if preview is None or key != self.key:
                self._preview, self.key = None, key
                preview = Preview(
                    source.data, axes=view.axes, noise=noise, cancelled=elsewhere
                )
            # Moving the view does not begin these anew: they would never end.
            along = preview.settle(
                request.model, options["neighbours"], options["device"], elsewhere
            )
            self._preview = preview
            plane = preview.part(
                dict(view.place),
                view.rows,
                view.columns,
                request.model,
                cancelled=cancelled,
                **options,
            )
        except Cancelled:
            return None
        if options["neighbours"] != AUTOMATIC[1]:
            return plane, ""
        channel = dict(view.place).get("C", 0)
        return plane, describe_neighbours(along[channel])
