"""Housekeeping of a simulated observation, on its own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import HOUSEKEEPING_CLOCK_OFFSET_S, SAMPLE_RATE_HZ
from gnomon.instruments.comap.simulate.noise import generator
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import Truth

Floats = NDArray[np.float64]
ZERO_CELSIUS_K = 273.15
HOT_LOAD_CHANGE = datetime(2022, 2, 1, tzinfo=UTC)
"""Since then the vane's own thermometer is not to be trusted, and the load's temperature is
``0.2702 * Tshroud + 213 K``; before, it is Tvane."""
TVANE_SINCE_MJD = 58712.037
"""Before, the load's temperature is ``ambientLoadTemp`` of another group."""
_SHROUD_SLOPE, _SHROUD_ZERO_K = 0.2702, 213.0
_VANE_HZ, _FRAME_HZ, _TRACKER_HZ, _WEATHER_HZ = 10.0, 5.0, 10.0, 0.2
_MARGIN_S = 2.0
_SCANNING, _REACQUIRE = 1, 2
_WEATHER = {
    "airTemperature": 8.4,
    "pressure": 876.1,
    "relativeHumidity": 31.0,
    "dewPointTemp": -7.6,
    "windSpeed": 3.2,
    "windDirection": 290.0,
    "rainToday": 0.0,
}


def write_housekeeping(held: Any, truth: Truth, timeline: Timeline) -> None:
    """Write the groups ``hk`` and ``pointing``."""
    _write_vane(held, truth, timeline)
    _write_tracker(held, truth, timeline)
    seconds = _clock(timeline, _FRAME_HZ)
    _put(held, "hk/array/frame", timeline, seconds, {"features": _features(timeline, seconds)})
    seconds = _clock(timeline, _WEATHER_HZ)
    random = generator(truth, "weather")
    weather = {
        name: _hundredths(value + 0.05 * value * random.standard_normal(len(seconds)))
        for name, value in _WEATHER.items()
    }
    _put(held, "hk/array/weather", timeline, seconds, weather)
    az, el = timeline.boresight_deg
    for name, values in {"utc": timeline.mjd, "azActual": az, "elActual": el}.items():
        held.create_dataset(f"pointing/{name}", data=values, track_times=False)


def load_temperatures_k(truth: Truth) -> tuple[float, float]:
    """Return what the thermometers of the vane and of its shroud say for the true hot load."""
    hot = truth.vane.temperature_k
    if truth.start < HOT_LOAD_CHANGE:
        return hot, hot
    # What Tvane says since then is wrong.
    return hot + 4.0, (hot - _SHROUD_ZERO_K) / _SHROUD_SLOPE


def _write_vane(held: Any, truth: Truth, timeline: Timeline) -> None:
    seconds = _clock(timeline, _VANE_HZ)
    random = generator(truth, "vane")
    angle = timeline.vane_deg(seconds) + 0.2 * random.standard_normal(len(seconds))
    vane_k, shroud_k = load_temperatures_k(truth)
    said = {"Tvane": vane_k, "Tshroud": shroud_k, "Tambient": ZERO_CELSIUS_K + 8.4}
    values: dict[str, NDArray[Any]] = {
        name: _hundredths(kelvin - ZERO_CELSIUS_K + 0.02 * random.standard_normal(len(seconds)))
        for name, kelvin in said.items()
    }
    values["angle"] = _hundredths(angle)
    values["state"] = (timeline.vane_deg(seconds) < 180).astype(np.int32)  # noqa: PLR2004 - degrees
    if timeline.mjd[0] < TVANE_SINCE_MJD:
        load = {"ambientLoadTemp": values.pop("Tvane")}
        _put(held, "hk/antenna0/env", timeline, seconds, load)
    _put(held, "hk/antenna0/vane", timeline, seconds, values)


def _write_tracker(held: Any, truth: Truth, timeline: Timeline) -> None:
    """Write what the drives do; a status comes with Lissajous scans only."""
    seconds = _clock(timeline, _TRACKER_HZ)
    status = np.zeros(len(seconds), np.int32)
    if truth.scanning.mode == "lissajous":
        status[:] = _status(timeline, seconds)
    _put(held, "hk/antenna0/deTracker", timeline, seconds, {"lissajous_status": status})
    moves = np.where(_within(timeline, seconds, "scan"), 900, 100).astype(np.int32)
    _put(held, "hk/antenna0/driveNode", timeline, seconds, {"elDacOutput": moves})


def _status(timeline: Timeline, seconds: Floats) -> NDArray[np.int32]:
    status = np.where(_within(timeline, seconds, "slew"), _REACQUIRE, 0)
    status[_within(timeline, seconds, "scan")] = _SCANNING
    return status.astype(np.int32)


def _within(timeline: Timeline, seconds: Floats, what: str) -> NDArray[np.bool_]:
    samples = seconds * SAMPLE_RATE_HZ
    inside = np.zeros(len(seconds), np.bool_)
    for segment in timeline.of(what):
        inside |= (samples >= segment.first) & (samples < segment.last)
    return inside


def _features(timeline: Timeline, seconds: Floats) -> NDArray[np.int64]:
    nearest = np.clip(np.floor(seconds * SAMPLE_RATE_HZ), 0, timeline.n_samples - 1)
    return timeline.features[nearest.astype(np.int64)]


def _clock(timeline: Timeline, rate_hz: float) -> Floats:
    """Return seconds since the start: from a little before it to a little after the end."""
    end_s = timeline.n_samples / SAMPLE_RATE_HZ + _MARGIN_S
    return np.arange(-_MARGIN_S + 0.3 / rate_hz, end_s, 1 / rate_hz)


def _hundredths(values: Floats) -> NDArray[np.int32]:
    return np.round(values * 100).astype(np.int32)


def _put(
    held: Any, group: str, timeline: Timeline, seconds: Floats, values: dict[str, NDArray[Any]]
) -> None:
    """Write series with their times, which the housekeeping's clock tells late."""
    utc = timeline.mjd[0] + (seconds + HOUSEKEEPING_CLOCK_OFFSET_S) / 86400
    for name, series in {"utc": utc, **values}.items():
        held.create_dataset(f"{group}/{name}", data=series, track_times=False)
