"""The stage that finds system temperature and gain from the vane."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.observation import Housekeeping, Level1
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.receiver import CMB_K
from gnomon.instruments.comap.science import hot_load
from gnomon.instruments.comap.science.vane import Event, events, level, y_factor
from gnomon.instruments.comap.stages.housekeeping import bad, interpolated, on_time, vane_is_in
from gnomon.instruments.comap.stages.stage import Observation, Slab, Stage

_VANE = "antenna0/vane"
_HUNDREDTH = 0.01
_SENSORS = {
    "vane": ((_VANE, "Tvane"), ("antenna0/env", "ambientLoadTemp")),
    "shroud": ((_VANE, "Tshroud"),),
}
"""Where a sensor may be: until MJD 58712 that of the vane was elsewhere."""
_LARGE_CHANGE = 0.1


class SystemTemperature(Stage):
    """Measure system temperature and gain at each vane event, by the Y factor."""

    use: Literal["system_temperature"] = "system_temperature"
    gives: ClassVar[tuple[str, ...]] = (
        layout.VANE_TSYS,
        layout.VANE_GAIN,
        layout.VANE_MJD,
        layout.VANE_HOT_LOAD,
        layout.VANE_SAMPLES,
    )

    hot_load: Literal["dated", "shroud"] | float = Field(
        "dated",
        description="dated: the vane's sensor until 2022-02-01, a line through the shroud's since; "
        "shroud: the shroud's own; or kelvin",
    )
    cold_k: float = Field(CMB_K, ge=0, description="temperature of the sky above the atmosphere")

    def start(self, obs: Observation) -> None:
        """Find the events, and how warm the load was."""
        found = self._events(obs)
        hot_k = [self._hot_k(obs, event) for event in found]
        samples = np.zeros(obs.raw.n_samples, np.int8)
        for number, event in enumerate(found, start=1):
            samples[event.hot], samples[event.cold] = number, -number
        out = obs.out
        out.put(layout.VANE_MJD, np.array([event.mjd for event in found]))
        out.put(layout.VANE_HOT_LOAD, np.array(hot_k))
        out.put(layout.VANE_SAMPLES, samples)
        axes = {"event": len(found), "position": len(obs.raw.feeds), "channel": obs.raw.n_channels}
        for name in (layout.VANE_TSYS, layout.VANE_GAIN):
            out.create(name, **axes)

    def slab(self, obs: Observation, slab: Slab) -> None:
        """Compare the load with the sky."""
        out, where = obs.out, (slab.position, slab.band)
        samples = out.array(layout.VANE_SAMPLES)
        for event, hot_k in enumerate(out.array(layout.VANE_HOT_LOAD).tolist()):
            hot = level(slab.tod, np.flatnonzero(samples == event + 1))
            cold = level(slab.tod, np.flatnonzero(samples == -event - 1))
            tsys, gain = y_factor(hot, cold, hot_k=hot_k, cold_k=self.cold_k)
            out[layout.VANE_TSYS][event, *where] = tsys
            out[layout.VANE_GAIN][event, *where] = gain

    def finish(self, obs: Observation) -> None:
        """Sum up."""
        positions = [obs.raw.position_of(feed) for feed in obs.feeds]
        tsys = obs.out.array(layout.VANE_TSYS)[:, positions]
        gain = obs.out.array(layout.VANE_GAIN)[:, positions]
        dark = [f for f, one in zip(obs.feeds, tsys.swapaxes(0, 1), strict=True) if _none(one)]
        obs.remarks.extend(f"feed {feed} does not see the hot load" for feed in dark)
        if len(dark) == len(obs.feeds):
            raise bad(obs, "no feed sees the hot load")
        obs.metrics["tsys_median_k"] = float(np.nanmedian(tsys))
        obs.metrics["vane_events"] = float(len(tsys))
        change = gain[-1] / gain[0] - 1
        if len(gain) > 1 and not _none(change):
            obs.metrics["gain_change_percent"] = float(100 * np.nanmedian(change))
        for feed, one in zip(obs.feeds, change, strict=True):
            if not _none(one) and abs(np.nanmedian(one)) > _LARGE_CHANGE:
                obs.remarks.append(
                    f"the gain of feed {feed} changes by {100 * np.nanmedian(one):.0f} % "
                    "between the first vane event and the last"
                )

    def _events(self, obs: Observation) -> list[Event]:
        level1 = obs.raw
        if not level1.has(f"hk/{_VANE}/angle"):
            raise bad(obs, "no record of the vane's angle, so no system temperature")
        angle = interpolated(level1, level1.housekeeping(_VANE, "angle"), _HUNDREDTH)
        found, incomplete = events(vane_is_in(level1), angle, level1.mjd)
        if not found:
            what = "no vane event"
            if incomplete:
                what = "no vane event in which both the hot load and the sky are seen"
            raise bad(obs, f"{what}, so no system temperature and no gain{_why(obs)}")
        if incomplete:
            obs.remarks.append(f"{incomplete} vane events lack the hot load or the sky")
        if len(found) == 1:
            obs.remarks.append("one vane event only: the gain is taken to be constant")
        return found

    def _hot_k(self, obs: Observation, event: Event) -> float:
        sensor = hot_load.sensor(self.hot_load, event.mjd)
        measured_c = _measured_c(obs.raw, sensor, event) if sensor else np.empty(0)
        try:
            return hot_load.temperature_k(self.hot_load, event.mjd, measured_c)
        except BadData as error:
            raise bad(obs, error) from error


def _measured_c(level1: Level1, sensor: str, event: Event) -> NDArray[np.float64]:
    """Return what a sensor read during an event, or, where it did not, at all times."""
    series = _sensor(level1, sensor)
    if series is None:
        return np.empty(0)
    values = series.values.astype(np.float64) * _HUNDREDTH
    first, last = level1.mjd[[event.hot[0], event.hot[-1]]]
    mjd = on_time(series)
    during = values[(mjd >= first) & (mjd <= last)]
    return during if np.isfinite(during).any() else values


def _sensor(level1: Level1, sensor: str) -> Housekeeping | None:
    for group, name in _SENSORS[sensor]:
        if level1.has(f"hk/{group}/{name}"):
            return level1.housekeeping(group, name)
    return None


def _why(obs: Observation) -> str:
    return ": sky dips often have none" if obs.record.source_group == "SkyDip" else ""


def _none(values: NDArray[np.float64]) -> bool:
    return not bool(np.isfinite(values).any())
