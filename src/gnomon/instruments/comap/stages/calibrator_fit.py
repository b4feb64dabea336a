"""`calibrator_fit`: how bright calibrators are and where, feed by feed."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.stages.source_aware import pointing_of, scans_of
from gnomon.instruments.comap.stages.stage import Observation, Phase, Stage, Streams

GROUP = "Calibrator"
_ARCSEC = 3600.0


class CalibratorFit(Stage):
    """Fit a Gaussian to a calibrator in every stream; other observations are passed over."""

    use: Literal["calibrator_fit"] = "calibrator_fit"
    data: Literal["filtered", "raw"] = Field(
        "filtered", description="streams to fit: after the gain filter, or before"
    )
    fit_radius_arcmin: float = Field(15.0, gt=5.0, le=60.0, description="around the source's place")
    widest_beams: float = Field(
        3.0, gt=1.0, description="the widest that a source may be, in widths of the beam"
    )
    least_snr: float = Field(3.0, ge=0.0, description="amplitude over its error")
    az_step_arcsec: float = Field(
        100.0, description="added to azimuths of scans towards larger ones, of older observations"
    )
    az_step_before_obsid: int = Field(
        28852, description="the first observation that needs no such step; 0: none does"
    )

    version: ClassVar[int] = 2
    phase: ClassVar[Phase] = Phase.LEVEL2
    needs: ClassVar[tuple[str, ...]] = (
        *(layout.BINNED, layout.FILTERED, layout.FLAGGED),
        *(layout.SCAN_EDGES, layout.CENTRAL_FREQS),
    )
    # Only observations of calibrators get what this writes, so no stage may count on it.

    def start(self, obs: Observation) -> None:
        """Create the datasets, all NaN, where a calibrator is observed."""
        if not _is_calibrator(obs):
            return
        for name in (name for name in layout.LAYOUT if name.startswith(f"{layout.CALIBRATOR}/")):
            obs.out.create(name)
        _describe(obs)

    def streams(self, obs: Observation, streams: Streams) -> None:
        """Fit the streams of one feed."""
        if not _is_calibrator(obs):
            return
        from gnomon.instruments.comap.science import calibrator_fits as fits  # noqa: PLC0415
        from gnomon.instruments.comap.science.coordinates import Sky  # noqa: PLC0415

        limits = fits.Limits(self.fit_radius_arcmin / 60.0, self.widest_beams, self.least_snr)
        pointing = pointing_of(obs, streams.feed)
        track, az = fits.track_of(obs.record.source, pointing.mjd), pointing.az_deg
        if obs.record.obsid < self.az_step_before_obsid:
            az = fits.with_az_step(az, self.az_step_arcsec)
        values = streams.filtered if self.data == "filtered" else streams.raw
        good = (streams.flagged == 0) & _in_scans(obs)
        frequency = obs.out[layout.CENTRAL_FREQS][streams.row]
        found = fits.fit_feed(track, Sky(az, pointing.el_deg), values, good, frequency, limits)
        for name, array in found.values.items():
            obs.out[f"{layout.CALIBRATOR}/{name}"][streams.row] = array
        obs.out[f"{layout.CALIBRATOR}/mjd"][streams.row] = found.mjd
        if found.failed:
            obs.remarks.append(f"calibrator fit, feed {streams.feed}: {_told(found.failed)}")

    def finish(self, obs: Observation) -> None:
        """Sum the fits up."""
        if obs.record.source_group == GROUP and not _is_calibrator(obs):
            obs.remarks.append(f"calibrator fit: the place of {obs.record.source} is not known")
        if not _is_calibrator(obs):
            return
        said = {
            name: obs.out.array(f"{layout.CALIBRATOR}/{name}")
            for name in ("flux", "model_flux", "chi2", "az_offset", "el_offset")
        }
        fitted = np.isfinite(said["flux"])
        obs.metrics["calibrator_fits"] = float(fitted.sum())
        if not fitted.any():
            radius = self.fit_radius_arcmin
            text = f"no fit of {obs.record.source} within {radius:g}' of its place"
            obs.remarks.append(f"calibrator fit: {text}")
            return
        obs.metrics["calibrator_chi2_median"] = float(np.nanmedian(said["chi2"]))
        for axis in ("az", "el"):
            offset = float(np.nanmedian(said[f"{axis}_offset"])) * _ARCSEC
            obs.metrics[f"pointing_offset_{axis}_median_arcsec"] = offset
        if np.isfinite(said["model_flux"][fitted]).any():
            ratio = said["flux"][fitted] / said["model_flux"][fitted]
            obs.metrics["calibrator_flux_ratio_median"] = float(np.nanmedian(ratio))


def _is_calibrator(obs: Observation) -> bool:
    from gnomon.instruments.comap.science.calibrators import known  # noqa: PLC0415 - heavy

    return obs.record.source_group == GROUP and known(obs.record.source)


def _describe(obs: Observation) -> None:
    """Say what is fitted, and how well its place is known."""
    from gnomon.instruments.comap.science.calibrators import place_error_arcsec  # noqa: PLC0415

    source, error = obs.record.source, place_error_arcsec(obs.record.source)
    group = obs.out[layout.CALIBRATOR].attrs
    group["source"], group["place_error_arcsec"] = source, error
    if error:
        text = f'the place of {source} may err by {error:g}": its offsets tell no pointing'
        obs.remarks.append(f"calibrator fit: {text}")


def _in_scans(obs: Observation) -> NDArray[np.bool_]:
    inside = np.zeros(len(obs.out["spectrometer/MJD"]), np.bool_)
    for scan in scans_of(obs):
        inside[scan] = True
    return inside


def _told(failed: list[str]) -> str:
    """Return reasons on one line; of more than two the first, and how many follow."""
    if len(failed) <= 2:  # noqa: PLR2004
        return "; ".join(failed)
    return f"{failed[0]}; and {len(failed) - 1} more of its streams"
