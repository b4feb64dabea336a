"""Why a sample of a binned stream is not to be used: bits, which add up; 0 is a good sample.

Samples on a known source are good: what must leave them out (noise, running medians) asks
`science.known_sources`.
"""

from __future__ import annotations

from typing import Final

OUTSIDE_SCAN: Final = 1
NAN: Final = 2
"""Nothing was measured."""
SPIKE: Final = 4
VANE: Final = 8
"""The vane was in the beam."""
OBSERVER: Final = 16
"""An observer's list says so: of a feed and frequency band as a whole."""

MEANINGS: Final = {
    OUTSIDE_SCAN: "outside scans",
    NAN: "not measured",
    SPIKE: "spike",
    VANE: "vane in the beam",
    OBSERVER: "flagged by observers",
}
