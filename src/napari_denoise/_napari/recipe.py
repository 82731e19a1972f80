"""The Python that does what a run of the panel does, for napari's console."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_denoise.errors import OptionError

WIDTH = 88
INDENT = " " * 4
DEFAULTS: Mapping[str, Any] = {
    "axes": None,
    "noise": "auto",
    "strength": 1.0,
    "neighbours": "none",
    "device": "auto",
    "tile": "auto",
    "dtype": None,
    "out": None,
}
"""Options of `denoise`; what equals its default is not written."""
PART_OPTIONS = ("strength", "neighbours", "device")


@dataclass(frozen=True)
class Bracket:
    """Code in brackets, which may go over several lines."""

    opening: str
    items: tuple[Code, ...]
    closing: str

    def __str__(self) -> str:
        return f"{self.opening}{', '.join(map(str, self.items))}{self.closing}"


Code = str | Bracket


def as_python(
    layers: str | Sequence[str],
    model: Any,
    options: Mapping[str, Any],
    noise_text: str | None = None,
    noise_imports: Sequence[str] = (),
    out: Any = None,
) -> str:
    """Write a run as Python, formatted, ready for napari's console.

    Parameters
    ----------
    layers : str or sequence of str
        Names of the layers, each denoised with the same options.
    model : str, Path, Model or sequence of these
        As for :func:`napari_denoise.denoise_layer`.
    options : mapping
        Options of :func:`napari_denoise.denoise_layer`.
    noise_text : str, optional
        Code of the noise option, in place of the one in `options`.
    noise_imports : sequence of str
        Names in `napari_denoise` that it needs.
    out : str, Path or sequence of these, optional
        Files of the results, one per layer.

    Returns
    -------
    str
        Ends in a line break. `viewer` is the one that the console has.

    Raises
    ------
    OptionError
        If an option is something that has no code, or the numbers of layers and files
        differ.
    """
    names = [layers] if isinstance(layers, str) else list(layers)
    given = {n: v for n, v in options.items() if n != "out" and not _is_default(n, v)}
    if noise_text is not None:
        given.pop("noise", None)
    arguments = [_code(model), *(_named(n, _code(v)) for n, v in given.items())]
    if noise_text is not None:
        arguments.append(f"noise={noise_text}")
    targets = options.get("out") if out is None else out
    files = [_code(file) for file in _files(targets, len(names))]
    steps = _steps([_code(name) for name in names], files, arguments)
    needed = {"denoise_layer", *noise_imports}
    if any("NoiseModel(" in str(argument) for argument in arguments):
        needed.add("NoiseModel")
    imports = [
        "from napari.layers import Layer",
        # Classes come before functions.
        f"from napari_denoise import {', '.join(sorted(needed))}",
    ]
    return "\n".join([*imports, "", *steps]) + "\n"


def part_as_python(
    layer: str,
    model: Any,
    options: Mapping[str, Any],
    part: tuple[Mapping[str, int], Sequence[int], Sequence[int]],
    noise_text: str | None = None,
    noise_imports: Sequence[str] = (),
) -> str:
    """Write a run over what is in view as Python, ready for napari's console.

    Parameters
    ----------
    layer : str
        Name of the layer.
    model, options, noise_text, noise_imports
        As :func:`as_python` takes them.
    part : tuple
        Position along T, C and Z, rows, columns; see `Part`.

    Returns
    -------
    str
        Ends in a line break.

    Raises
    ------
    OptionError
        As :func:`as_python`.
    """
    measured: list[Code] = [f"viewer.layers[{_quoted(layer)}]"]
    if options.get("axes"):
        measured.append(_named("axes", _code(options["axes"])))
    if noise_text is not None:
        measured.append(f"noise={noise_text}")
    elif not _is_default("noise", options["noise"]):
        measured.append(_named("noise", _code(options["noise"])))
    told = {
        name: value
        for name, value in options.items()
        if name in PART_OPTIONS and not _is_default(name, value)
    }
    place = Bracket("{", tuple(f"{_code(k)}: {v}" for k, v in part[0].items()), "}")
    spans = [Bracket("(", tuple(map(str, span)), ")") for span in part[1:]]
    where: list[Code] = [place, *spans]
    arguments = [*where, _code(model), *(_named(n, _code(v)) for n, v in told.items())]
    imports = ["from napari_denoise.preview import Preview"]
    if noise_imports:
        names = ", ".join(sorted(noise_imports))
        imports.insert(0, f"from napari_denoise import {names}")
    rgb = ", rgb=True" if "S" in (options.get("axes") or "") else ""
    return "\n".join(
        [
            *imports,
            "",
            *_lines(Bracket("preview = Preview(", tuple(measured), ")")),
            *_lines(Bracket("part = preview.part(", tuple(arguments), ")")),
            f"viewer.add_image(part, name={_quoted(f'{layer} in view')}{rgb})",
            "",
        ]
    )


def _is_default(name: str, value: Any) -> bool:
    if name not in DEFAULTS:
        return False
    default = DEFAULTS[name]
    return value is default or (default is not None and bool(value == default))


def _files(out: Any, layers: int) -> list[Any]:
    if out is None:
        return []
    files = [out] if isinstance(out, str) or not isinstance(out, Sequence) else out
    if len(files) != layers:
        raise OptionError(
            f"{len(files)} files were given for {layers} layers: give one each."
        )
    return [getattr(file, "path", file) for file in files]


def _steps(names: list[Code], files: list[Code], arguments: list[Code]) -> list[str]:
    add = "viewer.add_layer(Layer.create(*result))"
    if len(names) == 1:
        arguments = arguments + [_named("out", file) for file in files]
        return [*_lines(_call(str(names[0]), arguments)), add]
    if files:
        pairs = zip(names, files, strict=True)
        rows = tuple(Bracket("(", pair, ")") for pair in pairs)
        loop = Bracket("for name, out in [", rows, "]:")
        arguments = [*arguments, "out=out"]
    else:
        loop = Bracket("for name in [", tuple(names), "]:")
    run = _lines(_call("name", arguments), INDENT)
    return [*_lines(loop), *run, INDENT + add]


def _call(layer: str, arguments: list[Code]) -> Bracket:
    return Bracket(
        "result = denoise_layer(", (f"viewer.layers[{layer}]", *arguments), ")"
    )


def _named(name: str, value: Code) -> Code:
    if isinstance(value, Bracket):
        return replace(value, opening=f"{name}={value.opening}")
    return f"{name}={value}"


def _code(value: Any) -> Code:
    """Write a value so that Python reads the same one."""
    from napari_denoise.noise import NoiseModel

    if isinstance(value, np.dtype | type):
        return _quoted(np.dtype(value).name)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | Path):
        return _quoted(str(value))
    if isinstance(value, NoiseModel):
        return _noise_code(value)
    if isinstance(value, Sequence):
        return Bracket("[", tuple(_code(item) for item in value), "]")
    if hasattr(value, "card"):
        return _quoted(str(getattr(value, "path", None) or value.card.name))
    plain = value is None or isinstance(value, bool | int | float)
    if not plain or (isinstance(value, float) and not math.isfinite(value)):
        raise OptionError(f"There is no Python code for {value!r}.")
    return repr(value)


def _noise_code(noise: Any) -> Bracket:
    """Name what differs from a model without noise; its remarks are not needed."""
    told = [f for f in fields(noise) if f.repr and f.name != "warnings"]
    given = {f.name: getattr(noise, f.name) for f in told}
    named = [
        _named(f.name, _code(given[f.name])) for f in told if given[f.name] != f.default
    ]
    return Bracket("NoiseModel(", tuple(named), ")")


def _quoted(text: str) -> str:
    """Prefer double quotes, as formatters do."""
    code = repr(text)
    return code if '"' in code else f'"{code[1:-1]}"'


def _lines(code: Code, indent: str = "", tail: str = "") -> list[str]:
    """Break code over lines as formatters do: whole, then inside, then one by one."""
    whole = f"{indent}{code}{tail}"
    if isinstance(code, str) or len(whole) <= WIDTH or not code.items:
        return [whole]
    inside = f"{indent}{INDENT}{', '.join(map(str, code.items))}"
    is_call = code.opening.endswith("(") and code.opening != "("
    if is_call and len(inside) <= WIDTH:
        rows = [inside]
    else:
        rows = [r for item in code.items for r in _lines(item, indent + INDENT, ",")]
    return [indent + code.opening, *rows, indent + code.closing + tail]
