"""The pointing model of the mount: how far it looks from where its encoders say.

With azimuth A and elevation E of the encoders,

    dA cos E = IA + NPAE tan E + AW cos A tan E + AN sin A tan E
    dE       = IE + CA cos E + AW sin(A + off) + AN cos(A + off)

and the sky is at A - dA, E - dE.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.errors import BadData
from gnomon.instruments.comap.science.coordinates import Sky

Floats = NDArray[np.float64]

_ROUNDS, _CLOSE_DEG = 20, 1e-10
_STEPS_DEG = np.arange(-180.0, 180.0, 5.0)
_HALVINGS = 40


@dataclass(frozen=True)
class PointingModel:
    """The model of one feed; all in degrees.

    Attributes
    ----------
    ia, ie : float
        Zeros of the encoders.
    npae : float
        The axes are not perpendicular.
    aw, an : float
        Tilt of the azimuth's axis to west and north.
    ca : float
        Sag.
    off : float
        Added to azimuths where the tilt acts on elevations.
    """

    ia: float = 0.0
    ie: float = 0.0
    npae: float = 0.0
    aw: float = 0.0
    an: float = 0.0
    ca: float = 0.0
    off: float = 0.0

    @classmethod
    def of_parameters(cls, parameters: ArrayLike) -> PointingModel:
        """Return the model of (IA, IE, NPAE, AW, AN, CA, off), degrees."""
        values = np.asarray(parameters, np.float64)
        if values.shape != (len(fields(cls)),) or not np.isfinite(values).all():
            names = ", ".join(field.name for field in fields(cls))
            raise BadData(f"a pointing model is {names}, not {values.tolist()}")
        return cls(*values.tolist())

    def errors(self, az_deg: ArrayLike, el_deg: ArrayLike) -> Sky:
        """Return dA and dE of what encoders say, degrees."""
        az, el = np.radians(az_deg), np.radians(el_deg)
        across = self.ia + (self.npae + self.aw * np.cos(az) + self.an * np.sin(az)) * np.tan(el)
        turned = az + np.radians(self.off)
        up = self.ie + self.ca * np.cos(el) + self.aw * np.sin(turned) + self.an * np.cos(turned)
        return Sky(across / np.cos(el), up)

    def sky_of(self, az_deg: ArrayLike, el_deg: ArrayLike) -> Sky:
        """Return where the feed looks when the encoders say so, degrees."""
        d_az, d_el = self.errors(az_deg, el_deg)
        return Sky(np.asarray(az_deg) - d_az, np.asarray(el_deg) - d_el)

    def encoders_of(self, az_deg: ArrayLike, el_deg: ArrayLike) -> Sky:
        """Return what the encoders must say for the feed to look there, degrees.

        Raises
        ------
        BadData
            The errors are so large, or the zenith so near, that there is no answer.
        """
        az, el = np.asarray(az_deg, np.float64), np.asarray(el_deg, np.float64)
        tried = Sky(az, el)
        for _ in range(_ROUNDS):
            d_az, d_el = self.errors(*tried)
            found = Sky(az + d_az, el + d_el)
            if np.allclose(found, tried, rtol=0.0, atol=_CLOSE_DEG, equal_nan=True):
                return found
            tried = found
        raise BadData("the pointing model has no encoders for a direction so near to the zenith")


def fitted(
    az_deg: Floats, el_deg: Floats, az_offset_deg: Floats, el_offset_deg: Floats
) -> PointingModel:
    """Fit the model to the offsets of calibrators.

    Parameters
    ----------
    az_deg, el_deg : (n,) float64
        Where the encoders said that each was.
    az_offset_deg, el_offset_deg : (n,) float64
        Measured minus true: along azimuth times cos(el), and along elevation.

    Returns
    -------
    PointingModel
        Of least squares. All but `off` are linear, so `off` is looked for alone; it is 0 where
        there is no tilt to tell it.

    Raises
    ------
    BadData
        Fewer than four directions, which do not tell seven parameters.
    """
    finite = np.isfinite(az_deg + el_deg + az_offset_deg + el_offset_deg)
    az, el = np.radians(az_deg[finite]), np.radians(el_deg[finite])
    if len(az) < (len(fields(PointingModel)) + 1) // 2:
        raise BadData(f"{len(az)} directions do not tell a pointing model: it takes four")
    seen = np.concatenate([az_offset_deg[finite], el_offset_deg[finite]])
    coarse = [_linear(az, el, seen, off)[1] for off in _STEPS_DEG]
    best = _STEPS_DEG[int(np.argmin(coarse))]
    step = float(_STEPS_DEG[1] - _STEPS_DEG[0])
    for _ in range(_HALVINGS):
        step /= 2.0
        best = min((best - step, best, best + step), key=lambda off: _linear(az, el, seen, off)[1])
    (ia, ie, npae, aw, an, ca), rest = _linear(az, el, seen, best)
    plain, without = _linear(az, el, seen, 0.0)
    if without <= rest * (1.0 + 1e-9) + 1e-24:
        (ia, ie, npae, aw, an, ca), best = plain, 0.0
    return PointingModel(ia, ie, npae, aw, an, ca, float(best))


def _linear(az: Floats, el: Floats, seen: Floats, off_deg: float) -> tuple[list[float], float]:
    """Return the six linear parameters, and the sum of squares that is left."""
    zero, one, tangent = np.zeros_like(az), np.ones_like(az), np.tan(el)
    turned = az + np.radians(off_deg)
    across = [one, zero, tangent, np.cos(az) * tangent, np.sin(az) * tangent, zero]
    up = [zero, one, zero, np.sin(turned), np.cos(turned), np.cos(el)]
    matrix = np.concatenate([np.array(across).T, np.array(up).T])
    found = np.linalg.lstsq(matrix, seen)[0]
    return found.tolist(), float(np.sum((seen - matrix @ found) ** 2))
