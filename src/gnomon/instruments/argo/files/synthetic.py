"""Reads synthetic profiles: S-files of one cycle, and ``_Sprof.nc`` of all cycles of a float.

A synthetic profile has all parameters of a cycle, core ones too, on one pressure axis (Bittig et
al., "Argo synthetic profile file generation and the synthetic Argo profile format", doi
10.13155/55637). S-files are NetCDF classic, the aggregate is NetCDF-4; both are of format 1.0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats import netcdf4
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.bgc import BgcProfiles, read_blocks
from gnomon.instruments.argo.files.core import PARAMETERS
from gnomon.instruments.argo.files.variables import File, Rejected
from gnomon.instruments.argo.science.selection import LIMITS, beyond_adjustment

_DATA_TYPE = "Argo synthetic profile"
_PARTS = ("_QC", "_ADJUSTED", "_ADJUSTED_QC", "_ADJUSTED_ERROR")


def read_synthetic(
    path: Path, *, name: str | None = None, reader: Reader | None = None
) -> BgcProfiles:
    """Read one file of synthetic profiles, whole and checked.

    Parameters
    ----------
    path : Path
        An S-file or a ``_Sprof.nc``, NetCDF classic or NetCDF-4.
    name : str, optional
        Its name on the GDAC, where `path` has another; the content must agree with it.
    reader : Reader, optional
        Shared between S-files that are alike, for speed.

    Returns
    -------
    BgcProfiles
        PRES, TEMP and PSAL among its parameters; n_prof is 0 everywhere.

    Raises
    ------
    BadData
        The file is damaged or contradicts itself; the message names it and the reason.
    """
    name = name or path.name
    with path.open("rb") as opened:
        is_netcdf4 = opened.read(len(netcdf4.SIGNATURE)) == netcdf4.SIGNATURE
    try:
        if is_netcdf4:
            with netcdf4.opened(path, name) as file:
                return _profiles(file)
        return _profiles((reader or Reader()).read(path, name))
    except Rejected as reason:
        raise BadData(f"{name}: {reason}") from None


def _profiles(file: File) -> BgcProfiles:
    profiles = read_blocks(file, _DATA_TYPE, _primary, _require_core)
    for name in profiles.parameters.keys() & set(PARAMETERS):
        _check_adjustment(profiles, name)
    return profiles


def _primary(cycle: NDArray[np.int32], direction: NDArray[np.bytes_]) -> NDArray[np.int16]:
    if len(np.unique(2 * cycle + (direction == b"D"))) < len(cycle):
        raise Rejected("one cycle stands twice")
    return np.zeros(len(cycle), np.int16)


def _require_core(file: File, name: str) -> None:
    """Refuse a core parameter without its flags or its adjusted values."""
    if name in PARAMETERS:
        for part in _PARTS:
            if name + part not in file:
                raise Rejected(f"variable {name}{part} is missing")


def _check_adjustment(profiles: BgcProfiles, name: str) -> None:
    block = profiles.parameters[name]
    if block.adjusted is None or block.adjusted_qc is None:
        return
    apart = beyond_adjustment(
        block.raw, block.raw_qc, block.adjusted, block.adjusted_qc, LIMITS[name]
    )
    if apart.any():
        at = tuple(np.argwhere(apart)[0])
        raise Rejected(
            f"{name} {block.raw[at]} and {name}_ADJUSTED {block.adjusted[at]} of cycle "
            f"{profiles.cycle_number[at[0]]}, level {at[1]} are both flagged good"
        )
