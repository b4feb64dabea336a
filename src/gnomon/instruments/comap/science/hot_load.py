"""How warm the hot load on the vane is.

Until 2022-02-01 the sensor on the vane tells it. That sensor then failed; since then it follows
the temperature of the shroud, by a line that was fitted to the years when there were both:
0.2702 * T_shroud + 213 K.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData

Floats = NDArray[np.float64]
Model = Literal["dated", "shroud"] | float
"""``dated``: as above; ``shroud``: the shroud itself, always; a number: kelvin."""

ZERO_CELSIUS_K = 273.15
VANE_SENSOR_FAILED_MJD = 59611.0
"""2022-02-01."""
SHROUD_SLOPE = 0.2702
SHROUD_OFFSET_K = 213.0
PLAUSIBLE_K = (230.0, 340.0)


def sensor(model: Model, mjd: float) -> Literal["vane", "shroud"] | None:
    """Return which sensor a model reads at a time; none for a fixed temperature."""
    if isinstance(model, float):
        return None
    return "vane" if model == "dated" and mjd < VANE_SENSOR_FAILED_MJD else "shroud"


def temperature_k(model: Model, mjd: float, measured_c: Floats) -> float:
    """Return the temperature of the hot load.

    Parameters
    ----------
    model : "dated", "shroud" or float
    mjd : float
        Of the event.
    measured_c : (n,) float64
        What the model's `sensor` read around it, degrees Celsius; not used for a fixed one.

    Raises
    ------
    BadData
        The sensor says nothing, or what no load can have.
    """
    if isinstance(model, float):
        return model
    finite = measured_c[np.isfinite(measured_c)]
    if len(finite) == 0:
        raise BadData("the sensor of the hot load says nothing")
    measured_k = float(np.median(finite)) + ZERO_CELSIUS_K
    if model == "dated" and mjd >= VANE_SENSOR_FAILED_MJD:
        measured_k = SHROUD_SLOPE * measured_k + SHROUD_OFFSET_K
    if not PLAUSIBLE_K[0] <= measured_k <= PLAUSIBLE_K[1]:
        raise BadData(f"the hot load cannot be at {measured_k:.1f} K")
    return measured_k
