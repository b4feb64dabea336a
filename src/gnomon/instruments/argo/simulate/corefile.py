"""Writes core profile files as the GDAC has them: every variable of format 3.1.

The order, dimensions and attributes are those of the Argo user's manual, section 2.2 "Core-Argo
profile format".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3_writer import NewVariable, encode
from gnomon.instruments.argo.files.core import FLAGS, PARAMETERS, VALUES
from gnomon.instruments.argo.files.variables import BLANK
from gnomon.instruments.argo.simulate.shaping import (
    WIDTHS,
    Head,
    Layout,
    Shaper,
    Station,
    calibration,
    flagged,
    global_attributes,
    head,
)

_LAYOUT = Layout("Argo profile", "3.1", "Argo float vertical profile", "STRING16", "STRING16")
_UNITS = {"PRES": "decibar", "TEMP": "degree_Celsius", "PSAL": "psu"}
_HISTORY_TEXTS = (
    ("INSTITUTION", "STRING4", "GN"),
    ("STEP", "STRING4", "ARGQ"),
    ("SOFTWARE", "STRING4", "SIM"),
    ("SOFTWARE_RELEASE", "STRING4", "1"),
    ("REFERENCE", "STRING64", ""),
    ("DATE", "DATE_TIME", "20000101000000"),
    ("ACTION", "STRING4", "QCP$"),
)


@dataclass(frozen=True)
class CoreProfile(Station):
    """One profile to write; shapes and units as in `gnomon.instruments.argo.files.core.Profiles`.

    Attributes
    ----------
    values : (3 parameters, 3, level) float32
    qc : (3 parameters, 2, level) int8
    parameters : tuple of str
        Those that it has.
    """

    values: NDArray[np.float32]
    qc: NDArray[np.int8]
    parameters: tuple[str, ...] = PARAMETERS


@dataclass(frozen=True)
class CoreFile:
    """What a file says of itself, beside its profiles."""

    wmo: int
    data_centre: str
    date_creation: datetime
    date_update: datetime
    profiles: Sequence[CoreProfile]
    history: int
    """Number of history records; an aggregate has none."""


def encode_core(file: CoreFile) -> bytes:
    """Return the bytes of a single-cycle file or an aggregate."""
    dimensions: dict[str, int | None] = {
        **WIDTHS,
        "N_PROF": len(file.profiles),
        "N_PARAM": len(PARAMETERS),
        "N_LEVELS": max(p.values.shape[-1] for p in file.profiles),
        "N_CALIB": 1,
        "N_HISTORY": None,
    }
    make = Shaper(dimensions, file.history)
    top = Head(
        layout=_LAYOUT,
        wmo=file.wmo,
        data_centre=file.data_centre,
        date_creation=file.date_creation,
        date_update=file.date_update,
        stations=file.profiles,
        parameters=[profile.parameters for profile in file.profiles],
    )
    variables = [
        *head(make, top),
        *_levels(make, file),
        *calibration(make, top),
        *history(make, _LAYOUT),
    ]
    return encode(dimensions, variables, global_attributes(_LAYOUT.title))


def _levels(make: Shaper, file: CoreFile) -> Iterator[NewVariable]:
    """Yield value, flag, adjusted value, its flag and its error of each parameter."""
    long = max(p.values.shape[-1] for p in file.profiles)
    shape = (len(PARAMETERS), len(file.profiles), long)
    values = np.full((len(VALUES), *shape), np.nan, np.float32)
    flags = np.full((len(FLAGS), *shape), BLANK, np.int8)
    for index, profile in enumerate(file.profiles):
        values[:, :, index, : profile.values.shape[-1]] = profile.values.swapaxes(0, 1)
        flags[:, :, index, : profile.qc.shape[-1]] = profile.qc.swapaxes(0, 1)
    for index, name in enumerate(PARAMETERS):
        for suffix, value, qc in zip(
            VALUES, values[:, index], [*flags[:, index], None], strict=True
        ):
            yield make.number(name + suffix, "N_PROF N_LEVELS", value, ("units", _UNITS[name]))
            if qc is not None:
                yield flagged(make, f"{name}{suffix}_QC", qc)


def history(make: Shaper, layout: Layout) -> Iterator[NewVariable]:
    """Yield the section on history, which is of records."""
    where = "N_HISTORY N_PROF "
    for name, width, value in _HISTORY_TEXTS:
        yield make.text(f"HISTORY_{name}", where + width, [value], name.lower())
    yield make.text("HISTORY_PARAMETER", where + layout.name_width, [""], "parameter")
    for name in ("START_PRES", "STOP_PRES", "PREVIOUS_VALUE"):
        size = make.size("N_HISTORY") * make.size("N_PROF")
        yield make.number(f"HISTORY_{name}", where, np.full(size, np.nan, np.float32))
    yield make.text("HISTORY_QCTEST", where + "STRING16", [""], "tests performed, tests failed")
