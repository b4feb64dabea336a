"""What every profile file says of its profiles, whatever it holds of their levels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.argo.files.variables import (
    File,
    Rejected,
    check_dimensions,
    check_name,
    cycles,
    date_of_update,
    days,
    flags,
    platform,
    position,
    text,
)

Numbering = Callable[[NDArray[np.int32], NDArray[np.bytes_]], NDArray[np.int16]]
"""Makes n_prof of cycle numbers and directions, all (profile,)."""


class Heads(TypedDict):
    """The first attributes of `gnomon.instruments.argo.files.core.Profiles`, which tells them."""

    name: str
    platform_number: int
    date_update: datetime
    cycle_number: NDArray[np.int32]
    direction: NDArray[np.bytes_]
    n_prof: NDArray[np.int16]
    juld: NDArray[np.float64]
    juld_qc: NDArray[np.int8]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    position_qc: NDArray[np.int8]


def read_heads(file: File, data_type: str, number: Numbering) -> Heads:
    """Read and check what stands once per file and once per profile."""
    if (found := text(file, "DATA_TYPE", width(file, "DATA_TYPE", "STRING32"))) != data_type:
        raise Rejected(f"DATA_TYPE is {found!r}, must be {data_type!r}")
    check_dimensions(file)
    wmo, date_update = platform(file), date_of_update(file)
    cycle, direction = cycles(file)
    check_name(file.name, wmo, cycle, direction)
    juld_qc = flags(file, "JULD_QC", "N_PROF")
    latitude, longitude = position(file)
    return Heads(
        name=file.name,
        platform_number=wmo,
        date_update=date_update,
        cycle_number=cycle,
        direction=direction,
        n_prof=number(cycle, direction),
        juld=days(file, juld_qc, date_update),
        juld_qc=juld_qc,
        latitude=latitude,
        longitude=longitude,
        position_qc=flags(file, "POSITION_QC", "N_PROF"),
    )


def width(file: File, name: str, usual: str) -> str:
    """Return the dimension of the characters of a text: 16 in core files and the first B-files."""
    return "STRING16" if name in file and "STRING16" in file[name].dimensions else usual
