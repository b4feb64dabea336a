"""The simulated spacecraft's clock: ahead of UTC, and drifting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from gnomon.instruments.imap.simulate.mission import NS, Mission
from gnomon.instruments.imap.simulate.motion import Times, midnight

TICKS_PER_SECOND = 50_000
AHEAD_S = 10.588
"""What the clock shows, less the seconds since 2010-01-01 UTC, at the first correlation."""
_EVERY_S = 43_200
_RATE, _JITTER = 0.999_999_12, 4e-8
_MET_EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
_LEAD_DAYS = 3


@dataclass(frozen=True)
class Correlation:
    """From this reading on, the clock runs at this rate.

    Attributes
    ----------
    reading_s : int
        Seconds of the clock.
    tt2000 : int
        The instant at which it shows them, a whole number of microseconds.
    rate : float
        Seconds of terrestrial time for one of the clock, of 11 decimals.
    """

    reading_s: int
    tt2000: int
    rate: float

    def at(self, reading_s: Times) -> Times:
        """Return the TT2000 of readings, nanoseconds."""
        since = (reading_s - self.reading_s) * NS
        drift = np.rint(since * (self.rate - 1)).astype(np.int64)
        return np.asarray(self.tt2000 + since + drift)


@dataclass(frozen=True)
class Clock:
    """The clock over a mission."""

    correlations: tuple[Correlation, ...]

    @classmethod
    def of(cls, mission: Mission) -> Clock:
        """Return the clock of a mission: correlated twice a day, from some days before it."""
        random = mission.random(5)
        first = date.fromordinal(mission.start.toordinal() - _LEAD_DAYS)
        utc_s = int((datetime(first.year, first.month, first.day, tzinfo=UTC) - _MET_EPOCH)
                    / timedelta(seconds=1))  # fmt: skip
        reading_s = utc_s + int(AHEAD_S)
        tt2000 = midnight(first) - round((AHEAD_S - int(AHEAD_S)) * 1e6) * 1000
        found = []
        for _ in range(2 * (mission.days + _LEAD_DAYS + 1)):
            rate = round(_RATE + float(random.normal(0, _JITTER)), 11)
            found.append(Correlation(reading_s, tt2000, rate))
            # A kernel gives microseconds; the next line begins at the rounded end of this one.
            ahead = int(found[-1].at(np.array([reading_s + _EVERY_S]))[0])
            reading_s, tt2000 = reading_s + _EVERY_S, round(ahead / 1000) * 1000
        return cls(tuple(found))

    def tt2000(self, reading_s: Times) -> Times:
        """Return when the clock shows these seconds, TT2000."""
        starts = np.array([found.reading_s for found in self.correlations])
        at = np.maximum(np.searchsorted(starts, reading_s, side="right") - 1, 0)
        made = np.empty(len(reading_s), dtype=np.int64)
        for number in np.unique(at):
            made[at == number] = self.correlations[number].at(reading_s[at == number])
        return made

    def reading_after(self, tt2000: int) -> int:
        """Return the first whole second that the clock shows at or after an instant."""
        known = [found for found in self.correlations if found.tt2000 <= tt2000]
        last = known[-1] if known else self.correlations[0]
        guess = last.reading_s + (tt2000 - last.tt2000) // NS - 1
        while int(self.tt2000(np.array([guess]))[0]) < tt2000:
            guess += 1
        return int(guess)

    def ticks(self, tt2000: Times) -> Times:
        """Return the encoded clock at instants, to the nearest tick."""
        starts = np.array([found.tt2000 for found in self.correlations])
        at = np.maximum(np.searchsorted(starts, tt2000, side="right") - 1, 0)
        readings = np.array([found.reading_s for found in self.correlations])
        rates = np.array([found.rate for found in self.correlations])
        since = tt2000 - starts[at]
        own = since - np.rint(since * (rates[at] - 1) / rates[at]).astype(np.int64)
        per_tick = NS // TICKS_PER_SECOND
        return np.asarray(readings[at] * TICKS_PER_SECOND + (own + per_tick // 2) // per_tick)

    def kernel(self, until: int | None = None) -> str:
        """Write the clock's kernel, of the correlations up to an instant."""
        rows = [
            f"{c.reading_s * TICKS_PER_SECOND:20d}     @{_tdt(c.tt2000)}     {c.rate:.11f}"
            for c in self.correlations
            if until is None or c.tt2000 < until
        ]
        return _KERNEL.format(rows="\n".join(rows), ticks=TICKS_PER_SECOND)


_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def _tdt(tt2000: int) -> str:
    # TT without leap seconds, as if it were a calendar of its own.
    time = datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(microseconds=tt2000 // 1000)
    return f"{time:%d}-{_MONTHS[time.month - 1]}-{time:%Y-%H:%M:%S.%f}"


_KERNEL = r"""KPL/SCLK

The clock of a simulated IMAP: seconds and ticks of 20 microseconds.

\begindata
SCLK_KERNEL_ID             = ( @2026-01-01T00:00:00 )
SCLK_DATA_TYPE_43          = ( 1 )
SCLK01_TIME_SYSTEM_43      = ( 2 )
SCLK01_N_FIELDS_43         = ( 2 )
SCLK01_MODULI_43           = ( 4294967296 {ticks} )
SCLK01_OFFSETS_43          = ( 0 0 )
SCLK01_OUTPUT_DELIM_43     = ( 2 )
SCLK_PARTITION_START_43    = ( 0.00000000000000e+00 )
SCLK_PARTITION_END_43      = ( 2.14748364799999e+14 )
SCLK01_COEFFICIENTS_43     = (
{rows}
)
\begintext
"""
