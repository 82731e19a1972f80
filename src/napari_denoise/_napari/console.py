"""What the panel is set to, as lines for napari's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise._napari.recipe import as_python, part_as_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise._napari.measuring.form import NoiseForm
    from napari_denoise._napari.runs import Task


def console_lines(tasks: Sequence[Task], noise: NoiseForm) -> str:
    """Write what a run would do.

    Parameters
    ----------
    tasks : sequence of Task
        What the run would work off.
    noise : NoiseForm
        Says how the noise is known.

    Returns
    -------
    str
        Python; images that are treated alike share one call.

    Raises
    ------
    DenoiseError
        If something is still to be chosen.
    """
    first = tasks[0]
    alike = all(
        (task.request.model, _alike(task)) == (first.request.model, _alike(first))
        for task in tasks
    )
    if len(tasks) > 1 and alike and first.view is None:
        names = [task.source.name for task in tasks]
        files = [task.request.options.get("out") for task in tasks]
        text, needed = _noise_code(noise, "viewer.layers[name]", first)
        return as_python(
            names,
            first.request.model,
            _alike(first),
            text,
            needed,
            out=None if None in files else files,
        )
    return "\n".join(_one(task, noise) for task in tasks)


def _one(task: Task, noise: NoiseForm) -> str:
    name, options = task.source.name, task.request.options
    layer = f"viewer.layers[{name!r}]"
    text, needed = _noise_code(noise, layer, task)
    if task.view is None:
        return as_python(name, task.request.model, options, text, needed)
    return part_as_python(
        name,
        task.request.model,
        options,
        (dict(task.view.place), task.view.rows, task.view.columns),
        text,
        needed,
    )


def _alike(task: Task) -> dict[str, Any]:
    """Options but for what each image has of its own."""
    return {k: v for k, v in task.request.options.items() if k not in ("out", "noise")}


def _noise_code(
    noise: NoiseForm, layer: str, task: Task
) -> tuple[str | None, Sequence[str]]:
    """Write how the noise is known, where that is not the default."""
    text, names = noise.as_python(layer, task.request.options["axes"])
    return (None, ()) if text == '"auto"' else (text, names)
