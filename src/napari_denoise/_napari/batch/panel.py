"""The *Batch* panel: joins form, run, table of files and what is opened of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, PushButton
from napari.layers import Layer
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices

from napari_denoise._napari.batch import tooltips
from napari_denoise._napari.batch.counting import Counting
from napari_denoise._napari.batch.foreign import AnyFormat
from napari_denoise._napari.batch.form import BatchForm
from napari_denoise._napari.batch.pairs import pair_steps
from napari_denoise._napari.batch.session import BatchSession
from napari_denoise._napari.batch.table import RecordsTable
from napari_denoise._napari.batch.wording import GO_ON, describe_place
from napari_denoise._napari.jobs import explain, steps_worker
from napari_denoise._napari.layers import METADATA_KEY, unique_name
from napari_denoise._napari.run_bar import RunBar
from napari_denoise._napari.scrolling import FittingScrollArea
from napari_denoise._napari.work import Work
from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_denoise._napari.messages import Mood
    from napari_denoise.batch import BatchReport, FileRecord

SECONDS_BETWEEN = 0.1
SEARCHING, MEASURING = "Finding files …", "Measuring noise …"


class BatchPanel(Container):  # type: ignore[type-arg]
    """Denoise a folder of images into another folder.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Shows results beside their originals.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self._told = 0.0
        self._reader = AnyFormat()
        self.form = BatchForm()
        self.session = BatchSession(self._reader)
        self.opening = Work()
        self.table = RecordsTable(self._on_record)
        self.run_bar = RunBar()
        super().__init__(labels=False)
        self.counting = Counting(self.native, self._reader)
        self.report = PushButton(
            text="Open report", tooltip=tooltips.REPORT, enabled=False
        )
        self._lay_out()
        self._connect()
        self.form.recall()

    @property
    def running(self) -> bool:
        """Whether a folder is being worked on."""
        return self.session.running

    def _lay_out(self) -> None:
        self.run_bar.run.tooltip = tooltips.RUN
        self.run_bar.cancel.tooltip = tooltips.CANCEL
        tools: Container[Any] = Container(
            widgets=[self.report], layout="horizontal", labels=False
        )
        tools.margins = (6, 0, 0, 0)
        self._tools = tools
        layout = self.native.layout()
        layout.addWidget(FittingScrollArea(self.form.native))
        layout.addWidget(self.table, 1)  # has all the room that is left
        layout.addWidget(tools.native)
        layout.addWidget(self.run_bar.native)

    def _connect(self) -> None:
        session, bar = self.session, self.run_bar
        self.form.folders.changed.connect(self._on_folders)
        self.counting.said.connect(self.form.folders.say)
        self.report.clicked.connect(self._on_report)
        bar.run_requested.connect(self._on_run)
        bar.cancel_requested.connect(self._on_cancel)
        bar.listen_to_keys(self.native)
        session.found.connect(self._on_found)
        session.advanced.connect(bar.advance)
        session.working.connect(self._on_working)
        session.recorded.connect(self._on_recorded)
        session.returned.connect(self._on_returned)
        session.failed.connect(self._on_failed)
        session.ended.connect(self._on_ended)
        self.opening.returned.connect(self._on_opened)
        self.opening.failed.connect(self._on_failed)
        self.native_parent_changed.connect(self._on_parent)
        self.native.destroyed.connect(self._abandon)

    def _on_folders(self) -> None:
        self.counting.follow(self.form.folders.search())

    def _on_run(self) -> None:
        # Drawing processes events: a second click may come in the middle of this.
        if self.running:
            return
        try:
            request = self.form.request()
        except DenoiseError as error:
            self.run_bar.say(explain(error), "error")
            return
        self.form.remember()
        self.table.records.clear()
        self.report.enabled = False
        self.session.start(request)
        self.run_bar.start(SEARCHING)

    def _on_cancel(self) -> None:
        if self.running:
            self.run_bar.stopping()
            self.session.cancel()

    def _on_found(self, files: int) -> None:
        request = self.session.request
        if request is not None and request.options["noise"] == "shared":
            self.run_bar.status.value = MEASURING
        self.run_bar.say(f"{files} file{'s' * (files != 1)} found.")

    def _on_working(self, file: str, number: int, share: float) -> None:
        now = time.monotonic()
        if now - self._told > SECONDS_BETWEEN:
            self._told = now
            text = describe_place(file, number, self.session.files, share)
            self.run_bar.say(text)

    def _on_recorded(self, records: tuple[FileRecord, ...]) -> None:
        self.table.add(records)

    def _on_returned(self, report: BatchReport) -> None:
        self.run_bar.say(*_summary(report.records))

    def _on_failed(self, sentence: str) -> None:
        self.run_bar.say(sentence, "error")

    def _on_ended(self, by_itself: bool) -> None:
        records = self.session.records
        if not by_itself:
            text, mood = (
                _summary(records) if records else ("Nothing was done.", "plain")
            )
            self.run_bar.say(f"Cancelled. {text} {GO_ON}", mood)
        self.report.enabled = bool(records)
        self.run_bar.end()

    def _on_report(self) -> None:
        from napari_denoise.batch.reporting import PAGE

        request = self.session.request
        page = Path() if request is None else request.search.target / PAGE
        if not page.is_file():
            self.run_bar.say("The report is not written yet.", "warning")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page.absolute())))

    def _on_record(self, record: FileRecord) -> None:
        request = self.session.request
        if record.outcome == "failed":
            self.run_bar.say(f"{record.file}: {record.error}", "error")
        elif request is not None and not self.opening.running:
            search = request.search
            worker = steps_worker(
                f"opening of {record.file}",
                pair_steps,
                search.source,
                search.target,
                record,
                self._reader,
            )
            self.opening.start(worker)

    def _on_opened(self, layers: list[tuple[Any, dict[str, Any], str]]) -> None:
        (noisy, told, kind), (clean, said, _) = layers
        told["name"] = self._unique(told["name"])
        source = self._viewer.add_layer(Layer.create(noisy, told, kind))
        said["name"] = self._unique(said["name"])
        said["metadata"][METADATA_KEY]["source"] = source.name
        self._viewer.add_layer(Layer.create(clean, said, kind))

    def _unique(self, name: str) -> str:
        return unique_name(name, {layer.name for layer in self._viewer.layers})

    def _on_parent(self, parent: Any) -> None:
        # Closing its dock takes the panel out of the window and leaves it alive.
        if parent is None:
            self._abandon()
            self.run_bar.end()

    def _abandon(self) -> None:
        for work in (self.session, self.opening, self.counting):
            work.abandon()


def _summary(records: Any) -> tuple[str, Mood]:
    from napari_denoise.batch.reporting import summarise

    failed = any(record.outcome == "failed" for record in records)
    return summarise(records), "warning" if failed else "plain"
