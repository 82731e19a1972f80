"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def typed_path(text: str | Path) -> Path:
    """Take what was typed as a path.

    An empty one, as of a variable that is not set, would be the current folder.
    """
    if not str(text):
        raise typer.BadParameter("a path is empty. Is a variable not set?")
    return Path(text)


ImagePath = Annotated[
    Path, typer.Argument(help="TIFF or .zarr", metavar="IN", parser=typed_path)
]
Axes = Annotated[
    str | None, typer.Option(help="letters of TCZYXS, one per axis of the image")
]
Series = Annotated[
    int, typer.Option(help="number of the image in a file of several", min=0)
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="address of a Dask cluster that does the work: tcp://HOST:8786"),
]
Workers = Annotated[
    int | None, typer.Option(help="so many processes of this machine do it", min=1)
]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def chosen_axes(shape: tuple[int, ...], axes: str | None, labels: str) -> str:
    """Return the axes as given, or as the file names them, if they fit."""
    from napari_denoise.axes import resolve_axes

    return resolve_axes(shape, axes, labels)
