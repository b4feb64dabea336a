"""TESSCut: the sectors that see a place or a moving body, and the pixels around it."""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from gnomon.acquire.api import Api
from gnomon.acquire.source import Progress
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, NoData, ServerFault
from gnomon.instruments.sky.mast.search import Place

_MOVING = "moving_target/"
_ZIP, _OBJECT = b"PK", b"{"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What `zipfile` raises; RuntimeError where damage looks like encryption or an unknown method."""


class Mover(StepConfig):
    """A body of the solar system, whose place TESSCut works out."""

    name: str = Field(min_length=1, description="as the Minor Planet Center or JPL call it")
    sort: Literal["small_body", "planet", "moon"] = "small_body"


Target = Place | Mover


@dataclass(frozen=True)
class Sector:
    """One CCD that sees a target in one sector.

    Attributes
    ----------
    name : str
        ``tess-s0001-4-3``: sector, camera, CCD; how the names of its cutouts begin.
    """

    name: str
    number: int


def sectors(api: Api, target: Target) -> list[Sector]:
    """Return where a target is seen, in order; nothing where TESS never looked.

    Raises
    ------
    ServerFault
        The answer makes no sense.
    SourceError
        As for `Api.json`.
    """
    where, asked = _of(target)
    answer = api.json(f"{where}sector", asked)
    try:
        found = [Sector(str(one["sectorName"]), int(one["sector"])) for one in answer["results"]]
    except (KeyError, TypeError, ValueError):
        raise ServerFault(f"{api.url}/{where}sector: no list of sectors: {answer!r:.100}") from None
    return sorted(found, key=lambda one: (one.number, one.name))


def cut(
    api: Api,
    target: Target,
    sector: Sector,
    sides: tuple[int, int],
    dest: Path,
    progress: Progress,
) -> None:
    """Bring the pixels around a target in one sector, as the FITS file that TESSCut packed.

    Parameters
    ----------
    sides : (int, int)
        Columns and rows, pixels.

    Raises
    ------
    NoData
        TESSCut says that there is nothing, in its own words.
    BadData
        The archive is damaged, or holds no file of this sector.
    """
    where, asked = _of(target)
    more = {"x": str(sides[0]), "y": str(sides[1]), "units": "px", "sector": str(sector.number)}
    packed = dest.with_name(f"{dest.name}.zip")
    api.download(f"{where}astrocut", {**asked, **more}, packed, progress)
    try:
        _unpack(packed, sector, dest)
    finally:
        packed.unlink()


def _of(target: Target) -> tuple[str, Mapping[str, str]]:
    """Return where to ask, and how the target is told."""
    if isinstance(target, Mover):
        return _MOVING, {"obj_id": target.name, "obj_type": target.sort}
    return "", {"ra": repr(target.ra), "dec": repr(target.dec_deg)}


def _unpack(packed: Path, sector: Sector, dest: Path) -> None:
    with packed.open("rb") as stream:
        start = stream.read(2)
    if start.startswith(_OBJECT):
        raise NoData(f"TESSCut: {_words(packed.read_bytes())}")
    if start != _ZIP:
        raise BadData(f"the cutout of {sector.name} is no zip archive: it begins with {start!r}")
    try:
        with zipfile.ZipFile(packed) as archive:
            names = [n for n in archive.namelist() if n.startswith(f"{sector.name}_")]
            if len(names) != 1:
                raise BadData(f"{sector.name}: not one cutout but {archive.namelist()}")
            with archive.open(names[0]) as pixels, dest.open("wb") as file:
                shutil.copyfileobj(pixels, file)
    except _DAMAGED as error:
        raise BadData(f"the cutout of {sector.name}: {error}") from None


def _words(body: bytes) -> str:
    """Return what TESSCut says instead of pixels."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        raise BadData(f"neither an archive nor a message: {body[:60]!r}") from None
    return str(said.get("msg") or said)
