"""Alert packets of the simulated sky, as ZTF and LSST write them: Avro with the schema inside.

A packet tells of the difference to a reference in which the star had its mean brightness. What is
told is `AlertEpoch`, so a test can say what a reader must find. The schemas are ours: the surveys'
names and types, and of their hundreds of fields those that matter here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from gnomon.errors import UnknownName
from gnomon.instruments.sky.simulate.stars import Star

ZTF_VERSIONS = ("3.3", "4.01", "4.02")
LSST_VERSIONS = ("3.0", "7.4", "11.0")
_ZERO_NJY_MAG = 31.4
_ZERO_DN_MAG = 26.2
_DETECTED = 5.0
"""How many standard deviations make a detection, and how many a limit."""
_SYNC = bytes(range(16))
_FIDS = {"g": 1, "r": 2, "i": 3}
_MJD_JD = 2_400_000.5


@dataclass(frozen=True)
class AlertEpoch:
    """One visit to a star, and what was measured of it.

    Attributes
    ----------
    mjd : float
        UTC for ZTF, TAI for LSST.
    flux_njy, error_njy : float
        Of the difference to the reference.
    """

    band: str
    mjd: float
    flux_njy: float
    error_njy: float

    @property
    def is_detected(self) -> bool:
        """Whether it stands out, brighter or fainter."""
        return abs(self.flux_njy) >= _DETECTED * self.error_njy

    @property
    def magnitude(self) -> float:
        """Of the difference, whatever its sign."""
        return _ZERO_NJY_MAG - 2.5 * math.log10(abs(self.flux_njy))

    @property
    def error_mag(self) -> float:
        """Its standard deviation, to first order."""
        return 2.5 / math.log(10) * self.error_njy / abs(self.flux_njy)

    @property
    def limit_mag(self) -> float:
        """The magnitude of five standard deviations."""
        return _ZERO_NJY_MAG - 2.5 * math.log10(_DETECTED * self.error_njy)


def alert_epochs(
    star: Star, band: str, mjds: Sequence[float], error_njy: float = 2_000.0
) -> list[AlertEpoch]:
    """Return what is seen of a star at some times; the last one is to be alerted of."""
    now = 10 ** (-0.4 * (star.magnitude(band, np.array(mjds)) - _ZERO_NJY_MAG))
    mean = 10 ** (-0.4 * (star.mean_mag - _ZERO_NJY_MAG))
    return [
        AlertEpoch(band, mjd, flux - mean, error_njy)
        for mjd, flux in zip(mjds, now.tolist(), strict=True)
    ]


def alert_number(star: Star, epoch: AlertEpoch) -> int:
    """Return the number of the alert of an epoch."""
    return round(epoch.mjd * 1e5) * 1_000_000 + star.number


def ztf_name(star: Star) -> str:
    """Return the name that ZTF gives the object."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    places = (star.number // 26**place % 26 for place in range(6, -1, -1))
    return "ZTF18" + "".join(letters[place] for place in places)


# -- ZTF


def ztf_packet(star: Star, epochs: Sequence[AlertEpoch], version: str = "4.02") -> bytes:
    """Return the packet of the last epoch; the others are its history.

    Raises
    ------
    UnknownName
        No such version is written here.
    """
    if version not in ZTF_VERSIONS:
        raise UnknownName("version of ZTF's alerts", version, ZTF_VERSIONS)
    *before, last = epochs
    record: dict[str, Any] = {
        "schemavsn": version,
        "publisher": "gnomon",
        "objectId": ztf_name(star),
        "candid": alert_number(star, last),
        "candidate": _candidate(star, last) | {"magpsf": last.magnitude},
        "prv_candidates": [_candidate(star, one) for one in before] or None,
    }
    fields = [
        _field("schemavsn", "string"),
        _field("publisher", "string"),
        _field("objectId", "string"),
        _field("candid", "long"),
        _field("candidate", _record("candidate", _CANDIDATE)),
        _field("prv_candidates", ["null", _array(_record("prv_candidate", _PREVIOUS))]),
    ]
    if version >= "4":
        record["fp_hists"] = [_forced(one) for one in before]
        fields.append(_field("fp_hists", ["null", _array(_record("fp_hist", _FP_HIST))]))
    for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference"):
        fields.append(_field(name, ["null", "bytes"]))
        record[name] = b"no image"
    return _avro({**_record("alert", []), "namespace": "ztf", "fields": fields}, record)


def _candidate(star: Star, epoch: AlertEpoch) -> dict[str, Any]:
    """Return the record of an epoch: a detection, or a limit."""
    shared = {
        "jd": epoch.mjd + _MJD_JD,
        "fid": _FIDS[epoch.band],
        "pid": round(epoch.mjd * 1e5),
        "diffmaglim": epoch.limit_mag,
        "programid": 1,
        "field": 640,
        "rcid": 22,
        "magzpsci": _ZERO_DN_MAG,
    }
    if not epoch.is_detected:
        return shared
    return shared | {
        "candid": alert_number(star, epoch),
        "isdiffpos": "t" if epoch.flux_njy > 0 else "f",
        "ra": star.ra_deg,
        "dec": star.dec_deg,
        "magpsf": epoch.magnitude,
        "sigmapsf": epoch.error_mag,
        "nbad": 0,
        "rb": 0.9,
        "distnr": 0.1,
        "magnr": star.mean_mag,
        "sigmagnr": 0.01,
    }


