"""Commands on the models: list them, and see what they do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_denoise.cli.options import AsJson
from napari_denoise.cli.reporting import reporting, show_report

if TYPE_CHECKING:
    from napari_denoise.models import ModelCard


def models(
    name: Annotated[str | None, typer.Argument(help="show one model's card")] = None,
    as_json: AsJson = False,
) -> None:
    """List the models, or show one model's card."""
    with reporting(as_json):
        from napari_denoise.models import list_models, load_model
        from napari_denoise.models.own import read_shelf

        cards = [load_model(name).card] if name else list_models()
        width = max(12, *(len(card.name) for card in cards))
        rows = [_card_text(c) if name else _card_line(c, width) for c in cards]
        for remark in () if name else read_shelf().remarks:
            typer.echo(f"Note: {remark}", err=True)
        show_report([card.to_dict() for card in cards], as_json, "\n".join(rows))


def demo(
    output: Annotated[Path, typer.Option(help="folder for table and picture")] = Path(
        "demo"
    ),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Denoise the bundled real images with every model and compare."""
    with reporting(as_json):
        from napari_denoise.demo import format_table, run_demo

        rows, pictures = run_demo(output, device)
        names = "\n".join(f"Picture: {path}" for path in pictures)
        report = {"rows": rows, "pictures": [str(path) for path in pictures]}
        show_report(report, as_json, f"{format_table(rows)}\n\n{names}")


def _card_line(card: ModelCard, width: int = 12) -> str:
    size = f"{card.bytes / 1e6:.1f} MB" if card.bytes else "–"
    return f"{card.name:{width}} {card.kind:10} {card.ndim}D {size:>8}  {card.summary}"


def _card_text(card: ModelCard) -> str:
    lines = [_card_line(card)]
    lines += [f"  {key}: {value}" for key, value in card.quality.items()]
    known = {key: value for key, value in card.training.items() if value != ""}
    lines += [f"  training {key}: {value}" for key, value in known.items()]
    return "\n".join(lines)
