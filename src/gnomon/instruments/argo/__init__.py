"""Argo floats: from the GDAC's profile files to analysis-ready Parquet."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.argo.kinds import AGGREGATE, CYCLE, LEVELS, PROFILES
from gnomon.instruments.argo.sources import GDAC
from gnomon.instruments.argo.steps import tables

INSTRUMENT = Instrument(
    "argo",
    kinds=(CYCLE, AGGREGATE, LEVELS, PROFILES),
    sources=(GDAC,),
    steps=(tables,),
    pipelines={"argo": Path(__file__).parent / "pipelines" / "argo.toml"},
)
