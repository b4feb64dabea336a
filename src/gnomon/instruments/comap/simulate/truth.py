"""The truth of a simulated observation: what stands in the sky, the air and the receiver.

Nothing here is random: the same truth gives the same file, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from gnomon.instruments.comap.level1.names import SUFFIX, level1_name
from gnomon.instruments.comap.receiver import GROUND_FEED, N_CHANNELS

Mode = Literal["ces", "lissajous", "skydip"]

H59_ALPHA_GHZ = 31.22332
_PARTS = ("source", "air", "receiver", "vane", "scanning", "blemishes")


@dataclass(frozen=True)
class Source:
    """What stands in the sky.

    Attributes
    ----------
    name : str
        As observers write it; the attribute of the file is this and a comma.
    ra_deg, dec_deg : float
        ICRS; the telescope aims there.
    amplitude_k : float
        Of a point source there, at 30 GHz, above the atmosphere, as the beam sees it.
    index : float
        Its spectral index in temperature: that of the flux minus 2.
    fwhm_arcmin : float
        Of its image: the beam's, where it is a point.
    diffuse_k, diffuse_index : float
        Standard deviation at 30 GHz of a smooth sky all around, and its spectral index.
    line_k, line_velocity_km_s, line_width_km_s, line_size_arcmin : float
        H59-alpha around the source: peak, velocity (radio convention, as the telescope moves),
        width and size at half maximum.
    """

    name: str = "TauA"
    ra_deg: float = 83.63308
    dec_deg: float = 22.01450
    amplitude_k: float = 4.5
    index: float = -2.302
    fwhm_arcmin: float = 4.5
    diffuse_k: float = 0.0
    diffuse_index: float = -2.7
    line_k: float = 0.0
    line_velocity_km_s: float = 0.0
    line_width_km_s: float = 25.0
    line_size_arcmin: float = 12.0


@dataclass(frozen=True)
class Air:
    """The atmosphere: ``temperature_k * (1 - exp(-opacity / sin(el)))``.

    Attributes
    ----------
    zenith_k : float
        Temperature times opacity at the zenith, in band 0.
    band_step_k : float
        How much more each further band has.
    temperature_k : float
    drift_per_h : float
        Relative change of the opacity in an hour.
    sigma_red : float
        Relative fluctuations of the opacity at 0.1 Hz, the same for all feeds; slope -8/3.
    """

    zenith_k: float = 9.0
    band_step_k: float = 0.2
    temperature_k: float = 270.0
    drift_per_h: float = 0.0
    sigma_red: float = 0.0


@dataclass(frozen=True)
class Receiver:
    """The receivers.

    Attributes
    ----------
    temperature_k : float
        Of the receiver alone, without the sky.
    ripple : float
        Peak of its variation along a band, relative.
    spiked : float
        Fraction of channels that are far hotter.
    counts_per_k : float
        Gain, before the shape of the bandpass.
    gain_sigma_red, gain_alpha : float
        Fluctuations of the gain that all channels of a feed share: the power spectrum is
        ``sigma_red**2 * (f / 0.1 Hz)**alpha``, relative, in variance of a sample.
    channel_sigma_red : float
        The same for fluctuations that differ from channel to channel.
    gain_drift_per_h : float
        Relative, linear.
    noise : float
        Times the radiometer's noise; 0 is none.
    is_numbered : bool
        Every feed, band and channel has its own temperature and gain: `numbered_k`.
    """

    temperature_k: float = 30.0
    ripple: float = 0.12
    spiked: float = 0.006
    counts_per_k: float = 2.0e4
    gain_sigma_red: float = 1.0e-3
    gain_alpha: float = -1.35
    channel_sigma_red: float = 3.0e-4
    gain_drift_per_h: float = 0.02
    noise: float = 1.0
    is_numbered: bool = False


@dataclass(frozen=True)
class Vane:
    """The hot load that is swept into the beam.

    Attributes
    ----------
    at_start, at_end : bool
    length_s : float
        Out of the beam, into it, and out again.
    temperature_k : float
        Of the load, as the receivers see it.
    """

    at_start: bool = True
    at_end: bool = True
    length_s: float = 30.0
    temperature_k: float = 288.0


@dataclass(frozen=True)
class Scanning:
    """How the telescope moves.

    Attributes
    ----------
    mode : {"ces", "lissajous", "skydip"}
    scans : int
    scan_s, slew_s : float
        Length of a scan, and of the time before and after each.
    throw_deg, period_s : float
        Half of a sweep on the sky, and the time of one there and back.
    """

    mode: Mode = "ces"
    scans: int = 2
    scan_s: float = 120.0
    slew_s: float = 3.0
    throw_deg: float = 0.75
    period_s: float = 12.0


@dataclass(frozen=True)
class Blemishes:
    """What is wrong with the samples.

    Attributes
    ----------
    spikes_per_min, spike_k : float
        Of each feed, in all channels, one or two samples long.
    nan_tail : int
        Last samples that are NaN in all feeds.
    nan_spectra : float
        Fraction of a feed's samples that are NaN in all channels.
    nan_cells : int
        Single values that are NaN in each feed and band.
    nan_feeds : tuple of int
        Feeds that are NaN throughout.
    """

    spikes_per_min: float = 2.0
    spike_k: float = 10.0
    nan_tail: int = 10
    nan_spectra: float = 2e-4
    nan_cells: int = 5
    nan_feeds: tuple[int, ...] = ()


NO_BLEMISHES = Blemishes(0.0, 0.0, 0, 0.0, 0)


@dataclass(frozen=True)
class Truth:
    """One observation.

    Attributes
    ----------
    obsid : int
    start : datetime
        UTC, of the first sample.
    seed : int
        With the obsid, it decides all that is random.
    feeds : tuple of int
        Numbers, in the file's order; 20 is the capped ground feed.
    n_channels : int
        Of each band.
    comment : str
    pointing_error_deg : (float, float)
        By how much the source appears off its true place: azimuth times cos(el), elevation.
    """

    obsid: int = 45285
    start: datetime = datetime(2024, 12, 1, 10, 30, tzinfo=UTC)
    seed: int = 0
    feeds: tuple[int, ...] = (1, 2, GROUND_FEED)
    n_channels: int = N_CHANNELS
    comment: str = ""
    source: Source = field(default_factory=Source)
    air: Air = field(default_factory=Air)
    receiver: Receiver = field(default_factory=Receiver)
    vane: Vane = field(default_factory=Vane)
    scanning: Scanning = field(default_factory=Scanning)
    blemishes: Blemishes = field(default_factory=Blemishes)
    pointing_error_deg: tuple[float, float] = (0.0, 0.0)

    @property
    def stem(self) -> str:
        """Name of the file without its suffix."""
        return level1_name(self.obsid, self.start).removesuffix(SUFFIX)

    @property
    def said(self) -> str:
        """The comment of the file: sky dips are told by it."""
        return self.comment or ("sky nod" if self.scanning.mode == "skydip" else "")

    def but(self, **changes: Any) -> Truth:
        """Return it with changes; those of a part are named by its own fields.

        Raises
        ------
        TypeError
            There is no such field, or several parts have one: give the whole part.

        >>> Truth().but(obsid=7, scan_s=60.0, amplitude_k=0.0).scanning.scan_s
        60.0
        """
        parts = {name: changes.pop(name, getattr(self, name)) for name in _PARTS}
        for key in [key for key in changes if key not in vars(self)]:
            owners = [name for name, part in parts.items() if key in vars(part)]
            if len(owners) != 1:
                raise TypeError(f"{key} is a field of {' and '.join(owners) or 'no part'}")
            parts[owners[0]] = replace(parts[owners[0]], **{key: changes.pop(key)})
        return replace(self, **parts, **changes)


def numbered_k(feed: int, band: int) -> float:
    """Return the receiver temperature of a feed and band where `is_numbered`."""
    return 20.0 + feed + band / 8


def small_truth(**changes: Any) -> Truth:
    """Return a small observation for tests: two feeds of the sky, 128 channels, two short scans."""
    base = Truth(
        n_channels=128,
        vane=Vane(length_s=12.0),
        scanning=Scanning(scan_s=40.0, throw_deg=0.5, period_s=6.0),
    )
    return base.but(**changes)


def tiny_truth(**changes: Any) -> Truth:
    """Return the smallest observation that has all parts: one feed of the sky, one scan."""
    small = small_truth(feeds=(1, GROUND_FEED), n_channels=16, scans=1, scan_s=26.0)
    return small.but(**changes)


def numbered_truth(**changes: Any) -> Truth:
    """Return an observation without noise in which every feed and band has its own values."""
    quiet = {"noise": 0.0, "gain_sigma_red": 0.0, "channel_sigma_red": 0.0, "spiked": 0.0}
    still = {"ripple": 0.0, "gain_drift_per_h": 0.0, "is_numbered": True}
    feeds = tuple(range(1, GROUND_FEED + 1))
    tiny = tiny_truth(feeds=feeds, n_channels=8, blemishes=NO_BLEMISHES, **quiet, **still)
    return tiny.but(**changes)
