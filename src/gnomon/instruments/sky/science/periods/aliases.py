"""Other periods that sampling by night, or an uneven shape, puts beside the true one."""

from __future__ import annotations

from collections.abc import Iterable

from gnomon.instruments.sky.science.periods.lombscargle import Peak
from gnomon.instruments.sky.science.periods.period import Alias

_NEARLY = 0.8
_RESOLUTIONS = 1.5
_PER_YEAR = 1 / 365.25


def aliases_of(best: Peak, others: Iterable[Peak], baseline_d: float) -> tuple[Alias, ...]:
    """Return the peaks nearly as high as the best that stand in a known relation to it."""
    reach = _RESOLUTIONS / baseline_d
    relations = _relations(best.frequency)
    found: dict[str, Alias] = {}
    for peak in others:
        if peak.power < _NEARLY * best.power:
            continue
        name, wanted = min(relations.items(), key=lambda one: abs(one[1] - peak.frequency))
        if abs(wanted - peak.frequency) < reach and name not in found:
            found[name] = Alias(1 / peak.frequency, name, peak.power)
    return tuple(found.values())


def day_note(frequency: float, baseline_d: float) -> str:
    """Return a warning where a frequency is a whole number of cycles per day, or nearly."""
    cycles = round(frequency)
    if cycles and abs(frequency - cycles) < _RESOLUTIONS / baseline_d:
        return f"within the resolution of {cycles}/d: the sampling, or what comes every day"
    return ""


def _relations(frequency: float) -> dict[str, float]:
    """Return the frequencies that go with one, by their names, in cycles per day."""
    found = {
        "f/2": frequency / 2,
        "2f": 2 * frequency,
        "f/3": frequency / 3,
        "3f": 3 * frequency,
        "f+1/yr": frequency + _PER_YEAR,
        "f-1/yr": frequency - _PER_YEAR,
    }
    for days in (1, 2):
        found[f"f+{days}/d"] = frequency + days
        back = frequency - days
        found[f"f-{days}/d" if back >= 0 else f"{days}/d-f"] = abs(back)
        half = (frequency + days) / 2
        found[f"(f+{days}/d)/2"] = half
        found[f"(f-{days}/d)/2" if back >= 0 else f"({days}/d-f)/2"] = abs(back) / 2
    return found
