"""What stands in a Level-2 file: every dataset with its axes, type, unit and filling.

Axes:

    feed       19, row = feed number - 1 (see `receiver`); feeds that the file lacks stay unfilled
    position   the feeds of the file, as in ``spectrometer/feeds``
    band       4, as in ``spectrometer/bands``
    half       2 of about 1 GHz each, by channel number, so in the order of the band's frequencies
    channel    1,024 (as in the Level-1 file)
    time       samples, as in ``spectrometer/MJD``
    scan       as in ``level2/scan_edges``
    event      vane events, in time
    flag       one row a feed and frequency band: feed 1 band 0, feed 1 band 1, ... feed 19 band 7

What was not measured is NaN (-1 for counts), never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gnomon.instruments.comap.receiver import N_BANDS, N_FEEDS, N_FREQUENCY_BANDS, N_HALVES

FIXED_AXES: Final = {
    "feed": N_FEEDS,
    "band": N_BANDS,
    "half": N_HALVES,
    "flag": N_FEEDS * N_FREQUENCY_BANDS,
    "edge": 2,
}
TEXT: Final = "text"


@dataclass(frozen=True)
class Spec:
    """One dataset.

    Attributes
    ----------
    axes : tuple of str
    unit : str
        As astropy spells it; empty for numbers without one.
    dtype : str
        A NumPy type, or ``text``.
    about : str
        In words.
    """

    axes: tuple[str, ...]
    unit: str = ""
    dtype: str = "f8"
    about: str = ""

    @property
    def fill(self) -> float | int | bool:
        """What stands where nothing was measured."""
        if self.dtype.startswith("f"):
            return float("nan")
        return False if self.dtype == "?" else (0 if self.dtype.startswith("u") else -1)


_STREAM = ("feed", "band", "half", "time")
_SPECTRUM = ("feed", "band", "channel")
_PER_BIN = ("feed", "band", "half")
_PER_SCAN = (*_PER_BIN, "scan")

VANE_TSYS = "level2/vane/system_temperature"
VANE_GAIN = "level2/vane/gain"
VANE_MJD = "level2/vane/mjd"
VANE_HOT_LOAD = "level2/vane/hot_load"
VANE_SAMPLES = "level2/vane/samples"
SCAN_EDGES = "level2/scan_edges"
NOISE1 = "level1_noise_stats/auto_rms"
ATMOSPHERE_OFFSETS = "level2/atmosphere/offsets"
ATMOSPHERE_TAU = "level2/atmosphere/tau"
OPACITY = "level2/atmosphere/opacity"
BINNED = "level2/binned_data"
FILTERED = "level2/binned_filtered_data"
FLAGGED = "level2/flags"
CENTRAL_FREQS = "level2/central_freqs"
BANDWIDTHS = "level2/bandwidths"
NOISE2 = "level2_noise_stats"
CALIBRATOR = "level2/calibrator_fit"
SNAPSHOT = "level2/sql_snapshot"
GAIN_FILTER = "level2/gain_filter"
POST_BIN = "level2/post_bin_cleaning"

_FITTED = {
    "amplitudes": ("K", "amplitude of the source"),
    "ra_offset": ("deg", "times cos(dec), measured minus true"),
    "dec_offset": ("deg", "measured minus true"),
    "az_offset": ("deg", "times cos(el), measured minus true"),
    "el_offset": ("deg", "measured minus true"),
    "major_std": ("deg", "standard deviation of the larger axis"),
    "minor_std": ("deg", "standard deviation of the smaller axis"),
    "position_angle": ("rad", "of the larger axis, from east towards north"),
}

LAYOUT: Mapping[str, Spec] = {
    VANE_TSYS: Spec(("event", "position", "band", "channel"), "K"),
    VANE_GAIN: Spec(("event", "position", "band", "channel"), "1/K", about="counts per kelvin"),
    VANE_MJD: Spec(("event",), "d", about="middle of the event, MJD, UTC"),
    VANE_HOT_LOAD: Spec(("event",), "K", about="temperature of the hot load"),
    VANE_SAMPLES: Spec(
        ("time",), dtype="i1", about="n: the hot load of event n, -n: the sky; from 1; 0: neither"
    ),
    SCAN_EDGES: Spec(
        ("scan", "edge"), dtype="i8", about="first sample, and the one after the last"
    ),
    NOISE1: Spec(_SPECTRUM, about="counts, of differences between neighbouring samples"),
    ATMOSPHERE_OFFSETS: Spec((*_SPECTRUM, "scan"), "K"),
    ATMOSPHERE_TAU: Spec(
        (*_SPECTRUM, "scan"), "K", about="temperature times opacity at the zenith"
    ),
    OPACITY: Spec(("feed", "band", "scan"), about="at the zenith, in nepers"),
    BINNED: Spec(_STREAM, "K", about="atmosphere and level of each scan taken away"),
    FILTERED: Spec(_STREAM, "K", about="and gain fluctuations taken away"),
    FLAGGED: Spec(_STREAM, dtype="u1", about="bits of science.flags; 0: to be used"),
    CENTRAL_FREQS: Spec(_PER_BIN, "GHz"),
    BANDWIDTHS: Spec(_PER_BIN, "GHz", about="standard deviation of the weighted frequencies"),
    f"{GAIN_FILTER}/continuum_transfer": Spec(
        _PER_BIN, about="what is left of a flat continuum after the filter: 1 is all of it"
    ),
    f"{GAIN_FILTER}/red_noise_suppression": Spec(
        _PER_SCAN, about="power at 0.1 Hz before the filter over that after it"
    ),
    f"{GAIN_FILTER}/sigma_gain": Spec(
        ("feed", "band", "scan"), about="white noise of the gain's estimate, relative, a sample"
    ),
    f"{GAIN_FILTER}/sigma_red": Spec(
        ("feed", "band", "scan"), about="of the gain at 0.1 Hz, relative, a sample"
    ),
    f"{GAIN_FILTER}/alpha": Spec(("feed", "band", "scan"), about="slope of the gain's spectrum"),
    f"{POST_BIN}/n_spikes": Spec(_PER_SCAN, dtype="i4"),
    **{
        f"{NOISE2}/{of}/{name}": Spec(_PER_SCAN, unit, about=about)
        for of in ("binned_data", "binned_filtered_data")
        for name, unit, about in (
            ("sigma_white", "K", "a sample"),
            ("sigma_red", "K", "a sample, at 0.1 Hz"),
            ("alpha", "", "P = sigma_white^2 + sigma_red^2 (f / 0.1 Hz)^alpha"),
            ("auto_rms", "K", "of differences between neighbouring samples"),
        )
    },
    **{
        f"{CALIBRATOR}/{name}{error}": Spec(_PER_BIN, unit, about=about)
        for name, (unit, about) in _FITTED.items()
        for error in ("", "_errors")
    },
    f"{CALIBRATOR}/chi2": Spec(_PER_BIN, about="reduced"),
    f"{CALIBRATOR}/flux": Spec(_PER_BIN, "Jy"),
    f"{CALIBRATOR}/flux_errors": Spec(_PER_BIN, "Jy"),
    f"{CALIBRATOR}/model_flux": Spec(_PER_BIN, "Jy", about="what the source should have"),
    f"{CALIBRATOR}/mjd": Spec(("feed",), "d", about="when the feed saw the source, UTC"),
    f"{SNAPSHOT}/pixel": Spec(("flag",), dtype="i2", about="feed number, 1 to 19"),
    f"{SNAPSHOT}/frequency_band": Spec(("flag",), dtype="i2", about="band * 2 + half, 0 to 7"),
    f"{SNAPSHOT}/is_good": Spec(("flag",), dtype="?"),
    f"{SNAPSHOT}/comment": Spec(("flag",), dtype=TEXT),
    **{
        f"{SNAPSHOT}/{of}_{name}": Spec(("flag",))
        for of in ("filtered", "unfiltered")
        for name in ("red_noise", "white_noise", "auto_rms", "noise_index")
    },
    f"{SNAPSHOT}/mean_atm_temp": Spec(("flag",), "K"),
    f"{SNAPSHOT}/n_spikes": Spec(("flag",), dtype="i4"),
    f"{SNAPSHOT}/n_nan_values": Spec(("flag",), dtype="i4"),
}
"""Every dataset that the stages write; what is copied from Level 1 keeps its own form."""
