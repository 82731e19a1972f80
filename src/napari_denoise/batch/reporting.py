"""The report of a batch: a table for programs, and a page for people."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from napari_denoise.batch.records import outcomes
from napari_denoise.errors import FileError
from napari_denoise.files.whole import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_denoise.batch.options import BatchOptions
    from napari_denoise.batch.records import FileRecord

TABLE, PAGE = "report.csv", "report.html"
COLUMNS = (
    "file",
    "series",
    "outcome",
    "output",
    "error",
    "seconds",
    "model",
    "axes",
    "shape",
    "dtype",
    "gain",
    "offset",
    "read_std",
    "sigma",
    "whiteness",
    "signal_correlation",
    "intensity_kept",
    "predicted_psnr",
    "predicted_gain",
    "warnings",
)
NOISE = ("gain", "offset", "read_std", "sigma")
WORDS = (
    ("whiteness", "residual white", "{:.2f}"),
    ("signal_correlation", "signal in it", "{:.2f}"),
    ("intensity_kept", "counts kept", "{:.3f}"),
    ("predicted_psnr", "expected PSNR", "{:.1f} dB"),
    ("predicted_gain", "expected gain", "{:+.1f} dB"),
)
"""What is told of an assessment: its name, how it is called, its format."""
ROW = Template(
    '<tr class="$outcome"><td>$file</td><td>$outcome</td><td>$picture</td>'
    "<td>$noise</td><td>$assessment</td><td>$remarks</td></tr>"
)
BEGIN = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="napari-denoise">
"""
DOCUMENT = Template(
    BEGIN
    + """\
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Denoised images</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; }
table { border-collapse: collapse; }
td, th { padding: .4em .8em; border-bottom: 1px solid #ddd; text-align: left;
  vertical-align: top; }
td:first-child { word-break: break-all; max-width: 18em; }
img { display: block; image-rendering: pixelated; }
.failed td:nth-child(2) { color: #b00020; font-weight: bold; }
.skipped td:nth-child(2) { color: #777; }
ul { margin: 0; padding-left: 1.2em; max-width: 40em; }
</style>
</head>
<body>
<h1>Denoised images</h1>
<p>$summary</p>
<p>$settings</p>
<table>
<thead><tr><th>File</th><th>Outcome</th><th>Before | after</th><th>Noise</th>
<th>Assessment</th><th>Remarks</th></tr></thead>
<tbody>
$rows
</tbody>
</table>
</body>
</html>
"""
)


def check_report(folder: Path, *, overwrite: bool = False) -> None:
    """Refuse to replace what has the name of a report and is none.

    Parameters
    ----------
    folder : Path
        Of the results.
    overwrite : bool
        Whether it is replaced nevertheless.

    Raises
    ------
    FileError
    """
    for name, begin in ((TABLE, ",".join(COLUMNS)), (PAGE, BEGIN)):
        path = folder / name
        if overwrite or not path.exists():
            continue
        with path.open(encoding="utf-8-sig", errors="replace") as text:
            ours = text.read(len(begin)) == begin
        if not ours:
            raise FileError(
                f"{path} is there already and is no report of napari-denoise, so it "
                "is not replaced: move it, or choose another folder for the results."
            )


def write_report(
    folder: Path,
    records: Sequence[FileRecord],
    options: BatchOptions,
    files: int,
) -> tuple[Path, Path]:
    """Write both, each whole or not at all.

    Parameters
    ----------
    folder : Path
        Of the results.
    records : sequence of FileRecord
        Of all images so far.
    options : BatchOptions
        Told on the page.
    files : int
        How many there are in all: more than have records after a stop.

    Returns
    -------
    table, page : Path

    Raises
    ------
    FileError
        If they cannot be written.
    """
    texts = {TABLE: _table(records), PAGE: _page(records, options, files)}
    for name, text in texts.items():
        try:
            _write(folder / name, text)
        except OSError as error:
            raise FileError(
                f"The report cannot be written: {folder / name}: "
                f"{error.strerror or error}. {summarise(records, files)}"
            ) from error
    return folder / TABLE, folder / PAGE


def summarise(records: Sequence[FileRecord], files: int | None = None) -> str:
    """Say in a sentence what became of the files.

    Parameters
    ----------
    records : sequence of FileRecord
        Of all images so far.
    files : int, optional
        How many there are in all.

    Returns
    -------
    str
    """
    found = list(outcomes(records).values())
    done, skipped, failed = (
        found.count(outcome) for outcome in ("done", "skipped", "failed")
    )
    count = len(found) if files is None else files
    parts = [f"{done} of {count} files denoised"]
    if skipped:
        parts.append(f"{skipped} {'was' if skipped == 1 else 'were'} there already")
    if failed:
        parts.append(f"{failed} failed")
    if len(found) < count:
        parts.append(f"stopped before the other {count - len(found)}")
    return ", ".join(parts) + "."


def _write(path: Path, text: str) -> None:
    # A byte order mark: spreadsheets take µ for what it is.
    encoding = "utf-8-sig" if path.name == TABLE else "utf-8"
    with whole(path) as partial:
        partial.write_bytes(text.encode(encoding))


def _table(records: Sequence[FileRecord]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_columns(record) for record in records)
    return text.getvalue()


def _columns(record: FileRecord) -> dict[str, Any]:
    plain = record.to_dict()
    facts = dict(record.facts)
    assessed = facts.pop("assessment", {})
    noise = facts.pop("noise", [])
    told = {**assessed, **facts, **plain}
    told["shape"] = "x".join(str(n) for n in facts.get("shape", ()))
    told["seconds"] = f"{record.seconds:.2f}"
    told["warnings"] = " ".join(facts.get("warnings", ()))
    told |= {name: ";".join(f"{model[name]:.6g}" for model in noise) for name in NOISE}
    return {name: "" if told.get(name) is None else told[name] for name in COLUMNS}


def _page(records: Sequence[FileRecord], options: BatchOptions, files: int) -> str:
    now = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    model = getattr(options.model, "name", options.model)
    settings = f"Model {model}, strength {options.strength:g}, neighbours "
    settings += f"{options.neighbours}; written {now}."
    return DOCUMENT.substitute(
        summary=escape(summarise(records, files)),
        settings=escape(settings),
        rows="\n".join(_row(record) for record in records),
    )


def _row(record: FileRecord) -> str:
    facts, picture = record.facts, ""
    if record.picture:
        picture = f'<img loading="lazy" src="{quote(record.picture)}" alt="">'
    noise = [
        f"gain {model['gain']:.3g}, read noise {model['read_std']:.3g}"
        for model in facts.get("noise", ())
    ]
    assessed = facts.get("assessment", {})
    judged = [
        f"{word} {form.format(assessed[name])}"
        for name, word, form in WORDS
        if assessed.get(name) is not None
    ]
    remarks = [record.error, *facts.get("warnings", ())]
    return ROW.substitute(
        file=escape(record.file),
        outcome=record.outcome,
        picture=picture,
        noise=_lines(noise),
        assessment=_lines(judged),
        remarks=_lines(remarks),
    )


def _lines(texts: Sequence[str]) -> str:
    said = [escape(text) for text in texts if text]
    if len(said) < 2:
        return "".join(said)
    return "<ul>" + "".join(f"<li>{text}</li>" for text in said) + "</ul>"
