"""The simulated feeds: analogue telemetry of other instruments, I-ALiRT, NOAA."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from gnomon.instruments.imap.simulate.latis import Sample
from gnomon.instruments.imap.simulate.mission import NS, Mission
from gnomon.instruments.imap.simulate.motion import Floats, Times, midnight

LO_PIVOT, HI45_STEP, HI90_STEP = 58350, 58238, 58309
_ESA_STEPS = 9
IALIRT_STEP_S, HK_STEP_S, OTHERS_STEP_S = 4, 60, 600
HOT = timedelta(hours=15)
"""After the last midnight the inner sensor is too hot for ten minutes: an anomaly to be found."""
_HOT_MINUTES = 10
_COUNTS, _HOT_COUNTS = 2_600, 3_050


def analogue(mission: Mission) -> dict[int, list[Sample]]:
    """Return the items of WebTCAD, one value a minute."""
    start = _utc(mission.start)
    minutes = range(mission.days * 1440)
    times = [start + timedelta(minutes=minute) for minute in minutes]
    return {
        LO_PIVOT: [Sample(t, 60.0 + 30.0 * (n // 720 % 3)) for n, t in enumerate(times)],
        HI45_STEP: [Sample(t, float(n % _ESA_STEPS + 1)) for n, t in enumerate(times)],
        HI90_STEP: [Sample(t, float((n + 4) % _ESA_STEPS + 1)) for n, t in enumerate(times)],
    }


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _times(mission: Mission, step_s: int) -> tuple[list[str], Times]:
    """Return UTC as I-ALiRT writes it, and TT2000."""
    count = mission.days * 86_400 // step_s
    start = _utc(mission.start) + timedelta(seconds=3)
    texts = [f"{start + timedelta(seconds=n * step_s):%Y-%m-%dT%H:%M:%S}" for n in range(count)]
    first = midnight(mission.start) + 3 * NS
    return texts, first + step_s * NS * np.arange(count, dtype=np.int64)


def ialirt(mission: Mission) -> dict[str, list[dict[str, Any]]]:
    """Return the records of every instrument of I-ALiRT."""
    others: dict[str, dict[str, Any]] = {
        "hit": {"hit_e_a_side_low_en": 10.0, "hit_h_omni_med_en": 2.5},
        "swe": {"swe_normalized_counts_half_1": [1.0, 2.0, 3.0]},
        "swapi": {"swapi_pseudo_proton_speed": 420.0, "swapi_pseudo_proton_density": 5.5},
    }
    texts, _ = _times(mission, OTHERS_STEP_S)
    found = {name: [{"time_utc": t, **values} for t in texts] for name, values in others.items()}
    return {"mag": _ialirt_field(mission), **found, "mag_hk": _ialirt_hk(mission)}


def _ialirt_field(mission: Mission) -> list[dict[str, Any]]:
    texts, tt2000 = _times(mission, IALIRT_STEP_S)
    fields = {name: mission.field(name, tt2000) for name in ("gse", "gsm", "rtn")}
    angles = {name: _angles(fields[name]) for name in ("gse", "gsm")}
    size = np.linalg.norm(fields["gse"], axis=1).round(3).tolist()
    rounded = {name: field.round(3).tolist() for name, field in fields.items()}
    return [
        {
            "time_utc": text,
            "mag_epoch": int(epoch),
            "mag_B_GSE": rounded["gse"][n],
            "mag_B_GSM": rounded["gsm"][n],
            "mag_B_RTN": rounded["rtn"][n],
            "mag_B_magnitude": size[n],
            **{
                f"mag_{angle}_B_{name.upper()}": values[n]
                for name, (phi, theta) in angles.items()
                for angle, values in (("phi", phi), ("theta", theta))
            },
        }
        for n, (text, epoch) in enumerate(zip(texts, tt2000, strict=True))
    ]


def _angles(field: Floats) -> tuple[list[float], list[float]]:
    phi = np.degrees(np.arctan2(field[:, 1], field[:, 0])) % 360
    theta = np.degrees(np.arcsin(field[:, 2] / np.linalg.norm(field, axis=1)))
    return phi.round(3).tolist(), theta.round(3).tolist()


_WATCHED = ("hk1v5", "hk1v5c", "hk1v8", "hk1v8c", "hk2v5", "hk2v5c", "hkp8v5", "hkp8v5c")


def _ialirt_hk(mission: Mission) -> list[dict[str, Any]]:
    texts, tt2000 = _times(mission, HK_STEP_S)
    ranges = mission.ranges(tt2000).tolist()
    hot_from = midnight(mission.dates[-1]) + int(HOT.total_seconds()) * NS
    hot = (tt2000 >= hot_from) & (tt2000 < hot_from + _HOT_MINUTES * 60 * NS)
    temperature = np.where(hot, _HOT_COUNTS, _COUNTS).tolist()
    quiet = {f"{name}_{level}": False for name in _WATCHED for level in ("danger", "warn")}
    return [
        {
            "time_utc": text,
            "mag_hk_status": {
                **quiet,
                "fib_range": number,
                "fob_range": number,
                "fib_saturated": False,
                "fob_saturated": False,
                "fib_temp": counts,
                "fob_temp": 2_600,
                "icu_temp": 2_370,
                "hk3v3": 2_835,
                "hk3v3_current": 1_776,
                "hkn8v5": 3_680,
                "hkn8v5_current": 1_360,
                "mode": 5,
                "multbit_errs": False,
                "pri_isvalid": True,
                "sec_isvalid": True,
            },
        }
        for text, number, counts in zip(texts, ranges, temperature, strict=True)
    ]


def noaa(mission: Mission) -> dict[str, list[dict[str, Any]]]:
    """Return the minute means of the last day of a mission, of two spacecraft at L1."""
    last = _utc(mission.dates[-1]) + timedelta(hours=12)
    times = [last - timedelta(minutes=n) for n in range(24 * 60)]
    first = midnight(mission.dates[-1])
    tt2000 = first + NS * np.array(
        [int((t - _utc(mission.dates[-1])).total_seconds()) for t in times], dtype=np.int64
    )
    field = mission.field("gsm", tt2000)
    phi, theta = _angles(field)
    mag, wind = [], []
    for source in ("ACE", "SOLAR1"):
        for n, time in enumerate(times):
            common = {"time_tag": f"{time:%Y-%m-%dT%H:%M:%S}", "source": source}
            x, y, z = field[n].round(2).tolist()
            mag.append(
                {
                    **common,
                    "bx_gsm": x,
                    "by_gsm": y,
                    "bz_gsm": z,
                    "phi_gsm": phi[n],
                    "theta_gsm": theta[n],
                    "manual_mode": False,
                }
            )
            wind.append(
                {
                    **common,
                    "proton_speed": 420.0 + n % 50,
                    "proton_density": 5.0,
                    "proton_temperature": 90_000 + n,
                }
            )
    return {"mag": mag, "wind": wind}
