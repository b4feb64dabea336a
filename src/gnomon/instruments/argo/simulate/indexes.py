"""Writes the indexes of a simulated archive, in the words of the GDAC."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from gnomon.formats.netcdf3_writer import write
from gnomon.instruments.argo.files.variables import EPOCH
from gnomon.instruments.argo.gdac.index import (
    BIO_INDEX,
    BIO_TRAJECTORY_INDEX,
    META_INDEX,
    PROFILE_INDEX,
    SYNTHETIC_INDEX,
    TECHNICAL_INDEX,
    TRAJECTORY_INDEX,
)
from gnomon.instruments.argo.simulate.records import DACS, Record
from gnomon.instruments.argo.simulate.shaping import stamp

GREYLIST = "ar_greylist.txt"
_COLUMNS = "file,date,latitude,longitude,ocean,profiler_type,institution,"
_AREA = "latitude_max,latitude_min,longitude_max,longitude_min"
_GREY_DAYS = 200


def write_core_indexes(folder: Path, records: Sequence[Record]) -> None:
    """Write the indexes of core profiles and of metadata files, which all archives have."""
    updated = stamp(max(record.date_update for record in records))
    first = {record.wmo: record for record in reversed(records)}
    profiles = (_row(record, "", stamp(record.date_update)) for record in records)
    _write(folder, PROFILE_INDEX, "Profile", updated, f"{_COLUMNS}date_update", profiles)
    metas = (
        f"{r.dac}/{wmo}/{wmo}_meta.nc,846,{DACS[r.dac]},{stamp(EPOCH + timedelta(days=r.juld))}\n"
        for wmo, r in sorted(first.items())
    )
    names = "file,profiler_type,institution,date_update"
    _write(folder, META_INDEX, "Metadata", updated, names, metas)


def write_bgc_indexes(
    folder: Path, records: Sequence[Record], parameters: Callable[[Record, str], tuple[str, str]]
) -> None:
    """Write the indexes of B and S files; `parameters` gives names and modes of a file's kind."""
    names = f"{_COLUMNS}parameters,parameter_data_mode,date_update"
    kinds = (("B", BIO_INDEX, "Bio-Profile"), ("S", SYNTHETIC_INDEX, "Synthetic-Profile"))
    for kind, index, title in kinds:
        updated = stamp(max(record.updated(kind) for record in records))
        rows = (
            _row(record, kind, ",".join([*parameters(record, kind), stamp(record.updated(kind))]))
            for record in records
        )
        _write(folder, index, title, updated, names, rows, version="2.2")


def write_float_indexes(folder: Path, floats: Sequence[Sequence[Record]]) -> None:
    """Write the indexes of technical and trajectory files, of the records of each float.

    No float has a trajectory of its biogeochemical sensors; the index of these is empty.
    """
    updated = stamp(max(r.date_update for records in floats for r in records))
    technical, trajectories = [], []
    for records in floats:
        first, date = records[0], stamp(max(record.date_update for record in records))
        place, centre = f"{first.dac}/{first.wmo}/{first.wmo}", DACS[first.dac]
        technical.append(f"{place}_tech.nc,{centre},{date}\n")
        latitudes = [record.latitude for record in records]
        longitudes = [record.longitude for record in records]
        area = (max(latitudes), min(latitudes), max(longitudes), min(longitudes))
        corners = ",".join(f"{value:.3f}" for value in area)
        trajectories.append(f"{place}_Rtraj.nc,{corners},846,{centre},{date}\n")
    names = "file,institution,date_update"
    _write(folder, TECHNICAL_INDEX, "Technical", updated, names, technical)
    names = f"file,{_AREA},profiler_type,institution,date_update"
    _write(folder, TRAJECTORY_INDEX, "Trajectory", updated, names, trajectories, version="2.2")
    names = f"file,{_AREA},profiler_type,institution,parameters,date_update"
    _write(folder, BIO_TRAJECTORY_INDEX, "Bio-Trajectory", updated, names, (), version="2.2")


def write_greylist(folder: Path, floats: Sequence[Sequence[Record]]) -> None:
    """Write the list of suspect sensors: salinity of every third float, and more of some."""
    rows = ["PLATFORM_CODE,PARAMETER_NAME,START_DATE,END_DATE,QUALITY_CODE,COMMENT,DAC\n"]
    for index, records in enumerate(floats):
        first, centre = records[0], DACS[records[0].dac]
        start = EPOCH + timedelta(days=first.juld)
        dates = [_day(start + timedelta(days=days)) for days in (50, _GREY_DAYS)]
        if index % 3 == 0:
            rows.append(f"{first.wmo},PSAL,{dates[0]},,3,sensor drift,{centre}\n")
        if index % 4 == 1:
            rows.append(
                f"{first.wmo},TEMP,{dates[0]},{dates[1]},4,thermistor; see notes,{centre}\n"
            )
    write(folder / GREYLIST, "".join(rows).encode())


def _day(date: datetime) -> str:
    return date.strftime("%Y%m%d")


def _row(record: Record, kind: str, tail: str) -> str:
    date = stamp(EPOCH + timedelta(days=record.juld)) if record.lacks != "time" else ""
    place = f"{record.latitude:.3f},{record.longitude:.3f},A"
    place = ",," if record.lacks == "position" else place
    return f"{record.path_of(kind)},{date},{place},846,{DACS[record.dac]},{tail}\n"


def _write(
    folder: Path,
    name: str,
    title: str,
    updated: str,
    columns: str,
    rows: Iterable[str],
    version: str = "2.0",
) -> None:
    """Write an index, plain and gzipped."""
    head = (
        f"# Title : {title} directory file of the Argo Global Data Assembly Center\n"
        f"# Description : The directory file describes all {title.lower()} files of the argo GDAC\n"
        "# Project : ARGO\n"
        f"# Format version : {version}\n"
        f"# Date of update : {updated}\n"
        "# FTP root number 1 : ftp://ftp.ifremer.fr/ifremer/argo/dac\n"
        "# FTP root number 2 : ftp://usgodae.org/pub/outgoing/argo/dac\n"
        "# GDAC node : SIMULATED\n"
    )
    data = "".join([head, columns, "\n", *rows]).encode()
    write(folder / name, data)
    write(folder / f"{name}.gz", gzip.compress(data, mtime=0))
