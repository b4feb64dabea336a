"""Alert packets of ZTF, schemas 3.x and 4.x.

Magnitudes are of the difference to a reference image; where the object was fainter than there,
`is_negative` is true, and so is a bit of the quality. The time is the start of the exposure, UTC.
Forced photometry (``fp_hists``, from 4.0 on) comes in data numbers with a zero point; here it is a
flux in nJy, so that what is faint or negative stays a number.

The schema: https://zwickytransientfacility.github.io/ztf-avro-alert/schema.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gnomon.errors import BadData
from gnomon.instruments.sky.alerts.rows import (
    FORCED,
    NAN,
    WHOLE_OF_ZTF,
    Alert,
    AlertRow,
    Further,
    needed,
    number_of,
    time_of,
)
from gnomon.instruments.sky.curves.schema import JD_UTC, UNREADABLE

SURVEY = "ztf-alerts"
BAD_PIXELS, NEGATIVE, WARNED = 1, 2, 4
QUALITY = {
    BAD_PIXELS: "bad pixels around it (nbad)",
    NEGATIVE: "fainter than in the reference image (isdiffpos)",
    WARNED: "the forced photometry has a warning (procstatus)",
}
BANDS = {1: "g", 2: "r", 3: "i"}
ZERO_NJY_MAG = 31.4
"""The AB magnitude of 1 nJy."""
_FAILED_DN = -99_998.0
"""Fluxes down from here stand for "none"; the packets have -99999."""
_POSITIVE, _NEGATIVE = ("t", "1"), ("f", "0")
_CODES = re.compile(r"\d+(,\d+)*")
_NUMBERS = {
    "limit_mag": "diffmaglim",
    "zero_point_mag": "magzpsci",
    "real_bogus": "rb",
    "deep_real_bogus": "drb",
    "reference_mag": "magnr",
    "reference_error_mag": "sigmagnr",
    "reference_distance_arcsec": "distnr",
}


def ztf_alert(record: Mapping[str, Any]) -> Alert:
    """Return what one packet says.

    Raises
    ------
    BadData
        It lacks what every packet has; says what.
    """
    candidate = needed(record, "candidate")
    rows = [_row(candidate)]
    rows += [_row(one) for one in record.get("prv_candidates") or ()]
    place = rows[0].ra_deg, rows[0].dec_deg
    rows += [_forced(one, place) for one in record.get("fp_hists") or ()]
    return Alert(
        SURVEY,
        str(needed(record, "objectId")),
        int(needed(record, "candid")),
        str(needed(record, "schemavsn")),
        JD_UTC,
        tuple(rows),
    )


def _row(record: Mapping[str, Any]) -> AlertRow:
    """Return a detection, or the limit of an exposure in which nothing was detected."""
    seen = record.get("magpsf") is not None
    sign = str(record.get("isdiffpos") or "t").lower()
    if sign not in _POSITIVE + _NEGATIVE:
        raise BadData(f"isdiffpos {sign!r} is none of t, f, 1, 0")
    is_negative = seen and sign in _NEGATIVE
    quality = (BAD_PIXELS if record.get("nbad") else 0) | (NEGATIVE if is_negative else 0)
    return AlertRow(
        _band(record),
        time_of(record, "jd"),
        number_of(record, "magpsf" if seen else "diffmaglim"),
        number_of(record, "sigmapsf") if seen else NAN,
        "mag",
        "detection" if seen else "limit",
        quality,
        number_of(record, "ra"),
        number_of(record, "dec"),
        _further(record) | {"is_negative": is_negative if seen else None},
    )


def _forced(record: Mapping[str, Any], place: tuple[float, float]) -> AlertRow:
    """Return forced photometry, which is made at the place of the alert."""
    scale = 10 ** (0.4 * (ZERO_NJY_MAG - number_of(record, "magzpsci")))
    status = record.get("procstatus")
    flux = number_of(record, "forcediffimflux", missing=_FAILED_DN)
    return AlertRow(
        _band(record) + FORCED,
        time_of(record, "jd"),
        flux * scale,
        number_of(record, "forcediffimfluxunc") * scale,
        "nJy",
        "forced",
        _warned(status),
        *place,
        _further(record) | {"procstatus": status},
    )


def _warned(status: str | None) -> int:
    if status is None or not _CODES.fullmatch(status.strip()):
        return UNREADABLE
    return WARNED if any(int(code) for code in status.split(",")) else 0


def _band(record: Mapping[str, Any]) -> str:
    number = needed(record, "fid")
    if number not in BANDS:
        raise BadData(f"fid {number} is no band of ZTF: 1 (g), 2 (r), 3 (i)")
    return BANDS[number]


def _further(record: Mapping[str, Any]) -> dict[str, Further]:
    whole: dict[str, Further] = {name: record.get(name) for name in WHOLE_OF_ZTF}
    return whole | {ours: number_of(record, theirs) for ours, theirs in _NUMBERS.items()}
