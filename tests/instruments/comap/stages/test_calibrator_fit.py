"""The fit of calibrators: flux, beam and pointing of simulated streams come back within errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.level2.file import Level2File, making
from gnomon.instruments.comap.receiver import row_of
from gnomon.instruments.comap.science.calibrator_fits import (
    BEAM_STD_DEG,
    Limits,
    fit_feed,
    track_of,
)
from gnomon.instruments.comap.science.calibrators import flux_jy, flux_of_kelvin, position_of
from gnomon.instruments.comap.science.coordinates import Sky as Place
from gnomon.instruments.comap.science.coordinates import equatorial_of, horizontal_of, offsets
from gnomon.instruments.comap.science.flags import NAN, OBSERVER
from gnomon.instruments.comap.stages.calibrator_fit import CalibratorFit
from gnomon.instruments.comap.stages.stage import Observation, Streams

Floats = NDArray[np.float64]

MJD = 60500.7
GHZ = np.array([[27.5, 26.5], [28.5, 29.5], [31.5, 30.5], [32.5, 33.5]])
RECORDED = "comap-0045285-2024-07-09-164800"


@dataclass(frozen=True)
class Sky:
    """A raster across a source: lines in azimuth, half a degree apart from end to end."""

    source: str = "TauA"
    seed: int = 1
    lines: int = 34
    samples: int = 44
    x_deg: float = 0.012
    y_deg: float = -0.02
    white_k: float = 0.04
    red_k: float = 0.04

    @property
    def n(self) -> int:
        return self.lines * self.samples

    @property
    def mjd(self) -> Floats:
        return MJD + np.arange(self.n) * 0.02 / 86400.0

    @property
    def offsets(self) -> tuple[Floats, Floats]:
        """Where the feed looks, from the source: along azimuth (times cos el) and elevation."""
        sweep = np.linspace(-0.3, 0.3, self.samples)
        x = np.concatenate([sweep[:: 1 if line % 2 else -1] for line in range(self.lines)])
        return x, np.linspace(-0.28, 0.28, self.n)

    def pointing(self) -> tuple[Floats, Floats]:
        """Return what encoders say: the feed's azimuth and elevation and the errors' sum."""
        az, el = horizontal_of(*position_of(self.source, self.mjd), self.mjd)
        x, y = self.offsets
        return az + (x + self.x_deg) / np.cos(np.radians(el)), el + y + self.y_deg

    def kelvin(self) -> Floats:
        """Return streams, (band, half, time), of a source as bright as its model."""
        volume = flux_jy(self.source, GHZ, MJD) / flux_of_kelvin(GHZ)
        amplitude = volume / (2.0 * np.pi * np.radians(BEAM_STD_DEG) ** 2)
        x, y = self.offsets
        beam = np.exp(-0.5 * (x**2 + y**2) / BEAM_STD_DEG**2)
        rng = np.random.default_rng(self.seed)
        white = rng.normal(size=(4, 2, self.n)) * self.white_k
        return np.asarray(amplitude[..., None] * beam + white + self._red(rng))

    def _red(self, rng: np.random.Generator) -> Floats:
        f = np.fft.rfftfreq(self.n, 0.02)
        f[0] = np.inf
        spectrum = np.fft.rfft(rng.normal(size=(4, 2, self.n))) * self.red_k * f**-0.65
        return np.asarray(np.fft.irfft(spectrum, self.n), np.float64)


@contextmanager
def observed(
    sky: Sky, path: Path, feeds: tuple[int, ...] = (1, 2), group: str = "Calibrator"
) -> Iterator[Observation]:
    with making(path) as out:
        _write(sky, out, feeds)
        record = Level1Record(
            45285, RECORDED, 1, "", source=sky.source, source_group=group, feeds=feeds
        )
        yield Observation(record, out, None, feeds)


def _write(sky: Sky, out: Level2File, feeds: tuple[int, ...]) -> None:
    az, el = sky.pointing()
    out.copied("spectrometer/MJD", sky.mjd, {})
    out.copied("spectrometer/feeds", np.array([*feeds, 20]), {})
    for name, values in (("az", az), ("el", el)):
        rows = np.array([values for _ in range(len(feeds) + 1)])
        out.copied(f"spectrometer/pixel_pointing/pixel_{name}", rows, {})
    out.put(layout.SCAN_EDGES, np.array([[0, sky.n]]))
    out.put(layout.CENTRAL_FREQS, np.broadcast_to(GHZ, (19, 4, 2)))


def streams_of(values: Floats, feed: int = 2) -> Streams:
    flagged = np.zeros(values.shape, np.uint8)
    return Streams(feed, row_of(feed), values * np.nan, values, flagged)


def fitted(obs: Observation, *streams: Streams, stage: CalibratorFit | None = None) -> None:
    stage = stage or CalibratorFit()
    stage.start(obs)
    for one in streams:
        stage.streams(obs, one)
    stage.finish(obs)


def got(obs: Observation, name: str, feed: int = 2) -> Floats:
    values: Floats = obs.out[f"{layout.CALIBRATOR}/{name}"][row_of(feed)]
    return values


def test_flux_and_offsets_come_back_within_three_sigma() -> None:
    away, sky, good = [], Sky(), np.ones((4, 2, Sky().n), np.bool_)
    track, seen, limits = track_of(sky.source, sky.mjd), Place(*sky.pointing()), Limits(0.25, 3, 3)
    truth = {"az_offset": np.array(sky.x_deg), "el_offset": np.array(sky.y_deg)}
    for seed in range(50):
        streams = replace(sky, seed=seed).kelvin()
        fits = fit_feed(track, seen, streams, good, GHZ, limits).values
        truth["flux"] = fits["model_flux"]
        away.append([(fits[of] - true) / fits[f"{of}_errors"] for of, true in truth.items()])
    sigmas = np.array(away)
    # Of 8 streams of each seed: the errors are neither too small nor too large.
    assert np.all(np.abs(np.median(sigmas, axis=(0, 2, 3))) < 0.3)
    assert np.all((sigmas.std((0, 2, 3)) > 0.85) & (sigmas.std((0, 2, 3)) < 1.2))
    assert np.mean(np.abs(sigmas) > 3.0) < 0.01
    # Of the mean of the streams, which is what an observation says.
    assert np.abs(sigmas.mean((2, 3)) * np.sqrt(8.0)).max() < 3.5


def test_offsets_along_ra_and_dec_are_those_of_the_pointing(tmp_path: Path) -> None:
    sky = Sky(white_k=1e-3, red_k=0.0)
    with observed(sky, tmp_path / "a.hd5") as obs:
        fitted(obs, streams_of(sky.kelvin()))
        mjd = float(obs.out[f"{layout.CALIBRATOR}/mjd"][1])
        ra, dec = position_of("TauA", mjd)
        az, el = horizontal_of(ra, dec, mjd)
        seen = equatorial_of(az + 0.012 / np.cos(np.radians(el)), el - 0.02, mjd)
        true = (seen.lon_deg - ra) * np.cos(np.radians(dec)), seen.lat_deg - dec
        np.testing.assert_allclose(got(obs, "ra_offset"), true[0], atol=2e-4)
        np.testing.assert_allclose(got(obs, "dec_offset"), true[1], atol=2e-4)
        np.testing.assert_allclose(got(obs, "major_std"), BEAM_STD_DEG, rtol=0.01)
        assert abs(mjd - sky.mjd.mean()) < 2.0 / 86400.0


def test_an_elongated_source_has_its_angle_on_the_sky(tmp_path: Path) -> None:
    sky = Sky(x_deg=0.0, y_deg=0.0)
    rng = np.random.default_rng(1)
    with observed(sky, tmp_path / "a.hd5") as obs:
        ra, dec = position_of("TauA", sky.mjd)
        east, north = offsets(*equatorial_of(*sky.pointing(), sky.mjd), Place(ra, dec))
        along = (east * np.cos(0.6) + north * np.sin(0.6)) / (1.5 * BEAM_STD_DEG)
        across = (north * np.cos(0.6) - east * np.sin(0.6)) / BEAM_STD_DEG
        values = 5.0 * np.exp(-0.5 * (along**2 + across**2)) + rng.normal(size=(4, 2, sky.n)) * 0.01
        fitted(obs, streams_of(values))
        np.testing.assert_allclose(got(obs, "position_angle"), 0.6, atol=0.02)
        np.testing.assert_allclose(got(obs, "major_std"), 1.5 * BEAM_STD_DEG, rtol=0.01)
        np.testing.assert_allclose(got(obs, "minor_std"), BEAM_STD_DEG, rtol=0.01)


def test_flux_is_that_of_the_model_at_the_file_s_own_frequencies(tmp_path: Path) -> None:
    sky = Sky(source="Jupiter", white_k=1e-4, red_k=0.0)
    with observed(sky, tmp_path / "a.hd5") as obs:
        fitted(obs, streams_of(sky.kelvin()))
        np.testing.assert_allclose(got(obs, "flux"), flux_jy("Jupiter", GHZ, MJD), rtol=0.002)
        assert obs.metrics["calibrator_flux_ratio_median"] == pytest.approx(1.0, abs=0.002)
        assert obs.metrics["pointing_offset_az_median_arcsec"] == pytest.approx(43.2, abs=0.5)
        assert np.isnan(got(obs, "flux", feed=1)).all()
        assert obs.out[layout.CALIBRATOR].attrs["place_error_arcsec"] == 90.0
        assert "may err by 90" in obs.remarks[0]


def test_older_observations_get_the_step_in_azimuth(tmp_path: Path) -> None:
    sky = Sky(white_k=1e-3, red_k=0.0)
    with observed(sky, tmp_path / "a.hd5") as obs:
        stage = CalibratorFit(az_step_before_obsid=45286, az_step_arcsec=90.0)
        fitted(obs, streams_of(sky.kelvin()), stage=stage)
        _, el = sky.pointing()
        # Every second line moves to larger azimuths, so the mean shift is half the step.
        shift = got(obs, "az_offset") - 0.012
        np.testing.assert_allclose(shift, 0.0125 * np.cos(np.radians(el.mean())), rtol=0.15)


def test_flagged_samples_are_not_used(tmp_path: Path) -> None:
    sky = Sky()
    streams = streams_of(sky.kelvin())
    streams.filtered[0, 0, 700:720] = 1e3
    streams.flagged[0, 0, 700:720] = NAN
    streams.filtered[0, 1, 730:735] = np.nan
    streams.flagged[1] = OBSERVER
    with observed(sky, tmp_path / "a.hd5") as obs:
        fitted(obs, streams)
        ratio = got(obs, "flux") / got(obs, "model_flux")
        np.testing.assert_allclose(np.delete(ratio, 1, axis=0), 1.0, atol=0.04)
        assert np.isnan(ratio[1]).all()
        assert obs.metrics["calibrator_fits"] == 6
        assert obs.remarks == [
            "calibrator fit, feed 2: band 1 half 0: no fit; band 1 half 1: no fit"
        ]


def test_a_source_that_is_not_there_is_no_fit(tmp_path: Path) -> None:
    sky = Sky()
    empty = np.random.default_rng(3).normal(size=(4, 2, sky.n))
    with observed(sky, tmp_path / "a.hd5") as obs:
        fitted(obs, streams_of(empty))
        assert np.isnan(got(obs, "flux")).sum() >= 7
        assert obs.metrics["calibrator_fits"] <= 1


def test_a_feed_that_never_comes_near_has_no_fit_and_no_fault(tmp_path: Path) -> None:
    sky = Sky(y_deg=2.0)
    with observed(sky, tmp_path / "a.hd5") as obs:
        fitted(obs, streams_of(sky.kelvin()))
        assert obs.metrics["calibrator_fits"] == 0
        assert obs.remarks == ["calibrator fit: no fit of TauA within 15' of its place"]
        assert np.isnan(got(obs, "mjd"))


def test_other_observations_are_passed_over(tmp_path: Path) -> None:
    sky = Sky()
    with observed(sky, tmp_path / "a.hd5", group="Galactic") as obs:
        fitted(obs, streams_of(sky.kelvin()))
        assert layout.CALIBRATOR not in obs.out
        assert (obs.metrics, obs.remarks) == ({}, [])


def test_a_calibrator_without_a_place_is_told_of(tmp_path: Path) -> None:
    with observed(Sky(), tmp_path / "a.hd5") as obs:
        obs.record = Level1Record(45285, RECORDED, 1, "", "Moon", "Calibrator")
        fitted(obs)
        assert obs.remarks == ["calibrator fit: the place of Moon is not known"]


def test_options_go_there_and_back() -> None:
    stage = CalibratorFit(fit_radius_arcmin=20.0, data="raw")
    assert CalibratorFit.model_validate(json.loads(stage.model_dump_json())) == stage
