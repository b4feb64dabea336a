"""The pictures of an observation, by name; apart from what draws them, which takes long to load."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("tod", "spectra", "tsys", "atmosphere", "calibrator")
