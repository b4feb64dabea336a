"""The gain of every stream over time: what calibrators measured over what they should have.

A stream divided by its gain is in kelvin of the main beam. Models are those of the table
``calibration_model_fit``: a polynomial in t = (MJD - 59000) / 365.25, the mean, or whatever was
measured nearest in time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import Corrupt
from gnomon.instruments.comap.receiver import N_BANDS, N_FEEDS, N_HALVES, feed_of
from gnomon.instruments.comap.science.medians import SIGMA_OF_MAD

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
ModelType = Literal["polynomial", "nearest", "mean"]

ORIGIN_MJD, YEAR_D = 59000.0, 365.25
BINS = (N_FEEDS, N_BANDS, N_HALVES)
_ROUNDS = 10


@dataclass(frozen=True)
class Rules:
    """Which measurements count, and what is made of them.

    Attributes
    ----------
    model : str
        ``polynomial``, ``nearest`` or ``mean``.
    degree : int
        Of the polynomial; less where there are too few measurements for it.
    chi2_below, gain_above, gain_below : float
        Others are left out.
    least_observations : int
        A stream with fewer has no model.
    scatter : float
        Relative, of measurements beyond their errors: it keeps one good fit from deciding alone.
    clip_sigma : float
        Measurements farther from the model, in robust standard deviations, are left out. At least
        1: less leaves none in the end.
    """

    model: ModelType = "polynomial"
    degree: int = 2
    chi2_below: float = 10.0
    gain_above: float = 0.3
    gain_below: float = 3.0
    least_observations: int = 10
    scatter: float = 0.02
    clip_sigma: float = 5.0


@dataclass(frozen=True)
class Measurements:
    """Gains of all streams in some observations.

    Attributes
    ----------
    source : (n,) text
    mjd : (n, 19) float64
        When each feed saw the source.
    gain, error, chi2 : (n, 19, 4, 2) float64
        Measured over expected flux density; NaN where there was no fit.
    """

    source: NDArray[np.str_]
    mjd: Floats
    gain: Floats
    error: Floats
    chi2: Floats


@dataclass(frozen=True)
class GainModel:
    """The gain of one stream; the names are those of the table and of the JSON.

    Attributes
    ----------
    feed, band, half : int
        Feed 1 to 19, band 0 to 3, half 0 or 1.
    source : str
        The calibrators that it is of, with commas.
    model_type : str
    poly_coeffs : tuple of float, optional
        Of t, the highest power first, as `numpy.polyval` wants them; the mean is a polynomial
        of degree 0.
    nearest_mjds, nearest_gains : tuple of float, optional
    fit_rms : float
        Of the measurements around the model; ``nearest``: from one to the next.
    n_observations : int
        Measurements that it is of.
    first_mjd, last_mjd : float
        Of the measurements: outside, the model is that of the end.
    """

    feed: int
    band: int
    half: int
    source: str
    model_type: str
    poly_coeffs: tuple[float, ...] | None
    nearest_mjds: tuple[float, ...] | None
    nearest_gains: tuple[float, ...] | None
    fit_rms: float
    n_observations: int
    first_mjd: float
    last_mjd: float

    def gain_at(self, mjd: float) -> float:
        """Return the gain at a time (UTC); before and after all measurements, that of the end."""
        if self.poly_coeffs is not None:
            within = min(max(mjd, self.first_mjd), self.last_mjd)
            return float(np.polyval(self.poly_coeffs, years(within)))
        mjds = np.array(self.nearest_mjds or ())
        return float((self.nearest_gains or ())[int(np.abs(mjds - mjd).argmin())])


def years(mjd: Floats | float) -> Floats:
    """Return the t of polynomials."""
    return np.asarray((mjd - ORIGIN_MJD) / YEAR_D, np.float64)


def models_of(seen: Measurements, rules: Rules) -> list[GainModel]:
    """Return the models of all streams that were measured often enough, by feed, band and half."""
    with np.errstate(invalid="ignore"):
        counts = np.isfinite(seen.gain + seen.error) & (seen.chi2 < rules.chi2_below)
        counts &= (seen.gain > rules.gain_above) & (seen.gain < rules.gain_below)
    counts &= np.isfinite(seen.mjd)[..., None, None]
    found = (_model_of(seen, counts, at, rules) for at in np.ndindex(*BINS))
    return [model for model in found if model is not None]


def _model_of(
    seen: Measurements, counts: Truths, at: tuple[int, ...], rules: Rules
) -> GainModel | None:
    row, band, half = at
    kept = np.flatnonzero(counts[:, row, band, half])
    kept = kept[np.argsort(seen.mjd[kept, row], kind="stable")]
    mjd, gain = seen.mjd[kept, row], seen.gain[kept, row, band, half]
    if len(kept) < max(rules.least_observations, 1):
        return None
    if rules.model == "nearest":
        coefficients, used = None, np.ones(len(kept), np.bool_)
        rest = gain[1:] - gain[:-1] if len(kept) > 1 else np.zeros(1)
    else:
        degree = rules.degree if rules.model == "polynomial" else 0
        sigma = np.hypot(seen.error[kept, row, band, half], rules.scatter * gain)
        coefficients, used = _clipped(mjd, gain, sigma, degree, rules.clip_sigma)
        rest = (gain - np.polyval(coefficients, years(mjd)))[used]
    names = sorted(set(seen.source[kept[used]].tolist()))
    is_nearest = coefficients is None
    return GainModel(
        feed=feed_of(row),
        band=band,
        half=half,
        source=",".join(names),
        model_type=rules.model,
        poly_coeffs=None if coefficients is None else tuple(coefficients.tolist()),
        nearest_mjds=tuple(mjd.tolist()) if is_nearest else None,
        nearest_gains=tuple(gain.tolist()) if is_nearest else None,
        fit_rms=float(np.sqrt(np.mean(rest**2))),
        n_observations=int(used.sum()),
        first_mjd=float(mjd[used][0]),
        last_mjd=float(mjd[used][-1]),
    )


def _clipped(
    mjd: Floats, gain: Floats, sigma: Floats, degree: int, clip: float
) -> tuple[Floats, Truths]:
    """Return the coefficients of a polynomial, and the measurements that it is of."""
    used = np.ones(len(gain), np.bool_)
    coefficients = np.zeros(1)
    for _ in range(_ROUNDS):
        coefficients = _polynomial(mjd[used], gain[used], sigma[used], degree)
        rest = gain - np.polyval(coefficients, years(mjd))
        scale = SIGMA_OF_MAD * np.median(np.abs(rest[used]))
        near = np.abs(rest) <= clip * scale if scale > 0.0 else used
        if np.array_equal(near, used):
            break
        used = near
    return coefficients, used


def _polynomial(mjd: Floats, gain: Floats, sigma: Floats, degree: int) -> Floats:
    """Return coefficients of t, the highest power first; fitted around the mean time."""
    lowest = min(degree, len(np.unique(mjd)) - 1)
    fitted = np.polynomial.Polynomial.fit(years(mjd), gain, lowest, w=1.0 / sigma)
    coefficients: Floats = fitted.convert().coef[::-1].astype(np.float64)
    return coefficients


def written(models: Sequence[GainModel], rules: Rules) -> str:
    """Return models as JSON, the same text every time."""
    said = {
        "model_type": rules.model,
        "rules": asdict(rules),
        "time": "t = (MJD - 59000) / 365.25, UTC; coefficients: the highest power first",
        "models": [asdict(model) for model in models],
    }
    return json.dumps(said, indent=1, sort_keys=True, allow_nan=False) + "\n"


def read_models(path: Path) -> list[GainModel]:
    """Read models back.

    Raises
    ------
    Corrupt
        The file holds none.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return [_read(one) for one in said["models"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Corrupt(f"{path} is no calibration model: {error}") from error


def _read(said: dict[str, object]) -> GainModel:
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    return GainModel(**{**said, **lists})  # type: ignore[arg-type]
