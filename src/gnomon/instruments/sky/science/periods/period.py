"""What is searched for, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gnomon.errors import ConfigError

Method = Literal["ls", "bls"]

NAN = float("nan")
DURATIONS_D = (0.05, 0.08, 0.13, 0.2, 0.33)


@dataclass(frozen=True, slots=True)
class Search:
    """How periods are searched for.

    Attributes
    ----------
    method : {"ls", "bls"}
        Lomb-Scargle, for what varies all the time; box least squares, for eclipses and transits.
    terms : int
        Harmonics of the Lomb-Scargle model: 1 is a sine. With more, peaks that are nearly as high
        are told apart by fits of up to two harmonics more.
    min_period_d, max_period_d : float
        What is searched. A maximum of 0 is half the time that the curve spans: a period is believed
        when it was seen twice.
    oversampling : float
        Trial frequencies in the width of a peak, which is one over the time spanned; for boxes,
        steps in which a transit moves by its own duration at the ends of the curve.
    fap : float
        The largest false-alarm probability at which a period is significant.
    error_floor_mag : float
        Added in quadrature to the errors of magnitudes, since no model follows a star to better:
        without it a few bright points decide.
    durations_d : tuple of float
        Of the boxes.
    min_points : int
        Curves with fewer have no period.
    most_trials : int
        No more trial periods than these: a search over more is refused.
    """

    method: Method = "ls"
    terms: int = 1
    min_period_d: float = 0.1
    max_period_d: float = 0.0
    oversampling: float = 10.0
    fap: float = 0.01
    error_floor_mag: float = 0.02
    durations_d: tuple[float, ...] = DURATIONS_D
    min_points: int = 10
    most_trials: int = 20_000_000

    def __post_init__(self) -> None:
        checks = {
            f"method {self.method}: it is ls or bls": self.method in {"ls", "bls"},
            f"{self.terms} terms: 1 to 8 are possible": 1 <= self.terms <= 8,  # noqa: PLR2004
            f"min_period_d {self.min_period_d}: more than 0 is needed": self.min_period_d > 0,
            f"max_period_d {self.max_period_d} is not more than min_period_d {self.min_period_d}": (
                self.max_period_d == 0 or self.max_period_d > self.min_period_d
            ),
            f"oversampling {self.oversampling}: at least 1 is needed": self.oversampling >= 1,
            f"fap {self.fap}: it is a probability": 0 < self.fap < 1,
            f"error_floor_mag {self.error_floor_mag} is negative": self.error_floor_mag >= 0,
            f"durations_d {self.durations_d}: at least one, all more than 0": (
                bool(self.durations_d) and min(self.durations_d) > 0
            ),
            f"min_points {self.min_points}: at least 5 are needed": self.min_points >= 5,  # noqa: PLR2004
        }
        for message, fulfilled in checks.items():
            if not fulfilled:
                raise ConfigError(message)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another period that explains the curve nearly as well.

    Attributes
    ----------
    relation : str
        To the best frequency f: ``f/2``, ``2f``, ``f+1/d``, ``f-1/d``, ``1/d-f``, ...
    power : float
        As in `Period`.
    """

    period_d: float
    relation: str
    power: float


@dataclass(frozen=True, slots=True)
class Period:
    """The period of one object in one band, or why it has none.

    Attributes
    ----------
    object, band : str
    method : {"ls", "bls"}
    significant : bool
        Whether there is a period.
    period_d, period_error_d : float
        Days; NaN where none is significant. The error is of the one peak: it knows no aliases.
    reason : str
        Why there is none; empty where there is one.
    candidate_d : float
        The period of the highest peak, significant or not; NaN where nothing could be searched.
    power : float
        Of that peak: the part of the weighted variance that the model explains, 0 to 1.
    fap, log10_fap : float
        The probability that noise gives such a peak anywhere in the search, and its logarithm,
        which is right where the probability is too small for a number.
    epoch_d : float
        A time of phase 0, in the time of the curve: greatest brightness (``ls``) or mid-transit
        (``bls``), the first within the curve.
    amplitude : float
        Of the fitted model, peak to peak, in `unit`; of a box its depth.
    duration_d, depth, depth_snr, red_noise : float
        Of the box: depth in `unit`, over its formal error, and how many times as large the noise of
        averages over a duration is as the errors say; NaN for ``ls``.
    n_transits : int
        Transits in which there is a point.
    terms : int
        Harmonics; 0 for boxes.
    unit : str
    n_points : int
    baseline_d : float
        From first to last point.
    aliases : tuple of Alias
        The best first.
    note : str
        What should make the reader careful.
    """

    object: str
    band: str
    method: str
    significant: bool = False
    period_d: float = NAN
    period_error_d: float = NAN
    reason: str = ""
    candidate_d: float = NAN
    power: float = NAN
    fap: float = 1.0
    log10_fap: float = 0.0
    epoch_d: float = NAN
    amplitude: float = NAN
    duration_d: float = NAN
    depth: float = NAN
    depth_snr: float = NAN
    red_noise: float = NAN
    n_transits: int = 0
    terms: int = 0
    unit: str = ""
    n_points: int = 0
    baseline_d: float = 0.0
    aliases: tuple[Alias, ...] = ()
    note: str = ""
