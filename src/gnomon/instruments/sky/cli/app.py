"""`gnomon sky`: the commands of the sky surveys."""

from __future__ import annotations

from gnomon.cli.lazy import Lazy, lazy_app

_HERE = "gnomon.instruments.sky.cli"

COMMANDS = {
    "ingest": Lazy(f"{_HERE}.ingest:ingest", "Light curves and observations, from the archives."),
    "targets": Lazy(f"{_HERE}.targets:targets", "The same for each target of a list."),
    "objects": Lazy(f"{_HERE}.objects:objects", "ZTF's object tables, from IRSA by TAP."),
    "missions": Lazy(f"{_HERE}.missions:missions", "What a mission of MAST has of a place."),
    "cutouts": Lazy(f"{_HERE}.cutouts:cutouts", "Pixels of TESS around a place, from TESSCut."),
    "alerts": Lazy(f"{_HERE}.alerts:alerts", "Alert packets of ZTF and LSST, in Avro."),
    "features": Lazy(f"{_HERE}.features:features", "Features of light curves, from any file."),
    "period": Lazy(f"{_HERE}.period:period", "Periods of light curves, from any file."),
    "plot": Lazy(f"{_HERE}.plot:plot", "Draw light curves: whole, folded, periodograms."),
    "crossmatch": Lazy(f"{_HERE}.crossmatch:crossmatch", "Find objects in catalogues by position."),
    "dvc": Lazy(f"{_HERE}.dvc:dvc", "Write a DVC pipeline of these commands."),
    "simulate": Lazy(f"{_HERE}.simulate:simulate", "Serve archives of a simulated sky."),
}

app = lazy_app(COMMANDS, text="Sky surveys: ZTF, TESS, MAST.")
