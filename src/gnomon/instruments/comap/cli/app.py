"""`gnomon comap`: the commands of COMAP."""

from __future__ import annotations

from gnomon.cli.lazy import Lazy, lazy_app

_HERE = "gnomon.instruments.comap.cli"

COMMANDS = {
    "simulate": Lazy(f"{_HERE}.simulate:simulate", "Write Level-1 files of a known truth."),
    "overview": Lazy(f"{_HERE}.overview:overview", "Observations with their state and reasons."),
    "flag": Lazy(f"{_HERE}.flag:flag", "Flag feeds and bands of observations, or take it back."),
    "calibration": Lazy(f"{_HERE}.calibration:calibration", "The gain of every feed, over time."),
    "plot": Lazy(f"{_HERE}.plot:plot", "Draw an observation: streams, spectra, Tsys, maps."),
}

app = lazy_app(COMMANDS, text="COMAP: Level-1 files to calibrated, cleaned time streams.")
