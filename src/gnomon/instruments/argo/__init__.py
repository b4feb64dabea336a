"""Argo floats: from the GDAC's profile files to analysis-ready Parquet."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.argo.gdac.source import GDAC
from gnomon.instruments.argo.kinds import KINDS
from gnomon.instruments.argo.load.publisher import DATABASE, REDIS
from gnomon.instruments.argo.steps.analysis import analysis
from gnomon.instruments.argo.steps.bgc import bgc
from gnomon.instruments.argo.steps.core import tables
from gnomon.instruments.argo.steps.exports import positions, to_arrow, to_csv, to_json
from gnomon.instruments.argo.steps.float import describe
from gnomon.instruments.argo.steps.greylist import greylist
from gnomon.instruments.argo.steps.overview import overview
from gnomon.instruments.argo.steps.synthetic import synthetic

INSTRUMENT = Instrument(
    "argo",
    kinds=KINDS,
    sources=(GDAC,),
    steps=(
        tables,
        bgc,
        synthetic,
        greylist,
        analysis,
        describe,
        to_json,
        to_csv,
        to_arrow,
        positions,
        overview,
    ),
    publishers=(DATABASE, REDIS),
    pipelines={"argo": Path(__file__).parent / "pipelines" / "argo.toml"},
)
