"""A toy instrument with the shapes of real ones: joins, groups, a calibrator, a fan-out.

Raw parts of a day are cleaned one by one, stacked by day, calibrated with the nearest lamp,
split into pages and bound into one book. A part whose text starts with ``bad`` is rejected; one
that starts with ``crash`` kills its worker. The archive is a folder of text files, and a file's
stamp is its content.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gnomon.acquire.source import Progress
from gnomon.core.dataset import Coverage, Input, Provenance, Report
from gnomon.core.instrument import Instrument, SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import BadData, NoData, NotFound, Unreachable

RAW = Kind("toy.raw", {"day": int, "part": int}, "raw/{day:03d}/part{part}_v{version:03d}.txt")
LAMP = Kind("toy.lamp", {"day": int}, "lamp/{day:03d}_v{version:03d}.txt")
CLEAN = Kind("toy.clean", {"day": int, "part": int}, "clean/{day}_{part}_v{version}.txt")
STACK = Kind("toy.stack", {"day": int}, "stack/{day}_v{version}.txt")
IMAGE = Kind("toy.image", {"day": int}, "image/{day}_v{version}.txt", tags=("parity",))
PAGE = Kind("toy.page", {"day": int, "page": int}, "page/{day}_{page}_v{version}.txt")
BOOK = Kind("toy.book", {}, "book_v{version}.txt")

PARTS = 3
_NAME = re.compile(r"(?:raw_(\d+)_(\d+)|lamp_(\d+))\.txt")
_DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def coverage_of(day: int) -> Coverage:
    """Return the 24 hours of a day, counted from 2026-01-01 UTC."""
    start = _DAY_ZERO + timedelta(days=day)
    return Coverage.between(start, start + timedelta(hours=24))


class CleanConfig(StepConfig):
    """Options of `clean`."""

    suffix: str = Field("", description="appended to every line")


@step("toy.clean", version=1)
def clean(
    raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(CLEAN)], cfg: CleanConfig
) -> Report:
    """Upper-case one part."""
    text = raw.read_text(encoding="utf-8")
    if text.startswith("bad"):
        raise BadData(f"{raw.name} starts with 'bad'")
    if text.startswith("crash"):
        os._exit(9)
    out.write_text(text.upper() + cfg.suffix, encoding="utf-8")
    return Report(metrics={"length_chars": len(text)})


@step("toy.stack", version=1)
def stack(
    parts: Annotated[list[Path], In(CLEAN, by=("day",), count=PARTS, at_least=2, settle_s=60)],
    out: Annotated[Path, Out(STACK)],
) -> Report:
    """Put the parts of a day together."""
    out.write_text("\n".join(part.read_text(encoding="utf-8") for part in parts), encoding="utf-8")
    day = int(parts[0].name.partition("_")[0])
    return Report(coverage=coverage_of(day))


@step("toy.calibrate", version=1)
def calibrate(
    stacked: Annotated[Path, In(STACK)],
    lamp: Annotated[Path, In(LAMP, nearest=True, within_s=3 * 86_400)],
    out: Annotated[Path, Out(IMAGE)],
    provenance: Provenance,
) -> Report:
    """Mark a stack with the nearest lamp."""
    text = f"{lamp.read_text(encoding='utf-8')}|{stacked.read_text(encoding='utf-8')}"
    inputs = len(provenance.inputs)
    out.write_text(f"{text}\nmade by {provenance.step} of {inputs}", encoding="utf-8")
    return Report(tags={"parity": "even" if len(text) % 2 == 0 else "odd"})


@step("toy.split", version=1)
def split(image: Annotated[Path, In(IMAGE)], pages: Annotated[Sink, Out(PAGE)]) -> Report:
    """Write one page a line: as many as there are."""
    day = int(image.name.partition("_")[0])
    for number, line in enumerate(image.read_text(encoding="utf-8").splitlines()):
        pages.new(day=day, page=number).write_text(line, encoding="utf-8")
    return Report()


@step("toy.bind", version=1)
def bind(pages: Annotated[list[Path], In(PAGE, by=())], out: Annotated[Path, Out(BOOK)]) -> Report:
    """Bind all pages."""
    out.write_text("\n".join(page.read_text(encoding="utf-8") for page in pages), encoding="utf-8")
    return Report(metrics={"pages": len(pages)})


class FolderConfig(StepConfig):
    """Where the archive is."""

    folder: Path = Field(description="text files named raw_<day>_<part>.txt and lamp_<day>.txt")


class ToySource:
    """A folder of text files as an archive."""

    def __init__(self, config: FolderConfig) -> None:
        self._folder = config.folder

    def list(self, _cursor: str) -> Listing:
        """List every file."""
        if not self._folder.is_dir():
            raise Unreachable(f"{self._folder} is not there")
        items = [_item(match, path) for path in sorted(self._folder.iterdir())
                 if (match := _NAME.fullmatch(path.name))]  # fmt: skip
        return Listing(items, covers=lambda _item: True)

    def fetch(self, item: Item, dest: Path, _known: Input | None, progress: Progress) -> Report:
        """Copy one file."""
        path = self._folder / item.ref
        if not path.exists():
            raise NotFound(f"{item.ref} is listed and not there")
        data = path.read_bytes()
        if data == b"nothing":
            raise NoData(f"{item.ref} is empty")
        if data.startswith(b"unreadable"):
            raise BadData(f"{item.ref} is unreadable")
        dest.write_bytes(data)
        progress(len(data))
        return Report(coverage=coverage_of(int(str(item.key["day"]))))

    def validator(self, item: Item) -> str:
        """Return size and time of a file."""
        path = self._folder / item.ref
        return f"{path.stat().st_size}:{path.stat().st_mtime_ns}" if path.exists() else ""

    def close(self) -> None:
        """Do nothing."""


def _item(match: re.Match[str], path: Path) -> Item:
    stamp = path.read_text(encoding="utf-8")
    if match[3]:
        return Item(LAMP.name, {"day": int(match[3])}, path.name, stamp)
    return Item(RAW.name, {"day": int(match[1]), "part": int(match[2])}, path.name, stamp)


def _open(config: FolderConfig, _network: object) -> ToySource:
    return ToySource(config)


TOY_SOURCE = SourceType("toy.folder", FolderConfig, (RAW, LAMP), _open)
TOYS = Instrument(
    "toy",
    kinds=(RAW, LAMP, CLEAN, STACK, IMAGE, PAGE, BOOK),
    sources=(TOY_SOURCE,),
    steps=(clean, stack, calibrate, split, bind),
)
