"""Argo floats: from the GDAC's profile files to analysis-ready Parquet."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.argo.gdac.source import GDAC
from gnomon.instruments.argo.kinds import KINDS
from gnomon.instruments.argo.steps.core import tables

INSTRUMENT = Instrument(
    "argo",
    kinds=KINDS,
    sources=(GDAC,),
    steps=(tables,),
    pipelines={"argo": Path(__file__).parent / "pipelines" / "argo.toml"},
)
