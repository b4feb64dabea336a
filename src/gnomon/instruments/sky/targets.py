"""Targets: what a person names, one by one or in a list.

A list is CSV with a header: any of ``name``, ``tic``, ``ra``, ``dec``, ``radius`` (degrees, ICRS),
under these names or usual ones. A row is a place, a TESS Input Catalog number, or a name for the
resolver; a place may have a name too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, ConfigError

_USUAL = {
    "name": ("name", "target", "target_name", "object", "object_id", "id"),
    "tic": ("tic", "tic_id", "ticid"),
    "ra_deg": ("ra", "ra_deg", "raj2000", "_ra"),
    "dec_deg": ("dec", "dec_deg", "dej2000", "decj2000", "_dec"),
    "radius_deg": ("radius", "radius_deg", "r"),
}
_TIC = re.compile(r"(?:TIC\s*)?(\d+)", re.IGNORECASE)


class Target(StepConfig):
    """A place, a number of the TESS Input Catalog, or a name."""

    name: str = ""
    tic: int | None = Field(None, gt=0)
    ra_deg: float | None = Field(None, ge=-180, le=360, allow_inf_nan=False)
    dec_deg: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    radius_deg: float | None = Field(None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.ra_deg is None) != (self.dec_deg is None):
            raise ConfigError("a place has both ra and dec")
        if self.ra_deg is None and self.tic is None and not self.name:
            raise ConfigError("a target has a name, a tic, or ra and dec")
        return self

    @property
    def place(self) -> tuple[float, float] | None:
        """Right ascension from 0 to 360 and declination, degrees, where they are given."""
        if self.ra_deg is None or self.dec_deg is None:
            return None
        return self.ra_deg % 360.0, self.dec_deg

    @property
    def words(self) -> str:
        """What people call it."""
        if self.name or self.tic is not None:
            return self.name or f"TIC {self.tic}"
        return f"{self.ra_deg} {self.dec_deg}"


def read_targets(path: Path) -> list[Target]:
    """Read a list of targets.

    Raises
    ------
    BadData
        A line makes no sense; it is named.
    ConfigError
        There is no such file, no header that is known, or no target.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if not rows:
        raise ConfigError(f"{path}: no target in it; a header and a line for each are wanted")
    columns = _columns(path, list(rows[0]))
    return [_target(path, number, row, columns) for number, row in enumerate(rows, start=2)]


def _columns(path: Path, header: list[str]) -> dict[str, str]:
    folded = {(name or "").strip().casefold(): name for name in header}
    found = {
        field: folded[usual]
        for field, names in _USUAL.items()
        for usual in names[::-1]
        if usual in folded
    }
    if not found:
        raise ConfigError(f"{path}: the header {header} has none of name, tic, ra and dec")
    return found


def _target(
    path: Path, number: int, row: Mapping[str, str | None], columns: Mapping[str, str]
) -> Target:
    values: dict[str, str] = {}
    for field, column in columns.items():
        text = (row.get(column) or "").strip()
        if text:
            values[field] = text
    if "tic" in values and (matched := _TIC.fullmatch(values["tic"])):
        values["tic"] = matched[1]
    try:
        return Target.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise BadData(f"{path}: line {number}: {where}: {first['msg']}") from None
    except ConfigError as error:
        raise BadData(f"{path}: line {number}: {error}") from None
