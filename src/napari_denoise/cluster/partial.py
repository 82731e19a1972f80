"""An image on its way, filled by many processes, and the journal of what is done.

Both lie in a hidden folder beside the image. A client that is killed leaves them there,
and the same call goes on with them.
"""

from __future__ import annotations

import glob
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.cluster.plan import Plan
from napari_denoise.errors import DenoiseError, FileError
from napari_denoise.files.creating import check_target, write_beside
from napari_denoise.files.whole import give_name, refuse_existing, remove, whole
from napari_denoise.files.zarr_writing import complete_zarr, open_pixels, write_zarr
from napari_denoise.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from napari_denoise.cluster.block_work import BlockDone
    from napari_denoise.files import ImageTarget

    Ranges = dict[int, tuple[float, float]]

IMAGE, JOURNAL = "image.zarr", "journal.jsonl"
DIGITS = 8
"""Of the fingerprint in the folder's name."""
WRONG = (OSError, ValueError, KeyError, TypeError)
"""What reading a journal runs into that is none."""


@dataclass
class Journal:
    """What is settled for an image, and which of its blocks are done.

    Attributes
    ----------
    path : Path
        A line for each block, below one for what is settled.
    plan : Plan
    done : set of int
        Numbers of blocks.
    tally : Tally
        Sums over their planes.
    ranges : dict of int to (float, float)
        Lowest and highest count of each channel in the result.
    ways : dict of int to dict
        How each channel was treated.
    warnings : dict of str to None
        What had to be changed on the way, each once, in order.
    """

    path: Path
    plan: Plan
    done: set[int] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    ranges: Ranges = field(default_factory=dict)
    ways: dict[int, dict[str, Any]] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)

    @classmethod
    def begin(cls, path: Path, plan: Plan) -> Journal:
        """Begin with no block done."""
        with whole(path) as partial:
            partial.write_text(json.dumps(plan.to_dict()) + "\n", encoding="utf-8")
        return cls(path, plan)

    @classmethod
    def read(cls, path: Path) -> Journal | None:
        """Read what was done before; None where there is nothing to go on with."""
        try:
            first, *lines = path.read_text("utf-8").splitlines(keepends=True)
            journal = cls(path, Plan.from_dict(json.loads(first)))
            length = len(first.encode())
            for line in lines:
                if not line.endswith("\n"):
                    break
                journal._take(json.loads(line))
                length += len(line.encode())
            os.truncate(path, length)  # a kill may have cut the last line short
        except WRONG:
            return None
        return journal if journal.plan.holds() else None

    def note(self, number: int, found: BlockDone) -> None:
        """Keep that a block is done, whatever process is killed.

        Its chunks are the file system's to write: when a machine loses its power, those
        of the last seconds may be lost though they are noted.

        Parameters
        ----------
        number : int
            Of the block.
        found : BlockDone
            What became of it.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        news: dict[str, Any] = {
            "block": number,
            "tally": asdict(found.tally),
            "ranges": found.ranges,
        }
        ways = {n: way for n, way in found.ways.items() if n not in self.ways}
        warnings = [text for text in found.warnings if text not in self.warnings]
        news |= ({"ways": ways} if ways else {}) | (
            {"warnings": warnings} if warnings else {}
        )
        line = json.dumps(news)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileError(f"The journal cannot be written: {error}.") from error
        self._take(json.loads(line))

    def _take(self, news: dict[str, Any]) -> None:
        self.done.add(news["block"])
        self.tally += Tally(**news["tally"])
        for channel, (low, high) in news["ranges"].items():
            before = self.ranges.get(int(channel), (low, high))
            self.ranges[int(channel)] = min(before[0], low), max(before[1], high)
        self.ways |= {int(n): way for n, way in news.get("ways", {}).items()}
        self.warnings |= dict.fromkeys(news.get("warnings", ()))


@dataclass(frozen=True)
class Partial:
    """The hidden folder.

    Attributes
    ----------
    target : ImageTarget
        Where the image will be; its name ends in ``.zarr``.
    fingerprint : str
        Of what it is made of, and how: another one has another folder.
    """

    target: ImageTarget
    fingerprint: str

    @property
    def folder(self) -> Path:
        """Where image and journal lie."""
        return self._path.with_name(self._prefix + self.fingerprint[:DIGITS])

    @property
    def image(self) -> Path:
        """Zarr folder that is filled."""
        return self.folder / IMAGE

    def journal(self) -> Journal | None:
        """Read what was done before; None where there is nothing to go on with."""
        return Journal.read(self.folder / JOURNAL) if self.image.is_dir() else None

    def begin(
        self, plan: Plan, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
    ) -> Journal:
        """Make an empty image; what another run left unfinished is removed.

        Parameters
        ----------
        plan : Plan
            What is settled.
        shape, dtype, axes
            Of the image.

        Returns
        -------
        Journal

        Raises
        ------
        FileError, OptionError
            If it cannot be made.
        """
        check_target(self._path, overwrite=self.target.overwrite)
        for left in self._path.parent.glob(f"{glob.escape(self._prefix)}*"):
            remove(left)
        try:
            with _told_plainly(self._path):
                self.folder.mkdir()
                with write_zarr(self.image, self.target, shape, dtype, axes):
                    pass
                return Journal.begin(self.folder / JOURNAL, plan)
        except BaseException:
            remove(self.folder)  # nobody could go on with it
            raise

    def finish(self, axes: str, ranges: Ranges, facts: dict[str, Any]) -> None:
        """Say how the image came about, and give it its name.

        Parameters
        ----------
        axes : str
            Of the image.
        ranges : dict of int to (float, float)
            Lowest and highest count of each channel.
        facts : dict
            Takes JSON.

        Raises
        ------
        FileError
            If that cannot be done; what is done is kept.
        """
        with _told_plainly(self._path):
            pixels = open_pixels(self.image, axes)
            pixels.facts, pixels.ranges = facts, ranges
            complete_zarr(self.image, self.target, pixels, axes)
            if not self.target.overwrite:
                refuse_existing(self._path)
            if self.target.beside:
                write_beside(self._path, facts)
            give_name(self.image, self._path, overwrite=self.target.overwrite)
        remove(self.folder)

    @property
    def _path(self) -> Path:
        return Path(self.target.path)

    @property
    def _prefix(self) -> str:
        """Not that of hidden files which belong to a process and go when it ends."""
        return f".{self._path.name.lstrip('.')}.cluster-"


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except DenoiseError:
        raise
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}."
        ) from error
    except (TypeError, ValueError) as error:  # as zarr says what it cannot hold
        raise FileError(f"{path} cannot be written: {error}.") from error