def _forced(epoch: AlertEpoch) -> dict[str, Any]:
    scale = 10 ** (0.4 * (_ZERO_DN_MAG - _ZERO_NJY_MAG))
    return {
        "jd": epoch.mjd + _MJD_JD,
        "fid": _FIDS[epoch.band],
        "pid": round(epoch.mjd * 1e5),
        "field": 640,
        "rcid": 22,
        "programid": 1,
        "magzpsci": _ZERO_DN_MAG,
        "diffmaglim": epoch.limit_mag,
        "forcediffimflux": epoch.flux_njy * scale,
        "forcediffimfluxunc": epoch.error_njy * scale,
        "procstatus": "0",
    }


# -- LSST


def lsst_packet(star: Star, epochs: Sequence[AlertEpoch], version: str = "11.0") -> bytes:
    """Return the packet of the last epoch; the others are its history, forced where undetected.

    Raises
    ------
    UnknownName
        No such version is written here.
    """
    if version not in LSST_VERSIONS:
        raise UnknownName("version of LSST's alerts", version, LSST_VERSIONS)
    older = _OLDER if version.startswith("3.") else {}
    *before, last = epochs
    record = {
        "diaSourceId": alert_number(star, last),
        "diaSource": _dia(star, last, "diaSourceId"),
        "prvDiaSources": [_dia(star, one, "diaSourceId") for one in before if one.is_detected],
        "prvDiaForcedSources": [_dia(star, one, "diaForcedSourceId") for one in before],
    }
    source = _record("diaSource", [_field("diaSourceId", "long"), *_DIA])
    forced = _record("diaForcedSource", [_field("diaForcedSourceId", "long"), *_DIA])
    fields = [
        _field("diaSourceId", "long"),
        _field("diaSource", source),
        _field("prvDiaSources", ["null", _array("diaSource")]),
        _field("prvDiaForcedSources", ["null", _array(forced)]),
        *(_field(name, ["null", "bytes"]) for name in ("cutoutDifference", "cutoutScience")),
    ]
    schema = {**_record("alert", fields), "namespace": f"lsst.v{version.replace('.', '_')}"}
    return _avro(_renamed(schema, older), _renamed(record, older))


def _dia(star: Star, epoch: AlertEpoch, number: str) -> dict[str, Any]:
    return {
        number: alert_number(star, epoch),
        "visit": round(epoch.mjd * 1e5),
        "detector": 94,
        "diaObjectId": 10_000 + star.number,
        "midpointMjdTai": epoch.mjd,
        "ra": star.ra_deg,
        "dec": star.dec_deg,
        "psfFlux": epoch.flux_njy,
        "psfFluxErr": epoch.error_njy,
        "band": epoch.band,
    }


_OLDER = {
    "midpointMjdTai": "midPointTai",
    "psfFlux": "psFlux",
    "psfFluxErr": "psFluxErr",
    "band": "filterName",
    "dec": "decl",
}
"""What fields were called in early versions."""


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a schema or a record with other names for its fields."""
    if isinstance(value, dict):
        if isinstance(value.get("name"), str):
            value = value | {"name": names.get(value["name"], value["name"])}
        return {names.get(key, key): _renamed(one, names) for key, one in value.items()}
    return [_renamed(one, names) for one in value] if isinstance(value, list) else value


# -- Avro


def _field(name: str, kind: Any) -> dict[str, Any]:
    is_optional = isinstance(kind, list)
    return {"name": name, "type": kind} | ({"default": None} if is_optional else {})


def _record(name: str, fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def _array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _optional(kind: str, *names: str) -> list[dict[str, Any]]:
    return [_field(name, ["null", kind]) for name in names]


_EXPOSURE = [_field("jd", "double"), _field("fid", "int"), _field("pid", "long")]
_EXPOSURE += [_field("programid", "int"), *_optional("int", "field", "rcid")]
_EXPOSURE += _optional("float", "diffmaglim", "magzpsci")
_PREVIOUS = [
    *_EXPOSURE,
    *_optional("long", "candid"),
    *_optional("string", "isdiffpos"),
    *_optional("double", "ra", "dec"),
    *_optional("int", "nbad"),
    *_optional("float", "magpsf", "sigmapsf", "rb", "distnr", "magnr", "sigmagnr"),
]
_CANDIDATE = [*_PREVIOUS, *_optional("float", "drb")]
_FP_HIST = [
    *_EXPOSURE,
    *_optional("float", "forcediffimflux", "forcediffimfluxunc"),
    *_optional("string", "procstatus"),
]
_DIA = [
    _field("visit", "long"),
    _field("detector", "int"),
    *_optional("long", "diaObjectId", "ssObjectId"),
    _field("midpointMjdTai", "double"),
    _field("ra", "double"),
    _field("dec", "double"),
    *_optional("float", "psfFlux", "psfFluxErr"),
    *_optional("boolean", "psfFlux_flag", "isDipole"),
    *_optional("double", "timeWithdrawnMjdTai"),
    *_optional("string", "band"),
]


def _avro(schema: Mapping[str, Any], record: Mapping[str, Any]) -> bytes:
    import fastavro  # noqa: PLC0415 - an extra, and late

    stream = BytesIO()
    fastavro.writer(stream, dict(schema), [dict(record)], sync_marker=_SYNC)
    return stream.getvalue()
