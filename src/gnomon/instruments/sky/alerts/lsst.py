"""Alert packets of LSST (Rubin), schemas 3 to 11.

Fluxes are of the difference to a template image, in nJy, and may be negative. Times are the middle
of the visit, in TAI. There is no list of non-detections: `prvDiaForcedSources` tells what was
measured where nothing was detected.

The schema: https://github.com/lsst/alert_packet, where older versions have other names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gnomon.instruments.sky.alerts.rows import (
    FORCED,
    Alert,
    AlertRow,
    Further,
    needed,
    number_of,
    time_of,
)
from gnomon.instruments.sky.curves.schema import MJD_TAI

SURVEY = "lsst-alerts"
WITHDRAWN = 1 << 12
FLAGS = (
    *("psfFlux_flag", "psfFlux_flag_edge", "psfFlux_flag_noGoodPixels", "centroid_flag"),
    *("shape_flag", "isDipole", "pixelFlags", "pixelFlags_bad", "pixelFlags_cr"),
    *("pixelFlags_edge", "pixelFlags_saturated", "pixelFlags_suspect"),
)
QUALITY = {1 << bit: name for bit, name in enumerate(FLAGS)} | {
    WITHDRAWN: "withdrawn (timeWithdrawnMjdTai)"
}
"""Bits of the quality: a flag that is null says nothing against a measurement."""
_VERSION = re.compile(r"v(\d+)_(\d+)")
_TIMES, _BANDS = ("midpointMjdTai", "midPointTai"), ("band", "filterName")
_FLUXES, _ERRORS = ("psfFlux", "psFlux"), ("psfFluxErr", "psFluxErr")


def version_of(schema_name: str) -> str:
    """Return the version that the name of a schema tells: ``lsst.v11_0.alert`` is 11.0."""
    found = _VERSION.search(schema_name)
    return f"{found[1]}.{found[2]}" if found else ""


def lsst_alert(record: Mapping[str, Any], schema_name: str) -> Alert:
    """Return what one packet says.

    Parameters
    ----------
    schema_name : str
        With its namespace, which alone tells the version.

    Raises
    ------
    BadData
        It lacks what every packet has; says what.
    """
    source = needed(record, "diaSource")
    rows = [_row(source)]
    rows += [_row(one) for one in record.get("prvDiaSources") or ()]
    rows += [_forced(one) for one in record.get("prvDiaForcedSources") or ()]
    number = int(needed(source, "diaSourceId"))
    release = version_of(schema_name)
    return Alert(SURVEY, _object(source, number), number, release, MJD_TAI, tuple(rows))


def _object(source: Mapping[str, Any], number: int) -> str:
    """Return the object's number; of what moves ``sso…``, of what belongs to neither ``dia…``."""
    if source.get("diaObjectId"):
        return str(source["diaObjectId"])
    moving = source.get("ssObjectId")
    return f"sso{moving}" if moving else f"dia{number}"


def _row(source: Mapping[str, Any]) -> AlertRow:
    further: dict[str, Further] = {
        "source_id": needed(source, "diaSourceId"),
        "is_negative": source.get("isNegative"),
        "snr": number_of(source, "snr"),
        "reliability": number_of(source, "reliability"),
        "template_flux": _flux(source, "templateFlux"),
        "template_error": _flux(source, "templateFluxErr"),
    }
    return _measured(source, further, forced=False)


def _forced(source: Mapping[str, Any]) -> AlertRow:
    return _measured(source, {"source_id": needed(source, "diaForcedSourceId")}, forced=True)


def _measured(
    source: Mapping[str, Any], further: Mapping[str, Further], *, forced: bool
) -> AlertRow:
    shared: dict[str, Further] = {
        "visit": source.get("visit"),
        "detector": source.get("detector"),
        "science_flux": _flux(source, "scienceFlux"),
        "science_error": _flux(source, "scienceFluxErr"),
    }
    return AlertRow(
        str(needed(source, *_BANDS)) + (FORCED if forced else ""),
        time_of(source, *_TIMES),
        _flux(source, *_FLUXES),
        _flux(source, *_ERRORS),
        "nJy",
        "forced" if forced else "detection",
        _quality(source),
        number_of(source, "ra"),
        number_of(source, "dec", "decl"),
        shared | dict(further),
    )


def _flux(source: Mapping[str, Any], *names: str) -> float:
    return number_of(source, *names, missing=float("-inf"))


def _quality(source: Mapping[str, Any]) -> int:
    flags = sum(1 << bit for bit, name in enumerate(FLAGS) if source.get(name))
    return flags | (WITHDRAWN if source.get("timeWithdrawnMjdTai") is not None else 0)
